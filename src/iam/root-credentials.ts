import { createHash, timingSafeEqual } from 'node:crypto';
import { findAccount, findFact, type Reader, type Store, type Writer, writeFact } from '../store/index.ts';
import { type AccessKey, generateAccessKey, loadCredential, replaceAccessKeysWithin } from './access-keys.ts';
import { ensureAccountWithin } from './accounts.ts';
import type { Iam } from './iam.ts';

/*
 * How the root user of the operator's account comes to credentials. The account, the credentials and the fact that they
 * were given come about in one transaction: of several nodes that start at once on a new store one does it, and one that
 * is killed leaves nothing half done.
 */

/** The fact by which a store says that it is of a server that checks credentials. */
const ROOT_CREDENTIALS_FACT = 'root_credentials';

/** An account that is created if it is not there. */
export interface OperatorAccount {
  readonly accountId: string;
  readonly name: string;
}

/** Whether the store is one of a server that checks credentials. */
export function hasRootCredentials(store: Store): Promise<boolean> {
  return store.read(areRootCredentialsKnown);
}

async function areRootCredentialsKnown(reader: Reader): Promise<boolean> {
  return (await findFact(reader, ROOT_CREDENTIALS_FACT)) !== undefined;
}

/** Puts on record that a root user has got a credential, in the transaction that gives it. */
type RecordGiven = (writer: Writer, accessKey: AccessKey) => Promise<void>;

/**
 * Generates a credential of an account's root user, for a new account or a store that has never had any. Who deleted the
 * root user's access keys does not want new ones; `qkms reset-root-credentials` makes them.
 *
 * @returns the credential, to be shown once; `undefined` when there is nothing to do
 */
export async function generateRootCredentials(
  { store, clock }: Pick<Iam, 'store' | 'clock'>,
  account: OperatorAccount,
  record: RecordGiven = async () => {},
): Promise<AccessKey | undefined> {
  const isSettled = async (reader: Reader) =>
    (await findAccount(reader, account.accountId)) !== undefined && (await areRootCredentialsKnown(reader));
  if (await store.read(isSettled)) return undefined;
  const accessKey = generateAccessKey();
  return store.write(async (writer) => {
    if (await isSettled(writer)) return undefined;
    await putRootCredentials(writer, account, accessKey, clock.now());
    await record(writer, accessKey);
    return accessKey;
  });
}

/**
 * Makes a credential the only one of an account's root user, once: when it has been given before, then what the root user
 * has made of it and of others since stays as it is.
 *
 * @returns whether the root user has it now, active
 */
export async function giveRootCredentials(
  { store, clock }: Pick<Iam, 'store' | 'clock'>,
  account: OperatorAccount,
  accessKey: AccessKey,
  record: RecordGiven = async () => {},
): Promise<boolean> {
  const wasGiven = await store.read((reader) => whatBecameOf(reader, account, accessKey));
  if (wasGiven !== undefined) return wasGiven.isActive;
  return store.write(async (writer) => {
    const meanwhile = await whatBecameOf(writer, account, accessKey);
    if (meanwhile !== undefined) return meanwhile.isActive;
    await putRootCredentials(writer, account, accessKey, clock.now());
    await record(writer, accessKey);
    return true;
  });
}

/** What has become of the credential, if it is the one that was given last; `undefined` when it is not. */
async function whatBecameOf(
  reader: Reader,
  account: OperatorAccount,
  { accessKeyId, secretAccessKey }: AccessKey,
): Promise<{ readonly isActive: boolean } | undefined> {
  if ((await findFact(reader, factOf(account))) !== accessKeyId) return undefined;
  const present = await loadCredential(reader, accessKeyId);
  if (present === undefined) return { isActive: false };
  if (!isSameSecret(present.secretAccessKey, secretAccessKey)) return undefined;
  return { isActive: present.status === 'Active' };
}

async function putRootCredentials(
  writer: Writer,
  account: OperatorAccount,
  accessKey: AccessKey,
  now: number,
): Promise<void> {
  const { accountId, name } = account;
  await ensureAccountWithin(writer, accountId, name, now);
  await replaceAccessKeysWithin(writer, { accountId, principalId: accountId }, accessKey, now);
  await writeFact(writer, factOf(account), accessKey.accessKeyId);
  await writeFact(writer, ROOT_CREDENTIALS_FACT, 'given');
}

function factOf({ accountId }: OperatorAccount): string {
  return `${ROOT_CREDENTIALS_FACT}/${accountId}`;
}

function isSameSecret(one: string, other: string): boolean {
  const [hash, otherHash] = [one, other].map((secret) => createHash('sha256').update(secret).digest());
  return hash !== undefined && otherHash !== undefined && timingSafeEqual(hash, otherHash);
}
