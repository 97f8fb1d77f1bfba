import type { Caller } from '../caller.ts';
import { type Iam, policiesOfCaller, type SourcedPolicy } from '../iam/index.ts';
import { grantsTo, type KeyEntry, type Kms } from '../kms/index.ts';
import {
  type AuthorizationPolicies,
  accessDeniedMessage,
  type ConditionContext,
  type ConditionValue,
  compilePolicy,
  type DecisionLayer,
  type Effect,
  explain,
  type GrantExplanation,
  type PolicyLayer,
  parsePolicy,
  quoteStatements,
  remediesFor,
  type StatementExplanation,
} from '../policy/index.ts';
import { showPolicy } from './key-policy-versions.ts';

/*
 * What QKMS says of a decision to those entitled: every layer, its statements as they are written, and what would have to
 * change.
 */

/** A question about access to a key. */
export interface AccessQuestion {
  readonly key: KeyEntry;
  readonly subject: Caller;
  /** Such as `kms:Decrypt`. */
  readonly action: string;
  readonly context: ConditionContext;
  /** The condition keys, in lower case, that whoever asks has given. */
  readonly given: ReadonlySet<string>;
  /** Why the subject's own policies and tags are not told; `undefined` when they are. */
  readonly withheld: string | undefined;
}

/** As `SimulatePrincipalPolicy` names decisions; `undetermined` when it rests on what is withheld. */
export type ReportedDecision = 'allowed' | 'explicitDeny' | 'implicitDeny' | 'undetermined';

export interface ReportedStatement {
  readonly Source: string;
  /** Counts from 1. */
  readonly Statement: number;
  readonly Sid: string | undefined;
  readonly Effect: Effect;
  readonly Line: number;
  readonly Column: number;
  readonly Text: string;
  readonly Applies: boolean;
  readonly Because: string;
}

export interface ReportedLayer {
  readonly Layer: PolicyLayer | 'grants';
  readonly Verdict: 'allows' | 'denies' | 'silent' | 'absent' | 'withheld';
  readonly Note?: string;
  readonly Statements: readonly ReportedStatement[];
}

export interface AccessReport {
  readonly Decision: ReportedDecision;
  readonly Message?: string;
  readonly DecidingLayer?: PolicyLayer | 'grants' | 'root-user';
  readonly Layers: readonly ReportedLayer[];
  readonly Grants: readonly {
    readonly GrantId: string;
    readonly Applies: boolean;
    readonly Because: string;
  }[];
  readonly Remedies: readonly string[];
}

const DECISIONS = {
  allow: 'allowed',
  'explicit-deny': 'explicitDeny',
  'implicit-deny': 'implicitDeny',
} as const;

/** How many grants are told of at most; those that apply come first. */
const MOST_GRANTS = 100;

/** Stands for what is withheld, at its most favourable: what is refused even so, is refused. */
const ANYTHING = compilePolicy(
  parsePolicy('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'),
);

/**
 * Explains whether a subject may perform an action on a key. What is withheld takes no part: neither the decision nor
 * anything else in the report depends on it.
 */
export async function reportAccess(kms: Kms, iam: Iam, question: AccessQuestion): Promise<AccessReport> {
  const { key, subject, action, withheld } = question;
  const { principal } = subject;
  const { accountId } = key.record;
  const keyPolicyText = await showPolicy(iam, key.record);
  const own = withheld === undefined ? await policiesOfCaller(iam, subject) : undefined;
  const grants = await grantsTo(kms, key.record, principal);
  const context = new WatchedContext(question);
  const request = { principal, action, resource: key.arn, resourceAccount: accountId, context };
  const ofKey = { keyPolicy: key.policy, grants };
  const policies: AuthorizationPolicies =
    own === undefined
      ? { ...ofKey, identityPolicies: [ANYTHING], sessionPolicies: [ANYTHING] }
      : {
          ...ofKey,
          identityPolicies: own.identityPolicies.map(({ policy }) => policy),
          ...(own.permissionsBoundary && { permissionsBoundary: own.permissionsBoundary.policy }),
          sessionPolicies: own.sessionPolicies.map(({ policy }) => policy),
        };
  const sources: Readonly<Record<PolicyLayer, readonly Source[]>> = {
    'key-policy': [{ name: 'the key policy', text: keyPolicyText }],
    'identity-policy': (own?.identityPolicies ?? []).map(sourceOf),
    'permissions-boundary': own?.permissionsBoundary ? [sourceOf(own.permissionsBoundary)] : [],
    'session-policy': (own?.sessionPolicies ?? []).map(sourceOf),
  };

  const explanation = explain(request, policies);
  const { decision } = explanation;
  const isOpen = withheld !== undefined && (decision.allowed || context.askedHidden);
  const because = { arn: principal.arn, action, resource: key.arn, context };
  const layers = LAYERS.map((layer): ReportedLayer => {
    if (layer !== 'key-policy' && withheld !== undefined)
      return { Layer: layer, Verdict: 'withheld', Note: withheld, Statements: [] };
    const statements = explanation.statements.filter((statement) => statement.layer === layer);
    const isThere = sources[layer].length > 0;
    return {
      Layer: layer,
      Verdict: isThere ? verdictOf(statements) : 'absent',
      Statements: reportStatements(sources[layer], statements, because),
    };
  });
  const nameOf = (layer: PolicyLayer, index: number) => sources[layer][index]?.name ?? `the ${layer}`;
  return {
    Decision: isOpen ? 'undetermined' : DECISIONS[decision.outcome],
    ...(!isOpen && {
      // What is withheld may deny as well, and the refusal would then say that.
      ...(!decision.allowed && own !== undefined && { Message: accessDeniedMessage(request, decision) }),
      DecidingLayer: nameLayer(decision.layer),
    }),
    Layers: [...layers, { Layer: 'grants', Verdict: verdictOfGrants(explanation.grants), Statements: [] }],
    Grants: explanation.grants
      .toSorted((one, other) => Number(other.applies) - Number(one.applies))
      .slice(0, MOST_GRANTS)
      .map((grant) => ({
        GrantId: grant.grantId,
        Applies: grant.applies,
        Because: becauseOfGrant(grant),
      })),
    Remedies: isOpen ? [HOW_TO_SEE] : remediesFor(request, policies, nameOf),
  };
}

