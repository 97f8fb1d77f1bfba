// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import fc from 'fast-check';
import type { RawPolicy, RawStatement } from '../../src/policy/naive.test-support.ts';
import { rootOf } from './key-policies.ts';
import type { TestPrincipals } from './principals.ts';
import { ACCOUNT } from './server.ts';

/*
 * Policies in a few words, for tests that make up many of them: who, what and when, each out of a small set, so that what
 * policies say and what requests ask often meet. A form is plain data that a failing test can print.
 */

/** How many keys and which aliases policies can speak of. */
export const KEY_COUNT = 3;
export const ALIASES = ['a', 'b'] as const;
export type Alias = (typeof ALIASES)[number];

/** What the names in forms stand for. */
export interface Names {
  readonly principals: TestPrincipals;
  readonly keyArns: readonly string[];
  readonly aliasNames: Readonly<Record<Alias, string>>;
}

/** Whom key policies and grants name. */
export const SOMEBODY = ['account', 'ada', 'bob', 'role', 'session', 'foreigner', 'other account'] as const;
export type Somebody = (typeof SOMEBODY)[number];

const USES = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'];
const MANAGEMENT = [
  ...['kms:Create*', 'kms:Describe*', 'kms:Enable*', 'kms:List*', 'kms:Put*', 'kms:Update*', 'kms:Revoke*'],
  ...['kms:Disable*', 'kms:Get*', 'kms:Delete*', 'kms:*agResource', 'kms:*KeyDeletion', 'kms:Retire*'],
];
const ACTIONS = {
  everything: 'kms:*',
  management: MANAGEMENT,
  uses: USES,
  encrypting: ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptTo'],
  decrypting: ['kms:Decrypt', 'kms:ReEncryptFrom'],
  describing: 'kms:DescribeKey',
  granting: ['kms:CreateGrant', 'kms:RetireGrant'],
  'putting policies': 'kms:PutKeyPolicy',
  'all but uses': { not: USES },
} as const satisfies Record<string, string | readonly string[] | { readonly not: readonly string[] }>;

/** Conditions by name. */
const CONDITIONS = {
  always: () => ({}),
  'the context has team red': () => ({ StringEquals: { 'kms:EncryptionContext:team': 'red' } }),
  'the context has a team': () => ({ 'ForAnyValue:StringEquals': { 'kms:EncryptionContextKeys': 'team' } }),
  'the context has the team of the principal': () => ({
    StringEquals: { 'kms:EncryptionContext:team': '${aws:PrincipalTag/team}' },
  }),
  'the key is tagged open': () => ({ StringEquals: { 'aws:ResourceTag/stage': 'open' } }),
  'the key is not tagged': () => ({ Null: { 'aws:ResourceTag/stage': 'true' } }),
  'the key has alias a': ({ aliasNames }: Names) => ({
    'ForAnyValue:StringEquals': { 'kms:ResourceAliases': aliasNames.a },
  }),
  'the request names alias a': ({ aliasNames }: Names) => ({
    StringEquals: { 'kms:RequestAlias': aliasNames.a },
  }),
  'the principal is of team red': () => ({ StringEquals: { 'aws:PrincipalTag/team': 'red' } }),
  'the principal is the root user': () => ({ ArnEquals: { 'aws:PrincipalArn': rootOf(ACCOUNT) } }),
  'the lockout check is not mentioned': () => ({
    Null: { 'kms:BypassPolicyLockoutSafetyCheck': 'true' },
  }),
  'the lockout check is not bypassed': () => ({
    BoolIfExists: { 'kms:BypassPolicyLockoutSafetyCheck': 'false' },
  }),
} as const satisfies Record<string, (names: Names) => RawStatement['Condition']>;

interface StatementForm {
  readonly effect: 'Allow' | 'Deny';
  readonly what: keyof typeof ACTIONS;
  readonly when: keyof typeof CONDITIONS;
}

interface KeyPolicyStatementForm extends StatementForm {
  readonly who: Somebody | 'everybody' | { readonly not: readonly Somebody[] };
}

/** A key policy: what the account is left with, and further statements. */
export interface KeyPolicyForm {
  /** Delegation is that of the default key policy. */
  readonly account: 'delegation' | 'management' | 'nothing';
  readonly statements: readonly KeyPolicyStatementForm[];
}

export interface IdentityPolicyForm {
  readonly statements: readonly (StatementForm & { readonly key: number | 'any' })[];
}

/** The key policy that a key gets that is created without one. */
export const DELEGATION: KeyPolicyForm = { account: 'delegation', statements: [] };

const namesOf = <Name extends string>(record: Readonly<Record<Name, unknown>>) =>
  fc.constantFrom(...Object.keys(record).filter((name): name is Name => name in record));

