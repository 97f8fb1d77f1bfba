import { COMPARISONS, type Comparison } from './comparison.ts';

/**
 * Names of condition operators: an optional set operator, a comparison that may be negated, and an optional
 * `IfExists`, such as `ForAnyValue:StringNotLikeIfExists`. Upper and lower case are alike.
 */
export interface ConditionOperator {
  /** Which of the request's values must pass: the only one, all of them, or any of them. */
  readonly quantifier: 'one' | 'all' | 'any';
  /** `null` for the operator `Null`, which asks whether the key is there at all. */
  readonly comparison: Comparison | null;
  readonly negated: boolean;
  readonly ifExists: boolean;
}

/** How each negated operator is called; the ordering operators have none but `NotEquals`. */
const NEGATIONS: readonly (readonly [negated: string, positive: string])[] = [
  ['StringNotEquals', 'StringEquals'],
  ['StringNotEqualsIgnoreCase', 'StringEqualsIgnoreCase'],
  ['StringNotLike', 'StringLike'],
  ['ArnNotEquals', 'ArnEquals'],
  ['ArnNotLike', 'ArnLike'],
  ['NumericNotEquals', 'NumericEquals'],
  ['DateNotEquals', 'DateEquals'],
  ['NotIpAddress', 'IpAddress'],
];

/** All operators without prefix and suffix, by their name in lower case. */
const OPERATORS = baseOperators();

/** The names of all operators, as AWS writes them. */
export const OPERATOR_NAMES: readonly string[] = [
  ...COMPARISONS.keys(),
  ...NEGATIONS.map(([name]) => name),
  'Null',
];

const PREFIXES = { 'forallvalues:': 'all', 'foranyvalue:': 'any' } as const;
const SUFFIX = 'ifexists';

/** Reads an operator's name; undefined when there is no such operator. */
export function readOperator(name: string): ConditionOperator | undefined {
  let rest = name.toLowerCase();
  let quantifier: ConditionOperator['quantifier'] = 'one';
  for (const [prefix, meaning] of Object.entries(PREFIXES)) {
    if (!rest.startsWith(prefix)) continue;
    quantifier = meaning;
    rest = rest.slice(prefix.length);
    break;
  }
  const ifExists = rest.endsWith(SUFFIX);
  if (ifExists) rest = rest.slice(0, -SUFFIX.length);
  const base = OPERATORS.get(rest);
  if (base === undefined) return undefined;
  // Null asks about existence itself: it takes neither a set operator nor IfExists.
  if (base.comparison === null && (ifExists || quantifier !== 'one')) return undefined;
  return { ...base, quantifier, ifExists };
}

function baseOperators(): ReadonlyMap<string, Pick<ConditionOperator, 'comparison' | 'negated'>> {
  const operators = new Map<string, Pick<ConditionOperator, 'comparison' | 'negated'>>();
  for (const [name, comparison] of COMPARISONS)
    operators.set(name.toLowerCase(), { comparison, negated: false });
  for (const [name, positive] of NEGATIONS) {
    const comparison = COMPARISONS.get(positive);
    if (comparison !== undefined) operators.set(name.toLowerCase(), { comparison, negated: true });
  }
  operators.set('null', { comparison: null, negated: false });
  return operators;
}
