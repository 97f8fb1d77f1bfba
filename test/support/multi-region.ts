import assert from 'node:assert/strict';
import type { CreateKeyCommandInput, KeyMetadata, KMS } from '@aws-sdk/client-kms';
import { createReplica, exchangePrimary, type KeyEntry } from '../../src/kms/index.ts';
import type { Inside } from './inside.ts';
import { createKey, enterState, KEY_STATES, type KeyState, type NewKey } from './keys.ts';
import { ACCOUNT, REGION } from './server.ts';

/** A Region beside REGION. */
export const OTHER_REGION = 'eu-west-1';
/** A Region in which nothing is but what operations of the tests create there. */
export const THIRD_REGION = 'ap-south-1';

export function keyArnIn(region: string, keyId: string): string {
  return `arn:aws:kms:${region}:${ACCOUNT}:key/${keyId}`;
}

/** Creates a multi-Region primary key. */
export function createPrimaryKey(kms: KMS, request: CreateKeyCommandInput = {}): Promise<NewKey> {
  return createKey(kms, { ...request, MultiRegion: true });
}

/** Creates a multi-Region key with replicas. */
export async function createFamily(
  kms: KMS,
  replicaRegions: readonly string[],
  request: CreateKeyCommandInput = {},
): Promise<NewKey> {
  const key = await createPrimaryKey(kms, request);
  for (const ReplicaRegion of replicaRegions) await kms.replicateKey({ KeyId: key.keyId, ReplicaRegion });
  return key;
}

/** DescribeKey, of a key that is there. */
export async function describeKey(kms: KMS, KeyId: string): Promise<KeyMetadata> {
  const { KeyMetadata } = await kms.describeKey({ KeyId });
  assert.ok(KeyMetadata !== undefined);
  return KeyMetadata;
}

/** The Regions of a family as a key of it tells them: that of the primary key, then those of the replicas. */
export async function regionsOf(kms: KMS, keyId: string): Promise<readonly (string | undefined)[]> {
  const { MultiRegionConfiguration: family } = await describeKey(kms, keyId);
  return [family?.PrimaryKey?.Region, ...(family?.ReplicaKeys ?? []).map(({ Region }) => Region)];
}

/** Replicates a key as far as a process comes that is killed before it has synchronized the replica. */
export async function beginReplication({ kms }: Inside, primary: NewKey, region: string): Promise<void> {
  const entry = await entryOf({ kms }, primary.arn);
  const { description, policy, policyPrincipals, policyPutBy, tags } = entry.record;
  await createReplica(kms, entry, { region, description, policy, policyPrincipals, policyPutBy, tags });
}

/** Makes a replica the primary key as far as a process comes that is killed before it is done. */
export async function beginPrimaryRegionUpdate(
  inside: Inside,
  primary: NewKey,
  region: string,
): Promise<void> {
  const replica = await entryOf(inside, keyArnIn(region, primary.keyId));
  await exchangePrimary(inside.kms, await entryOf(inside, primary.arn), replica);
}

async function entryOf({ kms }: Pick<Inside, 'kms'>, arn: string): Promise<KeyEntry> {
  await kms.store.passFence();
  const [, , , region, , resource = ''] = arn.split(':');
  const entry = await kms.keys.get(`${region}/${resource.slice('key/'.length)}`);
  assert.ok(entry !== undefined);
  return entry;
}

/** The states that only multi-Region keys can be in. */
export const MULTI_REGION_STATES = ['PendingReplicaDeletion', 'Creating', 'Updating'] as const;
export const ALL_KEY_STATES = [...KEY_STATES, ...MULTI_REGION_STATES] as const;
export type AnyKeyState = (typeof ALL_KEY_STATES)[number];

/** What it takes to bring a key of REGION into any state. */
export interface Stage {
  /** Clients of the same server, in REGION and in OTHER_REGION. */
  readonly kms: KMS;
  readonly otherRegion: KMS;
  readonly inside: Inside;
}

/**
 * Creates a key in REGION and brings it into a state.
 *
 * @param prepare is called before, with an enabled key of the same id and material, and a client of its Region
 */
export async function createKeyInState<T>(
  { kms, otherRegion, inside }: Stage,
  state: AnyKeyState,
  kind: CreateKeyCommandInput,
  prepare: (kms: KMS, keyId: string) => Promise<T>,
): Promise<NewKey & { readonly made: T }> {
  if (isOfAnyKey(state)) {
    const key = await createKey(kms, kind);
    const made = await prepare(kms, key.keyId);
    await enterState(kms, key.keyId, state);
    return { ...key, made };
  }
  const there = state === 'Creating' ? otherRegion : kms;
  const primary = await createPrimaryKey(there, kind);
  const { keyId } = primary;
  const made = await prepare(there, keyId);
  if (state === 'Creating') await beginReplication(inside, primary, REGION);
  else await kms.replicateKey({ KeyId: keyId, ReplicaRegion: OTHER_REGION });
  if (state === 'PendingReplicaDeletion') await kms.scheduleKeyDeletion({ KeyId: keyId });
  if (state === 'Updating') {
    // There and back again: it is the primary key, as some operations want it.
    const replica = { keyId, arn: keyArnIn(OTHER_REGION, keyId) };
    await beginPrimaryRegionUpdate(inside, primary, OTHER_REGION);
    await beginPrimaryRegionUpdate(inside, replica, REGION);
  }
  return { keyId, arn: keyArnIn(REGION, keyId), made };
}

function isOfAnyKey(state: AnyKeyState): state is KeyState {
  return KEY_STATES.some((known) => known === state);
}
