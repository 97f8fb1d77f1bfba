import { IAMServiceException } from '@aws-sdk/client-iam';
import { KMSServiceException } from '@aws-sdk/client-kms';
import { createUserWithKey } from '../support/identities.ts';
import { createKey } from '../support/keys.ts';
import { type Clients, perform, type WireCell } from './cell-calls.ts';
import type { Command, PlannedCommand, Signer } from './cell-commands.ts';
import { CELL, DONE, FIRST } from './cell-model.ts';
import { renderKeyPolicy, type User } from './cell-policies.ts';
import type { Call } from './linearizability.ts';

/** A cell under way: what is asked of it is carried out and recorded. */
export interface Cell {
  readonly name: string;
  /** The ciphertexts that its key has encrypted, by number. */
  ciphertexts(): readonly number[];
  /** The access keys of a user whose secrets are known, by number; they may have been deleted. */
  accessKeys(user: User): readonly number[];
  /** How many calls that may have changed something were never answered. */
  lostChanges(): number;
  /**
   * The command that a plan means now; undefined when there is nothing yet that it could be about.
   *
   * @param number unlike that of every other command of the cell
   */
  resolve(plan: PlannedCommand, number: number): Command | undefined;
  /** Carries a command out. Answers in the words of the model; undefined when the answer was lost. */
  ask(clients: Clients, client: string, command: Command): Promise<string | undefined>;
  /** All calls so far that were answered or may have changed something. */
  history(): readonly Call<Command>[];
}

/**
 * Creates a key with a policy, and two users with an access key each.
 *
 * @param name unlike any other
 * @param anchorArn a key under the default policy, which nobody changes
 * @throws Error when it cannot be created; what there is of it may stay
 */
export async function createCell(clients: Clients, name: string, anchorArn: string): Promise<Cell> {
  const userNames = { ada: `${name}-ada`, bob: `${name}-bob` };
  const [ada, bob] = [
    await createUserWithKey(clients.iam(), userNames.ada),
    await createUserWithKey(clients.iam(), userNames.bob),
  ];
  const names = { users: { ada, bob }, aliasName: `alias/${name}` };
  const { form, number } = CELL.initial.policy;
  const Policy = renderKeyPolicy(names, form, number);
  const { keyId } = await createKey(clients.kms(), { Policy, Description: String(CELL.initial.description) });
  return cellOf(name, {
    names,
    userNames,
    keyId,
    anchorArn,
    ciphertexts: [],
    grants: new Map(),
    accessKeys: { ada: new Map([[FIRST, ada.credentials]]), bob: new Map([[FIRST, bob.credentials]]) },
    policies: new Map([[Policy, `${form} ${number}`]]),
  });
}

function cellOf(name: string, wire: WireCell): Cell {
  const calls: Call<Command>[] = [];
  const lost: Command[] = [];

  /** Nobody was told the id of an access key whose creation was never answered: there is one of them at most. */
  const lostAccessKey = (user: User) =>
    lost.find((command) => command.operation === 'CreateAccessKey' && command.user === user);

  /** Access keys by number instead of by id. */
  function translate(command: Command, answer: string): string {
    if (command.operation !== 'ListAccessKeys') return answer;
    const known = [...wire.accessKeys[command.user]];
    const unknown = lostAccessKey(command.user);
    const numbers = answer.replaceAll(/AKIA\w+/g, (id) => {
      const [number] = known.find(([, { accessKeyId }]) => accessKeyId === id) ?? [];
      return String(number ?? (unknown && 'number' in unknown ? unknown.number : id));
    });
    const [, items = ''] = numbers.split(': ');
    return `${DONE}: ${items.split(', ').sort().join(', ')}`;
  }

  return {
    name,
    ciphertexts: () =>
      [...wire.ciphertexts.keys()].filter((number) => wire.ciphertexts[number]?.of === 'key'),
    accessKeys: (user) => [...wire.accessKeys[user].keys()],
    lostChanges: () => lost.length,
    resolve(plan, number) {
      const command = resolvePlaces(wire, plan, number);
      const isRepeated =
        command?.operation === 'CreateAccessKey' && lostAccessKey(command.user) !== undefined;
      return isRepeated ? undefined : command;
    },
    async ask(clients, client, command) {
      const invoked = performance.now();
      const answer = await answerTo(perform(clients, wire, command));
      if (answer !== undefined) {
        calls.push({ client, command, invoked, returned: { at: performance.now(), answer } });
      } else if (CELL.mayChange(command, undefined)) {
        calls.push({ client, command, invoked });
        lost.push(command);
      }
      return answer;
    },
    history: () =>
      calls.map((call) => {
        const { command, returned } = call;
        if (returned === undefined) return call;
        return { ...call, returned: { ...returned, answer: translate(command, returned.answer) } };
      }),
  };
}

/** What a call answers, or the code of its refusal; undefined when nobody knows what became of it. */
async function answerTo(call: Promise<string>): Promise<string | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isLost(error)) return undefined;
    if (error instanceof KMSServiceException || error instanceof IAMServiceException) return error.name;
    throw error;
  }
}

/** Whether a call ended without an answer that can be relied on: by the connection, by the time limit, or by a fault. */
export function isLost(error: unknown): boolean {
  if (error instanceof KMSServiceException || error instanceof IAMServiceException)
    return (error.$metadata.httpStatusCode ?? 500) >= 500;
  if (!(error instanceof Error)) return false;
  return 'code' in error || error.name === 'TimeoutError';
}

function resolvePlaces(wire: WireCell, plan: PlannedCommand, number: number): Command | undefined {
  const signer = signerOf(wire, plan);
  if (signer === undefined) return undefined;
  const { what } = plan;
  switch (what.operation) {
    case 'Decrypt': {
      const ciphertext = atPlace(ownCiphertexts(wire), what.ciphertext);
      return ciphertext === undefined ? undefined : { ...what, signer, ciphertext };
    }
    case 'RevokeGrant': {
      const grant = atPlace([...wire.grants.keys()], what.grant);
      return grant === undefined ? undefined : { ...what, signer, grant };
    }
    case 'UpdateAccessKey':
    case 'DeleteAccessKey': {
      const accessKey = atPlace([...wire.accessKeys[what.user].keys()], what.accessKey);
      return accessKey === undefined ? undefined : { ...what, signer, accessKey };
    }
    case 'UpdateKeyDescription':
    case 'PutKeyPolicy':
    case 'CreateGrant':
    case 'PutUserPolicy':
    case 'CreateAccessKey':
      return { ...what, signer, number };
    default:
      return { ...what, signer };
  }
}

/** What the anchor has encrypted is not of the cell. */
function ownCiphertexts({ ciphertexts }: WireCell): readonly number[] {
  return [...ciphertexts.keys()].filter((number) => ciphertexts[number]?.of === 'key');
}

function signerOf({ accessKeys }: WireCell, { by, accessKey: place }: PlannedCommand): Signer | undefined {
  if (by === 'root') return { by };
  const accessKey = atPlace([...accessKeys[by].keys()], place);
  return accessKey === undefined ? undefined : { by, accessKey };
}

/** Counted from the newest, and around. */
function atPlace(numbers: readonly number[], place: number): number | undefined {
  return numbers.at(-1 - (place % Math.max(1, numbers.length)));
}
