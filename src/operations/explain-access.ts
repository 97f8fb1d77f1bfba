import type { Caller } from '../caller.ts';
import { findSubject, type Iam } from '../iam/index.ts';
import { GRANT_OPERATIONS, type KeyEntry, parseIdentifier } from '../kms/index.ts';
import {
  boolean,
  enumeration,
  integer,
  list,
  optional,
  required,
  string,
  stringMap,
  structure,
} from '../model/index.ts';
import { reportAccess } from './access-report.ts';
import { ANY_IDENTIFIER, encryptionConditions, MANAGEMENT_ERRORS } from './common.ts';
import * as examples from './example-values.ts';
import { declaredByIam } from './iam/index.ts';
import { type Call, type Conditions, operation } from './operation.ts';
import * as refusals from './refusals.ts';
import * as shapes from './shapes.ts';

const statements = list(
  structure({
    Source: required(string(), 'The policy: its ARN, or its name.'),
    Statement: required(integer(), 'Which statement of the policy, from 1.'),
    Sid: optional(string(), 'The Sid of the statement.'),
    Effect: required(enumeration('Allow', 'Deny'), 'The effect of the statement.'),
    Line: required(integer(), 'The line where the statement begins, from 1.'),
    Column: required(integer(), 'The column where the statement begins, from 1.'),
    Text: required(string(), 'The statement as it stands in the policy.'),
    Applies: required(boolean, 'Whether it applies to the request.'),
    Because: required(
      string(),
      'The first element, or the condition, that does not match, with what it wants and what the request has.',
    ),
  }),
);

export const explainAccess = operation({
  name: 'ExplainAccess',
  service: 'qkms',
  summary:
    'Explains whether a principal may perform an action on a KMS key: what each policy and grant says of it, and what would have to change.',
  notes: ['How to read an explanation: [explaining access](explain.md).'],
  input: structure({
    KeyId: required(shapes.keyIdentifier, 'The key: its id, ARN, alias name or alias ARN.'),
    Action: required(string({ min: 5, max: 128 }), 'The action, such as kms:Decrypt.'),
    Principal: optional(
      string({ min: 1, max: 2048 }),
      'The ARN of a user, role, role session, federated user or account root user, or the name of a service; the caller as it is, by default.',
    ),
    Context: optional(
      stringMap,
      'Condition keys and their values, such as kms:EncryptionContext:department. They count instead of what is known.',
    ),
  }),
  output: structure({
    Decision: required(
      enumeration('allowed', 'explicitDeny', 'implicitDeny', 'undetermined'),
      'The decision; undetermined when it rests on what is withheld from the caller.',
    ),
    Message: optional(
      string(),
      'The text of the AccessDeniedException; absent when anything is withheld from the caller that it could rest on.',
    ),
    DecidingLayer: optional(string(), 'What gives the permission, or denies it, or lacks it first.'),
    Layers: required(
      list(
        structure({
          Layer: required(
            enumeration('key-policy', 'identity-policy', 'permissions-boundary', 'session-policy', 'grants'),
            'The kind of policy.',
          ),
          Verdict: required(
            enumeration('allows', 'denies', 'silent', 'absent', 'withheld'),
            'What the layer says by itself.',
          ),
          Note: optional(string(), 'Why it is withheld.'),
          Statements: required(statements, 'Every statement of its policies.'),
        }),
      ),
      'All layers.',
    ),
    Grants: required(
      list(
        structure({
          GrantId: required(shapes.grantId, 'The grant.'),
          Applies: required(boolean, 'Whether it permits the request.'),
          Because: required(string(), 'The first part that does not match.'),
        }),
      ),
      'The grants to the principal, its role or its account; those that apply first, 100 at most.',
    ),
    Remedies: required(list(string()), 'What would have to change for the request to be allowed.'),
  }),
  targets: {
    key: {
      kind: 'key',
      member: 'KeyId',
      accepts: ANY_IDENTIFIER,
      permission: 'kms:GetKeyPolicy',
      states: 'any',
    },
  },
  errors: MANAGEMENT_ERRORS,
  readOnly: true,
  examples: [
    {
      title: 'See why a role may not decrypt',
      request: {
        KeyId: examples.KEY_ID,
        Action: 'kms:Decrypt',
        Principal: 'arn:aws:iam::111122223333:role/backup',
        Context: { 'kms:EncryptionContext:department': 'sales' },
      },
    },
    {
      title: 'See why the root user may decrypt',
      request: { KeyId: examples.KEY_ID, Action: 'kms:Decrypt', Principal: 'arn:aws:iam::111122223333:root' },
    },
  ],
  validate: requireAccessQuestion,
  async handler(call) {
    const { input, targets, caller, time, kms, iam } = call;
    const { key } = targets;
    const isCaller = input.Principal === undefined || input.Principal === caller.principal.arn;
    const subject = isCaller ? caller : await requireSubject(iam, input.Principal, time);
    const action = canonicalAction(input.Action);
    return reportAccess(kms, iam, {
      key,
      subject,
      action,
      context: call.contextOf(subject, key, accessConditions(key, action, input)),
      given: new Set(Object.keys(input.Context ?? {}).map((name) => name.toLowerCase())),
      withheld: isCaller ? undefined : reasonToWithhold(call, subject),
    });
  },
});

