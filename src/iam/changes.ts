import {
  deleteAccessKey,
  deleteIdentity,
  findIdentity,
  findIdentityById,
  findSimilarIdentity,
  type IdentityKind,
  type IdentityRecord,
  insertIdentity,
  listAccessKeys,
  type Reader,
  updateIdentity,
  type Writer,
} from '../store/index.ts';
import { awsManagedPolicies } from './aws-managed-policies.ts';
import type { Iam } from './iam.ts';
import { newUniqueId, parseIdentityArn } from './identifiers.ts';
import { type DetailsByKind, decodeIdentity, type Identity, isOfKind, referencesOf } from './identity.ts';
import { identityAlreadyExists, identityNotFound } from './refusals.ts';

/*
 * Every change of an identity reads what it changes in the transaction that writes it, so that no two changes meet.
 */

/** Where an identity is to be. */
export interface IdentityPlace {
  readonly accountId: string;
  readonly path: string;
  readonly name: string;
}

/** Where an identity is to be, and the ARN that it will have. */
export interface NewIdentity extends IdentityPlace {
  readonly arn: string;
}

/** What a change makes of an identity; what it leaves out stays. */
export interface IdentityChange<K extends IdentityKind> {
  readonly path?: string | undefined;
  readonly name?: string | undefined;
  readonly details?: DetailsByKind[K];
}

/** The identity of a kind that has a name, or `undefined`. */
export async function findNamedIdentity<K extends IdentityKind>(
  reader: Reader,
  partition: string,
  accountId: string,
  kind: K,
  name: string,
): Promise<Identity<K> | undefined> {
  const record = await findIdentity(reader, accountId, kind, name);
  const identity = record && decodeIdentity(partition, record);
  return identity !== undefined && isOfKind(identity, kind) ? identity : undefined;
}

/**
 * The managed policy that has an ARN: one of the account, or of AWS's own.
 *
 * @throws ServiceError `NoSuchEntity`
 */
export async function findManagedPolicy(
  reader: Reader,
  partition: string,
  accountId: string,
  arn: string,
): Promise<Identity<'policy'>> {
  const place = parseIdentityArn(arn);
  if (place?.accountId === 'aws') {
    const builtIn = [...awsManagedPolicies(partition).values()].find((policy) => policy.arn === arn);
    if (builtIn !== undefined) return builtIn;
  }
  if (place?.kind !== 'policy' || place.accountId !== accountId) throw identityNotFound('policy', arn);
  const policy = await findNamedIdentity(reader, partition, accountId, 'policy', place.name);
  if (policy?.arn !== arn) throw identityNotFound('policy', arn);
  return policy;
}

/**
 * Creates an identity.
 *
 * @param uniqueId a random one of its kind, by default
 * @throws ServiceError `EntityAlreadyExists` when one of its kind differs from its name at most in case
 */
export async function createIdentity<K extends IdentityKind>(
  { partition, clock }: Pick<Iam, 'partition' | 'clock'>,
  writer: Writer,
  kind: K,
  { accountId, path, name }: IdentityPlace,
  details: DetailsByKind[K],
  uniqueId = newIdentityId(kind, { accountId, name }),
): Promise<Identity<K>> {
  if (await findSimilarIdentity(writer, accountId, kind, name)) throw identityAlreadyExists(kind, name);
  const record = {
    accountId,
    kind,
    path,
    name,
    uniqueId,
    creationDate: clock.now(),
    details: JSON.stringify(details),
  };
  const identity = decodeAs(partition, kind, record);
  await insertIdentity(writer, record, referencesOf(identity));
  return identity;
}

function decodeAs<K extends IdentityKind>(partition: string, kind: K, record: IdentityRecord): Identity<K> {
  const identity = decodeIdentity(partition, record);
  if (!isOfKind(identity, kind)) throw new Error('an identity was decoded as another kind');
  return identity;
}

function newIdentityId(kind: IdentityKind, { accountId, name }: Pick<IdentityPlace, 'accountId' | 'name'>) {
  if (kind === 'service') return name;
  return kind === 'oidc-provider' ? `oidc-provider/${accountId}/${name}` : newUniqueId(kind);
}

/**
 * Changes an identity as it is at the time of the change.
 *
 * @param change what becomes of it
 * @throws ServiceError `NoSuchEntity` when it is gone; `EntityAlreadyExists` when its new name is taken
 */
export function changeIdentity<K extends IdentityKind>(
  { partition, store }: Iam,
  kind: K,
  identity: Identity<K>,
  change: ChangeOf<K>,
): Promise<Identity<K>> {
  return store.write((writer) => changeIdentityWithin(writer, partition, kind, identity, change));
}

/** What becomes of an identity. */
type ChangeOf<K extends IdentityKind> = (
  identity: Identity<K>,
  writer: Writer,
) => IdentityChange<K> | Promise<IdentityChange<K>>;

/** `changeIdentity` as a part of a transaction. */
export async function changeIdentityWithin<K extends IdentityKind>(
  writer: Writer,
  partition: string,
  kind: K,
  { uniqueId, name }: Identity<K>,
  change: ChangeOf<K>,
): Promise<Identity<K>> {
  const present = await readAgain(writer, partition, kind, uniqueId, name);
  const { details, ...place } = await change(present, writer);
  const { accountId, creationDate } = present;
  const record: IdentityRecord = {
    accountId,
    kind,
    path: place.path ?? present.path,
    name: place.name ?? present.name,
    uniqueId,
    creationDate,
    details: JSON.stringify(details ?? present.details),
  };
  if (record.name !== present.name) {
    const similar = await findSimilarIdentity(writer, accountId, kind, record.name);
    if (similar !== undefined && similar.uniqueId !== uniqueId)
      throw identityAlreadyExists(kind, record.name);
  }
  const changed = decodeAs(partition, kind, record);
  await updateIdentity(writer, record, referencesOf(changed));
  return changed;
}

/**
 * Deletes an identity.
 *
 * @param check refuses while something keeps it from being deleted
 * @throws ServiceError `NoSuchEntity` when it is gone
 */
export async function removeIdentity<K extends IdentityKind>(
  { partition, store }: Iam,
  kind: K,
  { uniqueId, name }: Identity<K>,
  check: (identity: Identity<K>, writer: Writer) => void | Promise<void> = () => {},
): Promise<void> {
  await store.write(async (writer) => {
    await check(await readAgain(writer, partition, kind, uniqueId, name), writer);
    await deleteIdentity(writer, uniqueId);
  });
}

/** Deletes an identity together with its access keys. */
export async function deleteIdentityWithKeys(writer: Writer, uniqueId: string): Promise<void> {
  for (const { accessKeyId } of await listAccessKeys(writer, uniqueId))
    await deleteAccessKey(writer, accessKeyId);
  await deleteIdentity(writer, uniqueId);
}

async function readAgain<K extends IdentityKind>(
  reader: Reader,
  partition: string,
  kind: K,
  uniqueId: string,
  name: string,
): Promise<Identity<K>> {
  const record = await findIdentityById(reader, uniqueId);
  const identity = record && decodeIdentity(partition, record);
  if (identity === undefined || !isOfKind(identity, kind)) throw identityNotFound(kind, name);
  return identity;
}
