import { type AuthorizationPolicies, authorize } from './authorize.ts';
import { type CompiledPolicy, compilePolicy } from './compile.ts';
import type { Decision } from './decision.ts';
import type { Condition, PolicyVersion } from './document.ts';
import { parsePolicy } from './parse.ts';
import type { AuthorizationRequest, ConditionContext, ConditionValue, Principal } from './request.ts';

/** The account that owns the key in all tests, and another one. */
export const ACCOUNT = '111122223333';
export const OTHER_ACCOUNT = '444455556666';
export const KEY_ARN = `arn:aws:kms:us-east-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
export const OTHER_KEY_ARN = `arn:aws:kms:us-east-1:${ACCOUNT}:key/ffffffff-12ab-34cd-56ef-1234567890ab`;

export function rootOf(account: string): Principal & { kind: 'root' } {
  return { kind: 'root', account, arn: `arn:aws:iam::${account}:root` };
}

export function userOf(account: string, pathAndName = 'Alice'): Principal & { kind: 'user' } {
  const name = pathAndName.slice(pathAndName.lastIndexOf('/') + 1);
  return {
    kind: 'user',
    account,
    arn: `arn:aws:iam::${account}:user/${pathAndName}`,
    uniqueId: `AIDA${name.toUpperCase()}${account}`,
  };
}

export function sessionOf(
  account: string,
  rolePathAndName = 'Admin',
  sessionName = 'session-1',
): Principal & { kind: 'assumed-role' } {
  const name = rolePathAndName.slice(rolePathAndName.lastIndexOf('/') + 1);
  return {
    kind: 'assumed-role',
    account,
    arn: `arn:aws:sts::${account}:assumed-role/${name}/${sessionName}`,
    roleArn: `arn:aws:iam::${account}:role/${rolePathAndName}`,
    uniqueId: `AROA${name.toUpperCase()}${account}`,
    sessionName,
  };
}

export function federatedOf(account: string, name = 'Guest'): Principal & { kind: 'federated-user' } {
  return {
    kind: 'federated-user',
    account,
    arn: `arn:aws:sts::${account}:federated-user/${name}`,
    userArn: `arn:aws:iam::${account}:user/Alice`,
    userUniqueId: `AIDAALICE${account}`,
  };
}

export function serviceOf(serviceName = 's3.amazonaws.com'): Principal & { kind: 'service' } {
  return { kind: 'service', serviceName, arn: serviceName };
}

export function webIdentityOf(
  account: string,
  issuer = 'issuer.example.com',
): Principal & { kind: 'web-identity' } {
  return { kind: 'web-identity', account, arn: `arn:aws:iam::${account}:oidc-provider/${issuer}` };
}

/** A statement as it stands in a policy text. */
export type RawStatement = Readonly<Record<string, unknown>>;

/** `Effect: Allow` for everything, to be spread over. */
export const ALLOW: RawStatement = { Effect: 'Allow', Action: 'kms:*', Resource: '*' };
export const DENY: RawStatement = { ...ALLOW, Effect: 'Deny' };

/** A policy text. */
export function policyText(
  statements: readonly RawStatement[],
  version: PolicyVersion = '2012-10-17',
): string {
  return JSON.stringify({ Version: version, Statement: statements });
}

/** A compiled policy of the given statements. */
export function policyOf(...statements: readonly RawStatement[]): CompiledPolicy {
  return compilePolicy(parsePolicy(policyText(statements)));
}

/** A key policy that allows everything to the given principals. */
export function keyPolicyFor(...aws: readonly string[]): CompiledPolicy {
  return policyOf({ ...ALLOW, Principal: { AWS: aws } });
}

/** A context with the given keys. Its names are put into lower case, as the engine asks for them. */
export function contextOf(values: Readonly<Record<string, ConditionValue>> = {}): ConditionContext {
  return new Map(Object.entries(values).map(([name, value]) => [name.toLowerCase(), value]));
}

/** A request for `kms:DescribeKey` on the key, unless told otherwise. */
export function requestOf(
  principal: Principal,
  changes: Partial<AuthorizationRequest> = {},
): AuthorizationRequest {
  return {
    principal,
    action: 'kms:DescribeKey',
    resource: KEY_ARN,
    resourceAccount: ACCOUNT,
    context: contextOf(),
    ...changes,
  };
}

/** A request for an operation without a key. */
export function accountRequestOf(
  principal: Principal,
  action = 'kms:ListKeys',
  resource = '*',
): AuthorizationRequest {
  return { principal, action, resource, context: contextOf() };
}

export const NO_POLICIES: AuthorizationPolicies = { identityPolicies: [] };

/** One condition, as `parsePolicy` would give it. */
export function conditionOf(operator: string, key: string, ...values: readonly string[]): Condition {
  return { operator, key, values, position: { line: 1, column: 1 } };
}

/** The answer in short: `allow by …`, `explicit-deny by …` or `implicit-deny by …`. */
export function outcome({ outcome: answer, layer }: Decision): string {
  return `${answer} by ${layer}`;
}

/** What becomes of a request of `principal` under some policies, in short. */
export function ask(principal: Principal, policies: Partial<AuthorizationPolicies>): string {
  return outcome(authorize(requestOf(principal), { ...NO_POLICIES, ...policies }));
}
