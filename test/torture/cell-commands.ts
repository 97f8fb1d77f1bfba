import fc from 'fast-check';
import {
  type Caller,
  GRANT_FORMS,
  type GrantForm,
  IDENTITY_POLICY_FORMS,
  type IdentityPolicyForm,
  KEY_POLICY_FORMS,
  type KeyPolicyForm,
  USERS,
  type User,
} from './cell-policies.ts';

/*
 * What is done in a cell: one key, one alias and two users, whom nothing outside of the cell touches. Everything is plain
 * data, made in advance, so that a seed gives the same commands again.
 *
 * What is to be used or changed and has no name before it exists (ciphertexts, grants, access keys) is named in a plan by a
 * place: how many from the newest one that is known. In a command it is a number of its own.
 */

/** By the key's id, or by the alias of the cell, which may name the anchor: another key, which never changes. */
export type Reference = 'id' | 'alias';
export type AliasTarget = 'key' | 'anchor';

/** Who signs, and a user with which access key. */
export type Signer = { readonly by: 'root' } | { readonly by: User; readonly accessKey: number };

/** A command for each of some operations, with what belongs to all of them. */
type Doing<Operation extends string, Members = unknown> = Operation extends string
  ? { readonly operation: Operation } & Members
  : never;

type Use =
  | Doing<'Encrypt' | 'GenerateDataKey' | 'DescribeKey', { readonly key: Reference }>
  | Doing<'Decrypt', { readonly ciphertext: number }>;

/** Changes of the key that users may be allowed to make. */
type KeyChange =
  | Doing<'UpdateKeyDescription', { readonly number: number }>
  | Doing<'TagResource', { readonly stage: string }>
  | Doing<'UntagResource' | 'EnableKey' | 'DisableKey'>;

interface OfUser {
  readonly user: User;
}

/** What the root user alone does. A number tells what is made from everything else that is made in the cell. */
type Administration =
  | Doing<'PutKeyPolicy', { readonly form: KeyPolicyForm; readonly number: number }>
  | Doing<'ScheduleKeyDeletion' | 'CancelKeyDeletion' | 'DeleteAlias'>
  | Doing<'CreateAlias' | 'UpdateAlias', { readonly target: AliasTarget }>
  | Doing<'CreateGrant', { readonly grantee: User; readonly form: GrantForm; readonly number: number }>
  | Doing<'RevokeGrant', { readonly grant: number }>
  | Doing<'PutUserPolicy', OfUser & { readonly form: IdentityPolicyForm; readonly number: number }>
  | Doing<'DeleteUserPolicy', OfUser>
  | Doing<'CreateAccessKey', OfUser & { readonly number: number }>
  | Doing<'UpdateAccessKey', OfUser & { readonly accessKey: number; readonly status: 'Active' | 'Inactive' }>
  | Doing<'DeleteAccessKey', OfUser & { readonly accessKey: number }>;

/** What only tells. */
type Look =
  | Doing<'GetKeyPolicy' | 'ListResourceTags' | 'ListAliases' | 'ListGrants'>
  | Doing<'GetUserPolicy' | 'ListAccessKeys', OfUser>;

type BySigner = Use | KeyChange;
type ByRoot = Administration | Look;

export type Command = { readonly signer: Signer } & (BySigner | ByRoot);

/** A command whose places have not been looked up. */
export interface PlannedCommand {
  readonly by: Caller;
  /** The place of the access key. */
  readonly accessKey: number;
  readonly what: BySigner | ByRoot;
  /** Which of the nodes is asked, counted around those that there are. */
  readonly node: number;
}

const user = fc.constantFrom(...USERS);
/** The newest most of the time. */
const place = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.nat({ max: 2 }) },
);
const number = fc.constant(0);

const use: fc.Arbitrary<Use> = fc.oneof(
  fc.record({
    operation: fc.constantFrom('Encrypt', 'Encrypt', 'GenerateDataKey', 'DescribeKey'),
    key: fc.constantFrom('id', 'id', 'id', 'alias'),
  }),
  fc.record({ operation: fc.constant('Decrypt' as const), ciphertext: fc.nat({ max: 5 }) }),
);

