import { compactVerify } from 'jose';
import type { Clock } from '../../clock.ts';
import { readClaims, type WebIdentityClaims } from './claims.ts';
import { KeySets } from './key-sets.ts';
import { normalizeIssuer, type WebIdentityProvider } from './provider.ts';
import { incorrectIssuer, incorrectSignature } from './refusals.ts';
import { ALGORITHMS, readToken } from './token.ts';

const FETCH_TIMEOUT = 5000;

/** Verifies OpenID Connect ID tokens; keeps the issuers' keys. One per process. */
export class WebIdentityVerifier {
  readonly #clock: Clock;
  readonly #keySets: KeySets;

  /** `fetchTimeout`: milliseconds of the clock that fetching an issuer's keys may take, in all; 5000 unless given. */
  constructor(options: { readonly clock: Clock; readonly fetchTimeout?: number }) {
    this.#clock = options.clock;
    this.#keySets = new KeySets(options.clock, options.fetchTimeout ?? FETCH_TIMEOUT);
  }

  /**
   * Verifies that a token is the provider's, meant for one of its audiences, and valid now.
   *
   * @throws InvalidIdentityToken when it is not; ExpiredWebIdentityToken when it no longer is;
   *   IDPCommunicationError when the provider's keys could not be had, so that it is worth trying again
   */
  async verify(provider: WebIdentityProvider, token: string): Promise<WebIdentityClaims> {
    const { key: reference, issuer, payload } = readToken(token);
    if (normalizeIssuer(issuer) !== provider.url) throw incorrectIssuer(issuer, provider.url);
    const key = await this.#keySets.find(provider, reference);
    try {
      await compactVerify(token, key, { algorithms: [...ALGORITHMS] });
    } catch (error) {
      throw incorrectSignature(error);
    }
    return readClaims(payload, issuer, provider, this.#clock.now());
  }
}
