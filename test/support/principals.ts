import assert from 'node:assert/strict';
import type { IAM } from '@aws-sdk/client-iam';
import type { STS } from '@aws-sdk/client-sts';
import type { Principal } from '../../src/policy/index.ts';
import type { RawPolicy } from '../../src/policy/naive.test-support.ts';
import { createUserWithKey, identityPolicy, trustPolicy } from './identities.ts';
import { rootOf } from './key-policies.ts';
import { ACCOUNT, type Credentials } from './server.ts';

/*
 * Callers of every kind that there is to be judged: the root user of ACCOUNT; ada, a user; bob, a user with a permissions
 * boundary; two sessions of one role, the second limited by a session policy; a user of another account.
 */

export const PRINCIPAL_NAMES = ['root', 'ada', 'bob', 'session', 'limited', 'foreigner'] as const;
export type PrincipalName = (typeof PRINCIPAL_NAMES)[number];

export const USER_NAMES = ['ada', 'bob', 'foreigner'] as const;
export type UserName = (typeof USER_NAMES)[number];

/** What has an identity policy and tags. */
export const IDENTITY_NAMES = [...USER_NAMES, 'role'] as const;
export type IdentityName = (typeof IDENTITY_NAMES)[number];

export interface TestPrincipal {
  readonly principal: Principal & { readonly account: string };
  readonly credentials: Credentials;
  /** Whose identity policy and tags count; nobody's for the root user. */
  readonly identity: IdentityName | undefined;
  readonly permissionsBoundary?: RawPolicy;
  readonly sessionPolicy?: RawPolicy;
}

export type TestPrincipals = Readonly<Record<PrincipalName, TestPrincipal>>;

/** Bob's permissions boundary. */
const PERMISSIONS_BOUNDARY: RawPolicy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', NotAction: 'kms:Encrypt', Resource: '*' }],
};

/** The session policy of the limited session. */
const SESSION_POLICY: RawPolicy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['kms:D*', 'kms:Put*', 'kms:GenerateDataKey'], Resource: '*' }],
};

/** The longest that a session can last, in seconds: long runs of the tests take hours. */
const LONGEST_SESSION = 12 * 60 * 60;

/** Creates them all. Users and the role have the names that they have here, and no identity policies yet. */
export async function createPrincipals({
  rootCredentials,
  iam,
  otherIam,
  sts,
}: {
  readonly rootCredentials: Credentials;
  /** As somebody who may do everything with IAM in ACCOUNT, and in the other account. */
  readonly iam: IAM;
  readonly otherIam: IAM;
  readonly sts: (credentials: Credentials) => STS;
}): Promise<TestPrincipals> {
  const userNamed = async (by: IAM, name: UserName) => {
    const { arn, uniqueId, credentials } = await createUserWithKey(by, name);
    const account = arn.split(':')[4] ?? '';
    return { principal: { kind: 'user', account, arn, uniqueId }, credentials, identity: name } as const;
  };
  const bob = await userNamed(iam, 'bob');
  const { Policy } = await iam.createPolicy({
    PolicyName: 'boundary',
    PolicyDocument: JSON.stringify(PERMISSIONS_BOUNDARY),
  });
  await iam.putUserPermissionsBoundary({ UserName: 'bob', PermissionsBoundary: Policy?.Arn });
  const sessionNamed = await sessionsOfRole(iam, sts);
  return {
    root: {
      principal: { kind: 'root', account: ACCOUNT, arn: rootOf(ACCOUNT) },
      credentials: rootCredentials,
      identity: undefined,
    },
    ada: await userNamed(iam, 'ada'),
    bob: { ...bob, permissionsBoundary: PERMISSIONS_BOUNDARY },
    session: await sessionNamed('session'),
    limited: await sessionNamed('limited', SESSION_POLICY),
    foreigner: await userNamed(otherIam, 'foreigner'),
  };
}

async function sessionsOfRole(iam: IAM, sts: (credentials: Credentials) => STS) {
  const assuming = identityPolicy({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' });
  const operator = await createUserWithKey(iam, 'operator', { assuming });
  const { Role } = await iam.createRole({
    RoleName: 'role',
    MaxSessionDuration: LONGEST_SESSION,
    AssumeRolePolicyDocument: trustPolicy({
      Effect: 'Allow',
      Principal: { AWS: operator.arn },
      Action: 'sts:AssumeRole',
    }),
  });
  const { Arn: roleArn, RoleId: uniqueId } = Role ?? {};
  assert.ok(roleArn && uniqueId);
  const asOperator = sts(operator.credentials);
  return async (sessionName: string, sessionPolicy?: RawPolicy): Promise<TestPrincipal> => {
    const { Credentials: session, AssumedRoleUser } = await asOperator.assumeRole({
      RoleArn: roleArn,
      RoleSessionName: sessionName,
      DurationSeconds: LONGEST_SESSION,
      Policy: sessionPolicy && JSON.stringify(sessionPolicy),
    });
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken } = session ?? {};
    const arn = AssumedRoleUser?.Arn;
    assert.ok(arn && accessKeyId && secretAccessKey && SessionToken);
    return {
      principal: { kind: 'assumed-role', account: ACCOUNT, arn, roleArn, uniqueId, sessionName },
      credentials: { accessKeyId, secretAccessKey, sessionToken: SessionToken },
      identity: 'role',
      ...(sessionPolicy && { sessionPolicy }),
    };
  };
}
