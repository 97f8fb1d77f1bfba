import type { GrantOperation } from '@aws-sdk/client-kms';
import fc from 'fast-check';
import {
  ALIASES,
  type Alias,
  type IdentityPolicyForm,
  identityPolicyForm,
  KEY_COUNT,
  type KeyPolicyForm,
  keyPolicyForm,
  type Somebody,
  somebody,
} from './policy-forms.ts';
import {
  IDENTITY_NAMES,
  type IdentityName,
  PRINCIPAL_NAMES,
  type PrincipalName,
  USER_NAMES,
  type UserName,
} from './principals.ts';

/*
 * What principals do in the model-based test: they use keys, and they change what decides about uses. All of it is plain
 * data, so that a failing sequence can be read.
 */

export const CONTEXTS = {
  none: {},
  red: { team: 'red' },
  blue: { team: 'blue', purpose: 'test' },
} as const satisfies Record<string, Readonly<Record<string, string>>>;
export type ContextName = keyof typeof CONTEXTS;
const CONTEXT_NAMES = ['none', 'red', 'blue'] as const satisfies readonly ContextName[];

/** A key by its number, or by an alias. */
export type KeyReference = number | Alias;
const REFERENCES: readonly KeyReference[] = [...Array(KEY_COUNT).keys(), ...ALIASES];

export type Use = { readonly by: PrincipalName } & (
  | {
      readonly operation: 'Encrypt' | 'GenerateDataKey';
      readonly key: KeyReference;
      readonly context: ContextName;
    }
  | { readonly operation: 'DescribeKey'; readonly key: KeyReference }
  | {
      readonly operation: 'Decrypt';
      /** The key that encrypted the ciphertext, and under which context. */
      readonly of: number;
      readonly sealed: ContextName;
      readonly context: ContextName;
      /** The key that the request names; none by default. */
      readonly key?: KeyReference;
    }
  | {
      readonly operation: 'ReEncrypt';
      readonly of: number;
      readonly context: ContextName;
      readonly to: KeyReference;
      readonly toContext: ContextName;
    }
);

function usesBy(by: PrincipalName): readonly Use[] {
  const keys = [...Array(KEY_COUNT).keys()];
  return [
    ...REFERENCES.flatMap((key): Use[] => [
      { by, operation: 'DescribeKey', key },
      ...CONTEXT_NAMES.flatMap((context): Use[] => [
        { by, operation: 'Encrypt', key, context },
        { by, operation: 'GenerateDataKey', key, context },
      ]),
    ]),
    ...keys.flatMap((of): Use[] => [
      ...CONTEXT_NAMES.map((context): Use => ({ by, operation: 'Decrypt', of, sealed: context, context })),
      { by, operation: 'Decrypt', of, sealed: 'red', context: 'blue' },
      ...[(of + 1) % KEY_COUNT, ALIASES[0]].flatMap((other): Use[] => [
        { by, operation: 'Decrypt', of, sealed: 'red', context: 'red', key: other },
        { by, operation: 'ReEncrypt', of, context: 'red', to: other, toContext: 'blue' },
      ]),
    ]),
  ];
}

/** Every use that the test can ask for. */
export const USES: readonly Use[] = PRINCIPAL_NAMES.flatMap(usesBy);

const GRANT_OPERATIONS: readonly GrantOperation[] = [
  ...(['Encrypt', 'Decrypt', 'GenerateDataKey', 'DescribeKey'] as const),
  ...(['ReEncryptFrom', 'ReEncryptTo', 'CreateGrant', 'RetireGrant'] as const),
];

/** What a grant is created with, apart from its key. Its constraint is always the same context. */
export interface GrantForm {
  readonly grantee: Somebody;
  readonly retiring?: Somebody | undefined;
  readonly operations: readonly GrantOperation[];
  readonly constraint?: 'EncryptionContextEquals' | 'EncryptionContextSubset' | undefined;
}

/** A change of a key, by a principal whom policies and grants allow it or not. */
export type KeyChange =
  | {
      readonly change: 'PutKeyPolicy';
      readonly key: number;
      readonly policy: KeyPolicyForm;
      readonly bypass?: boolean | undefined;
    }
  | ({ readonly change: 'CreateGrant'; readonly key: number } & GrantForm)
  | { readonly change: 'RetireGrant'; readonly grant: number; readonly byToken: boolean }
  | { readonly change: 'RevokeGrant'; readonly grant: number }
  | { readonly change: 'TagResource'; readonly key: number; readonly value: 'open' | 'closed' }
  | { readonly change: 'CreateAlias' | 'UpdateAlias'; readonly alias: Alias; readonly key: number }
  | { readonly change: 'DeleteAlias'; readonly alias: Alias }
  | {
      readonly change:
        | 'UntagResource'
        | 'EnableKey'
        | 'DisableKey'
        | 'ScheduleKeyDeletion'
        | 'CancelKeyDeletion';
      readonly key: number;
    };

