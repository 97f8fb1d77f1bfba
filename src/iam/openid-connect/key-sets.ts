import { type CryptoKey, errors, type LocalJWKSet } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.ts';
import { fetchKeySet, hostOf } from './discovery.ts';
import type { WebIdentityProvider } from './provider.ts';
import { ambiguousKey, providerFailure, unknownKey, unusableKey } from './refusals.ts';
import type { KeyReference } from './token.ts';

const SECOND = 1000;
const HOUR = 60 * 60 * SECOND;

/** Providers whose keys are kept; the least recently used is dropped first. */
const MAXIMUM_PROVIDERS = 1000;
/** Fetches under way at the same time, over all providers. */
const MAXIMUM_FETCHES = 32;
/** How long a key set is good without asking again. */
const FRESH_FOR = HOUR;
/** How long the keys of a key set still serve when it cannot be refreshed. */
const USABLE_FOR = 24 * HOUR;
/** The least time between two refreshes for keys that are not in the set: anyone can make up key ids. */
const UNKNOWN_KEY_INTERVAL = 30 * SECOND;
/** How long a failed fetch stands for those that would follow it. */
const FAILURE_STANDS_FOR = 5 * SECOND;
const MINIMUM_RSA_BITS = 2048;

/** What is known of one provider's keys; times in milliseconds since the Unix epoch. */
interface ProviderKeys {
  kept: { readonly keySet: LocalJWKSet; readonly fetchedAt: number } | undefined;
  fetching: Promise<LocalJWKSet> | undefined;
  /** The last fetch's failure, if it failed. */
  failure: { readonly error: unknown; readonly at: number } | undefined;
  /** When a key that was not in a fresh set last made us fetch. */
  unknownKeyAt: number;
}

/**
 * The key sets of issuers, fetched when needed and kept for a while.
 *
 * They are kept by issuer and thumbprints: what one account trusts for an issuer must not decide what another
 * account gets.
 */
export class KeySets {
  readonly #clock: Clock;
  readonly #fetchTimeout: number;
  readonly #providers = new LRUCache<string, ProviderKeys>({ max: MAXIMUM_PROVIDERS });
  #fetches = 0;

  /** @param fetchTimeout milliseconds that fetching a provider's keys may take, in all */
  constructor(clock: Clock, fetchTimeout: number) {
    this.#clock = clock;
    this.#fetchTimeout = fetchTimeout;
  }

  /**
   * Finds the key by which a token says that it is signed.
   *
   * @throws InvalidIdentityToken when the provider has no such key or it cannot be used; IDPCommunicationError
   */
  async find(provider: WebIdentityProvider, reference: KeyReference): Promise<CryptoKey> {
    const keys = this.#keysOf(provider);
    const { kept } = keys;
    const age = kept === undefined ? Number.POSITIVE_INFINITY : this.#clock.now() - kept.fetchedAt;
    const isFresh = age < FRESH_FOR;
    if (kept !== undefined && isFresh) {
      const key = await select(kept.keySet, reference);
      if (key !== undefined) return key;
    }
    let keySet: LocalJWKSet;
    try {
      keySet = await this.#refresh(provider, keys, isFresh ? reference : undefined);
    } catch (error) {
      const key = kept !== undefined && age < USABLE_FOR ? await select(kept.keySet, reference) : undefined;
      if (key === undefined) throw error;
      return key;
    }
    const key = await select(keySet, reference);
    if (key === undefined) throw unknownKey(reference.kid, reference.alg);
    return key;
  }

  #keysOf(provider: WebIdentityProvider): ProviderKeys {
    const id = JSON.stringify([
      provider.url,
      ...provider.thumbprints.map((text) => text.toLowerCase()).sort(),
    ]);
    const known = this.#providers.get(id);
    if (known !== undefined) return known;
    const keys: ProviderKeys = {
      kept: undefined,
      fetching: undefined,
      failure: undefined,
      unknownKeyAt: Number.NEGATIVE_INFINITY,
    };
    this.#providers.set(id, keys);
    return keys;
  }

  /** @param unknown the key that is sought although the set is fresh, if that is the reason */
  async #refresh(
    provider: WebIdentityProvider,
    keys: ProviderKeys,
    unknown: KeyReference | undefined,
  ): Promise<LocalJWKSet> {
    if (keys.fetching !== undefined) return keys.fetching;
    const now = this.#clock.now();
    if (keys.failure !== undefined && now - keys.failure.at < FAILURE_STANDS_FOR) throw keys.failure.error;
    if (unknown !== undefined && now - keys.unknownKeyAt < UNKNOWN_KEY_INTERVAL) {
      throw keys.failure?.error ?? unknownKey(unknown.kid, unknown.alg);
    }
    if (this.#fetches >= MAXIMUM_FETCHES) {
      throw providerFailure(
        hostOf(provider),
        'too many other providers are being asked for theirs, try again',
      );
    }
    if (unknown !== undefined) keys.unknownKeyAt = now;
    keys.fetching = this.#fetch(provider, keys);
    return keys.fetching;
  }

  async #fetch(provider: WebIdentityProvider, keys: ProviderKeys): Promise<LocalJWKSet> {
    const timeout = new AbortController();
    const cancel = this.#clock.schedule(this.#fetchTimeout, () => timeout.abort());
    this.#fetches += 1;
    try {
      const keySet = await fetchKeySet(provider, timeout.signal);
      keys.kept = { keySet, fetchedAt: this.#clock.now() };
      keys.failure = undefined;
      return keySet;
    } catch (error) {
      keys.failure = { error, at: this.#clock.now() };
      throw error;
    } finally {
      cancel();
      this.#fetches -= 1;
      keys.fetching = undefined;
    }
  }
}

/**
 * The key of a set that a reference means; `undefined` when it means none.
 *
 * @throws InvalidIdentityToken when it means several, or one that cannot be used
 */
async function select(keySet: LocalJWKSet, reference: KeyReference): Promise<CryptoKey | undefined> {
  let key: CryptoKey;
  try {
    key = await keySet(
      reference.kid === undefined ? { alg: reference.alg } : { alg: reference.alg, kid: reference.kid },
    );
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return undefined;
    throw error instanceof errors.JWKSMultipleMatchingKeys ? ambiguousKey() : unusableKey(error);
  }
  const { algorithm } = key;
  if ('modulusLength' in algorithm && Number(algorithm.modulusLength) < MINIMUM_RSA_BITS) throw unusableKey();
  return key;
}
