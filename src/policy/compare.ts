import { type Caller, callersOf, isAboutCaller } from './callers.ts';
import {
  addTo,
  changesOf,
  type Difference,
  type Found,
  type KeyPolicyVerdict,
  type PolicyChange,
  type StatementReference,
} from './change.ts';
import { groupActions, resourcesOf } from './compare-requests.ts';
import { type CompiledPolicy, compilePolicy } from './compile.ts';
import type { PolicyDocument, Statement } from './document.ts';
import { findClosestAllow, findDeny, prepareQuestion, type Question } from './evaluate.ts';
import { callerNames } from './principal.ts';
import { mergeSituations } from './ranges.ts';
import {
  contextOf,
  type Dimension,
  dimensionsOf,
  type ReadStatement,
  readStatements,
  situationsOf,
} from './situations.ts';

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
  const all = dimensionsOf(statements);
  const callers = callersOf(documents);
  const actions = groupActions(statements);
  const resources = resourcesOf(statements, all);
  const omitted = new Set<string>();
  const found = new Map<string, Found>();
  const groups = new Map<string, StatementGroup>();
  const known = new Map<string, readonly Difference[]>();
  for (const caller of callers) {
    const naming = namingsOf(caller, statements);
    for (const { names, asked } of actions) {
      const named = naming.filter(({ statement }) => statement.compiled.matchesAction(asked));
      for (const { label, resource } of resources) {
        const relevant = named.filter(({ statement }) => mayMean(statement, resource));
        const signature = signatureOf(relevant, resource);
        const group = groups.get(signature) ?? groupOf(relevant);
        groups.set(signature, group);
        const memory = group.isAboutCaller ? `${caller.label}: ${signature}` : signature;
        const differences =
          known.get(memory) ??
          differencesOf({ ...group, policies, limit, omitted, caller, action: asked, resource });
        known.set(memory, differences);
        for (const difference of differences) {
          for (const action of names) addTo(found, difference, caller.label, action, label);
        }
      }
    }
  }
  const changes = changesOf([...found.values()], resources.length);
  return Object.freeze({
    unchanged: changes.length === 0,
    complete: omitted.size === 0,
    omitted: Object.freeze([...omitted]),
    changes: Object.freeze(changes),
    vocabulary: Object.freeze({
      principals: Object.freeze(callers.map(({ label }) => label)),
      actions: Object.freeze(actions.flatMap(({ names }) => names)),
      conditionKeys: Object.freeze(all.map(({ key }) => key)),
    }),
  });
}

interface Policies {
  readonly before: CompiledPolicy;
  readonly after: CompiledPolicy;
}

/** A statement that names a caller, and how closely. */
interface NamingStatement {
  readonly statement: ReadStatement;
  /** For telling groups of statements apart. */
  readonly sign: string;
}

function namingsOf(caller: Caller, statements: readonly ReadStatement[]): readonly NamingStatement[] {
  const names = callerNames(caller.principal);
  return statements.flatMap((statement, place) => {
    const naming = statement.compiled.names?.(names, caller.hasBoundary) ?? 'not-at-all';
    return naming === 'not-at-all' ? [] : { statement, sign: `${place} ${naming}` };
  });
}

/** Whether the resource is meant, or may be, depending on the values of policy variables. */
function mayMean({ written, compiled }: ReadStatement, resource: string): boolean {
  return hasVariable(written) || compiled.matchesResource(resource, contextOf([]));
}

function hasVariable({ resource }: Statement): boolean {
  return resource?.values.some((value) => value.includes('${')) === true;
}

/** The same for all callers, actions and keys between which only conditions could make a difference. */
function signatureOf(relevant: readonly NamingStatement[], resource: string): string {
  const signs = relevant.map(({ sign }) => sign).join();
  return relevant.some(({ statement }) => hasVariable(statement.written)) ? `${signs} ${resource}` : signs;
}

/** Statements that conditions alone decide about, and the situations that these tell apart. */
interface StatementGroup {
  readonly relevant: readonly ReadStatement[];
  readonly dimensions: readonly Dimension[];
  readonly isAboutCaller: boolean;
}

function groupOf(naming: readonly NamingStatement[]): StatementGroup {
  const relevant = naming.map(({ statement }) => statement);
  const dimensions = dimensionsOf(relevant);
  return { relevant, dimensions, isAboutCaller: dimensions.some(({ key }) => isAboutCaller(key)) };
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

interface Case extends StatementGroup {
  readonly policies: Policies;
  readonly limit: number;
  readonly omitted: Set<string>;
  readonly caller: Caller;
  readonly action: string;
  readonly resource: string;
}

function differencesOf(of: Case): readonly Difference[] {
  const { policies, relevant, limit, omitted, caller, action, resource } = of;
  const dimensions = of.dimensions.map((dimension) => possibleFor(caller, dimension));
  const request = { principal: caller.principal, action, resource, context: contextOf([]) };
  const question = prepareQuestion(request, caller.hasBoundary);
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
