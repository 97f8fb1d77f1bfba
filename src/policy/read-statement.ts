import type { CompiledStatement } from './compile.ts';
import type { CompiledCondition } from './condition.ts';
import { type ConditionUse, variablesIn } from './condition-values.ts';
import type { Condition, PolicyDocument, PolicyVersion, Statement } from './document.ts';
import type { ConditionContext, ConditionValue } from './request.ts';
import { isAboutCaller } from './vocabulary.ts';

/** What a request carries under a key; `undefined` when it does not carry it. */
export type Carried = ConditionValue | undefined;

/** A condition as it is written and as it is compiled. */
export interface ReadCondition {
  readonly use: ConditionUse;
  readonly compiled: CompiledCondition;
  /** The same for conditions on the same key that hold for the same requests. */
  readonly meaning: string;
}

/** A statement as written and as compiled. */
export interface ReadStatement {
  readonly version: PolicyVersion;
  readonly written: Statement;
  readonly compiled: CompiledStatement;
  /** Its conditions by key, in lower case. A key that only a policy variable asks for has none. */
  readonly conditions: ReadonlyMap<string, readonly ReadCondition[]>;
  /** Keys whose values mean something only together with those of others, by policy variables. */
  readonly entangled: ReadonlySet<string>;
  /** Whether its conditions or variables ask who the caller is. */
  readonly isAboutCaller: boolean;
  /** Whether which keys it is about depends on policy variables. */
  readonly hasVariableResource: boolean;
}

/** Pairs the statements of a document with what they were compiled to. */
export function readStatements(
  { version, statements }: PolicyDocument,
  compiled: readonly CompiledStatement[],
): readonly ReadStatement[] {
  return compiled.flatMap((each) => {
    const written = statements[each.index];
    return written === undefined ? [] : readStatement(version, written, each);
  });
}

function readStatement(
  version: PolicyVersion,
  written: Statement,
  compiled: CompiledStatement,
): ReadStatement {
  const conditions = new Map<string, ReadCondition[]>();
  const entangled = new Set<string>();
  const of = (key: string): ReadCondition[] => {
    const found = conditions.get(key) ?? [];
    conditions.set(key, found);
    return found;
  };
  const ofResource = (written.resource?.values ?? []).flatMap((text) => variablesIn(text, version));
  for (const variable of ofResource) {
    of(variable);
    entangled.add(variable);
  }
  for (const [index, condition] of written.conditions.entries()) {
    const test = compiled.conditions[index];
    if (test === undefined) continue;
    const key = condition.key.toLowerCase();
    of(key).push({
      use: { condition, version },
      compiled: test,
      meaning: meaningOf(condition, written, version),
    });
    for (const variable of condition.values.flatMap((text) => variablesIn(text, version))) {
      of(variable);
      entangled.add(variable).add(key);
    }
  }
  const hasVariableResource = written.resource?.values.some((value) => value.includes('${')) === true;
  return {
    version,
    written,
    compiled,
    conditions,
    entangled,
    isAboutCaller: [...conditions.keys()].some(isAboutCaller),
    hasVariableResource,
  };
}

/** What cannot be judged makes an Allow not match and a Deny match, and only one version knows variables. */
function meaningOf({ operator, values }: Condition, { effect }: Statement, version: PolicyVersion): string {
  return JSON.stringify([effect, version, operator.toLowerCase(), [...new Set(values)].sort()]);
}

/** The conditions of all these statements by key, in lower case: of those that mean the same the first. */
export function conditionsByKey(
  statements: readonly ReadStatement[],
): ReadonlyMap<string, readonly ReadCondition[]> {
  const byKey = new Map<string, Map<string, ReadCondition>>();
  for (const { conditions } of statements) {
    for (const [key, found] of conditions) {
      const all = byKey.get(key) ?? new Map<string, ReadCondition>();
      byKey.set(key, all);
      for (const each of found) if (!all.has(each.meaning)) all.set(each.meaning, each);
    }
  }
  return new Map(Array.from(byKey, ([key, all]) => [key, [...all.values()]]));
}

/** A context with these keys. */
export function contextOf(carried: Iterable<readonly [key: string, Carried]>): ConditionContext {
  const context = new Map<string, ConditionValue>();
  for (const [key, value] of carried) if (value !== undefined) context.set(key.toLowerCase(), value);
  return context;
}
