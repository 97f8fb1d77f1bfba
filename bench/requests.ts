import { createHash, randomBytes } from 'node:crypto';
import { EXAMPLE, naiveSign } from '../src/sigv4/naive-signer.ts';

export const REGION = 'us-east-1';
/** Whose requests are signed. */
interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export const CREDENTIALS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: EXAMPLE.secretAccessKey,
} as const;

/** A signed request for `/`, before it is written as HTTP. */
export interface SignedRequest {
  /** Name, value, name, value, … */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/**
 * Signs requests, each with its own signature; they are good for five minutes.
 *
 * They carry what the signers of the AWS SDKs sign at least: Host, Content-Type and the X-Amz-* headers.
 */
export function signRequests(
  port: number,
  operation: string,
  bodies: readonly string[],
  credentials: Credentials = CREDENTIALS,
): SignedRequest[] {
  const date = `${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  return bodies.map((body) => {
    const { rawHeaders } = naiveSign({
      headers: [
        ['Host', `127.0.0.1:${port}`],
        ['Content-Type', 'application/x-amz-json-1.1'],
        ['X-Amz-Target', `TrentService.${operation}`],
        ['X-Amz-Date', date],
        ['X-Amz-Content-Sha256', createHash('sha256').update(body).digest('hex')],
      ],
      body,
      date,
      scope: `${date.slice(0, 8)}/${REGION}/kms/aws4_request`,
      ...credentials,
    });
    return { rawHeaders: ['Content-Length', String(body.length), ...rawHeaders], body };
  });
}

/** Whole HTTP requests, signed and ready to be sent. */
export function signedRequests(
  port: number,
  operation: string,
  bodies: readonly string[],
  credentials?: Credentials,
): Uint8Array[] {
  return signRequests(port, operation, bodies, credentials).map(({ rawHeaders, body }) => {
    let text = 'POST / HTTP/1.1\r\n';
    for (let at = 0; at < rawHeaders.length; at += 2) text += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
    return Buffer.from(`${text}\r\n${body}`, 'latin1');
  });
}

/**
 * Sends one signed request.
 *
 * @throws Error when the answer is not 200
 */
export async function call(
  port: number,
  operation: string,
  input: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const [signed] = signRequests(port, operation, [JSON.stringify(input)]);
  if (signed === undefined) throw new Error('nothing was signed');
  const { rawHeaders, body } = signed;
  const headers = rawHeaders.flatMap((name, at): [string, string][] =>
    at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? '']] : [],
  );
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${operation} was answered with ${response.status}: ${text}`);
  return JSON.parse(text);
}

/** @returns the id of a new key */
export async function createKey(port: number): Promise<string> {
  const { KeyMetadata } = await call(port, 'CreateKey', {});
  return String(Object(KeyMetadata).KeyId);
}

/** Bodies of requests to decrypt what a key has encrypted, 64 bytes each. */
export async function decryptions(port: number, KeyId: string, count: number): Promise<readonly string[]> {
  const bodies: string[] = [];
  for (let made = 0; made < count; made += 1) {
    const Plaintext = randomBytes(64).toString('base64');
    const { CiphertextBlob } = await call(port, 'Encrypt', { KeyId, Plaintext });
    bodies.push(JSON.stringify({ CiphertextBlob }));
  }
  return bodies;
}
