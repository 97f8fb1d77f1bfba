import assert from 'node:assert/strict';
import type { IAM } from '@aws-sdk/client-iam';
import type { Credentials } from './server.ts';

/** A user with an access key. */
export interface UserWithKey {
  readonly arn: string;
  readonly uniqueId: string;
  readonly credentials: Credentials;
}

/** Creates a user with an access key, and with inline policies by name. */
export async function createUserWithKey(
  iam: IAM,
  UserName: string,
  policies: Readonly<Record<string, object>> = {},
): Promise<UserWithKey> {
  const { User } = await iam.createUser({ UserName });
  for (const [PolicyName, policy] of Object.entries(policies))
    await iam.putUserPolicy({ UserName, PolicyName, PolicyDocument: JSON.stringify(policy) });
  const { AccessKey } = await iam.createAccessKey({ UserName });
  assert.ok(User?.Arn && User.UserId && AccessKey?.AccessKeyId && AccessKey.SecretAccessKey);
  return {
    arn: User.Arn,
    uniqueId: User.UserId,
    credentials: { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey },
  };
}

/** An identity policy of statements. */
export function identityPolicy(...Statement: readonly object[]): object {
  return { Version: '2012-10-17', Statement };
}

/** A trust policy of one statement. */
export function trustPolicy(statement: object): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
}

/** The access key in what a `qkms` command shows of it. */
export function credentialsIn(shown: string): Credentials {
  const [, accessKeyId = '', secretAccessKey = ''] =
    /AWS_ACCESS_KEY_ID=(\S+)\n\s*AWS_SECRET_ACCESS_KEY=(\S+)/.exec(shown) ?? [];
  return { accessKeyId, secretAccessKey };
}
