import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** A seventh of the size for two microseconds a record. */
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Records that are stored together: lines. */
export function packLines(lines: readonly string[]): Buffer {
  return zstdCompressSync(Buffer.from(lines.join('\n')), COMPRESSION);
}

export function unpackLines(packed: Uint8Array): readonly string[] {
  return zstdDecompressSync(packed).toString().split('\n');
}