const keyChange: fc.Arbitrary<KeyChange> = fc.oneof(
  fc.record({ operation: fc.constant('UpdateKeyDescription' as const), number }),
  fc.record({ operation: fc.constant('TagResource' as const), stage: fc.constantFrom('open', 'closed') }),
  // Twice as often enabled as disabled, for most calls need an enabled key.
  fc.record({ operation: fc.constantFrom('UntagResource', 'EnableKey', 'EnableKey', 'DisableKey') }),
);

const aboutKey: fc.Arbitrary<Administration> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      operation: fc.constant('PutKeyPolicy' as const),
      form: fc.constantFrom(...KEY_POLICY_FORMS),
      number,
    }),
  },
  { weight: 1, arbitrary: fc.record({ operation: fc.constant('ScheduleKeyDeletion' as const) }) },
  { weight: 2, arbitrary: fc.record({ operation: fc.constantFrom('CancelKeyDeletion', 'DeleteAlias') }) },
  {
    weight: 3,
    arbitrary: fc.record({
      operation: fc.constantFrom('CreateAlias', 'UpdateAlias'),
      target: fc.constantFrom('key', 'anchor'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      operation: fc.constant('CreateGrant' as const),
      grantee: user,
      form: fc.constantFrom(...GRANT_FORMS),
      number,
    }),
  },
  { weight: 3, arbitrary: fc.record({ operation: fc.constant('RevokeGrant' as const), grant: place }) },
);

const aboutUser: fc.Arbitrary<Administration> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      operation: fc.constant('PutUserPolicy' as const),
      user,
      form: fc.constantFrom(...IDENTITY_POLICY_FORMS),
      number,
    }),
  },
  { weight: 1, arbitrary: fc.record({ operation: fc.constant('DeleteUserPolicy' as const), user }) },
  { weight: 3, arbitrary: fc.record({ operation: fc.constant('CreateAccessKey' as const), user, number }) },
  {
    weight: 3,
    arbitrary: fc.record({
      operation: fc.constant('UpdateAccessKey' as const),
      user,
      accessKey: place,
      status: fc.constantFrom('Active', 'Active', 'Active', 'Inactive'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ operation: fc.constant('DeleteAccessKey' as const), user, accessKey: place }),
  },
);

const look: fc.Arbitrary<Look> = fc.oneof(
  fc.record({
    operation: fc.constantFrom('GetKeyPolicy', 'ListResourceTags', 'ListAliases', 'ListGrants'),
  }),
  fc.record({ operation: fc.constantFrom('GetUserPolicy', 'ListAccessKeys'), user }),
);

const bySigner = fc.record({
  by: fc.constantFrom<Caller[]>('root', 'ada', 'ada', 'bob', 'bob'),
  accessKey: place,
  what: fc.oneof<fc.Arbitrary<BySigner>[]>(use, use, use, keyChange),
  node: fc.nat({ max: 255 }),
});
const byRoot = fc.record({
  by: fc.constant('root' as const),
  accessKey: fc.constant(0),
  what: fc.oneof<fc.Arbitrary<ByRoot>[]>(aboutKey, aboutKey, aboutUser, look),
  node: fc.nat({ max: 255 }),
});

/** What one client of a cell does, one command after the other. */
export function plannedCommands(length: number): fc.Arbitrary<readonly PlannedCommand[]> {
  const either = fc.oneof<fc.Arbitrary<PlannedCommand>[]>(bySigner, bySigner, byRoot);
  return fc.array(either, { minLength: length, maxLength: length });
}

/** The same commands for the same seed and number of the cell, whatever else is made. */
export function plansOf(
  { seed, cell }: { readonly seed: number; readonly cell: number },
  { clients, length }: { readonly clients: number; readonly length: number },
): readonly (readonly PlannedCommand[])[] {
  return fc.sample(plannedCommands(length), { seed: mixed(seed, cell), numRuns: clients });
}

/** A seed of its own for each of many, from one. */
export function mixed(seed: number, number: number): number {
  return (seed + Math.imul(number + 1, 0x9e3779b1)) | 0;
}
