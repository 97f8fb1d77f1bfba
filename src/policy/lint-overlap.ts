import { Budget } from './budget.ts';
import { type Caller, callersOf } from './callers.ts';
import { comparePolicies } from './compare.ts';
import { groupActions, groupKeys } from './compare-requests.ts';
import { compilePolicy } from './compile.ts';
import { conditionKeysOf } from './condition-keys.ts';
import { dimensionsOf } from './dimensions.ts';
import { type PolicyDocument, statementLabel } from './document.ts';
import type { Finding, PolicyKind } from './lint.ts';
import { callerNames } from './principal.ts';
import { contextOf, type ReadStatement, readStatements } from './read-statement.ts';
import type { ConditionContext } from './request.ts';
import { KMS_ACCOUNT_ACTIONS, KMS_KEY_ACTIONS } from './vocabulary.ts';

/** A finding about a statement, or about the whole policy. */
export type OverlapFinding = Finding & { readonly index: number | undefined };

/** What statements do to each other: one that takes away what another gives, or that says it again; and lockout. */
export function overlapWarnings(document: PolicyDocument, kind: PolicyKind): readonly OverlapFinding[] {
  if (kind === 'trust-policy') return [];
  const findings = coveredStatements(document, kind);
  return kind === 'key-policy' ? [...findings, ...lockout(document)] : findings;
}

/** Of all callers, actions and resources that the policy tells apart, which a statement means. */
interface Reach {
  /** How closely each caller is named; 0 for "not at all". */
  readonly callers: readonly number[];
  readonly actions: readonly boolean[];
  readonly resources: readonly boolean[];
  /** Keys whose conditions can fail. */
  readonly restrictedKeys: ReadonlySet<string>;
}

const CLOSENESS = { 'not-at-all': 0, account: 1, broadly: 2, itself: 3 } as const;

function coveredStatements(document: PolicyDocument, kind: PolicyKind): readonly OverlapFinding[] {
  const statements = readStatements(document, compilePolicy(document).statements);
  const reaches = reachesOf(document, statements, kind);
  return statements.flatMap((inner, index): readonly OverlapFinding[] => {
    const reach = reaches[index];
    if (reach === undefined || !isJudgeable(inner, kind) || isNothing(reach)) return [];
    const cover = statements.find((outer, at) => {
      const other = reaches[at];
      if (at === index || other === undefined || !covers(outer, other, inner, reach)) return false;
      // Of two that say the same, the later is too much.
      const isSame = outer.written.effect === inner.written.effect && at > index;
      return !(isSame && covers(inner, reach, outer, other));
    });
    if (cover === undefined) return [];
    const { index: at, sid, effect } = cover.compiled;
    const label = statementLabel(at, sid);
    const { position } = inner.written;
    return effect === inner.written.effect
      ? [
          {
            index,
            code: 'redundant-statement',
            severity: 'warning',
            message: `says nothing that ${label} does not say; remove one of them`,
            position,
          },
        ]
      : [
          {
            index,
            code: 'allow-covered-by-deny',
            severity: 'warning',
            message: `allows nothing, because ${label} denies all of it; remove one of them`,
            position,
          },
        ];
  });
}

/** Statements about other services are beyond what is known here. */
function isJudgeable({ written: { action } }: ReadStatement, kind: PolicyKind): boolean {
  if (kind === 'key-policy') return true;
  return action !== undefined && !action.negated && action.values.every((value) => /^kms:/i.test(value));
}

function reachesOf(
  document: PolicyDocument,
  statements: readonly ReadStatement[],
  kind: PolicyKind,
): readonly Reach[] {
  const isKeyPolicy = kind === 'key-policy';
  const everything = new Budget(Number.POSITIVE_INFINITY);
  const actions = groupActions(
    statements,
    isKeyPolicy ? KMS_KEY_ACTIONS : [...KMS_KEY_ACTIONS, ...KMS_ACCOUNT_ACTIONS],
    everything,
  );
  const conditionKeys = conditionKeysOf(statements, everything);
  const valuesOf = (key: string) => conditionKeys.get(key)?.values ?? [];
  const resources = [
    ...groupKeys(statements, valuesOf, everything).keys.map(({ asked }) => asked),
    ...(isKeyPolicy ? [] : ['*']),
  ];
  const names = (isKeyPolicy ? everyCaller(document) : []).map(({ principal, hasBoundary }) => ({
    names: callerNames(principal),
    hasBoundary,
  }));
  const context = contextOf([]);
  return statements.map((statement) => {
    const { compiled } = statement;
    return {
      callers: isKeyPolicy
        ? names.map((each) => CLOSENESS[compiled.names?.(each.names, each.hasBoundary) ?? 'not-at-all'])
        : [CLOSENESS.itself],
      actions: actions.map(({ asked }) => compiled.matchesAction(asked)),
      resources: resources.map((resource) => compiled.matchesResource(resource, context)),
      restrictedKeys: restrictedKeysOf(statement),
    };
  });
}

