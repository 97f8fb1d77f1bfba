import type { IncomingMessage } from 'node:http';

const EMPTY = Buffer.alloc(0);

/**
 * Collects the body of `request`, whatever its type, and hands it over once: when it is complete, or `undefined` when
 * it is larger than `limit` bytes. A body too large is read on, up to `discardLimit` bytes in all, without being kept.
 * Nothing is handed over when the client goes away first.
 */
export function collectBody(
  request: IncomingMessage,
  { limit, discardLimit }: { readonly limit: number; readonly discardLimit: number },
  deliver: (body: Buffer | undefined) => void,
): void {
  // Nearly every body is a single chunk, which is then passed on as it is.
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let size = 0;
  let delivered = false;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) {
      first = undefined;
      more = undefined;
      if (size > discardLimit && !delivered) {
        delivered = true;
        deliver(undefined);
      }
    } else if (first === undefined) first = chunk;
    else if (more === undefined) more = [first, chunk];
    else more.push(chunk);
  });
  request.on('end', () => {
    if (delivered) return;
    delivered = true;
    if (size > limit) deliver(undefined);
    else deliver(more === undefined ? (first ?? EMPTY) : Buffer.concat(more, size));
  });
}
