import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { SecureContextOptions } from 'node:tls';
import type { Logger } from 'pino';
import type { TlsFiles } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { nameOf, type SettingName } from '../settings.ts';

/** A certificate chain and its private key, both PEM, known to belong together. */
export interface TlsPair {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Reads the pair that HTTPS is served with.
 *
 * @throws OperatorError when a file cannot be read, is not PEM of its kind, or the two do not belong together
 */
export function readTlsPair(files: TlsFiles): TlsPair {
  const certificate = readPem('tlsCertificateFile', files.certificateFile);
  const key = readPem('tlsKeyFile', files.keyFile);
  const leaf = parse('tlsCertificateFile', files.certificateFile, 'certificate', () => {
    return new X509Certificate(certificate);
  });
  const privateKey: KeyObject = parse('tlsKeyFile', files.keyFile, 'unencrypted private key', () => {
    return createPrivateKey(key);
  });
  if (!leaf.checkPrivateKey(privateKey)) {
    throw new OperatorError(
      `${nameOf('tlsKeyFile')}: ${files.keyFile} is not the key of the certificate in ${files.certificateFile}; ` +
        'give the two that were issued together',
    );
  }
  return Object.freeze({ certificate, key });
}

/** How a server presents `pair`. The groups are OpenSSL's own, the hybrid X25519MLKEM768 first. */
export function secureContextOf(pair: TlsPair): SecureContextOptions {
  return { cert: pair.certificate, key: pair.key, minVersion: 'TLSv1.2' };
}

function readPem(name: SettingName, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new OperatorError(`${nameOf(name)}: cannot read ${path}${reason}; give a readable PEM file`, {
      cause: error,
    });
  }
}

function parse<T>(name: SettingName, path: string, kind: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new OperatorError(`${nameOf(name)}: ${path} holds no ${kind}; give a PEM file that does`, {
      cause: error,
    });
  }
}

/** Reads the pair again and hands it to `use`; a pair that is no good is logged, and the old one stays. */
export function reloadTlsPair(
  files: TlsFiles | undefined,
  logger: Logger,
  use: (pair: TlsPair) => void,
): void {
  if (files === undefined) {
    logger.info('nothing to reload: the server has no TLS certificate');
    return;
  }
  try {
    use(readTlsPair(files));
    logger.info({ certificateFile: files.certificateFile }, 'TLS certificate reloaded');
  } catch (error) {
    logger.error({ err: error }, 'TLS certificate not reloaded, the old one stays');
  }
}
