import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { IAM, Tag } from '@aws-sdk/client-iam';
import { createUserWithKey, identityPolicy, trustPolicy } from './support/identities.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, startTestServer, type TestServer } from './support/server.ts';

/** What can be tagged, and how. */
interface Tagged {
  readonly noun: string;
  readonly arn: string;
  readonly create: (iam: IAM, Tags?: Tag[]) => Promise<unknown>;
  readonly tag: (iam: IAM, Tags: Tag[]) => Promise<unknown>;
  readonly untag: (iam: IAM, TagKeys: string[]) => Promise<unknown>;
  readonly list: (
    iam: IAM,
    page?: { MaxItems?: number; Marker?: string | undefined },
  ) => Promise<{ Tags: Tag[] | undefined; IsTruncated?: boolean | undefined; Marker?: string | undefined }>;
  readonly missing: (iam: IAM) => readonly (() => Promise<unknown>)[];
}

const TRUST = trustPolicy({ Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' });
const POLICY = JSON.stringify(identityPolicy({ Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' }));
const arnOf = (resource: string) => `arn:aws:iam::${ACCOUNT}:${resource}`;

const user = { UserName: 'tagged' };
const role = { RoleName: 'tagged' };
const policy = { PolicyArn: arnOf('policy/tagged') };
const provider = { OpenIDConnectProviderArn: arnOf('oidc-provider/tagged.example.com') };
const noUser = { UserName: 'missing' };
const noRole = { RoleName: 'missing' };
const noPolicy = { PolicyArn: arnOf('policy/missing') };
const noProvider = { OpenIDConnectProviderArn: arnOf('oidc-provider/missing.example.com') };

const KINDS: readonly Tagged[] = [
  {
    noun: 'User',
    arn: arnOf('user/tagged'),
    create: (iam, Tags) => iam.createUser({ ...user, Tags }),
    tag: (iam, Tags) => iam.tagUser({ ...user, Tags }),
    untag: (iam, TagKeys) => iam.untagUser({ ...user, TagKeys }),
    list: (iam, page) => iam.listUserTags({ ...user, ...page }),
    missing: (iam) => [
      () => iam.tagUser({ ...noUser, Tags: [] }),
      () => iam.untagUser({ ...noUser, TagKeys: [] }),
      () => iam.listUserTags(noUser),
    ],
  },
  {
    noun: 'Role',
    arn: arnOf('role/tagged'),
    create: (iam, Tags) => iam.createRole({ ...role, AssumeRolePolicyDocument: TRUST, Tags }),
    tag: (iam, Tags) => iam.tagRole({ ...role, Tags }),
    untag: (iam, TagKeys) => iam.untagRole({ ...role, TagKeys }),
    list: (iam, page) => iam.listRoleTags({ ...role, ...page }),
    missing: (iam) => [
      () => iam.tagRole({ ...noRole, Tags: [] }),
      () => iam.untagRole({ ...noRole, TagKeys: [] }),
      () => iam.listRoleTags(noRole),
    ],
  },
  {
    noun: 'Policy',
    arn: policy.PolicyArn,
    create: (iam, Tags) => iam.createPolicy({ PolicyName: 'tagged', PolicyDocument: POLICY, Tags }),
    tag: (iam, Tags) => iam.tagPolicy({ ...policy, Tags }),
    untag: (iam, TagKeys) => iam.untagPolicy({ ...policy, TagKeys }),
    list: (iam, page) => iam.listPolicyTags({ ...policy, ...page }),
    missing: (iam) => [
      () => iam.tagPolicy({ ...noPolicy, Tags: [] }),
      () => iam.untagPolicy({ ...noPolicy, TagKeys: [] }),
      () => iam.listPolicyTags(noPolicy),
    ],
  },
  {
    noun: 'OpenIDConnectProvider',
    arn: provider.OpenIDConnectProviderArn,
    create: (iam, Tags) => iam.createOpenIDConnectProvider({ Url: 'https://tagged.example.com', Tags }),
    tag: (iam, Tags) => iam.tagOpenIDConnectProvider({ ...provider, Tags }),
    untag: (iam, TagKeys) => iam.untagOpenIDConnectProvider({ ...provider, TagKeys }),
    list: (iam, page) => iam.listOpenIDConnectProviderTags({ ...provider, ...page }),
    missing: (iam) => [
      () => iam.tagOpenIDConnectProvider({ ...noProvider, Tags: [] }),
      () => iam.untagOpenIDConnectProvider({ ...noProvider, TagKeys: [] }),
      () => iam.listOpenIDConnectProviderTags(noProvider),
    ],
  },
];

let server: TestServer;
let iam: IAM;

before(async () => {
  server = await startTestServer();
  iam = server.iam();
});
after(() => server.close());

for (const kind of KINDS) {
  describe(`the tags of a ${kind.noun}`, () => {
    const tags = async () => (await kind.list(iam)).Tags;

    before(() => kind.create(iam, [{ Key: 'zone', Value: 'a' }]));

    it('are there from its creation, are added, replaced whatever their case, and removed', async () => {
      assert.deepEqual(await tags(), [{ Key: 'zone', Value: 'a' }]);
      await kind.tag(iam, [
        { Key: 'Zone', Value: 'b' },
        { Key: 'empty', Value: '' },
      ]);
      assert.deepEqual(await tags(), [
        { Key: 'Zone', Value: 'b' },
        { Key: 'empty', Value: '' },
      ]);
      await kind.untag(iam, ['ZONE', 'not there']);
      assert.deepEqual(await tags(), [{ Key: 'empty', Value: '' }]);
      await kind.untag(iam, ['empty']);
      assert.deepEqual(await tags(), []);
    });

    it('are listed by key, in pages', async () => {
      await kind.tag(
        iam,
        ['c', 'a', 'b'].map((Key) => ({ Key, Value: '' })),
      );
      const first = await kind.list(iam, { MaxItems: 2 });
      assert.deepEqual(
        first.Tags?.map(({ Key }) => Key),
        ['a', 'b'],
      );
      assert.equal(first.IsTruncated, true);
      const second = await kind.list(iam, { Marker: first.Marker });
      assert.deepEqual(
        second.Tags?.map(({ Key }) => Key),
        ['c'],
      );
      assert.equal(second.IsTruncated, false);
      assert.equal(second.Marker, undefined);
      await kind.untag(iam, ['a', 'b', 'c']);
    });

    it('are at most fifty, each once', async () => {
      await assertRefused(
        kind.tag(iam, [
          { Key: 'k', Value: '1' },
          { Key: 'K', Value: '2' },
        ]),
        'InvalidInputException',
        'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
      );
      const fifty = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: '' }));
      await kind.tag(iam, fifty);
      const refused = await assertRefused(
        kind.tag(iam, [{ Key: 'one more', Value: '' }]),
        'LimitExceededException',
        'The number of tags has reached the maximum limit: 50.',
      );
      assert.equal(refused.$metadata.httpStatusCode, 409);
      await kind.tag(iam, [{ Key: 'K0', Value: 'instead' }]);
      assert.equal((await tags())?.length, 50);
      await kind.untag(
        iam,
        fifty.map(({ Key }) => Key),
      );
      assert.deepEqual(await tags(), []);
    });

    it('have keys and values that are not too long and of certain characters', async () => {
      for (const tag of [
        { Key: '', Value: '' },
        { Key: 'k'.repeat(129), Value: '' },
        { Key: 'key', Value: 'v'.repeat(257) },
        { Key: 'key', Value: '<' },
        { Key: 'key#', Value: '' },
      ])
        await assertRefused(kind.tag(iam, [tag]), 'ValidationError', /failed to satisfy constraint/);
      await kind.tag(iam, [{ Key: 'Größe', Value: 'a b_.:/=+-@ä' }]);
      assert.deepEqual(await tags(), [{ Key: 'Größe', Value: 'a b_.:/=+-@ä' }]);
      await kind.untag(iam, ['Größe']);
    });

    it('belong to something that exists', async () => {
      for (const call of kind.missing(iam)) {
        const refused = await assertRefused(call(), 'NoSuchEntityException');
        assert.equal(refused.$metadata.httpStatusCode, 404);
      }
    });

    it('take permissions, which may depend on the tags given and the tags there are', async () => {
      const { arn, credentials } = await createUserWithKey(iam, `tagger-of-${kind.noun}`, {
        add: identityPolicy({
          Effect: 'Allow',
          Action: `iam:Tag${kind.noun}`,
          Resource: kind.arn,
          Condition: {
            StringEquals: { 'aws:RequestTag/stage': 'test' },
            'ForAllValues:StringEquals': { 'aws:TagKeys': ['stage'] },
          },
        }),
        remove: identityPolicy({
          Effect: 'Allow',
          Action: `iam:Untag${kind.noun}`,
          Resource: '*',
          Condition: {
            StringEquals: { 'aws:ResourceTag/stage': 'test' },
            'ForAllValues:StringEquals': { 'aws:TagKeys': ['other'] },
          },
        }),
      });
      const tagger = server.iam({ credentials });
      const denied = (action: string) =>
        `User: ${arn} is not authorized to perform: iam:${action} on resource: ${kind.arn} because no identity-based policy allows the iam:${action} action`;
      const stage = { Key: 'stage', Value: 'test' };
      await assertRefused(
        kind.tag(tagger, [{ Key: 'stage', Value: 'production' }]),
        'AccessDenied',
        denied(`Tag${kind.noun}`),
      );
      await assertRefused(kind.tag(tagger, [stage, { Key: 'other', Value: '' }]), 'AccessDenied');
      await assertRefused(kind.untag(tagger, ['other']), 'AccessDenied', denied(`Untag${kind.noun}`));
      await kind.tag(tagger, [stage]);
      await kind.untag(tagger, ['other']);
      await assertRefused(kind.untag(tagger, ['stage']), 'AccessDenied');
      await assertRefused(kind.list(tagger), 'AccessDenied', denied(`List${kind.noun}Tags`));
      assert.deepEqual(await tags(), [stage]);
    });
  });
}

describe('a tag', () => {
  it('of a user counts with the next request, as aws:PrincipalTag', async () => {
    const { credentials } = await createUserWithKey(iam, 'team-member', {
      keys: identityPolicy({
        Effect: 'Allow',
        Action: 'kms:ListKeys',
        Resource: '*',
        Condition: { StringEquals: { 'aws:PrincipalTag/team': 'keys' } },
      }),
    });
    const kms = server.client({ credentials });
    await assertRefused(kms.listKeys(), 'AccessDeniedException');
    await iam.tagUser({ UserName: 'team-member', Tags: [{ Key: 'team', Value: 'keys' }] });
    await kms.listKeys();
    await iam.untagUser({ UserName: 'team-member', TagKeys: ['team'] });
    await assertRefused(kms.listKeys(), 'AccessDeniedException');
  });

  it('cannot be given to a policy of AWS', async () => {
    const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
    assert.deepEqual((await iam.listPolicyTags({ PolicyArn })).Tags, []);
    await assertRefused(
      iam.tagPolicy({ PolicyArn, Tags: [{ Key: 'a', Value: 'b' }] }),
      'AccessDenied',
      /is not authorized to perform: iam:TagPolicy on resource: arn:aws:iam::aws:policy\/ReadOnlyAccess because it is an AWS managed policy$/,
    );
    await assertRefused(iam.untagPolicy({ PolicyArn, TagKeys: ['a'] }), 'AccessDenied', /iam:UntagPolicy/);
    await assertRefused(
      iam.listPolicyTags({ PolicyArn: 'not the ARN of a policy' }),
      'InvalidInputException',
    );
  });
});
