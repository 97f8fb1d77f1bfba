import { createIdentity, type Iam } from '../src/iam/index.ts';
import type { Writer } from '../src/store/index.ts';

export const ACCOUNT = '111122223333';
const PER_TRANSACTION = 5_000;

/** Fills a store in as few transactions as is reasonable; nobody is there yet to read a change log. */
export async function inBatches(
  { store }: Pick<Iam, 'store'>,
  count: number,
  create: (writer: Writer, index: number) => Promise<unknown>,
): Promise<void> {
  for (let done = 0; done < count; done += PER_TRANSACTION) {
    await store.write(async (writer) => {
      const quiet = { ...writer, changed: () => {} };
      for (let index = done; index < Math.min(done + PER_TRANSACTION, count); index += 1)
        await create(quiet, index);
    });
  }
}

/** Creates users `<prefix>0`, `<prefix>1`, … who have nothing but a name, and says their unique ids. */
export async function createUsers(
  identities: Iam,
  prefix: string,
  count: number,
): Promise<readonly string[]> {
  const uniqueIds: string[] = [];
  await inBatches(identities, count, async (writer, index) => {
    const place = { accountId: ACCOUNT, path: '/', name: `${prefix}${index}` };
    const details = { inlinePolicies: [], attachedPolicies: [], groups: [], tags: [] };
    uniqueIds.push((await createIdentity(identities, writer, 'user', place, details)).uniqueId);
  });
  return uniqueIds;
}
