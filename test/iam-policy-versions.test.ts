import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { IAM, Policy } from '@aws-sdk/client-iam';
import { createUserWithKey } from './support/identities.ts';
import { allowing, createPolicy, LISTS_KEYS } from './support/managed-policies.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let iam: IAM;

before(async () => {
  server = await startTestServer();
  iam = server.iam();
});
after(() => server.close());

const policyArn = (name: string) => `arn:aws:iam::${ACCOUNT}:policy/${name}`;
const ABSENT = policyArn('absent');
const NOT_THERE = `Policy ${ABSENT} does not exist or is not attachable.`;

const LISTS_ALIASES = allowing('kms:ListAliases');

async function describePolicy(PolicyArn: string): Promise<Policy> {
  const { Policy } = await iam.getPolicy({ PolicyArn });
  assert.ok(Policy);
  return Policy;
}

/** The document of a version of a policy, decoded. */
async function documentOf(PolicyArn: string, VersionId: string): Promise<string> {
  const { PolicyVersion } = await iam.getPolicyVersion({ PolicyArn, VersionId });
  return decodeURIComponent(PolicyVersion?.Document ?? '');
}

describe('the versions of a managed policy', () => {
  it('are created, listed with the newest first, put into effect and deleted', async () => {
    const PolicyArn = await createPolicy(iam, 'versions');
    const created = (await describePolicy(PolicyArn)).CreateDate;
    server.clock.advance(60_000);
    const { PolicyVersion: second } = await iam.createPolicyVersion({
      PolicyArn,
      PolicyDocument: LISTS_ALIASES,
    });
    const now = new Date(Math.floor(server.clock.now() / 1000) * 1000);
    assert.deepEqual(second, { VersionId: 'v2', IsDefaultVersion: false, CreateDate: now });
    const { PolicyVersion: third } = await iam.createPolicyVersion({
      PolicyArn,
      PolicyDocument: LISTS_KEYS,
      SetAsDefault: true,
    });
    assert.deepEqual(third, { VersionId: 'v3', IsDefaultVersion: true, CreateDate: now });
    const first = { VersionId: 'v1', IsDefaultVersion: false, CreateDate: created };
    assert.deepEqual((await iam.listPolicyVersions({ PolicyArn })).Versions, [third, second, first]);
    assert.equal(await documentOf(PolicyArn, 'v2'), LISTS_ALIASES);

    server.clock.advance(60_000);
    await iam.setDefaultPolicyVersion({ PolicyArn, VersionId: 'v2' });
    const changed = await describePolicy(PolicyArn);
    assert.equal(changed.DefaultVersionId, 'v2');
    assert.deepEqual(changed.UpdateDate, now);
    assert.deepEqual(changed.CreateDate, created);

    await iam.deletePolicyVersion({ PolicyArn, VersionId: 'v3' });
    const { PolicyVersion: fourth } = await iam.createPolicyVersion({
      PolicyArn,
      PolicyDocument: LISTS_KEYS,
    });
    assert.equal(fourth?.VersionId, 'v4');
    const { Versions } = await iam.listPolicyVersions({ PolicyArn });
    assert.deepEqual(
      Versions?.map(({ VersionId }) => VersionId),
      ['v4', 'v2', 'v1'],
    );
  });

  it('are listed in pages, also where their numbers have more digits', async () => {
    const PolicyArn = await createPolicy(iam, 'many-versions');
    for (let count = 2; count <= 10; count += 1) {
      await iam.createPolicyVersion({ PolicyArn, PolicyDocument: LISTS_KEYS, SetAsDefault: true });
      if (count < 9) await iam.deletePolicyVersion({ PolicyArn, VersionId: `v${count - 1}` });
    }
    const first = await iam.listPolicyVersions({ PolicyArn, MaxItems: 2 });
    const second = await iam.listPolicyVersions({ PolicyArn, Marker: first.Marker });
    assert.equal(second.IsTruncated, false);
    assert.deepEqual(
      [first, second].map(({ Versions }) => Versions?.map(({ VersionId }) => VersionId)),
      [['v10', 'v9'], ['v8']],
    );
  });

  it('are five at most', async () => {
    const PolicyArn = await createPolicy(iam, 'five-versions');
    const version = { PolicyArn, PolicyDocument: LISTS_KEYS };
    for (let count = 2; count <= 5; count += 1) await iam.createPolicyVersion(version);
    const refused = await assertRefused(
      iam.createPolicyVersion(version),
      'LimitExceededException',
      'A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
    );
    assert.equal(refused.$metadata.httpStatusCode, 409);
    await iam.deletePolicyVersion({ PolicyArn, VersionId: 'v3' });
    assert.equal((await iam.createPolicyVersion(version)).PolicyVersion?.VersionId, 'v6');
  });

  it('keep the default among them', async () => {
    const PolicyArn = await createPolicy(iam, 'default-version');
    await assertRefused(
      iam.deletePolicyVersion({ PolicyArn, VersionId: 'v1' }),
      'DeleteConflictException',
      'Cannot delete the default version of a policy.',
    );
  });

  it('have to exist', async () => {
    const PolicyArn = await createPolicy(iam, 'one-version');
    const VersionId = 'v2';
    await Promise.all(
      [
        iam.getPolicyVersion({ PolicyArn, VersionId }),
        iam.setDefaultPolicyVersion({ PolicyArn, VersionId }),
        iam.deletePolicyVersion({ PolicyArn, VersionId }),
      ].map((call) =>
        assertRefused(
          call,
          'NoSuchEntityException',
          `Policy ${PolicyArn} version v2 does not exist or is not attachable.`,
        ),
      ),
    );
    await Promise.all(
      [
        iam.createPolicyVersion({ PolicyArn: ABSENT, PolicyDocument: LISTS_KEYS }),
        iam.listPolicyVersions({ PolicyArn: ABSENT }),
        iam.deletePolicy({ PolicyArn: ABSENT }),
        iam.listEntitiesForPolicy({ PolicyArn: ABSENT }),
      ].map((call) => assertRefused(call, 'NoSuchEntityException', NOT_THERE)),
    );
    await assertRefused(iam.getPolicyVersion({ PolicyArn, VersionId: '2' }), 'ValidationError');
  });

  it('are judged by with the very next request', async () => {
    const { credentials } = await createUserWithKey(iam, 'versioned');
    const kms = server.client({ credentials });
    const PolicyArn = await createPolicy(iam, 'effective');
    await iam.attachUserPolicy({ UserName: 'versioned', PolicyArn });
    await kms.listKeys({});
    await iam.createPolicyVersion({ PolicyArn, PolicyDocument: LISTS_ALIASES });
    await kms.listKeys({});
    await iam.setDefaultPolicyVersion({ PolicyArn, VersionId: 'v2' });
    await assertRefused(kms.listKeys({}), 'AccessDeniedException');
    await kms.listAliases({});
    await iam.createPolicyVersion({ PolicyArn, PolicyDocument: LISTS_KEYS, SetAsDefault: true });
    await kms.listKeys({});
    await assertRefused(kms.listAliases({}), 'AccessDeniedException');
  });
});
