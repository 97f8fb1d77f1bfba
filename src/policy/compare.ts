import { type Caller, callersOf } from './callers.ts';
import { type CompiledPolicy, compilePolicy } from './compile.ts';
import { arnTexts, withoutVariables } from './condition-values.ts';
import type { PolicyDocument, Position } from './document.ts';
import { findClosestAllow, findDeny, prepareQuestion, type Question } from './evaluate.ts';
import { compileWildcards } from './pattern.ts';
import { type ConditionRange, mergeSituations } from './ranges.ts';
import {
  contextOf,
  type Dimension,
  dimensionsOf,
  type ReadStatement,
  readStatements,
  situationsOf,
} from './situations.ts';
import { KMS_KEY_ACTIONS } from './vocabulary.ts';

/**
 * What a key policy by itself says to a request, from least to most.
 *
 * `denies`: a Deny applies, and nothing helps. `nothing`: it is silent; a grant may still allow. `delegates`: it leaves
 * the matter to the identity policies of the caller's account. `allows-within-boundary`: it allows, by the caller's
 * role or by not excluding it, which a permissions boundary limits. `allows`: it allows; a caller of another account
 * still needs an identity policy there.
 */
export type KeyPolicyVerdict = 'denies' | 'nothing' | 'delegates' | 'allows-within-boundary' | 'allows';

const ORDER: readonly KeyPolicyVerdict[] = [
  'denies',
  'nothing',
  'delegates',
  'allows-within-boundary',
  'allows',
];

/** A statement that a verdict rests on. */
export interface StatementReference extends Position {
  /** Counts from 0. */
  readonly index: number;
  readonly sid: string | undefined;
}

/** Some principals that gain or lose some permissions, and when. */
export interface PolicyChange {
  readonly direction: 'gains' | 'loses';
  /** ARNs, service names, and such as `any other user of 111122223333` and `anyone else`. */
  readonly principals: readonly string[];
  /** Such as `kms:Decrypt`; `ANY_OTHER_ACTION` stands for what is not known. */
  readonly actions: readonly string[];
  /** For which keys, where the policies name some; empty when it does not matter. */
  readonly resources: readonly string[];
  /** All of them hold when the change is felt; empty when it always is. */
  readonly conditions: readonly ConditionRange[];
  readonly before: KeyPolicyVerdict;
  readonly after: KeyPolicyVerdict;
  /** What decided before and after; empty where the policy says nothing. */
  readonly statementsBefore: readonly StatementReference[];
  readonly statementsAfter: readonly StatementReference[];
}

/** What becomes different when one key policy takes the place of another. */
export interface PolicyComparison {
  /** Whether nobody gains or loses anything, as far as was looked. */
  readonly unchanged: boolean;
  /** Whether everything that `vocabulary` can be combined to was looked at. */
  readonly complete: boolean;
  /** What was not, in words; empty when complete. */
  readonly omitted: readonly string[];
  readonly changes: readonly PolicyChange[];
  /** What the requests that were tried are made of. */
  readonly vocabulary: {
    readonly principals: readonly string[];
    readonly actions: readonly string[];
    readonly conditionKeys: readonly string[];
  };
}

/** Stands for all actions that are neither known nor named. */
export const ANY_OTHER_ACTION = 'any other action';
const OTHER_ACTION = 'kms:any-other-action';
const OTHER_KEY = 'arn:aws:kms:us-east-1:000000000000:key/any-other-than-named';
const ANY_OTHER_KEY = 'any other key';

/** How many situations are looked at for one caller and action before some are left out. */
const LIMIT = 4096;

/**
 * Works out who gains and who loses which permission, under which conditions, when `after` takes the place of `before`
 * as the policy of a key.
 *
 * The requests that are tried are made of what the two documents name: every principal, action and condition value in
 * either, and something else besides (see `callers.ts`, `condition-values.ts`). For those requests the answer is
 * complete, unless it says what was left out. Both policies are asked by the engine that decides real requests.
 *
 * @param options.limit how many combinations of condition values are tried for one caller and action
 */
