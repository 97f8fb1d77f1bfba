import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { IAM } from '@aws-sdk/client-iam';
import { createUserWithKey, identityPolicy, trustPolicy } from './support/identities.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let iam: IAM;

before(async () => {
  server = await startTestServer();
  iam = server.iam();
});
after(() => server.close());

const POLICY = JSON.stringify(identityPolicy({ Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' }));

describe('the summary of an account', () => {
  it('counts what there is', async () => {
    const counts = async (client = iam) => {
      const { SummaryMap: map = {} } = await client.getAccountSummary();
      return [map.Users, map.Groups, map.Roles, map.Policies, map.PolicyVersionsInUse, map.Providers];
    };
    assert.deepEqual(await counts(), [0, 0, 0, 0, 0, 0]);
    await iam.createUser({ UserName: 'ada' });
    await iam.createUser({ UserName: 'bob' });
    await iam.createGroup({ GroupName: 'signers' });
    await iam.createRole({
      RoleName: 'orders',
      AssumeRolePolicyDocument: trustPolicy({
        Effect: 'Allow',
        Principal: { AWS: ACCOUNT },
        Action: 'sts:AssumeRole',
      }),
    });
    const { Policy } = await iam.createPolicy({ PolicyName: 'first', PolicyDocument: POLICY });
    await iam.createPolicy({ PolicyName: 'second', PolicyDocument: POLICY });
    await iam.createPolicyVersion({ PolicyArn: Policy?.Arn, PolicyDocument: POLICY });
    await iam.createOpenIDConnectProvider({ Url: 'https://issuer.example.com' });
    assert.deepEqual(await counts(), [2, 1, 1, 2, 3, 1]);
    assert.deepEqual(await counts(server.iam({ account: OTHER_ACCOUNT })), [0, 0, 0, 0, 0, 0]);
    await iam.deleteUser({ UserName: 'bob' });
    assert.deepEqual(await counts(), [1, 1, 1, 2, 3, 1]);
  });

  it('counts the access keys of the root user, and no passwords or second factors', async () => {
    const { SummaryMap } = await iam.getAccountSummary();
    assert.equal(SummaryMap?.AccountAccessKeysPresent, 0);
    assert.equal(SummaryMap?.AccountMFAEnabled, 0);
    assert.equal(SummaryMap?.AccountPasswordPresent, 0);
    const { AccessKey } = await iam.createAccessKey();
    assert.equal((await iam.getAccountSummary()).SummaryMap?.AccountAccessKeysPresent, 1);
    await iam.deleteAccessKey({ AccessKeyId: AccessKey?.AccessKeyId });
  });

  it('tells quotas that hold', async () => {
    const { SummaryMap: quotas } = await iam.getAccountSummary();
    assert.equal(quotas?.AccessKeysPerUserQuota, 2);
    assert.equal(quotas?.VersionsPerPolicyQuota, 5);
    assert.equal(quotas?.GroupsPerUserQuota, 10);
    assert.equal(quotas?.AttachedPoliciesPerRoleQuota, 10);
    assert.equal(quotas?.PolicySizeQuota, 6144);
    assert.equal(quotas?.AssumeRolePolicySizeQuota, 2048);
    assert.equal(quotas?.UserPolicySizeQuota, 2048);
    assert.equal(quotas?.GroupPolicySizeQuota, 5120);
    assert.equal(quotas?.RolePolicySizeQuota, 10_240);
    assert.equal(quotas?.UsersQuota, 1_000_000);
  });
});

describe('an account', () => {
  it('has no aliases', async () => {
    const { AccountAliases, IsTruncated, Marker } = await iam.listAccountAliases({ MaxItems: 1 });
    assert.deepEqual([AccountAliases, IsTruncated, Marker], [[], false, undefined]);
    await assertRefused(iam.listAccountAliases({ Marker: 'unknown' }), 'ValidationError', /^Invalid Marker/);
  });

  it('is looked at by those who may', async () => {
    const { arn, credentials } = await createUserWithKey(iam, 'nobody');
    const nobody = server.iam({ credentials });
    const denied = (action: string) =>
      `User: ${arn} is not authorized to perform: iam:${action} on resource: * because no identity-based policy allows the iam:${action} action`;
    await assertRefused(nobody.getAccountSummary(), 'AccessDenied', denied('GetAccountSummary'));
    await assertRefused(nobody.listAccountAliases(), 'AccessDenied', denied('ListAccountAliases'));
    await iam.attachUserPolicy({
      UserName: 'nobody',
      PolicyArn: 'arn:aws:iam::aws:policy/IAMReadOnlyAccess',
    });
    await nobody.getAccountSummary();
    await nobody.listAccountAliases();
  });
});
