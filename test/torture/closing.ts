import { setTimeout as delay } from 'node:timers/promises';
import type { Cell } from './cell.ts';
import type { Command } from './cell-commands.ts';
import { USERS } from './cell-policies.ts';
import type { Load } from './load.ts';

/** How many ciphertexts users try to decrypt under the policies that are in force in the end. */
const TRIED_BY_USERS = 3;
const ATTEMPTS = 20;
const RETRY_PAUSE = 100;
/** The number of the policy that opens a cell, which is that of no plan. */
const LAST = 999_999;

const ROOT = { by: 'root' } as const;

/**
 * Asks for everything that there is to be read of a cell, has users decrypt under the policies in force, then enables the key
 * and decrypts every ciphertext. The answers become part of the history: the checker decides whether they are right.
 *
 * @throws Error when a call is not answered although all is well
 */
export async function closeCell(load: Load, cell: Cell): Promise<void> {
  const ciphertexts = cell.ciphertexts();
  const decrypting = (signer: Command['signer']) => (ciphertext: number) =>
    ({ signer, operation: 'Decrypt', ciphertext }) as const;
  const commands: readonly Command[] = [
    { signer: ROOT, operation: 'DescribeKey', key: 'id' },
    { signer: ROOT, operation: 'DescribeKey', key: 'alias' },
    ...(['GetKeyPolicy', 'ListResourceTags', 'ListAliases', 'ListGrants'] as const).map(
      (operation) => ({ signer: ROOT, operation }) as const,
    ),
    ...USERS.flatMap((user): readonly Command[] => [
      { signer: ROOT, operation: 'GetUserPolicy', user },
      { signer: ROOT, operation: 'ListAccessKeys', user },
      ...cell
        .accessKeys(user)
        .flatMap((accessKey) => ciphertexts.slice(-TRIED_BY_USERS).map(decrypting({ by: user, accessKey }))),
    ]),
    ...ciphertexts.slice(0, TRIED_BY_USERS).map(decrypting(ROOT)),
    { signer: ROOT, operation: 'CancelKeyDeletion' },
    { signer: ROOT, operation: 'EnableKey' },
    { signer: ROOT, operation: 'PutKeyPolicy', form: 'delegating', number: LAST },
    ...ciphertexts.map(decrypting(ROOT)),
  ];
  for (const [at, command] of commands.entries()) await askUntilAnswered(load, cell, at, command);
}

async function askUntilAnswered(load: Load, cell: Cell, at: number, command: Command): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (await load.ask(cell, 'closing', at + attempt, command)) return;
    await delay(RETRY_PAUSE);
  }
  throw new Error(`in the end ${command.operation} is not answered in ${cell.name}`);
}
