import { randomBytes } from 'node:crypto';
import type { Keyring } from '../keyring/index.ts';
import {
  type AccessKeyRecord,
  type AccessKeyStatus,
  deleteAccessKey,
  findAccessKey,
  findIdentityById,
  insertAccessKey,
  listAccessKeys,
  type Reader,
  updateAccessKey,
  type Writer,
} from '../store/index.ts';
import type { Iam } from './iam.ts';
import { newUniqueId } from './identifiers.ts';
import { ACCESS_KEYS_PER_USER } from './quotas.ts';
import { accessKeyNotFound, identityNotFound, limitExceeded } from './refusals.ts';

/** A credential as the caller holds it. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A credential ready for verifying signatures. */
export interface Credential extends AccessKey {
  readonly accountId: string;
  /** Unique id of the user or service; of a root user the account. */
  readonly principalId: string;
  readonly status: AccessKeyStatus;
}

/** Whose access keys: a user, a service, or the root user, whose id is the account. */
export interface AccessKeyOwner {
  readonly accountId: string;
  readonly principalId: string;
}

/** A new random credential: `AKIA` and 16 characters; 240 bits of secret. */
export function generateAccessKey(): AccessKey {
  return { accessKeyId: newUniqueId('access-key'), secretAccessKey: generateSecret() };
}

/** 240 random bits in the alphabet of base64, as long as AWS's. */
export function generateSecret(): string {
  return randomBytes(30).toString('base64');
}

/** Loads a credential and unwraps its secret; `undefined` when there is none. */
export async function loadCredential(reader: Reader, accessKeyId: string): Promise<Credential | undefined> {
  const record = await findAccessKey(reader, accessKeyId);
  if (record === undefined) return undefined;
  const { accountId, principalId, status } = record;
  const secret = reader.keyring.unwrap('secret', record.wrappedSecret, secretIdentity(record));
  const secretAccessKey = secret.toString('utf8');
  secret.fill(0);
  return { accessKeyId, secretAccessKey, accountId, principalId, status };
}

/**
 * Creates an access key; its secret is in the answer and never shown again.
 *
 * @throws ServiceError `LimitExceeded` when the owner has two; `NoSuchEntity` when the user is gone meanwhile
 */
export async function createAccessKey(iam: Iam, owner: AccessKeyOwner): Promise<AccessKey & AccessKeyRecord> {
  const accessKey = generateAccessKey();
  return iam.store.write(async (writer) => {
    if (owner.principalId !== owner.accountId && !(await findIdentityById(writer, owner.principalId)))
      throw identityNotFound('user', owner.principalId);
    const present = await listAccessKeys(writer, owner.principalId);
    if (present.length >= ACCESS_KEYS_PER_USER)
      throw limitExceeded(`Cannot exceed quota for AccessKeysPerUser: ${ACCESS_KEYS_PER_USER}`);
    const record = await addAccessKey(writer, owner, accessKey, iam.clock.now());
    return { ...record, ...accessKey };
  });
}

/** Stores a credential that is known already. */
export async function addAccessKey(
  writer: Writer,
  { accountId, principalId }: AccessKeyOwner,
  { accessKeyId, secretAccessKey }: AccessKey,
  creationDate: number,
): Promise<AccessKeyRecord> {
  const record: AccessKeyRecord = {
    accessKeyId,
    accountId,
    principalId,
    status: 'Active',
    creationDate,
    wrappedSecret: wrapSecret(writer.keyring, { accessKeyId, principalId }, secretAccessKey),
  };
  await insertAccessKey(writer, record);
  return record;
}

/** @throws ServiceError `NoSuchEntity` when the owner has no such access key */
export async function setAccessKeyStatus(
  { store }: Iam,
  owner: AccessKeyOwner,
  accessKeyId: string,
  status: AccessKeyStatus,
): Promise<void> {
  await store.write(async (writer) => {
    const record = await findOwnAccessKey(writer, owner, accessKeyId);
    await updateAccessKey(writer, { ...record, status });
  });
}

/** @throws ServiceError `NoSuchEntity` when the owner has no such access key */
export async function removeAccessKey(
  { store }: Iam,
  owner: AccessKeyOwner,
  accessKeyId: string,
): Promise<void> {
  await store.write(async (writer) => {
    await findOwnAccessKey(writer, owner, accessKeyId);
    await deleteAccessKey(writer, accessKeyId);
  });
}

/** Makes a credential the only one of its owner. */
export async function replaceAccessKeysWithin(
  writer: Writer,
  owner: AccessKeyOwner,
  accessKey: AccessKey,
  now: number,
): Promise<void> {
  for (const { accessKeyId } of await listAccessKeys(writer, owner.principalId))
    await deleteAccessKey(writer, accessKeyId);
  await addAccessKey(writer, owner, accessKey, now);
}

async function findOwnAccessKey(
  reader: Reader,
  { principalId }: AccessKeyOwner,
  accessKeyId: string,
): Promise<AccessKeyRecord> {
  const record = await findAccessKey(reader, accessKeyId);
  if (record?.principalId !== principalId) throw accessKeyNotFound(accessKeyId);
  return record;
}

function wrapSecret(
  keyring: Keyring,
  owner: Pick<AccessKeyRecord, 'accessKeyId' | 'principalId'>,
  secretAccessKey: string,
): Buffer {
  const secret = Buffer.from(secretAccessKey);
  try {
    return keyring.wrap('secret', secret, secretIdentity(owner));
  } finally {
    secret.fill(0);
  }
}

/** What a wrapped secret is bound to, so that it serves no other credential. */
function secretIdentity({
  accessKeyId,
  principalId,
}: Pick<AccessKeyRecord, 'accessKeyId' | 'principalId'>): readonly string[] {
  return [accessKeyId, principalId];
}
