import { isInRange, readAddress, readAddressRange } from './address.ts';
import { compileArnPattern, splitArn } from './arn.ts';
import type { PolicyVersion } from './document.ts';
import { readInstant } from './instant.ts';
import type { ConditionContext } from './request.ts';
import {
  compileTemplate,
  isConstant,
  lengthOf,
  parseTemplate,
  resolveTemplate,
  textOf,
} from './variables.ts';
import { isExhausted, type Work } from './work.ts';

/**
 * How a value of the request compares with the values of a condition (policies.md, section 5).
 *
 * A comparison is compiled for its policy values. The value of the request is read once, however many they are, and
 * then held against each of them, which answers `yes` or `no`, or that it cannot tell: because a policy variable has
 * no value (`unresolvable`), or because one of the two is not of the operator's kind (`unreadable`).
 */
type Verdict = 'yes' | 'no' | 'unresolvable' | 'unreadable';

/** What is made of the verdicts. */
export interface Outcome {
  /** Whether the value has to be none of the policy's values instead of one of them. */
  readonly negated: boolean;
  /** What a condition that cannot be judged amounts to. */
  readonly failClosed: boolean;
}

/** Whether a value of the request passes. */
export type ValueTest = (value: string, context: ConditionContext, work: Work) => boolean;

/** One kind of comparison, without negation. */
export interface Comparison {
  /** What a policy value must be, for messages: `a number`. */
  readonly wants: string;
  /** Whether policy variables are resolved in its values. */
  readonly resolvesVariables: boolean;
  /** Whether a policy value without variables can be compared at all. */
  isReadable(policyValue: string): boolean;
  compile(policyValues: readonly string[], version: PolicyVersion, outcome: Outcome): ValueTest;
}

/** Holds a value of the request, once it is read, against one value of the policy. */
type SingleTest<Read> = (value: Read, context: ConditionContext, work: Work) => Verdict;

const verdict = (matches: boolean): Verdict => (matches ? 'yes' : 'no');

/** What it takes to hold a value against another, before it gets long. */
const STEPS_A_TEST = 8;

/** The value has to be one of those of the policy or, negated, none of them. */
function testEach<Read>(
  tests: readonly SingleTest<Read>[],
  { negated, failClosed }: Outcome,
): (value: Read, context: ConditionContext, work: Work) => boolean {
  return (value, context, work) => {
    let isResolved = true;
    let isReadable = true;
    for (const test of tests) {
      work.steps += STEPS_A_TEST;
      if (isExhausted(work)) return failClosed;
      const verdict = test(value, context, work);
      if (verdict === 'yes') return !negated;
      if (verdict === 'unresolvable') isResolved = false;
      else if (verdict === 'unreadable') isReadable = false;
    }
    if (negated && !isResolved) return false;
    return isReadable ? negated : failClosed;
  };
}

/** Equality of texts, after both went through `fold`, which makes none of them shorter. */
function textComparison(fold: (text: string) => string): Comparison {
  return {
    wants: 'a text',
    resolvesVariables: true,
    isReadable: () => true,
    compile(policyValues, version, outcome) {
      const templates = policyValues.map((value) => parseTemplate(value, version));
      const constants = new Set(templates.filter(isConstant).map((template) => fold(textOf(template))));
      const testOthers = testEach(
        templates
          .filter((template) => !isConstant(template))
          .map(
            (template): SingleTest<string> =>
              (value, context, work) => {
                const parts = resolveTemplate(template, context, work);
                if (parts === undefined) return 'unresolvable';
                return verdict(lengthOf(parts) <= value.length && fold(textOf(parts)) === value);
              },
          ),
        outcome,
      );
      return (text, context, work) => {
        const value = fold(text);
        return constants.has(value) ? !outcome.negated : testOthers(value, context, work);
      };
    },
  };
}

const likeComparison: Comparison = {
  wants: 'a text',
  resolvesVariables: true,
  isReadable: () => true,
  compile: (policyValues, version, outcome) =>
    testEach(
      policyValues.map((policyValue): SingleTest<string> => {
        const matches = compileTemplate(parseTemplate(policyValue, version));
        return (value, context, work) => {
          const result = matches(value, context, work);
          return result === undefined ? 'unresolvable' : verdict(result);
        };
      }),
      outcome,
    ),
};

const arnComparison: Comparison = {
  wants: 'an ARN pattern of six fields (arn:partition:service:region:account:resource)',
  resolvesVariables: true,
  isReadable: (policyValue) => splitArn(policyValue) !== undefined,
  compile(policyValues, version, outcome) {
    const test = testEach(
      policyValues.map((policyValue): SingleTest<readonly string[]> => {
        const matches = compileArnPattern(parseTemplate(policyValue, version));
        if (matches === undefined) return () => 'unreadable';
        return (fields, context, work) => {
          const result = matches(fields, context, work);
          return result === undefined ? 'unresolvable' : verdict(result);
        };
      }),
      outcome,
    );
    return (text, context, work) => {
      const fields = splitArn(text);
      return fields === undefined ? outcome.failClosed : test(fields, context, work);
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
    compile(policyValues, _, outcome) {
      const test = testEach(
        policyValues.map((policyValue): SingleTest<RequestSide> => {
          const expected = readPolicyValue(policyValue);
          return expected === undefined ? () => 'unreadable' : (value) => verdict(holds(value, expected));
        }),
        outcome,
      );
      return (text, context, work) => {
        const value = readRequestValue(text);
        return value === undefined ? outcome.failClosed : test(value, context, work);
      };
    },
  };
}

/** Of `false`, so that a long text costs nothing. */
const LONGEST_BOOLEAN = 5;

const boolComparison: Comparison = {
  wants: 'true or false',
  resolvesVariables: true,
  isReadable: (policyValue) => readBoolean(policyValue) !== undefined,
  compile: (policyValues, version, outcome) =>
    testEach(
      policyValues.map((policyValue): SingleTest<string> => {
        const template = parseTemplate(policyValue, version);
        return (text, context, work) => {
          const parts = resolveTemplate(template, context, work);
          if (parts === undefined) return 'unresolvable';
          const expected = lengthOf(parts) > LONGEST_BOOLEAN ? undefined : readBoolean(textOf(parts));
          const value = readBoolean(text);
          return expected === undefined || value === undefined ? 'unreadable' : verdict(value === expected);
        };
      }),
      outcome,
    ),
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
  if (text.length > LONGEST_BOOLEAN) return undefined;
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
