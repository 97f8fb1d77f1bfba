import { type Identity, parseIdentityArn } from '../../iam/index.ts';
import { enumeration, required } from '../../model/index.ts';
import type { Call } from '../operation.ts';
import { awsManaged, invalidArn } from './refusals.ts';
import * as shapes from './shapes.ts';

/* What the operations on managed policies have in common. */

/** The member that names a policy. */
export const namedPolicy = {
  PolicyArn: required(shapes.arn, 'The ARN of the policy: one of the account, or one that AWS manages.'),
};

/** The target of an operation on a policy that a request names. */
export function onPolicy<const P extends `iam:${string}`>(permission: P) {
  return { kind: 'identity', identity: 'policy', member: 'PolicyArn', permission } as const;
}

/** How policies are used. */
export const policyUsage = enumeration('PermissionsPolicy', 'PermissionsBoundary');

/** How what uses a policy refers to it, by the names that requests have for that. */
export const RELATIONS = { PermissionsPolicy: 'attachment', PermissionsBoundary: 'boundary' } as const;
export type PolicyUsage = (typeof RELATIONS)[keyof typeof RELATIONS];

/** @throws ServiceError `InvalidInput` for what is not the ARN of a managed policy */
export function requirePolicyArn({ PolicyArn }: { readonly PolicyArn: string }): void {
  if (parseIdentityArn(PolicyArn)?.kind !== 'policy') throw invalidArn(PolicyArn);
}

/**
 * Refuses to change a policy that AWS manages.
 *
 * @throws ServiceError `AccessDeniedException`
 */
export function requireCustomerManaged({
  operation,
  caller,
  targets: { policy },
}: Call<object, { readonly policy: Identity<'policy'> }>): void {
  if (policy.accountId !== caller.account)
    throw awsManaged(caller.principal.arn, `iam:${operation.name}`, policy.arn);
}
