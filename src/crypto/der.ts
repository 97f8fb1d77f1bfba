/*
 * DER (X.690 section 10) as far as private keys need it: tags of one byte, and lengths that are definite and as short
 * as can be. What is read are views of the bytes given, so that whoever wipes those wipes all.
 */

/** Universal tags, and those that structures of keys give to their optional members. */
export const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  sequence: 0x30,
  constructed0: 0xa0,
  constructed1: 0xa1,
  primitive1: 0x81,
} as const;

const LONG_FORM = 0x80;
const MULTIPLE_BYTE_TAG = 0x1f;

export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
}

/** The elements that bytes consist of, one after another; `undefined` when the bytes are not DER to the last one. */
export function readElements(bytes: Buffer): readonly DerElement[] | undefined {
  const elements: DerElement[] = [];
  for (let rest = bytes; rest.length > 0; ) {
    const tag = rest.readUInt8(0);
    const length = readLength(rest.subarray(1));
    if (length === undefined || (tag & MULTIPLE_BYTE_TAG) === MULTIPLE_BYTE_TAG) return undefined;
    const start = 1 + length.size;
    const end = start + length.value;
    if (end > rest.length) return undefined;
    elements.push({ tag, content: rest.subarray(start, end) });
    rest = rest.subarray(end);
  }
  return elements;
}

/** What the only element of some bytes consists of; `undefined` when it is not a SEQUENCE, or not the only one. */
export function readSequence(bytes: Buffer): readonly DerElement[] | undefined {
  const [sequence, ...others] = readElements(bytes) ?? [];
  if (sequence?.tag !== TAG.sequence || others.length > 0) return undefined;
  return readElements(sequence.content);
}

/** What an INTEGER consists of when it is not negative and as short as can be: big-endian, with a zero sign bit. */
export function readUnsigned(element: DerElement | undefined): Buffer | undefined {
  if (element?.tag !== TAG.integer) return undefined;
  const [first, second] = element.content;
  const isMinimal = first !== 0 || second === undefined || second >= 0x80;
  return first !== undefined && first < 0x80 && isMinimal ? element.content : undefined;
}

function readLength(bytes: Buffer): { readonly value: number; readonly size: number } | undefined {
  const [first] = bytes;
  if (first === undefined) return undefined;
  if (first < LONG_FORM) return { value: first, size: 1 };
  const digits = first - LONG_FORM;
  // Four bytes count more than any key has.
  if (digits === 0 || digits > 4 || bytes.length <= digits) return undefined;
  const value = bytes.readUIntBE(1, digits);
  const isShortest = value >= LONG_FORM && bytes[1] !== 0;
  return isShortest ? { value, size: 1 + digits } : undefined;
}

/**
 * An element as parts to be written one after another, which may be the contents of another: nothing of what it holds
 * is copied before all is put together.
 */
export function derParts(tag: number, contents: readonly Uint8Array[]): readonly Uint8Array[] {
  const length = contents.reduce((sum, { length }) => sum + length, 0);
  return [Buffer.of(tag, ...lengthBytes(length)), ...contents];
}

function lengthBytes(length: number): readonly number[] {
  if (length < LONG_FORM) return [length];
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) digits.unshift(rest & 0xff);
  return [LONG_FORM + digits.length, ...digits];
}
