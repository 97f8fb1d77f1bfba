import { createLocalJWKSet, type LocalJWKSet } from 'jose';
import { type FetchOptions, fetchJson } from './fetch.ts';
import { normalizeIssuer, type WebIdentityProvider } from './provider.ts';
import { providerFailure } from './refusals.ts';

/** As many keys as AWS accepts of an issuer: 100 RSA and 100 EC. */
const MAXIMUM_KEYS = 200;

/**
 * Fetches the keys that an issuer signs by: its configuration first (OpenID Connect Discovery 1.0), then the key
 * set that this names.
 *
 * @throws IDPCommunicationError
 */
export async function fetchKeySet(provider: WebIdentityProvider, signal: AbortSignal): Promise<LocalJWKSet> {
  const options: FetchOptions = { thumbprints: provider.thumbprints, signal };
  const url = parseUrl(`${provider.url}/.well-known/openid-configuration`);
  if (url === undefined) throw providerFailure(hostOf(provider), 'its URL is malformed');

  const configuration = await fetchJson(url, options);
  const issuer = member(configuration, 'issuer');
  if (typeof issuer !== 'string' || normalizeIssuer(issuer) !== provider.url) {
    throw providerFailure(url.host, 'its configuration is for another issuer');
  }
  const keysUrl = parseUrl(member(configuration, 'jwks_uri'));
  if (keysUrl === undefined)
    throw providerFailure(url.host, "its configuration has no HTTP URL as 'jwks_uri'");
  if (url.protocol === 'https:' && keysUrl.protocol !== 'https:') {
    throw providerFailure(url.host, "its configuration has a 'jwks_uri' without TLS");
  }

  const keySet = await fetchJson(keysUrl, options);
  const keys = member(keySet, 'keys');
  if (!Array.isArray(keys) || keys.length > MAXIMUM_KEYS) {
    throw providerFailure(keysUrl.host, `its key set is not one of up to ${MAXIMUM_KEYS} keys`);
  }
  try {
    return createLocalJWKSet({ keys });
  } catch (error) {
    throw providerFailure(keysUrl.host, 'its key set is malformed', error);
  }
}

/** The host, with the port if it is not the usual one, of a provider's URL, which may be malformed. */
export function hostOf(provider: WebIdentityProvider): string {
  return parseUrl(provider.url)?.host ?? provider.url;
}

function parseUrl(text: unknown): URL | undefined {
  const url = typeof text === 'string' ? URL.parse(text) : null;
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url : undefined;
}

function member(document: unknown, name: string): unknown {
  return typeof document === 'object' && document !== null ? Reflect.get(document, name) : undefined;
}
