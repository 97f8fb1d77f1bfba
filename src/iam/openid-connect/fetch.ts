import { X509Certificate } from 'node:crypto';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { type RequestOptions, request as requestSecure } from 'node:https';
import { isIP } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import { ServiceError } from '../../errors.ts';
import { providerFailure } from './refusals.ts';

/** The longest body that is read, in bytes. */
const MAXIMUM_BODY = 256 * 1024;

/** What OpenSSL says when all that a certificate lacks is an authority that we know. */
const UNKNOWN_AUTHORITY: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ECONNREFUSED: 'it refuses connections',
  EAI_AGAIN: 'its name cannot be resolved',
  ENOTFOUND: 'its name cannot be resolved',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
};

/** How a document is fetched. */
export interface FetchOptions {
  /** As in `WebIdentityProvider`. */
  readonly thumbprints: readonly string[];
  /** Ends the whole fetch, whatever it is waiting for. */
  readonly signal: AbortSignal;
}

/**
 * Fetches a JSON document by GET, over a connection of its own, without following redirects.
 *
 * @throws IDPCommunicationError
 */
export async function fetchJson(url: URL, options: FetchOptions): Promise<unknown> {
  const body = await fetchText(url, options);
  try {
    return JSON.parse(body);
  } catch {
    // Without the parser's error as cause: it quotes the document.
    throw providerFailure(url.host, `it answered ${pathOf(url)} with something else than JSON`);
  }
}

async function fetchText(url: URL, { thumbprints, signal }: FetchOptions): Promise<string> {
  try {
    const response = await get(url, { signal }).catch(async (error: unknown) => {
      if (thumbprints.length === 0 || !UNKNOWN_AUTHORITY.has(codeOf(error))) throw error;
      const trusted = findCertificate(await readPeerChain(url, signal), thumbprints);
      if (trusted === undefined) {
        throw providerFailure(
          url.host,
          'none of its certificates has a thumbprint that is registered',
          error,
        );
      }
      // OpenSSL still verifies signatures, dates and host. Servers do not send the root, so that thumbprints
      // usually name an intermediate authority: hence the trust in chains that do not end in a root.
      return await get(url, { signal, ca: trusted, allowPartialTrustChain: true });
    });
    return await readBody(url, response);
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw providerFailure(url.host, reasonOf(error, signal), error);
  }
}

function get(url: URL, options: RequestOptions): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? requestSecure : requestPlain;
  const headers = { accept: 'application/json', 'user-agent': 'qkms' };
  return new Promise((resolve, reject) => {
    request(url, { ...options, agent: false, headers })
      .on('response', resolve)
      .on('error', reject)
      .on('close', () => reject(new Error('the connection was closed without a response')))
      .end();
  });
}

async function readBody(url: URL, response: IncomingMessage): Promise<string> {
  if (response.statusCode !== 200) {
    response.destroy();
    throw providerFailure(url.host, `it answered ${pathOf(url)} with status ${response.statusCode}`);
  }
  const chunks: Buffer[] = [];
  let length = 0;
  // Leaving the loop early destroys the connection.
  for await (const chunk of response) {
    length += chunk.length;
    if (length > MAXIMUM_BODY) {
      throw providerFailure(url.host, `it answered ${pathOf(url)} with more than ${MAXIMUM_BODY} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** The certificates that the server sends, before anything about them is verified or anything is sent to it. */
function readPeerChain(url: URL, signal: AbortSignal): Promise<DetailedPeerCertificate> {
  const host = urlToHttpOptions(url).hostname ?? '';
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: Number(url.port || 443),
      servername: isIP(host) === 0 ? host : '',
      rejectUnauthorized: false,
    });
    addAbortSignal(signal, socket);
    socket
      .on('secureConnect', () => {
        resolve(socket.getPeerCertificate(true));
        socket.destroy();
      })
      .on('error', reject)
      .on('close', () => reject(new Error('the connection was closed during the TLS handshake')));
  });
}

/**
 * Finds the certificate in a chain, from the leaf upwards, that has one of the thumbprints. That these are SHA-1
 * (AWS's format) is safe here: an attacker would need a second preimage, not a collision.
 *
 * @returns the certificate as PEM
 */
function findCertificate(leaf: DetailedPeerCertificate, thumbprints: readonly string[]): string | undefined {
  const wanted = new Set(thumbprints.map((thumbprint) => thumbprint.toLowerCase()));
  const seen = new Set<DetailedPeerCertificate>();
  // A root names itself as its issuer.
  for (
    let certificate = leaf;
    certificate?.raw && !seen.has(certificate);
    certificate = certificate.issuerCertificate
  ) {
    if (wanted.has(certificate.fingerprint.replaceAll(':', '').toLowerCase())) {
      return new X509Certificate(certificate.raw).toString();
    }
    seen.add(certificate);
  }
  return undefined;
}

/** Not all of a path if it is long: the issuer chooses it. */
function pathOf(url: URL): string {
  return url.pathname.slice(0, 100);
}

function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'it did not answer in time';
  const code = codeOf(error);
  if (UNKNOWN_AUTHORITY.has(code)) return 'its certificate is by an authority that is not trusted';
  return REASONS[code] ?? 'the connection failed';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