/** What a question is made of. */
export interface AccessInput {
  readonly KeyId: string;
  readonly Action: string;
  readonly Context?: Readonly<Record<string, string>> | undefined;
}

/** Actions that are not on a key alone: on the account, on a key store, or judged by a grant itself. */
const NOT_ON_A_KEY =
  /^(?:CreateKey|GenerateRandom|List(?:Keys|Aliases|RetirableGrants)|RetireGrant|\w+CustomKeyStores?)$/i;

/**
 * Refuses a question that cannot be answered.
 *
 * @throws ServiceError `ValidationException`
 */
export function requireAccessQuestion({ Action: action, Context: context = {} }: AccessInput): void {
  const [, name = ''] = /^kms:([A-Za-z]+)$/.exec(action) ?? [];
  if (name === '' || NOT_ON_A_KEY.test(name)) throw refusals.notAnActionOnAKey(action);
  const names = new Set<string>();
  for (const key of Object.keys(context)) {
    if (!/^[\w-]+:./.test(key)) throw refusals.invalidConditionKey(key);
    if (names.has(key.toLowerCase())) throw refusals.repeatedConditionKey(key);
    names.add(key.toLowerCase());
  }
}

/** The name of an action as requests have it: policies ignore its case, grants do not. */
export function canonicalAction(action: string): string {
  const known = GRANT_OPERATIONS.find((name) => `kms:${name}`.toLowerCase() === action.toLowerCase());
  return known === undefined ? action : `kms:${known}`;
}

const ENCRYPTION_CONTEXT = 'kms:encryptioncontext:';
const WITH_ENCRYPTION_ALGORITHM =
  /^kms:(?:Encrypt|Decrypt|ReEncrypt\w+|GenerateDataKey(?:WithoutPlaintext)?)$/i;

/** The condition keys of the request that a question is about: those that follow from it, then those that it gives. */
export function accessConditions(
  { record: { keySpec } }: KeyEntry,
  action: string,
  { KeyId, Context = {} }: AccessInput,
): Conditions {
  const identifier = parseIdentifier(KeyId);
  const pairs = Object.keys(Context).filter((name) => name.toLowerCase().startsWith(ENCRYPTION_CONTEXT));
  return {
    ...(keySpec === 'SYMMETRIC_DEFAULT' &&
      WITH_ENCRYPTION_ALGORITHM.test(action) &&
      encryptionConditions(undefined, undefined)),
    ...('aliasName' in identifier && { 'kms:RequestAlias': identifier.aliasName }),
    ...(pairs.length > 0 && {
      'kms:EncryptionContextKeys': pairs.map((name) => name.slice(ENCRYPTION_CONTEXT.length)),
    }),
    ...Context,
  };
}

/** @throws ServiceError `InvalidArnException` when it is nobody */
export async function requireSubject(iam: Iam, principal = '', time: number): Promise<Caller> {
  const subject = await findSubject(iam, principal, time);
  if (subject === undefined) throw refusals.invalidPrincipalArn(principal);
  return subject;
}

/** What nobody can tell of a principal that is not the caller, whoever asks. */
export function reasonNotKnown({ principal }: Caller): string | undefined {
  return principal.kind === 'federated-user'
    ? 'not known: which policies a federated user has, only its own requests tell'
    : undefined;
}

const SIMULATE = 'SimulatePrincipalPolicy';

/** Why the caller is not told of a principal's own policies; the same as decides whether it may simulate them. */
function reasonToWithhold(
  { caller, isAllowed }: Pick<Call, 'caller' | 'isAllowed'>,
  subject: Caller,
): string | undefined {
  const { principal } = subject;
  if (principal.kind === 'root' || principal.kind === 'service') return undefined;
  if (subject.account !== caller.account)
    return `not shown: the principal belongs to account ${subject.account}`;
  const notKnown = reasonNotKnown(subject);
  if (notKnown !== undefined) return notKnown;
  const { refusesSessions } = declaredByIam.find(({ name }) => name === SIMULATE) ?? {};
  const arn = principal.kind === 'assumed-role' ? principal.roleArn : principal.arn;
  const mayBySession = caller.session === undefined || !refusesSessions?.includes(caller.session.source);
  if (mayBySession && isAllowed(`iam:${SIMULATE}`, arn)) return undefined;
  return `not shown: the caller may not iam:${SIMULATE} on ${arn}`;
}
