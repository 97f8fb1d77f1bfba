import { readBoolean } from './comparison.ts';
import type { Condition, Effect, PolicyVersion } from './document.ts';
import { type ConditionOperator, readOperator } from './operator.ts';
import type { ConditionContext } from './request.ts';
import { newWork, type Work } from './work.ts';

/**
 * Conditions (policies.md, section 5): one operator, one key, its values, ready to be asked.
 *
 * What cannot be judged fails closed. An operator that does not exist, a policy value or a request value that
 * the operator cannot read (`ten` for a number), several values under a key that can only have one, a question
 * that takes too much work (`work.ts`): an Allow does not match, a Deny does. Three cases that AWS tools agree on are plain mismatches for both effects: a
 * policy variable without a value, a multi-valued key without a set operator, and a missing key where the
 * table says false.
 */
export interface CompiledCondition {
  /** As written in the policy. */
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
  holds(context: ConditionContext, work?: Work): boolean;
}

/** Compiles a condition of a statement with the given effect. */
export function compileCondition(
  condition: Condition,
  effect: Effect,
  version: PolicyVersion,
): CompiledCondition {
  const { operator, key, values } = condition;
  const failClosed = effect === 'Deny';
  return Object.freeze({
    operator,
    key,
    values,
    holds: compileTest(operator, key.toLowerCase(), values, failClosed, version),
  });
}

/**
 * Keys that name one thing of the request each (a pair of the encryption context, a tag), in any case. They
 * have one value, so a set operator on them is an error (section 2, OverlyPermissiveCondition), and several
 * values mean that names differ only in case.
 */
function isSingleValuedKey(key: string): boolean {
  return /^(?:kms:encryptioncontext:|aws:(?:request|resource|principal)tag\/)/i.test(key);
}

function compileTest(
  operatorName: string,
  key: string,
  values: readonly string[],
  failClosed: boolean,
  version: PolicyVersion,
): CompiledCondition['holds'] {
  const operator = readOperator(operatorName);
  if (operator === undefined) return () => failClosed;
  const { comparison } = operator;
  if (comparison === null) return compileNull(key, values, failClosed);

  const { quantifier } = operator;
  const whenMissing = holdsWhenMissing(operator);
  const passes = comparison.compile(values, version, { negated: operator.negated, failClosed });
  const isSingleValued = isSingleValuedKey(key);
  return (context, work = newWork()) => {
    const value = context.get(key);
    if (value === undefined) return whenMissing;
    if (typeof value === 'string') return passes(value, context, work);
    if (value.length === 0) return whenMissing;
    if (isSingleValued && value.length > 1) return failClosed;
    if (quantifier === 'one') return false;
    return quantifier === 'all'
      ? value.every((each) => passes(each, context, work))
      : value.some((each) => passes(each, context, work));
  };
}

/** "Missing" is a key that the request does not carry, or carries with no values. */
function holdsWhenMissing({ quantifier, negated, ifExists }: ConditionOperator): boolean {
  if (ifExists || quantifier === 'all') return true;
  return quantifier === 'one' && negated;
}

function compileNull(
  key: string,
  values: readonly string[],
  failClosed: boolean,
): CompiledCondition['holds'] {
  const wanted = values.map(readBoolean);
  if (wanted.includes(undefined)) return () => failClosed;
  return (context) => {
    const value = context.get(key);
    const isMissing = value === undefined || (typeof value !== 'string' && value.length === 0);
    return wanted.includes(isMissing);
  };
}