/** A change of an identity, by whoever manages identities in its account. */
export type IdentityChange =
  | {
      readonly change: 'PutIdentityPolicy';
      readonly identity: IdentityName;
      readonly policy: IdentityPolicyForm;
    }
  | { readonly change: 'DeleteIdentityPolicy' | 'UntagIdentity'; readonly identity: IdentityName }
  | { readonly change: 'TagIdentity'; readonly identity: IdentityName; readonly team: 'red' | 'blue' }
  | { readonly change: 'UpdateAccessKey'; readonly user: UserName; readonly isActive: boolean };

/** Whether a use is of the key, or by the principal, that a change is about. */
export function concerns(change: KeyChange | IdentityChange, use: Use): boolean {
  if ('user' in change) return use.by === change.user;
  if ('identity' in change) {
    const isSession = use.by === 'session' || use.by === 'limited';
    return change.identity === 'role' ? isSession : use.by === change.identity;
  }
  if (!('key' in change)) return true;
  switch (use.operation) {
    case 'Decrypt':
      return change.key === use.of;
    case 'ReEncrypt':
      return change.key === use.of || change.key === use.to;
    default:
      return change.key === use.key;
  }
}

/** A change, and which uses are asked for around it. */
export interface Command {
  readonly by: PrincipalName;
  readonly change: KeyChange | IdentityChange;
  /** The worker that gets the change. */
  readonly worker: 0 | 1;
  /** Uses are asked for while the change is made, instead of before it. */
  readonly isBusy: boolean;
  /** Picks the uses. */
  readonly seed: number;
}

const key = fc.nat({ max: KEY_COUNT - 1 });
const alias = fc.constantFrom(...ALIASES);
const grant = fc.nat({ max: 7 });
const identity = fc.constantFrom(...IDENTITY_NAMES);
const one = <Name extends string>(...names: readonly Name[]) => fc.constantFrom(...names);

const grantMembers = {
  grantee: somebody,
  retiring: fc.option(somebody, { nil: undefined }),
  operations: fc.subarray([...GRANT_OPERATIONS], { minLength: 1 }),
  constraint: fc.option(one('EncryptionContextEquals', 'EncryptionContextSubset'), { nil: undefined }),
};
export const grantForm: fc.Arbitrary<GrantForm> = fc.record(grantMembers);

const change: fc.Arbitrary<KeyChange | IdentityChange> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      change: one('PutKeyPolicy'),
      key,
      policy: keyPolicyForm,
      bypass: one('', '', 'yes', 'no').map((said) => (said === '' ? undefined : said === 'yes')),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ change: one('CreateGrant'), key, ...grantMembers }),
  },
  { weight: 2, arbitrary: fc.record({ change: one('RetireGrant'), grant, byToken: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ change: one('RevokeGrant'), grant }) },
  { weight: 2, arbitrary: fc.record({ change: one('TagResource'), key, value: one('open', 'closed') }) },
  {
    weight: 6,
    arbitrary: fc.record({
      change: one(
        ...(['UntagResource', 'DisableKey', 'EnableKey', 'EnableKey'] as const),
        ...(['ScheduleKeyDeletion', 'ScheduleKeyDeletion', 'CancelKeyDeletion'] as const),
      ),
      key,
    }),
  },
  { weight: 3, arbitrary: fc.record({ change: one('CreateAlias', 'UpdateAlias'), alias, key }) },
  { weight: 1, arbitrary: fc.record({ change: one('DeleteAlias'), alias }) },
  {
    weight: 4,
    arbitrary: fc.record({ change: one('PutIdentityPolicy'), identity, policy: identityPolicyForm }),
  },
  { weight: 2, arbitrary: fc.record({ change: one('DeleteIdentityPolicy'), identity }) },
  { weight: 1, arbitrary: fc.record({ change: one('UntagIdentity'), identity }) },
  { weight: 2, arbitrary: fc.record({ change: one('TagIdentity'), identity, team: one('red', 'blue') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      change: one('UpdateAccessKey'),
      user: fc.constantFrom(...USER_NAMES),
      isActive: fc.boolean(),
    }),
  },
);

/** Sequences of commands. The root user makes most of the changes, for others often may not. */
export const commands: fc.Arbitrary<readonly Command[]> = fc.array(
  fc.record({
    by: one('root', 'root', 'root', ...PRINCIPAL_NAMES),
    change,
    worker: fc.constantFrom(0, 1),
    isBusy: fc.boolean(),
    seed: fc.nat({ max: 999 }),
  }),
  { minLength: 1, maxLength: 40, size: 'max' },
);

const allowing = (identity: IdentityName): IdentityChange => ({
  change: 'PutIdentityPolicy',
  identity,
  policy: { statements: [{ effect: 'Allow', what: 'everything', when: 'always', key: 'any' }] },
});
const opening: readonly (KeyChange | IdentityChange)[] = [
  allowing('ada'),
  allowing('role'),
  { change: 'CreateAlias', alias: 'a', key: 0 },
  { change: 'CreateGrant', key: 0, grantee: 'bob', retiring: 'ada', operations: GRANT_OPERATIONS },
];

/** What every sequence begins with, so that there is something to change. */
export const OPENING: readonly Command[] = opening.map((change) => {
  return { by: 'root', change, worker: 0, isBusy: false, seed: 0 };
});