export function comparePolicies(
  before: PolicyDocument,
  after: PolicyDocument,
  { limit = LIMIT }: { readonly limit?: number } = {},
): PolicyComparison {
  const documents = [before, after];
  const policies = { before: compilePolicy(before), after: compilePolicy(after) };
  const statements = [
    ...readStatements(before, policies.before.statements),
    ...readStatements(after, policies.after.statements),
  ];
  const callers = callersOf(documents);
  const actions = groupActions(statements);
  const resources = resourcesOf(statements);
  const omitted = new Set<string>();
  const found = new Map<string, Found>();
  const known = new Map<string, readonly Difference[]>();
  for (const caller of callers) {
    for (const { names, asked } of actions) {
      for (const { label, resource } of resources) {
        const question = prepareQuestion(
          { principal: caller.principal, action: asked, resource, context: contextOf([]) },
          caller.hasBoundary,
        );
        const { relevant, signature } = relevantTo(question, statements);
        const dimensions = dimensionsOf(relevant).map((dimension) => possibleFor(caller, dimension));
        const memory = `${signature}|${JSON.stringify(dimensions.map(({ key, classes }) => [key, classes]))}`;
        const differences =
          known.get(memory) ?? differencesOf({ question, policies, relevant, dimensions, limit, omitted });
        known.set(memory, differences);
        for (const difference of differences) {
          for (const action of names) addTo(found, difference, caller.label, action, label);
        }
      }
    }
  }
  const changes = [...found.values()].flatMap(({ difference, places }) =>
    rectangles(places, resources.length).map((rectangle) => changeOf(difference, rectangle)),
  );
  return Object.freeze({
    unchanged: changes.length === 0,
    complete: omitted.size === 0,
    omitted: Object.freeze([...omitted]),
    changes: Object.freeze(changes),
    vocabulary: Object.freeze({
      principals: Object.freeze(callers.map(({ label }) => label)),
      actions: Object.freeze(actions.flatMap(({ names }) => names)),
      conditionKeys: Object.freeze(dimensionsOf(statements).map(({ key }) => key)),
    }),
  });
}

/** Actions that no statement tells apart, and one of them to ask for. */
interface ActionGroup {
  readonly names: readonly string[];
  readonly asked: string;
}

function groupActions(statements: readonly ReadStatement[]): readonly ActionGroup[] {
  const groups = new Map<string, { names: string[]; asked: string }>();
  const known = new Set(KMS_KEY_ACTIONS.map((name) => name.toLowerCase()));
  const written = statements
    .flatMap(({ written: { action } }) => action?.values ?? [])
    .filter((value) => !matchesAny(value, known))
    .map((value) => value.replaceAll('*', '').replaceAll('?', 'x').toLowerCase())
    .filter((value) => /^kms:[a-z0-9-]+$/.test(value));
  const all = [
    ...KMS_KEY_ACTIONS.map((name) => ({ name, asked: name.toLowerCase() })),
    ...[...new Set(written)].map((name) => ({ name, asked: name })),
    { name: ANY_OTHER_ACTION, asked: OTHER_ACTION },
  ];
  for (const { name, asked } of all) {
    const signature = statements.map(({ compiled }) => (compiled.matchesAction(asked) ? '1' : '0')).join('');
    const group = groups.get(signature) ?? { names: [], asked };
    group.names.push(name);
    groups.set(signature, group);
  }
  return [...groups.values()];
}

function matchesAny(pattern: string, names: ReadonlySet<string>): boolean {
  const matches = compileWildcards(pattern.toLowerCase());
  return [...names].some(matches);
}

/** Keys that statements tell apart by their `Resource`; mostly only "any key". */
function resourcesOf(
  statements: readonly ReadStatement[],
): readonly { readonly label: string; readonly resource: string }[] {
  const patterns = statements.flatMap(({ written: { resource }, version }) =>
    (resource?.values ?? [])
      .filter((value) => !/^\*+$/.test(value))
      .flatMap((value) => withoutVariables(value, version, () => ['x'])),
  );
  const named = [...new Set(arnTexts(patterns, patterns))].filter((arn) => arn.startsWith('arn:'));
  return [
    ...named.map((resource) => ({ label: resource, resource })),
    { label: ANY_OTHER_KEY, resource: OTHER_KEY },
  ];
}

interface Policies {
  readonly before: CompiledPolicy;
  readonly after: CompiledPolicy;
}

/** The statements that conditions alone decide about, and what all questions to which they are alike have in common. */
function relevantTo(
  question: Question,
  statements: readonly ReadStatement[],
): { readonly relevant: readonly ReadStatement[]; readonly signature: string } {
  const places: string[] = [];
  const relevant = statements.filter(({ compiled, written }, place) => {
    if (!compiled.matchesAction(question.action)) return false;
    const naming = compiled.names?.(question.caller, question.hasBoundary) ?? 'not-at-all';
    const hasVariable = written.resource?.values.some((value) => value.includes('${')) === true;
    const mayMatch = hasVariable || compiled.matchesResource(question.resource, question.context);
    if (naming === 'not-at-all' || !mayMatch) return false;
    places.push(`${place} ${naming}${hasVariable ? ` ${question.resource}` : ''}`);
    return true;
  });
  return { relevant, signature: places.join() };
}

/** The dimension with only what the caller can carry. */
function possibleFor(caller: Caller, dimension: Dimension): Dimension {
  const classes = dimension.classes
    .map((values) => caller.possible(dimension.key, values))
    .filter((values) => values.length > 0);
  const distinct = new Map(
    classes.map((values) => [JSON.stringify(values.map((value) => value ?? null)), values]),
  );
  return { ...dimension, classes: [...distinct.values()] };
}

/** A change, as yet of nobody. */
interface Difference {
  readonly before: KeyPolicyVerdict;
  readonly after: KeyPolicyVerdict;
  readonly conditions: readonly ConditionRange[];
  readonly statementsBefore: readonly StatementReference[];
  readonly statementsAfter: readonly StatementReference[];
}

