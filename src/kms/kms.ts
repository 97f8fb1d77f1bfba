import type { Clock } from '../clock.ts';
import { KeyPairReserve } from '../crypto/index.ts';
import type { Keyring } from '../keyring/index.ts';
import { DEFAULT_RESOURCE_QUOTAS, type ResourceQuotas } from '../quotas/index.ts';
import {
  type AliasRecord,
  type Entries,
  type EntryCache,
  findAlias,
  type KeyUse,
  LastUses,
  putKeyUse,
  type RequestStore,
  type Store,
  type UnitOfWork,
} from '../store/index.ts';
import type { RecordKeyEvents } from './due-work.ts';
import { type GrantsEntry, loadGrantsEntry } from './grants.ts';
import { type KeyEntry, loadKeyEntry } from './key-entry.ts';

/** How many decoded keys and aliases a process keeps. */
const KEY_CACHE_CAPACITY = 10_000;
const ALIAS_CACHE_CAPACITY = 20_000;
const GRANTS_CACHE_CAPACITY = 100_000;

/** What the KMS domain works with: where its state is, what protects it, and what time it is. */
export interface Kms {
  readonly partition: string;
  readonly store: RequestStore;
  readonly keyring: Keyring;
  readonly clock: Clock;
  /** Keys by `<region>/<key id>`. */
  readonly keys: Entries<KeyEntry>;
  /** Grants of a key to a grantee, by `<region>/<key id>/<grantee>`. */
  readonly grants: Entries<GrantsEntry>;
  /** Aliases by `<account>/<region>/<alias name>`. */
  readonly aliases: Entries<AliasRecord>;
  /** The last cryptographic operations with keys, by key ARN. */
  readonly keyUses: LastUses<KeyUse>;
  /** Where new data key pairs come from. */
  readonly keyPairs: KeyPairReserve;
  /** Records what happens to keys without a call, or besides what the call says. */
  readonly recordEvents: RecordKeyEvents;
  /** What an account, by its id, may have. */
  readonly resourceQuotasOf: (accountId: string) => ResourceQuotas;
}

/** The KMS domain over all of a store, with the caches of this process. */
export interface SharedKms extends Kms {
  readonly store: Store;
  readonly keys: EntryCache<KeyEntry>;
  readonly grants: EntryCache<GrantsEntry>;
  readonly aliases: EntryCache<AliasRecord>;
}

/** The KMS domain as one request works with it. */
export function kmsWithin(kms: SharedKms, unit: UnitOfWork): Kms {
  return {
    ...kms,
    store: unit,
    keys: unit.entries(kms.keys),
    grants: unit.entries(kms.grants),
    aliases: unit.entries(kms.aliases),
  };
}

/**
 * @param parts.keyPairsAhead how many RSA key pairs of a size are generated ahead; none by default
 * @param parts.recordEvents what records events, where there is an audit log
 * @param parts.resourceQuotasOf what accounts may have; the defaults, when absent
 */
export function createKms(parts: {
  readonly partition: string;
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly keyPairsAhead?: number | undefined;
  readonly recordEvents?: RecordKeyEvents;
  readonly resourceQuotasOf?: (accountId: string) => ResourceQuotas;
}): SharedKms {
  const {
    keyPairsAhead = 0,
    recordEvents = async () => {},
    resourceQuotasOf = () => DEFAULT_RESOURCE_QUOTAS,
    ...given
  } = parts;
  const { store } = given;
  return {
    ...given,
    keys: store.cache('key', KEY_CACHE_CAPACITY, (reader, identifiers) => {
      const [region = '', keyId = ''] = identifiers.split('/');
      return loadKeyEntry(reader, parts, region, keyId);
    }),
    grants: store.cache('grants', GRANTS_CACHE_CAPACITY, (reader, identifiers) => {
      const [region = '', keyId = '', ...grantee] = identifiers.split('/');
      return loadGrantsEntry(reader, region, keyId, grantee.join('/'));
    }),
    aliases: store.cache('alias', ALIAS_CACHE_CAPACITY, (reader, identifiers) => {
      const [accountId = '', region = '', ...aliasName] = identifiers.split('/');
      return findAlias(reader, accountId, region, aliasName.join('/'));
    }),
    keyUses: new LastUses(store, 0, putKeyUse),
    keyPairs: new KeyPairReserve(keyPairsAhead),
    recordEvents,
    resourceQuotasOf,
  };
}

export function findKeyEntry(
  { keys, clock }: Kms,
  region: string,
  keyId: string,
): KeyEntry | Promise<KeyEntry | undefined> {
  const identifiers = `${region}/${keyId}`;
  const found = keys.get(identifiers);
  if (found instanceof Promise || found.expiryDate === undefined || clock.now() < found.expiryDate)
    return found;
  keys.invalidate(identifiers);
  return keys.get(identifiers);
}

export function findAliasRecord(
  kms: Kms,
  accountId: string,
  region: string,
  aliasName: string,
): AliasRecord | Promise<AliasRecord | undefined> {
  return kms.aliases.get(`${accountId}/${region}/${aliasName}`);
}