const HOW_TO_SEE =
  'ask as the principal itself, or as somebody of its account who may iam:SimulatePrincipalPolicy on it: the answer rests on what is withheld here';

const LAYERS: readonly PolicyLayer[] = [
  'key-policy',
  'identity-policy',
  'permissions-boundary',
  'session-policy',
];

interface Source {
  readonly name: string;
  /** As it is shown: to it the positions belong. */
  readonly text: string;
}

function sourceOf({ id, arn, text }: SourcedPolicy): Source {
  return { name: arn ?? id, text };
}

/** A context that keeps to itself what would tell of the subject, and remembers that it was asked. */
class WatchedContext implements ConditionContext {
  askedHidden = false;
  readonly #question: AccessQuestion;

  constructor(question: AccessQuestion) {
    this.#question = question;
  }

  hides(name: string): boolean {
    const { withheld, given } = this.#question;
    return withheld !== undefined && /^aws:(?:principaltag\/|userid$)/.test(name) && !given.has(name);
  }

  get(name: string): ConditionValue | undefined {
    if (!this.hides(name)) return this.#question.context.get(name);
    this.askedHidden = true;
    return undefined;
  }
}

function nameLayer(layer: DecisionLayer): PolicyLayer | 'grants' | 'root-user' {
  return layer === 'grant' ? 'grants' : layer;
}

function verdictOf(statements: readonly StatementExplanation[]): ReportedLayer['Verdict'] {
  const effects = statements.filter(({ applies }) => applies).map(({ effect }) => effect);
  if (effects.includes('Deny')) return 'denies';
  return effects.includes('Allow') ? 'allows' : 'silent';
}

function verdictOfGrants(grants: readonly GrantExplanation[]): ReportedLayer['Verdict'] {
  if (grants.length === 0) return 'absent';
  return grants.some(({ applies }) => applies) ? 'allows' : 'silent';
}

interface Circumstances {
  readonly arn: string;
  readonly action: string;
  readonly resource: string;
  readonly context: WatchedContext;
}

function reportStatements(
  sources: readonly Source[],
  statements: readonly StatementExplanation[],
  circumstances: Circumstances,
): readonly ReportedStatement[] {
  const quoted = sources.map(({ text }) => quoteStatements(text));
  return statements.flatMap((explained) => {
    const { policyIndex, statementIndex, sid, effect, applies } = explained;
    const source = sources[policyIndex];
    const quote = quoted[policyIndex]?.[statementIndex];
    if (source === undefined || quote === undefined) return [];
    return {
      Source: source.name,
      Statement: statementIndex + 1,
      Sid: sid,
      Effect: effect,
      Line: quote.line,
      Column: quote.column,
      Text: quote.text,
      Applies: applies,
      Because: because(explained, circumstances),
    };
  });
}

function because(
  { layer, mismatch, condition }: StatementExplanation,
  { arn, action, resource, context }: Circumstances,
): string {
  if (mismatch === undefined) return 'all its elements match';
  switch (mismatch) {
    case 'Action':
      return `Action: it is not about ${action}`;
    case 'Principal':
      return layer === 'key-policy'
        ? `Principal: it does not mean ${arn}`
        : 'Principal: an Allow that has one allows nothing here';
    case 'Resource':
      return `Resource: it is not about ${resource}`;
    case 'Condition': {
      const { operator = '', key = '', values = [], actual } = condition ?? {};
      const has = context.hides(key.toLowerCase())
        ? 'not shown'
        : actual === undefined
          ? 'absent'
          : JSON.stringify(actual);
      return `Condition: ${operator} ${key} wants ${values.map((value) => JSON.stringify(value)).join(' or ')}; the request's value: ${has}`;
    }
  }
}

function becauseOfGrant({ applies, mismatch }: GrantExplanation): string {
  if (applies) return 'all its parts match';
  if (mismatch === 'Operations') return 'Operations: the action is not one of them';
  if (mismatch === 'Constraints') return 'Constraints: the request does not meet them';
  return 'GranteePrincipal: the grant is for somebody else';
}
