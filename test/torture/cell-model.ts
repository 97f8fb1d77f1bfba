import type { AliasTarget, Command, Reference, Signer } from './cell-commands.ts';
import {
  type Caller,
  type GrantForm,
  type IdentityPolicyForm,
  isAllowed,
  type KeyPolicyForm,
  type User,
} from './cell-policies.ts';
import type { Specification } from './linearizability.ts';

/* A cell in memory: what every command is answered when it is the only one, from operations.md, policies.md and grants.md. */

type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion';

/** A policy, which its number tells from others of the same form. */
interface Put<Form> {
  readonly form: Form;
  readonly number: number;
}

interface UserState {
  readonly policy: Put<IdentityPolicyForm> | undefined;
  /** Statuses by number. */
  readonly accessKeys: Readonly<Record<number, 'Active' | 'Inactive'>>;
}

/** States that are alike have their members in the same order: a member that is not there is undefined. */
export interface CellState {
  readonly keyState: KeyState;
  readonly policy: Put<KeyPolicyForm>;
  readonly description: number;
  readonly stage: string | undefined;
  readonly alias: AliasTarget | undefined;
  /** By number. */
  readonly grants: Readonly<Record<number, { readonly grantee: User; readonly form: GrantForm }>>;
  readonly users: Readonly<Record<User, UserState>>;
}

/** The number of the first policy, description and access key. */
export const FIRST = 0;
/** IAM's quota of access keys of a user. */
const MOST_ACCESS_KEYS = 2;

const INITIAL_USER: UserState = { policy: undefined, accessKeys: { [FIRST]: 'Active' } };

/** What a cell begins with. */
const INITIAL: CellState = {
  keyState: 'Enabled',
  policy: { form: 'delegating', number: FIRST },
  description: FIRST,
  stage: undefined,
  alias: undefined,
  grants: {},
  users: { ada: INITIAL_USER, bob: INITIAL_USER },
};

/** The answer to a command that was carried out. What it tells follows, in words. */
export const DONE = 'done';

interface Applied {
  readonly answer: string;
  readonly after: CellState;
}

/** What only tells. */
const READS: ReadonlySet<string> = new Set<Command['operation']>([
  ...(['Encrypt', 'Decrypt', 'GenerateDataKey', 'DescribeKey', 'GetKeyPolicy', 'ListResourceTags'] as const),
  ...(['ListAliases', 'ListGrants', 'GetUserPolicy', 'ListAccessKeys'] as const),
]);

export function isRead({ operation }: Command): boolean {
  return READS.has(operation);
}

export const CELL: Specification<CellState, Command> = {
  initial: INITIAL,
  apply(state, command) {
    if (!isSigned(state, command.signer)) return refuse(state, 'UnrecognizedClientException');
    return isRead(command) ? { answer: tell(state, command), after: state } : change(state, command);
  },
  mayChange: (command, answer) => !isRead(command) && (answer === undefined || answer === DONE),
};

function refuse(state: CellState, answer: string): Applied {
  return { answer, after: state };
}

function isSigned({ users }: CellState, signer: Signer): boolean {
  return signer.by === 'root' || users[signer.by].accessKeys[signer.accessKey] === 'Active';
}

/** Whether a caller may do something with the key, or with the anchor, which is under the default key policy for ever. */
function may(state: CellState, by: Caller, operation: string, key: AliasTarget = 'key'): boolean {
  const isAnchor = key === 'anchor';
  return isAllowed({
    by,
    action: `kms:${operation}`,
    keyPolicy: isAnchor ? 'delegating' : state.policy.form,
    stage: isAnchor ? undefined : state.stage,
    hasAlias: state.alias === key,
    identityPolicy: by === 'root' ? undefined : state.users[by].policy?.form,
    grants: isAnchor ? [] : Object.values(state.grants),
  });
}

// What tells ---------------------------------------------------------------------------------------------

function tell(state: CellState, command: Command): string {
  const { by } = command.signer;
  switch (command.operation) {
    case 'DescribeKey': {
      const { key, refusal } = use(state, by, command.operation, command.key);
      if (refusal !== undefined) return refusal;
      return key === 'anchor' ? `${DONE}: anchor` : `${DONE}: key, ${state.keyState}, ${state.description}`;
    }
    case 'Encrypt':
    case 'GenerateDataKey': {
      const { key, refusal } = use(state, by, command.operation, command.key);
      return refusal ?? usable(state, key) ?? `${DONE}: ${key}`;
    }
    case 'Decrypt':
      return use(state, by, command.operation, 'id').refusal ?? usable(state, 'key') ?? DONE;
    case 'GetKeyPolicy':
      return told([`${state.policy.form} ${state.policy.number}`]);
    case 'ListResourceTags':
      return told(state.stage === undefined ? [] : [state.stage]);
    case 'ListAliases':
      return told(state.alias === 'key' ? ['alias'] : []);
    case 'ListGrants':
      return told(Object.keys(state.grants));
    case 'GetUserPolicy': {
      const { policy } = state.users[command.user];
      return policy === undefined ? 'NoSuchEntityException' : told([`${policy.form} ${policy.number}`]);
    }
    case 'ListAccessKeys':
      return told(
        Object.entries(state.users[command.user].accessKeys).map(([key, status]) => `${key} ${status}`),
      );
    default:
      throw new Error(`${command.operation} does not only tell`);
  }
}

