import type { OidcProviderDetails } from './identity.ts';
import { normalizeIssuer } from './openid-connect/provider.ts';
import { CLIENT_IDS_PER_PROVIDER, THUMBPRINTS_PER_PROVIDER } from './quotas.ts';
import { invalidProviderUrl, limitExceeded, tooManyThumbprints } from './refusals.ts';

/** @throws ServiceError `InvalidInput` for what could not be the issuer of tokens (OpenID Connect Discovery 1.0, section 3) */
export function requireIssuerUrl(text: string): void {
  const parsed = /^https?:\/\/[!-~]+$/.test(text) ? URL.parse(text) : null;
  if (parsed === null || parsed.username !== '' || parsed.password !== '' || /[?#]/.test(text))
    throw invalidProviderUrl(text);
}

/** @throws ServiceError `LimitExceeded` */
export function requireFewClientIds(ids: readonly string[]): readonly string[] {
  if (ids.length > CLIENT_IDS_PER_PROVIDER)
    throw limitExceeded(
      `Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: ${CLIENT_IDS_PER_PROVIDER}`,
    );
  return ids;
}

/** @throws ServiceError `InvalidInput` */
export function requireFewThumbprints(given: readonly string[]): readonly string[] {
  if (given.length > THUMBPRINTS_PER_PROVIDER) throw tooManyThumbprints(THUMBPRINTS_PER_PROVIDER);
  return given;
}

/**
 * What a new OpenID Connect provider is, checked.
 *
 * @throws ServiceError `InvalidInput`, `LimitExceeded`
 */
export function newProviderDetails(given: OidcProviderDetails): OidcProviderDetails {
  requireIssuerUrl(given.url);
  return {
    url: normalizeIssuer(given.url),
    clientIds: requireFewClientIds([...new Set(given.clientIds)]),
    thumbprints: requireFewThumbprints(given.thumbprints),
    tags: given.tags,
  };
}
