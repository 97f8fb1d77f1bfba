import type { GrantOperation } from '@aws-sdk/client-kms';
import { naiveDecision, type RawPolicy, type RawStatement } from '../../src/policy/naive.test-support.ts';
import { rootOf } from '../support/key-policies.ts';
import { ACCOUNT, REGION } from '../support/server.ts';

/*
 * Policies of cells in one word each, and what they decide: by the naive evaluator, which shares no code with the service.
 */

/** The callers of a cell: the root user of the account, and two users of its own. */
export const USERS = ['ada', 'bob'] as const;
export type User = (typeof USERS)[number];
export type Caller = 'root' | User;

/** What the names in policies stand for. */
export interface CellNames {
  readonly users: Readonly<Record<User, { readonly arn: string; readonly uniqueId: string }>>;
  readonly aliasName: string;
}

const USES = ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'];
const ACCOUNT_ROOT = { AWS: rootOf(ACCOUNT) };
const ROOT_ALONE: RawStatement = {
  Effect: 'Allow',
  Principal: ACCOUNT_ROOT,
  Action: 'kms:*',
  Resource: '*',
  Condition: { ArnEquals: { 'aws:PrincipalArn': rootOf(ACCOUNT) } },
};
const DELEGATION: RawStatement = { Effect: 'Allow', Principal: ACCOUNT_ROOT, Action: 'kms:*', Resource: '*' };

const both = ({ users }: CellNames) => ({ AWS: USERS.map((user) => users[user].arn) });

/** Key policies. The root user may do everything by each of them, so that there is always somebody who can go on. */
const KEY_POLICIES = {
  delegating: () => [DELEGATION],
  'for root alone': () => [ROOT_ALONE],
  'for ada': ({ users }) => [
    ROOT_ALONE,
    { Effect: 'Allow', Principal: { AWS: users.ada.arn }, Action: 'kms:*', Resource: '*' },
  ],
  'for encrypting': (names) => [
    ROOT_ALONE,
    { Effect: 'Allow', Principal: both(names), Action: 'kms:Encrypt', Resource: '*' },
  ],
  'for open keys': (names) => [
    ROOT_ALONE,
    {
      Effect: 'Allow',
      Principal: both(names),
      Action: USES,
      Resource: '*',
      Condition: { StringEquals: { 'aws:ResourceTag/stage': 'open' } },
    },
  ],
  'for keys with the alias': (names) => [
    ROOT_ALONE,
    {
      Effect: 'Allow',
      Principal: both(names),
      Action: USES,
      Resource: '*',
      Condition: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': names.aliasName } },
    },
  ],
  'against bob': ({ users }) => [
    DELEGATION,
    { Effect: 'Deny', Principal: { AWS: users.bob.arn }, Action: 'kms:*', Resource: '*' },
  ],
} as const satisfies Record<string, (names: CellNames) => readonly RawStatement[]>;

const IDENTITY_POLICIES = {
  'allowing everything': [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }],
  'allowing to encrypt': [{ Effect: 'Allow', Action: ['kms:Encrypt', 'kms:GenerateDataKey'], Resource: '*' }],
  'denying to decrypt': [
    { Effect: 'Allow', Action: 'kms:*', Resource: '*' },
    { Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*' },
  ],
} as const satisfies Record<string, readonly RawStatement[]>;

const GRANT_OPERATIONS = {
  everything: ['Encrypt', 'Decrypt', 'GenerateDataKey', 'DescribeKey'],
  decrypting: ['Decrypt'],
} as const satisfies Record<string, readonly GrantOperation[]>;

export type KeyPolicyForm = keyof typeof KEY_POLICIES;
export type IdentityPolicyForm = keyof typeof IDENTITY_POLICIES;
export type GrantForm = keyof typeof GRANT_OPERATIONS;

export const KEY_POLICY_FORMS = namesOf(KEY_POLICIES);
export const IDENTITY_POLICY_FORMS = namesOf(IDENTITY_POLICIES);
export const GRANT_FORMS = namesOf(GRANT_OPERATIONS);

function namesOf<Name extends string>(record: Readonly<Record<Name, unknown>>): readonly Name[] {
  return Object.keys(record).filter((name): name is Name => name in record);
}

export function operationsOf(form: GrantForm): GrantOperation[] {
  return [...GRANT_OPERATIONS[form]];
}

/** @param number makes the policy unlike every other */
export function renderKeyPolicy(names: CellNames, form: KeyPolicyForm, number: number): string {
  const Statement = KEY_POLICIES[form](names);
  return JSON.stringify({ Version: '2012-10-17', Id: String(number), Statement });
}

export function renderIdentityPolicy(form: IdentityPolicyForm, number: number): string {
  const Statement = IDENTITY_POLICIES[form];
  return JSON.stringify({ Version: '2012-10-17', Id: String(number), Statement });
}

/** All that decides whether a caller may do something with a key. */
export interface Situation {
  readonly by: Caller;
  /** Such as `kms:Encrypt`. */
  readonly action: string;
  readonly keyPolicy: KeyPolicyForm;
  readonly stage: string | undefined;
  readonly hasAlias: boolean;
  readonly identityPolicy: IdentityPolicyForm | undefined;
  readonly grants: readonly { readonly grantee: User; readonly form: GrantForm }[];
}

/** Names for decisions, which are the same in every cell. */
const NAMES: CellNames = {
  users: {
    ada: { arn: `arn:aws:iam::${ACCOUNT}:user/ada`, uniqueId: 'AIDAADA' },
    bob: { arn: `arn:aws:iam::${ACCOUNT}:user/bob`, uniqueId: 'AIDABOB' },
  },
  aliasName: 'alias/cell',
};
const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/cell`;

const decisions = new Map<string, boolean>();

/** Whether policies and grants let a caller do something with a key. */
export function isAllowed(situation: Situation): boolean {
  const key = JSON.stringify(situation);
  const known = decisions.get(key);
  if (known !== undefined) return known;
  const decision = decide(situation);
  decisions.set(key, decision);
  return decision;
}

function decide({ by, action, keyPolicy, stage, hasAlias, identityPolicy, grants }: Situation): boolean {
  const principal =
    by === 'root'
      ? ({ kind: 'root', account: ACCOUNT, arn: rootOf(ACCOUNT) } as const)
      : ({ kind: 'user', account: ACCOUNT, ...NAMES.users[by] } as const);
  const context = new Map<string, string | readonly string[]>([['aws:principalarn', principal.arn]]);
  if (stage !== undefined) context.set('aws:resourcetag/stage', stage);
  if (hasAlias) context.set('kms:resourcealiases', [NAMES.aliasName]);
  const policyOf = (Statement: readonly RawStatement[]): RawPolicy => ({ Version: '2012-10-17', Statement });
  const decision = naiveDecision(
    { principal, action, resource: KEY_ARN, resourceAccount: ACCOUNT, context },
    {
      keyPolicy: policyOf(KEY_POLICIES[keyPolicy](NAMES)),
      identityPolicies: identityPolicy === undefined ? [] : [policyOf(IDENTITY_POLICIES[identityPolicy])],
      grants: grants.map(({ grantee, form }) => ({
        grantId: 'grant',
        granteePrincipal: NAMES.users[grantee].arn,
        operations: GRANT_OPERATIONS[form],
        constraints: {},
      })),
    },
  );
  return decision.startsWith('allow ');
}
