import assert from 'node:assert/strict';
import { type ComparisonOptions, comparePolicies, type PolicyComparison } from './compare.ts';
import type { PolicyVersion } from './document.ts';
import {
  ACCOUNT,
  ALLOW,
  DENY,
  policyText,
  type RawStatement,
  sessionOf,
  userOf,
} from './fixtures.test-support.ts';
import { parsePolicy } from './parse.ts';

/** A statement that leaves everything to the account. */
export const ROOT = { ...ALLOW, Principal: { AWS: ACCOUNT } };
export const ALICE = userOf(ACCOUNT).arn;
export const ROLE = sessionOf(ACCOUNT).roleArn;

/** Compares policies of these statements. */
export function compare(
  before: readonly RawStatement[],
  after: readonly RawStatement[],
  options: ComparisonOptions = {},
  version: PolicyVersion = '2012-10-17',
): PolicyComparison {
  const [one, other] = [before, after].map((statements) => parsePolicy(policyText(statements, version)));
  return comparePolicies(one ?? assert.fail(), other ?? assert.fail(), options);
}

/** What an added statement changes for one principal: `gains kms:Decrypt when …: nothing > allows`. */
export function added(
  statement: RawStatement,
  principal: string,
  base: readonly RawStatement[] = [],
): readonly string[] {
  const inert = { ...DENY, Principal: '*', Action: 'none:none' };
  const comparison = compare([inert, ...base], [inert, ...base, statement]);
  assert.ok(comparison.complete);
  return comparison.changes
    .filter(({ principals }) => principals.includes(principal))
    .map(({ direction, actions, resources, conditions, before, after }) => {
      const on = resources.length === 0 ? '' : ` on ${resources.join('+')}`;
      const when = conditions.length === 0 ? '' : ` when ${conditions.map(({ text }) => text).join(' and ')}`;
      return `${direction} ${actions.join('+')}${on}${when}: ${before} > ${after}`;
    });
}

/** An Allow of `kms:Decrypt`. */
export const decryptFor = (AWS: string, rest: RawStatement = {}) => ({
  ...ALLOW,
  Principal: { AWS },
  Action: 'kms:Decrypt',
  ...rest,
});

/** An Allow of `kms:Decrypt` for Alice under one condition. */
export const when = (operator: string, key: string, value: unknown): RawStatement =>
  decryptFor(ALICE, { Condition: { [operator]: { [key]: value } } });
