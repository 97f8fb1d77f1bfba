import assert from 'node:assert/strict';
import type { IAM } from '@aws-sdk/client-iam';
import type { AssumeRoleCommandInput, Credentials as StsCredentials } from '@aws-sdk/client-sts';
import { createUserWithKey, identityPolicy, trustPolicy, type UserWithKey } from './identities.ts';
import { ACCOUNT, type Credentials, startTestServer, type TestServer } from './server.ts';

/** A policy that allows everything. */
export const EVERYTHING = identityPolicy({ Effect: 'Allow', Action: '*', Resource: '*' });
const ASSUME = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'];
/** A statement by which the account lets its principals assume a role. */
export const byAccount = { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: ASSUME };

/** A role of a test. */
export interface TestRole {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
}

/** A server, and on it a user who may do everything and assumes roles. */
export class RoleSessions {
  readonly server: TestServer;
  readonly iam: IAM;
  readonly ada: UserWithKey;
  #roles = 0;

  private constructor(server: TestServer, iam: IAM, ada: UserWithKey) {
    this.server = server;
    this.iam = iam;
    this.ada = ada;
  }

  static async open(): Promise<RoleSessions> {
    const server = await startTestServer();
    const iam = server.iam();
    return new RoleSessions(server, iam, await createUserWithKey(iam, 'ada', { everything: EVERYTHING }));
  }

  /** A statement that lets the user assume a role. */
  byAda(): object {
    return { Effect: 'Allow', Principal: { AWS: this.ada.arn }, Action: ASSUME };
  }

  /** A role that a statement lets assume, with everything allowed. */
  async createRole(
    statement: object,
    options: { readonly maxSessionDuration?: number; readonly by?: IAM; readonly policy?: object } = {},
  ): Promise<TestRole> {
    const { by = this.iam, policy = EVERYTHING } = options;
    this.#roles += 1;
    const RoleName = `role-${this.#roles}`;
    const { Role } = await by.createRole({
      RoleName,
      AssumeRolePolicyDocument: trustPolicy(statement),
      MaxSessionDuration: options.maxSessionDuration,
    });
    await by.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument: JSON.stringify(policy) });
    assert.ok(Role?.Arn && Role.RoleId);
    return { name: RoleName, arn: Role.Arn, id: Role.RoleId };
  }

  /** Assumes a role; by default the user does. */
  async assume(
    RoleArn: string,
    input: Partial<AssumeRoleCommandInput> = {},
    by: Credentials = this.ada.credentials,
  ): Promise<Credentials> {
    const sts = this.server.sts({ credentials: by });
    const { Credentials } = await sts.assumeRole({ RoleArn, RoleSessionName: 'session', ...input });
    return credentialsOf(Credentials);
  }
}

/** Credentials as STS answers them. */
export function credentialsOf(credentials: StsCredentials | undefined): Credentials {
  assert.ok(credentials?.AccessKeyId && credentials.SecretAccessKey && credentials.SessionToken);
  return {
    accessKeyId: credentials.AccessKeyId,
    secretAccessKey: credentials.SecretAccessKey,
    sessionToken: credentials.SessionToken,
  };
}