/** An answer that lists something, in an order that does not depend on the service. */
export function told(items: readonly string[]): string {
  return `${DONE}: ${items.length === 0 ? 'nothing' : items.toSorted().join(', ')}`;
}

/** The key that a reference names, or why a caller cannot use it. */
function use(
  state: CellState,
  by: Caller,
  operation: string,
  reference: Reference,
): { readonly key: AliasTarget; readonly refusal?: string } {
  const key = reference === 'id' ? 'key' : state.alias;
  if (key === undefined) return { key: 'key', refusal: 'NotFoundException' };
  return may(state, by, operation, key) ? { key } : { key, refusal: 'AccessDeniedException' };
}

function usable({ keyState }: CellState, key: AliasTarget): string | undefined {
  if (key === 'anchor' || keyState === 'Enabled') return undefined;
  return keyState === 'Disabled' ? 'DisabledException' : 'KMSInvalidStateException';
}

// What changes -------------------------------------------------------------------------------------------

function change(state: CellState, command: Command): Applied {
  const done = (changed: Partial<CellState>): Applied => ({ answer: DONE, after: { ...state, ...changed } });
  const isPending = state.keyState === 'PendingDeletion';
  switch (command.operation) {
    case 'PutKeyPolicy':
      return done({ policy: { form: command.form, number: command.number } });
    case 'UpdateKeyDescription':
    case 'TagResource':
    case 'UntagResource':
    case 'EnableKey':
    case 'DisableKey':
      if (!may(state, command.signer.by, command.operation)) return refuse(state, 'AccessDeniedException');
      return isPending
        ? refuse(state, 'KMSInvalidStateException')
        : { answer: DONE, after: alter(state, command) };
    case 'ScheduleKeyDeletion':
      return isPending ? refuse(state, 'KMSInvalidStateException') : done({ keyState: 'PendingDeletion' });
    case 'CancelKeyDeletion':
      return isPending ? done({ keyState: 'Disabled' }) : refuse(state, 'KMSInvalidStateException');
    case 'CreateAlias':
      if (command.target === 'key' && isPending) return refuse(state, 'KMSInvalidStateException');
      if (state.alias !== undefined) return refuse(state, 'AlreadyExistsException');
      return done({ alias: command.target });
    case 'UpdateAlias':
      if (state.alias === undefined) return refuse(state, 'NotFoundException');
      if (command.target === 'key' && isPending) return refuse(state, 'KMSInvalidStateException');
      return done({ alias: command.target });
    case 'DeleteAlias':
      if (state.alias === undefined) return refuse(state, 'NotFoundException');
      return done({ alias: undefined });
    case 'CreateGrant': {
      const refusal = usable(state, 'key');
      if (refusal !== undefined) return refuse(state, refusal);
      const { grantee, form, number } = command;
      return done({ grants: { ...state.grants, [number]: { grantee, form } } });
    }
    case 'RevokeGrant': {
      const { [command.grant]: revoked, ...grants } = state.grants;
      return revoked === undefined ? refuse(state, 'NotFoundException') : done({ grants });
    }
    default:
      return changeUser(state, command);
  }
}

function alter(state: CellState, command: Command): CellState {
  switch (command.operation) {
    case 'UpdateKeyDescription':
      return { ...state, description: command.number };
    case 'TagResource':
      return { ...state, stage: command.stage };
    case 'UntagResource':
      return { ...state, stage: undefined };
    case 'EnableKey':
      return { ...state, keyState: 'Enabled' };
    default:
      return { ...state, keyState: 'Disabled' };
  }
}

function changeUser(state: CellState, command: Command): Applied {
  if (!('user' in command)) throw new Error(`${command.operation} is not about a user`);
  const user = state.users[command.user];
  const done = (changed: UserState): Applied => ({
    answer: DONE,
    after: { ...state, users: { ...state.users, [command.user]: changed } },
  });
  switch (command.operation) {
    case 'PutUserPolicy':
      return done({ ...user, policy: { form: command.form, number: command.number } });
    case 'DeleteUserPolicy':
      return user.policy === undefined
        ? refuse(state, 'NoSuchEntityException')
        : done({ ...user, policy: undefined });
    case 'CreateAccessKey':
      if (Object.keys(user.accessKeys).length >= MOST_ACCESS_KEYS)
        return refuse(state, 'LimitExceededException');
      return done({ ...user, accessKeys: { ...user.accessKeys, [command.number]: 'Active' } });
    case 'UpdateAccessKey':
    case 'DeleteAccessKey': {
      const { [command.accessKey]: status, ...others } = user.accessKeys;
      if (status === undefined) return refuse(state, 'NoSuchEntityException');
      if (command.operation === 'DeleteAccessKey') return done({ ...user, accessKeys: others });
      return done({ ...user, accessKeys: { ...user.accessKeys, [command.accessKey]: command.status } });
    }
    default:
      throw new Error(`${command.operation} changes nothing of a user`);
  }
}
