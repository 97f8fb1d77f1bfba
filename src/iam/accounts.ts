import { randomInt } from 'node:crypto';
import { OperatorError } from '../errors.ts';
import { type AccountRecord, findAccount, insertAccount, type Writer } from '../store/index.ts';
import { findAwsManagedPolicies } from './aws-managed-policies.ts';
import { createIdentity } from './changes.ts';
import type { Iam } from './iam.ts';
import { rootUserArn } from './identifiers.ts';

/**
 * Makes sure that an account is one of the deployment.
 *
 * @returns whether it is new
 */
export async function ensureAccount(
  { store, clock }: Pick<Iam, 'store' | 'clock'>,
  accountId: string,
  name: string,
): Promise<boolean> {
  if (await store.read((reader) => findAccount(reader, accountId))) return false;
  return store.write((writer) => ensureAccountWithin(writer, accountId, name, clock.now()));
}

/** The same, in the present transaction. */
export async function ensureAccountWithin(
  writer: Writer,
  accountId: string,
  name: string,
  now: number,
): Promise<boolean> {
  if (await findAccount(writer, accountId)) return false;
  await insertAccount(writer, { accountId, name, email: '', creationDate: now });
  return true;
}

/** @throws OperatorError when there is one of this id */
export async function createAccount(writer: Writer, account: AccountRecord): Promise<void> {
  if (await findAccount(writer, account.accountId))
    throw new OperatorError(`the account ${account.accountId} exists already; choose another id`);
  await insertAccount(writer, account);
}

/** Seconds. */
const ROLE_SESSION_DURATION = 3_600;

/**
 * Creates an account under a new id, with a role of all permissions that the operator's account may assume.
 *
 * @returns the account
 */
export async function createMemberAccount(
  iam: Iam,
  writer: Writer,
  { name, email, roleName }: { readonly name: string; readonly email: string; readonly roleName: string },
): Promise<AccountRecord> {
  const account = { accountId: await newAccountId(writer), name, email, creationDate: iam.clock.now() };
  await insertAccount(writer, account);
  const assumeRolePolicy = JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { AWS: rootUserArn(iam.partition, iam.operatorAccount) },
      Action: 'sts:AssumeRole',
    },
  });
  const place = { accountId: account.accountId, path: '/', name: roleName };
  await createIdentity(iam, writer, 'role', place, {
    assumeRolePolicy,
    assumeRolePrincipals: [],
    description: '',
    maxSessionDuration: ROLE_SESSION_DURATION,
    inlinePolicies: [],
    attachedPolicies: findAwsManagedPolicies(iam.partition, 'AdministratorAccess'),
    tags: [],
  });
  return account;
}

/** Twelve random digits that no account has; the first is not 0. */
async function newAccountId(writer: Writer): Promise<string> {
  for (;;) {
    const accountId = String(randomInt(1e11, 1e12));
    if ((await findAccount(writer, accountId)) === undefined) return accountId;
  }
}
