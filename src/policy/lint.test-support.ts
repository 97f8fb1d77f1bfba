import assert from 'node:assert/strict';
import type { PolicyVersion } from './document.ts';
import { ACCOUNT, ALLOW, policyText, type RawStatement, rootOf, userOf } from './fixtures.test-support.ts';
import { lintPolicy, type PolicyKind } from './lint.ts';
import { parsePolicy } from './parse.ts';

export const ROOT = { ...ALLOW, Principal: { AWS: rootOf(ACCOUNT).arn } };
export const ALICE = { AWS: userOf(ACCOUNT).arn };
export const USE = { ...ALLOW, Principal: ALICE, Action: 'kms:Decrypt' };
export const NETWORK = { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } };

/** What is found in a policy of some statements. */
export function lint(
  statements: readonly RawStatement[],
  kind: PolicyKind = 'key-policy',
  version?: PolicyVersion,
) {
  return lintPolicy(parsePolicy(policyText(statements, version)), kind);
}

/** The findings about a statement beside one that keeps the key manageable: `severity code`. */
export function codes(
  statement: RawStatement,
  kind: PolicyKind = 'key-policy',
  version?: PolicyVersion,
): readonly string[] {
  const statements = kind === 'key-policy' ? [ROOT, statement] : [statement];
  return lint(statements, kind, version).map(({ severity, code }) => `${severity} ${code}`);
}

/** The first finding about a statement, in words. */
export function message(statement: RawStatement, kind: PolicyKind = 'key-policy'): string {
  const [warning] = lint(kind === 'key-policy' ? [ROOT, statement] : [statement], kind);
  return warning?.message ?? assert.fail('no warning');
}

/** A statement under some conditions. */
export const conditioned = (Condition: unknown): RawStatement => ({ ...USE, Condition });
