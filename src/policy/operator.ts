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

/** The names of all operators, as AWS writes them. */
export const OPERATOR_NAMES: readonly string[] = [
  ...COMPARISONS.keys(),
  ...NEGATIONS.map(([name]) => name),
  'Null',
];

/** Every name there is, in lower case, with and without set operator and `IfExists`. */
const OPERATORS = everyOperator();

/** Reads an operator's name; undefined when there is no such operator. */
export function readOperator(name: string): ConditionOperator | undefined {
  return OPERATORS.get(name.toLowerCase());
}

function everyOperator(): ReadonlyMap<string, ConditionOperator> {
  const operators = new Map<string, ConditionOperator>();
  for (const [name, { comparison, negated }] of baseOperators()) {
    for (const [prefix, quantifier] of [
      ['', 'one'],
      ['forallvalues:', 'all'],
      ['foranyvalue:', 'any'],
    ] as const) {
      const operator = { quantifier, comparison, negated };
      operators.set(`${prefix}${name}`, Object.freeze({ ...operator, ifExists: false }));
      operators.set(`${prefix}${name}ifexists`, Object.freeze({ ...operator, ifExists: true }));
    }
  }
  // Null asks about existence itself: it takes neither a set operator nor IfExists.
  const presence = { quantifier: 'one', comparison: null, negated: false, ifExists: false } as const;
  return operators.set('null', Object.freeze(presence));
}

function baseOperators(): ReadonlyMap<string, Pick<ConditionOperator, 'comparison' | 'negated'>> {
  const operators = new Map<string, Pick<ConditionOperator, 'comparison' | 'negated'>>();
  for (const [name, comparison] of COMPARISONS)
    operators.set(name.toLowerCase(), { comparison, negated: false });
  for (const [name, positive] of NEGATIONS) {
    const comparison = COMPARISONS.get(positive);
    if (comparison !== undefined) operators.set(name.toLowerCase(), { comparison, negated: true });
  }
  return operators;
}
