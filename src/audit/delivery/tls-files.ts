import { readFile } from 'node:fs/promises';
import type { TlsClientFiles } from '../../sink-url.ts';

/**
 * What the files hold by which TLS is spoken with a receiver, as `node:tls` takes it. They are read for each connection, so
 * that they can be replaced.
 *
 * @throws Error when one cannot be read
 */
export async function readTlsClientFiles({ caFile, certificateFile, keyFile }: TlsClientFiles) {
  const [ca, cert, key] = await Promise.all(
    [caFile, certificateFile, keyFile].map((file) => (file === undefined ? undefined : readFile(file))),
  );
  return {
    minVersion: 'TLSv1.2' as const,
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
  };
}