const statement = {
  effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
  what: fc.oneof(fc.constantFrom('everything' as const, 'uses' as const), namesOf(ACTIONS)),
  when: fc.oneof(
    { weight: 2, arbitrary: fc.constant('always' as const) },
    { weight: 1, arbitrary: namesOf(CONDITIONS) },
  ),
};

export const somebody = fc.constantFrom(...SOMEBODY);
const who = fc.oneof(
  { weight: 6, arbitrary: somebody },
  { weight: 2, arbitrary: fc.constant('everybody' as const) },
  { weight: 1, arbitrary: fc.record({ not: fc.subarray([...SOMEBODY], { minLength: 1 }) }) },
);

export const keyPolicyForm: fc.Arbitrary<KeyPolicyForm> = fc.record({
  account: fc.oneof(
    { weight: 6, arbitrary: fc.constant('delegation') },
    { weight: 3, arbitrary: fc.constant('management') },
    { weight: 1, arbitrary: fc.constant('nothing') },
  ),
  statements: fc.array(fc.record({ ...statement, who }), { maxLength: 3 }),
});

/** Key policies that are mostly about who may put the next one. */
export const policyOfPolicies: fc.Arbitrary<KeyPolicyForm> = fc.record({
  account: fc.constantFrom('delegation', 'management', 'nothing'),
  statements: fc.array(
    fc.record({
      ...statement,
      what: fc.constantFrom('everything', 'management', 'putting policies', 'all but uses', 'uses'),
      when: fc.oneof(fc.constant('always' as const), namesOf(CONDITIONS)),
      who,
    }),
    { maxLength: 3 },
  ),
});

export const identityPolicyForm: fc.Arbitrary<IdentityPolicyForm> = fc.record({
  statements: fc.array(
    fc.record({
      ...statement,
      key: fc.oneof(
        { weight: 3, arbitrary: fc.constant('any' as const) },
        { weight: 1, arbitrary: fc.nat({ max: KEY_COUNT - 1 }) },
      ),
    }),
    { minLength: 1, maxLength: 2 },
  ),
});

/** The ARN by which policies and grants name somebody. */
export function arnOf({ principals }: Names, who: Somebody): string {
  switch (who) {
    case 'account':
      return principals.root.principal.arn;
    case 'other account':
      return rootOf(principals.foreigner.principal.account);
    case 'role': {
      const { principal } = principals.session;
      return principal.kind === 'assumed-role' ? principal.roleArn : principal.arn;
    }
    default:
      return principals[who].principal.arn;
  }
}

export function renderKeyPolicy(names: Names, { account, statements }: KeyPolicyForm): RawPolicy {
  const Principal = { AWS: rootOf(ACCOUNT) };
  const basis: Readonly<Record<KeyPolicyForm['account'], readonly RawStatement[]>> = {
    delegation: [{ Effect: 'Allow', Principal, Action: 'kms:*', Resource: '*' }],
    management: [{ Effect: 'Allow', Principal, Action: MANAGEMENT, Resource: '*' }],
    // A policy has to have a statement; this one never applies.
    nothing: [{ Effect: 'Deny', Principal, Action: 'kms:None', Resource: '*' }],
  };
  const rendered = statements.map(({ who, ...rest }): RawStatement => {
    const isExcluding = typeof who === 'object';
    const listed = isExcluding ? who.not.map((each) => arnOf(names, each)) : [];
    const named = isExcluding || who === 'everybody' ? '*' : arnOf(names, who);
    return {
      ...renderStatement(names, rest),
      ...(isExcluding ? { NotPrincipal: { AWS: listed } } : { Principal: { AWS: named } }),
      Resource: '*',
    };
  });
  return { Version: '2012-10-17', Statement: [...basis[account], ...rendered] };
}

export function renderIdentityPolicy(names: Names, { statements }: IdentityPolicyForm): RawPolicy {
  return {
    Version: '2012-10-17',
    Statement: statements.map(({ key, ...rest }) => ({
      ...renderStatement(names, rest),
      Resource: key === 'any' ? '*' : (names.keyArns[key] ?? '*'),
    })),
  };
}

function renderStatement(names: Names, { effect, what, when }: StatementForm): RawStatement {
  const actions: string | readonly string[] | { readonly not: readonly string[] } = ACTIONS[what];
  const condition: RawStatement['Condition'] = CONDITIONS[when](names);
  return {
    Effect: effect,
    ...(typeof actions === 'object' && 'not' in actions ? { NotAction: actions.not } : { Action: actions }),
    ...(Object.keys(condition ?? {}).length > 0 && { Condition: condition }),
  };
}
