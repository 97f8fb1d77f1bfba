import {
  naiveDecision,
  type RawPolicies,
  type RawPolicy,
  type RawStatement,
} from '../../src/policy/naive.test-support.ts';
import { CONTEXTS, type ContextName, type KeyReference, type Use } from './model-commands.ts';
import { type Alias, arnOf, KEY_COUNT, type Names, type Somebody } from './policy-forms.ts';
import type { IdentityName, PrincipalName } from './principals.ts';
import { REGION } from './server.ts';

/*
 * A second KMS, in memory: what every use is answered, from policies.md, grants.md and operations.md and as plainly as
 * can be. It shares no code with the service.
 */

export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion';

export interface ModelKey {
  policy: RawPolicy;
  state: KeyState;
  /** The value of the tag `stage`. */
  stage: string | undefined;
}

export interface ModelGrant {
  readonly key: number;
  readonly grantee: Somebody;
  readonly retiring: Somebody | undefined;
  readonly issuer: 'account' | 'other account';
  readonly operations: readonly string[];
  readonly constraint: 'EncryptionContextEquals' | 'EncryptionContextSubset' | undefined;
  isAlive: boolean;
}

export interface ModelIdentity {
  policy: RawPolicy | undefined;
  /** The value of the tag `team`. */
  team: string | undefined;
  /** Whether the access key is active; a role has none. */
  isActive: boolean;
}

/** Everything that can change. */
export interface ModelState {
  readonly keys: readonly ModelKey[];
  readonly aliases: Partial<Record<Alias, number>>;
  /** In order of their creation; those that are over stay. */
  readonly grants: ModelGrant[];
  readonly identities: Readonly<Record<IdentityName, ModelIdentity>>;
}

export interface Model {
  readonly names: Names;
  readonly state: ModelState;
}

/** What a call is answered: the code of the refusal, or `done` and what the answer tells. */
export type ModelAnswer = string;

export type Conditions = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The encryption context of the constraints of all grants. */
export const CONSTRAINT = CONTEXTS.red;

/** What is there when a sequence begins: keys under the default policy, and nothing else. */
export function initialState(keyPolicy: RawPolicy): ModelState {
  const identity = (): ModelIdentity => ({ policy: undefined, team: undefined, isActive: true });
  return {
    keys: Array.from({ length: KEY_COUNT }, () => ({
      policy: keyPolicy,
      state: 'Enabled',
      stage: undefined,
    })),
    aliases: {},
    grants: [],
    identities: { ada: identity(), bob: identity(), role: identity(), foreigner: identity() },
  };
}

export function answerUse(model: Model, use: Use): ModelAnswer {
  const { state } = model;
  if (!canSign(model, use.by)) return 'UnrecognizedClientException';
  switch (use.operation) {
    case 'DescribeKey': {
      const { key, refusal } = named(model, use.by, use.key);
      if (key === undefined) return refusal;
      if (!mayUse(model, use.by, 'kms:DescribeKey', key, use.key, {})) return 'AccessDeniedException';
      return `done: key ${key}, ${state.keys[key]?.state}`;
    }
    case 'Encrypt':
    case 'GenerateDataKey': {
      const { key, refusal } = named(model, use.by, use.key);
      if (key === undefined) return refusal;
      const conditions = contextConditions(use.context);
      if (!mayUse(model, use.by, `kms:${use.operation}`, key, use.key, conditions))
        return 'AccessDeniedException';
      return stateRefusal(model, key) ?? `done: key ${key}`;
    }
    case 'Decrypt': {
      const { of, sealed, context, key: reference = of } = use;
      const { key, refusal } = named(model, use.by, reference);
      if (key === undefined) return refusal;
      if (!mayUse(model, use.by, 'kms:Decrypt', key, reference, contextConditions(context)))
        return 'AccessDeniedException';
      const unusable = stateRefusal(model, key);
      if (unusable !== undefined) return unusable;
      if (key !== of) return 'IncorrectKeyException';
      return sealed === context ? `done: key ${key}` : 'InvalidCiphertextException';
    }
    case 'ReEncrypt': {
      const { of, context, to, toContext } = use;
      const { key, refusal } = named(model, use.by, to);
      if (key === undefined) return refusal;
      if (!mayUse(model, use.by, 'kms:ReEncryptFrom', of, of, contextConditions(context)))
        return 'AccessDeniedException';
      if (!mayUse(model, use.by, 'kms:ReEncryptTo', key, to, contextConditions(toContext)))
        return 'AccessDeniedException';
      return stateRefusal(model, of) ?? stateRefusal(model, key) ?? `done: key ${of} to key ${key}`;
    }
  }
}

/** Whether a principal's credentials are good. */
export function canSign({ names, state }: Model, by: PrincipalName): boolean {
  const { identity } = names.principals[by];
  return identity === undefined || identity === 'role' || state.identities[identity].isActive;
}

/** The key that a reference names, or what to say to a principal when it names none. */
function named(
  { names, state }: Model,
  by: PrincipalName,
  reference: KeyReference,
): { readonly key: number | undefined; readonly refusal: string } {
  const key = typeof reference === 'number' ? reference : state.aliases[reference];
  // Whether an alias of another account exists is never told.
  const refusal = isOwn(names, by) ? 'NotFoundException' : 'AccessDeniedException';
  return { key, refusal };
}

