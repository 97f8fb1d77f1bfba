import type { Clock } from '../clock.ts';
import type { Keyring } from '../keyring/index.ts';
import {
  type AccessKeyUse,
  type AccountRecord,
  type Entries,
  type EntryCache,
  findAccount,
  LastUses,
  noteAccessKeyUse,
  type RequestStore,
  type Store,
  type UnitOfWork,
} from '../store/index.ts';
import { type Credential, loadCredential } from './access-keys.ts';
import { type IdentityEntry, loadIdentityEntry } from './identity.ts';
import type { readIssuer, WebIdentityVerifier } from './openid-connect/index.ts';
import { SessionTokens } from './session-tokens.ts';

/** How many credentials and identities a process keeps ready. */
const CACHE_CAPACITY = 100_000;
/** Of how many access keys a process remembers that there are none: clients may go on for long with one that was deleted. */
const UNKNOWN_CREDENTIALS = 1_000;
const ACCOUNT_CACHE_CAPACITY = 10_000;
/** How exactly it is known when an access key was used last, in milliseconds. */
const ACCESS_KEY_USE_PRECISION = 15 * 60_000;

/** What the identity domain works with: where its state is, what protects it, and what time it is. */
export interface Iam {
  readonly partition: string;
  /** The account that creates the others. */
  readonly operatorAccount: string;
  readonly store: RequestStore;
  readonly keyring: Keyring;
  readonly clock: Clock;
  /** By account id. */
  readonly accounts: Entries<AccountRecord>;
  /** By unique id. */
  readonly identities: Entries<IdentityEntry>;
  /** By access key id. */
  readonly credentials: Entries<Credential>;
  readonly accessKeyUses: LastUses<AccessKeyUse>;
  readonly sessionTokens: SessionTokens;
  readonly openIdConnect: () => Promise<OpenIdConnect>;
}

/** The organization that all accounts of the deployment are in. */
export interface Organization {
  readonly id: string;
  /** Where in it every account is: its root. */
  readonly path: string;
}

export function organizationOf({ operatorAccount }: Pick<Iam, 'operatorAccount'>): Organization {
  const id = `o-${operatorAccount}`;
  return { id, path: `${id}/r-${operatorAccount}/` };
}

/** How OpenID Connect tokens are read and verified. */
export interface OpenIdConnect {
  readonly readIssuer: typeof readIssuer;
  readonly verifier: WebIdentityVerifier;
}

/** Loads what verifies tokens when the first one comes: most processes never see one. */
function lazyOpenIdConnect(clock: Clock): () => Promise<OpenIdConnect> {
  let loading: Promise<OpenIdConnect> | undefined;
  const load = async () => {
    const room = await import('./openid-connect/index.ts');
    return { readIssuer: room.readIssuer, verifier: new room.WebIdentityVerifier({ clock }) };
  };
  return () => {
    loading ??= load();
    return loading;
  };
}

/** The identity domain over all of a store, with the caches of this process. */
export interface SharedIam extends Iam {
  readonly store: Store;
  readonly accounts: EntryCache<AccountRecord>;
  readonly identities: EntryCache<IdentityEntry>;
  readonly credentials: EntryCache<Credential>;
}

/** The identity domain as one request works with it. */
export function iamWithin(iam: SharedIam, unit: UnitOfWork): Iam {
  return {
    ...iam,
    store: unit,
    accounts: unit.entries(iam.accounts),
    identities: unit.entries(iam.identities),
    credentials: unit.entries(iam.credentials),
  };
}

export function createIam(parts: {
  readonly partition: string;
  readonly operatorAccount: string;
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
}): SharedIam {
  const { partition, store, keyring, clock } = parts;
  return {
    ...parts,
    accounts: store.cache('account', ACCOUNT_CACHE_CAPACITY, findAccount),
    identities: store.cache('identity', CACHE_CAPACITY, (reader, uniqueId) =>
      loadIdentityEntry(reader, partition, uniqueId),
    ),
    credentials: store.cache(
      'access-key',
      CACHE_CAPACITY,
      (reader, accessKeyId) => loadCredential(reader, accessKeyId),
      UNKNOWN_CREDENTIALS,
    ),
    accessKeyUses: new LastUses(store, ACCESS_KEY_USE_PRECISION, noteAccessKeyUse),
    sessionTokens: new SessionTokens(keyring),
    openIdConnect: lazyOpenIdConnect(clock),
  };
}