function everyCaller(document: PolicyDocument): readonly Caller[] {
  const { named, others } = callersOf([document]);
  return [...named, ...others];
}

function isNothing({ callers, actions, resources }: Reach): boolean {
  return !callers.some((closeness) => closeness > 0) || !actions.includes(true) || !resources.includes(true);
}

function restrictedKeysOf(statement: ReadStatement): ReadonlySet<string> {
  const restricted = dimensionsOf([statement]).filter(({ key, classes }) =>
    classes.some(([value]) => !holds(statement, key, contextOf([[key, value]]))),
  );
  return new Set(restricted.map(({ key }) => key.toLowerCase()));
}

/** Whether `outer` applies wherever `inner` does; an Allow, for the same callers as closely. */
function covers(outer: ReadStatement, outerReach: Reach, inner: ReadStatement, innerReach: Reach): boolean {
  const isDeny = outer.written.effect === 'Deny';
  if (!isDeny && inner.written.effect === 'Deny') return false;
  if (hasVariables(outer) || hasVariables(inner)) return false;
  for (const key of outerReach.restrictedKeys) if (!innerReach.restrictedKeys.has(key)) return false;
  return (
    innerReach.callers.every((closeness, place) => {
      const other = outerReach.callers[place] ?? 0;
      return isDeny ? closeness === 0 || other > 0 : other >= closeness;
    }) &&
    innerReach.actions.every((isMeant, place) => !isMeant || outerReach.actions[place]) &&
    innerReach.resources.every((isMeant, place) => !isMeant || outerReach.resources[place]) &&
    implies(inner, outer)
  );
}

function hasVariables({ written: { resource, conditions } }: ReadStatement): boolean {
  const texts = [...(resource?.values ?? []), ...conditions.flatMap(({ values }) => values)];
  return texts.some((text) => text.includes('${'));
}

/** Whether the conditions of one statement can only hold when those of the other do: key by key. */
function implies(inner: ReadStatement, outer: ReadStatement): boolean {
  return dimensionsOf([inner, outer]).every(({ key, classes }) =>
    classes.every(([value]) => {
      const context = contextOf([[key, value]]);
      return !holds(inner, key, context) || holds(outer, key, context);
    }),
  );
}

function holds({ compiled }: ReadStatement, key: string, context: ConditionContext): boolean {
  return compiled.conditions
    .filter((condition) => condition.key.toLowerCase() === key.toLowerCase())
    .every((condition) => condition.holds(context));
}

const CHANGING_THE_POLICY = 'kms:PutKeyPolicy';

/** Who could ever change the policy again. Services do not do that. */
function lockout(document: PolicyDocument): readonly OverlapFinding[] {
  const { version } = document;
  const compiled = compilePolicy(document).statements;
  const concerned = compiled.filter(({ matchesAction }) => matchesAction(CHANGING_THE_POLICY.toLowerCase()));
  const statements = concerned.flatMap(({ index }) => document.statements[index] ?? []);
  const persons = new Set(
    everyCaller({ version, statements })
      .filter(({ principal: { kind } }) => kind !== 'service' && kind !== 'web-identity')
      .map(({ label }) => label),
  );
  const changes = comparePolicies({ version, statements: [] }, { version, statements }).changes.filter(
    ({ actions, principals }) =>
      actions.includes(CHANGING_THE_POLICY) && principals.some((label) => persons.has(label)),
  );
  const position = { line: 1, column: 1 };
  const allowing = changes.filter(({ direction }) => direction === 'gains');
  if (allowing.length === 0) {
    const denials = new Set(
      changes.flatMap(({ statementsAfter }) => statementsAfter.map(({ line }) => line)),
    );
    const labels = concerned
      .filter((_, at) => denials.has(at))
      .map(({ index, sid }) => statementLabel(index, sid));
    const because = labels.length === 0 ? '' : `: ${labels.join(', ')} denies it, also to the root user`;
    const message = `nobody can call ${CHANGING_THE_POLICY}, so the key can never be managed again${because}; allow kms:* to the account`;
    return [{ index: undefined, code: 'lockout', severity: 'error', message, position }];
  }
  if (allowing.some(({ after }) => after === 'delegates')) return [];
  const message = `nobody but those named here can call ${CHANGING_THE_POLICY}: when they are gone, the key cannot be managed; allow kms:* to the account`;
  return [{ index: undefined, code: 'no-account-statement', severity: 'warning', message, position }];
}