/** Whether the keys belong to the account of a principal. */
export function isOwn({ principals }: Names, by: PrincipalName): boolean {
  return principals[by].principal.account === principals.root.principal.account;
}

function stateRefusal({ state }: Model, key: number): string | undefined {
  const refusals = {
    Enabled: undefined,
    Disabled: 'DisabledException',
    PendingDeletion: 'KMSInvalidStateException',
  };
  return refusals[state.keys[key]?.state ?? 'Enabled'];
}

function contextConditions(context: ContextName): Conditions {
  const pairs = Object.entries(CONTEXTS[context]);
  return {
    'kms:encryptioncontextkeys': pairs.map(([name]) => name),
    ...Object.fromEntries(pairs.map(([name, value]) => [`kms:encryptioncontext:${name}`, value])),
  };
}

function mayUse(
  model: Model,
  by: PrincipalName,
  action: string,
  key: number,
  reference: KeyReference,
  conditions: Conditions,
): boolean {
  const requestAlias = typeof reference === 'string' ? model.names.aliasNames[reference] : undefined;
  return mayOnKey(model, by, action, key, { ...conditions, 'kms:requestalias': requestAlias });
}

/** Whether policies and grants let a principal do something with a key. */
export function mayOnKey(
  model: Model,
  by: PrincipalName,
  action: string,
  key: number,
  conditions: Conditions,
  policies: Partial<RawPolicies> = {},
): boolean {
  const { names, state } = model;
  const { principal } = names.principals[by];
  const { policy: keyPolicy, stage } = state.keys[key] ?? { policy: undefined, stage: undefined };
  const aliases = Object.entries(names.aliasNames).filter(
    ([alias]) => Object.entries(state.aliases).find(([name]) => name === alias)?.[1] === key,
  );
  const known: Conditions = {
    'aws:resourcetag/stage': stage,
    'kms:resourcealiases': aliases.map(([, aliasName]) => aliasName),
    ...conditions,
  };
  const request = {
    principal,
    action,
    resource: names.keyArns[key] ?? '',
    resourceAccount: names.principals.root.principal.account,
    context: contextOf(model, by, known),
  };
  const grants = state.grants.filter((grant) => grant.key === key && grant.isAlive);
  return isAllowed(
    naiveDecision(request, {
      ...ownPolicies(model, by),
      ...(keyPolicy && { keyPolicy }),
      grants: grants.map((grant) => renderGrant(names, grant)),
      ...policies,
    }),
  );
}

/** Whether identity policies let a principal do something with an alias of its account. */
export function mayOnAlias(model: Model, by: PrincipalName, action: string, alias: Alias): boolean {
  const { principal } = model.names.principals[by];
  const resource = `arn:aws:kms:${REGION}:${principal.account}:${model.names.aliasNames[alias]}`;
  const context = contextOf(model, by, {});
  return isAllowed(naiveDecision({ principal, action, resource, context }, ownPolicies(model, by)));
}

/** Whether a principal may retire a grant: grants.md section 6. Key policies can only deny it. */
export function mayRetire(model: Model, by: PrincipalName, grant: ModelGrant): boolean {
  const { names, state } = model;
  const retirers = [grant.issuer, grant.retiring ?? grant.issuer];
  const rendered = renderGrant(names, grant);
  const constraint = grant.constraint && 'red';
  return mayOnKey(
    model,
    by,
    'kms:RetireGrant',
    grant.key,
    { ...contextConditions(constraint ?? 'none'), 'kms:grantconstrainttype': grant.constraint },
    {
      keyPolicy: withoutAllows(state.keys[grant.key]?.policy.Statement ?? []),
      grants: [
        rendered,
        ...retirers.map((who) => ({
          ...rendered,
          granteePrincipal: arnOf(names, who),
          operations: ['RetireGrant'],
        })),
      ],
    },
  );
}

function withoutAllows(statements: readonly RawStatement[]): RawPolicy {
  return { Version: '2012-10-17', Statement: statements.filter(({ Effect }) => Effect === 'Deny') };
}

function renderGrant(names: Names, { grantee, operations, constraint }: ModelGrant) {
  const constraints = {
    ...(constraint === 'EncryptionContextEquals' && { encryptionContextEquals: CONSTRAINT }),
    ...(constraint === 'EncryptionContextSubset' && { encryptionContextSubset: CONSTRAINT }),
  };
  return { grantId: 'grant', granteePrincipal: arnOf(names, grantee), operations, constraints };
}

function ownPolicies({ names, state }: Model, by: PrincipalName): RawPolicies {
  const { identity, permissionsBoundary, sessionPolicy } = names.principals[by];
  const policy = identity && state.identities[identity].policy;
  return {
    identityPolicies: policy === undefined ? [] : [policy],
    ...(permissionsBoundary && { permissionsBoundary }),
    ...(sessionPolicy && { sessionPolicies: [sessionPolicy] }),
  };
}

/** The condition keys that policies of the test ask for. */
function contextOf({ names, state }: Model, by: PrincipalName, conditions: Conditions) {
  const { principal, identity } = names.principals[by];
  const all: Conditions = {
    'aws:principalarn': principal.kind === 'assumed-role' ? principal.roleArn : principal.arn,
    'aws:principaltag/team': identity && state.identities[identity].team,
    ...conditions,
  };
  return { get: (name: string) => all[name] };
}

function isAllowed(decision: string): boolean {
  return decision.startsWith('allow ');
}
