import { once } from 'node:events';
import { createServer as createPlainServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

type Document = 'configuration' | 'keys';

/** Ways to answer that no issuer should have. */
const MISBEHAVIOURS = {
  /** Never answers. */
  silent: () => {},
  /** Begins to answer and never ends. */
  stalling: (response: ServerResponse) => response.writeHead(200).write('{'),
  /** Breaks the connection in the middle of the answer. */
  breaking: (response: ServerResponse) =>
    response.writeHead(200, { 'content-length': 100 }).write('{', () => response.destroy()),
  /** Answers with a valid document after blanks without end. */
  huge: (response: ServerResponse) => response.writeHead(200).end(`${' '.repeat(300 * 1024)}{}`),
  failing: (response: ServerResponse) => response.writeHead(500).end('{}'),
  redirecting: (response: ServerResponse) => response.writeHead(302, { location: '/elsewhere' }).end('{}'),
  switching: (response: ServerResponse) =>
    response.writeHead(101, { connection: 'upgrade', upgrade: 'other' }).end(),
  'not JSON': (response: ServerResponse) => response.writeHead(200).end('<html>secret</html>'),
  'not an object': (response: ServerResponse) => response.writeHead(200).end('null'),
} satisfies Record<string, (response: ServerResponse) => unknown>;

export type Misbehaviour = keyof typeof MISBEHAVIOURS;

export interface IssuerOptions {
  /** The algorithm of its keys; `ES256` unless given. */
  readonly algorithm?: string;
  /** What the issuer's URL has after the host; nothing unless given. */
  readonly path?: string;
  /** The certificate chain and its key, both PEM; plain HTTP unless given. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Where the times of tokens come from; the machine's clock unless given. */
  readonly clock?: { now(): number };
}

export interface SignOptions {
  readonly alg?: string;
  /** `undefined` for a header without one. */
  readonly kid?: string | undefined;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Instead of the issuer's own key. */
  readonly key?: CryptoKey | Uint8Array;
}

/** An OpenID Connect issuer on a loopback port. */
export interface Issuer {
  readonly url: string;
  /** The documents that it publishes; to be changed at will. */
  readonly documents: { configuration: Record<string, unknown>; keys: { keys: JWK[] } };
  /** How often each document has been asked for. */
  readonly requests: Record<Document, number>;
  /** Signs a token, with `iss`, `iat`, `exp` (in five minutes) and what `claims` says over them. */
  sign(claims?: Readonly<Record<string, unknown>>, options?: SignOptions): Promise<string>;
  /** Makes a new key, publishes it instead of those before, and signs by it from now on. */
  rotateKeys(): Promise<void>;
  /** Answers badly from now on, for one document or both; `undefined` to behave again. */
  misbehave(how: Misbehaviour | undefined, document?: Document): void;
  /** Resolves when the next request has arrived. */
  nextRequest(): Promise<void>;
  close(): Promise<void>;
}

/** Starts an issuer; the caller closes it. */
export async function startIssuer(options: IssuerOptions = {}): Promise<Issuer> {
  const { algorithm = 'ES256', path = '', tls, clock = Date } = options;
  const requests = { configuration: 0, keys: 0 };
  const misbehaviours: Record<Document, Misbehaviour | undefined> = {
    configuration: undefined,
    keys: undefined,
  };
  let waiting = Promise.withResolvers<void>();

  const listener: RequestListener = (request, response) => {
    const document = request.url === `${path}/keys` ? 'keys' : 'configuration';
    if (document === 'configuration' && request.url !== `${path}/.well-known/openid-configuration`) {
      response.writeHead(404).end();
      return;
    }
    requests[document] += 1;
    waiting.resolve();
    waiting = Promise.withResolvers();
    const how = misbehaviours[document];
    if (how === undefined) response.writeHead(200).end(JSON.stringify(documents[document]));
    else MISBEHAVIOURS[how](response);
  };
  const server =
    tls === undefined
      ? createPlainServer(listener)
      : createSecureServer({ cert: tls.certificate, key: tls.key }, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}${path}`;

  let generation = 0;
  const makeKey = async () => {
    const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
    generation += 1;
    const kid = `key-${generation}`;
    return {
      kid,
      privateKey,
      published: { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: algorithm },
    };
  };
  let current = await makeKey();
  const documents: Issuer['documents'] = {
    configuration: { issuer: url, jwks_uri: `${url}/keys` },
    keys: { keys: [current.published] },
  };

  return {
    url,
    documents,
    requests,
    sign(claims = {}, signing = {}) {
      const now = Math.floor(clock.now() / 1000);
      const kid = 'kid' in signing ? signing.kid : current.kid;
      return new SignJWT({ iss: url, iat: now, exp: now + 300, ...claims })
        .setProtectedHeader({
          alg: signing.alg ?? algorithm,
          ...(kid === undefined ? {} : { kid }),
          ...signing.header,
        })
        .sign(signing.key ?? current.privateKey);
    },
    async rotateKeys() {
      current = await makeKey();
      documents.keys = { keys: [current.published] };
    },
    misbehave(how, document) {
      for (const one of document === undefined ? (['configuration', 'keys'] as const) : [document]) {
        misbehaviours[one] = how;
      }
    },
    nextRequest: () => waiting.promise,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
