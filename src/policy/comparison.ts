import { isInRange, readAddress, readAddressRange } from './address.ts';
import { compileArnPattern, splitArn } from './arn.ts';
import type { PolicyVersion } from './document.ts';
import { readInstant } from './instant.ts';
import type { ConditionContext } from './request.ts';
import { compileTemplate, isConstant, parseTemplate, resolveTemplate, textOf } from './variables.ts';

/**
 * How one value of the request compares with one value of a policy (policies.md, section 5).
 *
 * A comparison is compiled for its policy value. It answers `yes` or `no`, or that it cannot tell: because a
 * policy variable has no value (`unresolvable`), or because one of the two values is not of the operator's
 * kind (`unreadable`). What that means for a statement is decided in `condition.ts`.
 */
export type Verdict = 'yes' | 'no' | 'unresolvable' | 'unreadable';

/** Compares a value of the request with the policy value it was compiled for. */
export type ValueTest = (value: string, context: ConditionContext) => Verdict;

/** One kind of comparison, without negation. */
export interface Comparison {
  /** What a policy value must be, for messages: `a number`. */
  readonly wants: string;
  /** Whether policy variables are resolved in its values. */
  readonly resolvesVariables: boolean;
  /** Whether a policy value without variables can be compared at all. */
  isReadable(policyValue: string): boolean;
  compile(policyValue: string, version: PolicyVersion): ValueTest;
}

const verdict = (matches: boolean): Verdict => (matches ? 'yes' : 'no');

/** Equality of texts, after both went through `fold`. */
function textComparison(fold: (text: string) => string): Comparison {
  return {
    wants: 'a text',
    resolvesVariables: true,
    isReadable: () => true,
    compile(policyValue, version) {
      const template = parseTemplate(policyValue, version);
      if (isConstant(template)) {
        const expected = fold(textOf(template));
        return (value) => verdict(fold(value) === expected);
      }
      return (value, context) => {
        const parts = resolveTemplate(template, context);
        return parts === undefined ? 'unresolvable' : verdict(fold(value) === fold(textOf(parts)));
      };
    },
  };
}

const likeComparison: Comparison = {
  wants: 'a text',
  resolvesVariables: true,
  isReadable: () => true,
  compile(policyValue, version) {
    const matches = compileTemplate(parseTemplate(policyValue, version));
    return (value, context) => {
      const result = matches(value, context);
      return result === undefined ? 'unresolvable' : verdict(result);
    };
  },
};

const arnComparison: Comparison = {
  wants: 'an ARN pattern of six fields (arn:partition:service:region:account:resource)',
  resolvesVariables: true,
  isReadable: (policyValue) => splitArn(policyValue) !== undefined,
  compile(policyValue, version) {
    const matches = compileArnPattern(parseTemplate(policyValue, version));
    if (matches === undefined) return () => 'unreadable';
    return (value, context) => {
      const fields = splitArn(value);
      if (fields === undefined) return 'unreadable';
      const result = matches(fields, context);
      return result === undefined ? 'unresolvable' : verdict(result);
    };
  },
};

/** Comparison of values that are read into another form first; neither side may hold variables. */
function readComparison<PolicySide, RequestSide>(
  wants: string,
  readPolicyValue: (text: string) => PolicySide | undefined,
  readRequestValue: (text: string) => RequestSide | undefined,
  holds: (value: RequestSide, expected: PolicySide) => boolean,
): Comparison {
  return {
    wants,
    resolvesVariables: false,
    isReadable: (policyValue) => readPolicyValue(policyValue) !== undefined,
    compile(policyValue) {
      const expected = readPolicyValue(policyValue);
      if (expected === undefined) return () => 'unreadable';
      return (text) => {
        const value = readRequestValue(text);
        return value === undefined ? 'unreadable' : verdict(holds(value, expected));
      };
    },
  };
}

const boolComparison: Comparison = {
  wants: 'true or false',
  resolvesVariables: true,
  isReadable: (policyValue) => readBoolean(policyValue) !== undefined,
  compile(policyValue, version) {
    const template = parseTemplate(policyValue, version);
    return (text, context) => {
      const parts = resolveTemplate(template, context);
      if (parts === undefined) return 'unresolvable';
      const expected = readBoolean(textOf(parts));
      const value = readBoolean(text);
      return expected === undefined || value === undefined ? 'unreadable' : verdict(value === expected);
    };
  },
};

const NUMBER = /^[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function readNumber(text: string): number | undefined {
  const number = NUMBER.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

function readBase64(text: string): string | undefined {
  return text.length % 4 === 0 && BASE64.test(text) ? text : undefined;
}

/** `true` and `false` in any case; undefined for any other text. */
export function readBoolean(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  return lower === 'true' ? true : lower === 'false' ? false : undefined;
}

type Ordering = (value: number, expected: number) => boolean;

const ORDERINGS: Readonly<Record<string, Ordering>> = {
  Equals: (value, expected) => value === expected,
  LessThan: (value, expected) => value < expected,
  LessThanEquals: (value, expected) => value <= expected,
  GreaterThan: (value, expected) => value > expected,
  GreaterThanEquals: (value, expected) => value >= expected,
};

function orderedComparisons(
  family: string,
  wants: string,
  read: (text: string) => number | undefined,
): [string, Comparison][] {
  return Object.entries(ORDERINGS).map(([ordering, holds]) => [
    `${family}${ordering}`,
    readComparison(wants, read, read, holds),
  ]);
}

/** All comparisons by the name of their positive operator. `Null` compares nothing and is not among them. */
export const COMPARISONS: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  ['StringEquals', textComparison((text) => text)],
  ['StringEqualsIgnoreCase', textComparison((text) => text.toLowerCase())],
  ['StringLike', likeComparison],
  ['ArnEquals', arnComparison],
  ['ArnLike', arnComparison],
  ...orderedComparisons('Numeric', 'a number', readNumber),
  ...orderedComparisons('Date', 'a date such as 2030-12-31T23:59:59Z, or seconds since 1970', readInstant),
  ['Bool', boolComparison],
  ['BinaryEquals', readComparison('base64', readBase64, readBase64, (value, expected) => value === expected)],
  ['IpAddress', readComparison('an IP address or a CIDR range', readAddressRange, readAddress, isInRange)],
]);
