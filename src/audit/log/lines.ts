import { isUtf8 } from 'node:buffer';

const NEWLINE = 0x0a;

/**
 * The lines of a file, without the newlines that end them. Bytes that are not UTF-8 are read as Latin-1, so that no two
 * files have the same lines.
 */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncIterable<string> {
  let rest: Buffer[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      yield textOf(Buffer.concat([...rest, chunk.subarray(start, end)]));
      rest = [];
      start = end + 1;
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
  if (rest.length > 0) yield textOf(Buffer.concat(rest));
}

/** The text of the bytes of a line. */
export function textOf(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('latin1');
}
