import assert from 'node:assert/strict';
import type { IAM } from '@aws-sdk/client-iam';
import { identityPolicy } from './identities.ts';

/** A policy that AWS manages. */
export const AWS_MANAGED = 'arn:aws:iam::aws:policy/IAMReadOnlyAccess';

/** The document of a policy that allows actions on everything. */
export function allowing(...Action: readonly string[]): string {
  return JSON.stringify(identityPolicy({ Effect: 'Allow', Action, Resource: '*' }));
}

export const LISTS_KEYS = allowing('kms:ListKeys');

/** Creates a managed policy and gives its ARN. */
export async function createPolicy(
  iam: IAM,
  PolicyName: string,
  PolicyDocument = LISTS_KEYS,
  Path = '/',
): Promise<string> {
  const { Policy } = await iam.createPolicy({ PolicyName, PolicyDocument, Path });
  assert.ok(Policy?.Arn);
  return Policy.Arn;
}

/** Gives a user one permission, in place of the one before. */
export async function allowOnly(iam: IAM, UserName: string, statement: object): Promise<void> {
  await iam.putUserPolicy({
    UserName,
    PolicyName: 'one',
    PolicyDocument: JSON.stringify(identityPolicy({ Effect: 'Allow', ...statement })),
  });
}
