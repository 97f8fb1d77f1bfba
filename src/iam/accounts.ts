import { OperatorError } from '../errors.ts';
import { type AccountRecord, findAccount, insertAccount, type Writer } from '../store/index.ts';
import type { Iam } from './iam.ts';

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
  return store.write(async (writer) => {
    if (await findAccount(writer, accountId)) return false;
    await insertAccount(writer, { accountId, name, creationDate: clock.now() });
    return true;
  });
}

/** @throws OperatorError when there is one of this id */
export async function createAccount(writer: Writer, account: AccountRecord): Promise<void> {
  if (await findAccount(writer, account.accountId))
    throw new OperatorError(`the account ${account.accountId} exists already; choose another id`);
  await insertAccount(writer, account);
}