interface Case {
  readonly question: Question;
  readonly policies: Policies;
  readonly relevant: readonly ReadStatement[];
  readonly dimensions: readonly Dimension[];
  readonly limit: number;
  readonly omitted: Set<string>;
}

function differencesOf(of: Case): readonly Difference[] {
  const { question, policies, relevant, dimensions, limit, omitted } = of;
  const { situations, total } = situationsOf(dimensions, relevant, limit);
  if (situations.length < total) {
    const keys = dimensions.map(({ key }) => key).join(', ');
    omitted.add(`${situations.length} of ${total} combinations of ${keys} were tried`);
  }
  for (const { key, isCut } of dimensions) {
    if (isCut) omitted.add(`of the lists of values of ${key} only some were tried`);
  }
  const cells = situations.map((situation) => {
    const context = contextOf(
      dimensions.map(({ key, classes }, at) => [key, classes[situation[at] ?? 0]?.[0]]),
    );
    const asked = { ...question, context };
    return { situation, before: judge(policies.before, asked), after: judge(policies.after, asked) };
  });
  const changed = cells.filter(({ before, after }) => before.verdict !== after.verdict);
  return mergeSituations(
    changed,
    dimensions,
    ({ before, after }) => `${before.verdict} ${after.verdict}`,
  ).map(({ conditions, members }) => ({
    conditions,
    before: members[0]?.before.verdict ?? 'nothing',
    after: members[0]?.after.verdict ?? 'nothing',
    statementsBefore: distinctStatements(members.map(({ before }) => before.statement)),
    statementsAfter: distinctStatements(members.map(({ after }) => after.statement)),
  }));
}

interface Judgement {
  readonly verdict: KeyPolicyVerdict;
  readonly statement: StatementReference | undefined;
}

/** What a key policy alone says, by the functions that `authorize` asks. */
function judge(policy: CompiledPolicy, question: Question): Judgement {
  const denial = findDeny(policy, question, 'resource');
  if (denial !== undefined) return { verdict: 'denies', statement: denial };
  const allowed = findClosestAllow(policy, question);
  if (allowed === undefined) return { verdict: 'nothing', statement: undefined };
  const { naming, statement } = allowed;
  const verdict =
    naming === 'account' ? 'delegates' : naming === 'itself' ? 'allows' : 'allows-within-boundary';
  return { verdict, statement };
}

function distinctStatements(
  statements: readonly (StatementReference | undefined)[],
): readonly StatementReference[] {
  const byIndex = new Map<number, StatementReference>();
  for (const each of statements) {
    if (each === undefined) continue;
    const { index, sid, line, column } = each;
    byIndex.set(index, Object.freeze({ index, sid, line, column }));
  }
  return Object.freeze([...byIndex.values()].sort((one, other) => one.index - other.index));
}

/** A difference and where it was found: for whom, to do what, and with which keys. */
interface Found {
  readonly difference: Difference;
  readonly places: Map<
    string,
    { readonly principal: string; readonly resource: string; readonly actions: string[] }
  >;
}

function addTo(
  found: Map<string, Found>,
  difference: Difference,
  principal: string,
  action: string,
  resource: string,
): void {
  const identity = JSON.stringify(difference);
  const entry: Found = found.get(identity) ?? { difference, places: new Map() };
  found.set(identity, entry);
  const place = JSON.stringify([principal, resource]);
  const actions = entry.places.get(place) ?? { principal, resource, actions: [] };
  actions.actions.push(action);
  entry.places.set(place, actions);
}

/** Principals, actions and keys, all of each together. */
interface Rectangle {
  readonly principals: readonly string[];
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

function rectangles(places: Found['places'], resourceCount: number): readonly Rectangle[] {
  const byResource = new Map<
    string,
    { principal: string; actions: readonly string[]; resources: string[] }
  >();
  for (const { principal, resource, actions } of places.values()) {
    const identity = JSON.stringify([principal, actions]);
    const entry = byResource.get(identity) ?? { principal, actions, resources: [] };
    entry.resources.push(resource);
    byResource.set(identity, entry);
  }
  const byPrincipal = new Map<string, { principals: string[] } & Omit<Rectangle, 'principals'>>();
  for (const { principal, actions, resources } of byResource.values()) {
    const identity = JSON.stringify([actions, resources]);
    const isEveryKey = resources.length === resourceCount;
    const entry = byPrincipal.get(identity) ?? {
      principals: [],
      actions,
      resources: isEveryKey ? [] : resources,
    };
    entry.principals.push(principal);
    byPrincipal.set(identity, entry);
  }
  return [...byPrincipal.values()];
}

function changeOf(difference: Difference, { principals, actions, resources }: Rectangle): PolicyChange {
  const { before, after } = difference;
  return Object.freeze({
    direction: ORDER.indexOf(after) > ORDER.indexOf(before) ? 'gains' : 'loses',
    principals: Object.freeze(principals),
    actions: Object.freeze(actions),
    resources: Object.freeze(resources),
    ...difference,
  });
}
