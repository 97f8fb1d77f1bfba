import { randomBytes } from 'node:crypto';
import type { Caller } from '../caller.ts';
import type { Keyring } from '../keyring/index.ts';
import {
  type AccessKeyRecord,
  deleteAccessKey,
  type EntryCache,
  existsAccessKey,
  findAccessKey,
  insertAccessKey,
  listAccessKeyIds,
  type Store,
} from '../store/index.ts';

/** How many credentials a process keeps ready. */
const CACHE_CAPACITY = 100_000;

/** A credential as the caller holds it. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A credential ready for judging requests: its secret, and who signs with it. */
export interface Credential extends AccessKey {
  readonly caller: Caller;
}

/** Makes the cache of credentials by access key id, which follows the change log. */
export function createCredentialCache(store: Store, keyring: Keyring): EntryCache<Credential> {
  return store.cache('access-key', CACHE_CAPACITY, async (reader, accessKeyId) => {
    const record = await findAccessKey(reader, accessKeyId);
    return record && openRecord(keyring, record);
  });
}

/** The account's root user, who needs no identity policy. */
export function rootCaller(partition: string, account: string, accessKeyId: string): Caller {
  const arn = `arn:${partition}:iam::${account}:root`;
  return { principal: { kind: 'root', account, arn }, account, accessKeyId, identityPolicies: [] };
}

/** A new random credential: `AKIA` and 16 characters; 240 bits of secret. */
export function generateAccessKey(): AccessKey {
  const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const suffix = Array.from(randomBytes(16), (byte) => base32.charAt(byte % 32)).join('');
  return { accessKeyId: `AKIA${suffix}`, secretAccessKey: randomBytes(30).toString('base64') };
}

/** Whether an account's root user has a credential. */
export async function hasRootAccessKey(store: Store, partition: string, account: string): Promise<boolean> {
  const { principal } = rootCaller(partition, account, '');
  return (await store.read((reader) => listAccessKeyIds(reader, principal.arn))).length > 0;
}

/** Whether anyone at all has a credential: whether this is the store of a server that checks them. */
export function hasAccessKeys(store: Store): Promise<boolean> {
  return store.read(existsAccessKey);
}

/** Makes a credential the only one of an account's root user. */
export async function replaceRootAccessKey(
  store: Store,
  keyring: Keyring,
  partition: string,
  account: string,
  accessKey: AccessKey,
  now: number,
): Promise<void> {
  const { principal } = rootCaller(partition, account, accessKey.accessKeyId);
  await store.write(async (writer) => {
    for (const accessKeyId of await listAccessKeyIds(writer, principal.arn))
      await deleteAccessKey(writer, accessKeyId);
    await insertAccessKey(writer, {
      accessKeyId: accessKey.accessKeyId,
      accountId: account,
      principalArn: principal.arn,
      creationDate: now,
      wrappedSecret: keyring.wrap(
        'secret',
        Buffer.from(accessKey.secretAccessKey),
        secretIdentity(accessKey.accessKeyId, principal.arn),
      ),
    });
  });
}

function openRecord(keyring: Keyring, record: AccessKeyRecord): Credential {
  const { accessKeyId, accountId, principalArn, wrappedSecret } = record;
  const secret = keyring.unwrap('secret', wrappedSecret, secretIdentity(accessKeyId, principalArn));
  const partition = principalArn.split(':')[1] ?? '';
  const credential = {
    accessKeyId,
    secretAccessKey: secret.toString('utf8'),
    caller: rootCaller(partition, accountId, accessKeyId),
  };
  secret.fill(0);
  return credential;
}

/** What a wrapped secret is bound to, so that it serves no other credential. */
function secretIdentity(accessKeyId: string, principalArn: string): readonly string[] {
  return [accessKeyId, principalArn];
}
