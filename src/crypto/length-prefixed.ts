const PREFIX_LENGTH = 4;

/**
 * Encodes a list so that two different lists never encode alike: each part as its length in bytes (32-bit,
 * big-endian) followed by its bytes, which for a string are its UTF-8 form. The empty list encodes to nothing.
 *
 * @throws TypeError for a string that is not well-formed Unicode (that holds a lone surrogate): UTF-8 would
 *   turn it into U+FFFD, and so make it equal to other strings.
 */
export function encodeLengthPrefixed(parts: readonly (string | Uint8Array)[]): Buffer {
  // UTF-8 needs at most three bytes per UTF-16 code unit: room for the worst case saves measuring first.
  let room = 0;
  for (const part of parts) room += PREFIX_LENGTH + (typeof part === 'string' ? 3 : 1) * part.length;
  const encoded = Buffer.allocUnsafe(room);
  let end = 0;
  for (const part of parts) {
    const start = end + PREFIX_LENGTH;
    const length = typeof part === 'string' ? writeText(encoded, part, start) : part.length;
    if (typeof part !== 'string') encoded.set(part, start);
    encoded.writeUInt32BE(length, end);
    end = start + length;
  }
  return encoded.subarray(0, end);
}

/** Writes the UTF-8 form of `text` into `target` at `offset`; returns its length. */
function writeText(target: Buffer, text: string, offset: number): number {
  if (!text.isWellFormed()) throw new TypeError('a string with a lone surrogate has no UTF-8 form');
  return target.write(text, offset, 'utf8');
}
