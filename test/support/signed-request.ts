import { createHash, createHmac } from 'node:crypto';
import { type Agent, type IncomingHttpHeaders, request as openRequest } from 'node:http';
import { SignatureV4 } from '@smithy/signature-v4';
import { REGION, ROOT_CREDENTIALS } from './server.ts';

/** An answer as it came over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The code of a refusal; `undefined` for a success. */
export function codeOf({ status, body }: WireAnswer): string | undefined {
  return status === 200 ? undefined : JSON.parse(body).__type;
}

/** A request that is sent exactly as it is written: nothing is added but `Content-Length`. */
export interface WireRequest {
  readonly endpoint: string;
  /** `POST` by default. */
  readonly method?: string;
  /** Path and query; `/` by default. */
  readonly target?: string;
  /** Name, value, name, value, …; a name may occur more than once. */
  readonly rawHeaders: readonly string[];
  readonly body: string | Uint8Array;
  /** Reuses connections; by default each request has its own. */
  readonly agent?: Agent;
}

/** Sends a request and reads the answer. Rejects when the connection breaks before the answer is complete. */
export function sendRequest({
  endpoint,
  method = 'POST',
  target = '/',
  ...rest
}: WireRequest): Promise<WireAnswer> {
  const { hostname, port } = new URL(endpoint);
  const headers = [...rest.rawHeaders, 'Content-Length', String(Buffer.byteLength(rest.body))];
  return new Promise((resolve, reject) => {
    const request = openRequest({
      hostname,
      port,
      method,
      path: target,
      headers,
      agent: rest.agent ?? false,
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    request.end(rest.body);
  });
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface SignedRequestOptions {
  readonly endpoint: string;
  /** The name of the operation, for `X-Amz-Target`. */
  readonly operation: string;
  /** The input of the operation; a text or bytes are sent as they are. */
  readonly body: unknown;
  /** Further headers, or other values for `Content-Type` and `X-Amz-Target`. They are signed. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Those of the root user of ACCOUNT by default. */
  readonly credentials?: Credentials;
  readonly region?: string;
  /** The service of the signature; `kms` by default. */
  readonly service?: string;
  /** When the request is signed, milliseconds since the Unix epoch; now by default. */
  readonly date?: number;
  readonly agent?: Agent;
}

/** Calls an operation as a plain HTTP client would, signed by the AWS SDK's own signer as the root user of ACCOUNT. */
export async function signedRequest(options: SignedRequestOptions): Promise<WireAnswer> {
  const { endpoint, operation, credentials = ROOT_CREDENTIALS, region = REGION, agent } = options;
  const body = isSendable(options.body) ? options.body : JSON.stringify(options.body);
  const { host, hostname } = new URL(endpoint);
  const signer = createSigner({ credentials, region, service: options.service ?? 'kms' });
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `TrentService.${operation}`,
    ...Object.fromEntries(
      Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    host,
  };
  const signed = await signer.sign(
    { method: 'POST', protocol: 'http:', hostname, path: '/', query: {}, headers, body },
    { signingDate: new Date(options.date ?? Date.now()) },
  );
  const rawHeaders = Object.entries(signed.headers).flat();
  return sendRequest({ endpoint, rawHeaders, body, ...(agent === undefined ? {} : { agent }) });
}

/** The AWS SDK's own signer. */
export function createSigner({
  credentials,
  region,
  service = 'kms',
}: {
  readonly credentials: Credentials;
  readonly region: string;
  readonly service?: string;
}) {
  return new SignatureV4({ service, region, credentials, sha256: Sha256 });
}

function isSendable(body: unknown): body is string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array;
}

/** What the signer asks for: SHA-256, and HMAC-SHA-256 when there is a secret. */
class Sha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(chunk));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {}
}

function bytesOf(source: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof source === 'string') return Buffer.from(source);
  return ArrayBuffer.isView(source)
    ? Buffer.from(source.buffer, source.byteOffset, source.byteLength)
    : Buffer.from(source);
}
