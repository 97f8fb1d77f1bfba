import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { IAM } from '@aws-sdk/client-iam';
import type { CreateGrantCommandInput, KMS } from '@aws-sdk/client-kms';
import { createUserWithKey, identityPolicy, trustPolicy, type UserWithKey } from './support/identities.ts';
import { allow, deny, keyPolicy, rootOf } from './support/key-policies.ts';
import { createKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import {
  ACCOUNT,
  type Credentials,
  OTHER_ACCOUNT,
  REGION,
  startTestServer,
  type TestServer,
} from './support/server.ts';

/* Grants, as grants.md specifies them. */

const UNKNOWN_ID = '0'.repeat(64);
const Plaintext = Buffer.from('hello');

let server: TestServer;
let iam: IAM;
let kms: KMS;
let ada: UserWithKey;
let grace: UserWithKey;
let counter = 0;

before(async () => {
  server = await startTestServer();
  iam = server.iam();
  kms = server.client();
  ada = await createUserWithKey(iam, 'ada');
  grace = await createUserWithKey(iam, 'grace');
});
after(() => server.close());

function as({ credentials }: { readonly credentials: Credentials }): KMS {
  return server.client({ credentials });
}

/** A grant to ada for everything that is not said otherwise. */
function grant(KeyId: string, input: Partial<CreateGrantCommandInput> = {}, by = kms) {
  return by.createGrant({ KeyId, GranteePrincipal: ada.arn, Operations: ['Encrypt', 'Decrypt'], ...input });
}

async function newKey(policy?: string): Promise<string> {
  return (await createKey(kms, { Policy: policy })).keyId;
}

async function assertDenied(call: Promise<unknown>, text?: RegExp): Promise<void> {
  await assertRefused(call, 'AccessDeniedException', text);
}

async function listed(KeyId: string) {
  return (await kms.listGrants({ KeyId })).Grants ?? [];
}

describe('a grant', () => {
  it('lets its grantee do what it is for, with the very next request, and nothing else', async () => {
    const KeyId = await newKey();
    await assertDenied(as(ada).encrypt({ KeyId, Plaintext }));
    const { GrantId, GrantToken } = await grant(KeyId);
    assert.match(GrantId ?? '', /^[0-9a-f]{64}$/);
    assert.ok(GrantToken);
    const { CiphertextBlob } = await as(ada).encrypt({ KeyId, Plaintext });
    assert.deepEqual(Buffer.from((await as(ada).decrypt({ CiphertextBlob })).Plaintext ?? []), Plaintext);
    await assertDenied(as(ada).describeKey({ KeyId }), /no identity-based policy allows the kms:DescribeKey/);
    await assertDenied(as(grace).encrypt({ KeyId, Plaintext }));
    const other = await newKey();
    await assertDenied(as(ada).encrypt({ KeyId: other, Plaintext }));
  });

  it('is over with the very next request when it is revoked', async () => {
    const KeyId = await newKey();
    const { GrantId } = await grant(KeyId);
    await as(ada).encrypt({ KeyId, Plaintext });
    await kms.revokeGrant({ KeyId, GrantId });
    await assertDenied(as(ada).encrypt({ KeyId, Plaintext }));
    await assertRefused(
      kms.revokeGrant({ KeyId, GrantId }),
      'NotFoundException',
      `Grant ID ${GrantId} not found`,
    );
  });

  it('permits what no policy allows, and never what one denies', async () => {
    const silent = await newKey(keyPolicy(allow({ Principal: { AWS: rootOf(ACCOUNT) } })));
    await grant(silent);
    await as(ada).encrypt({ KeyId: silent, Plaintext });
    const denying = await newKey(
      keyPolicy(allow(), deny({ Principal: { AWS: ada.arn }, Action: 'kms:Encrypt' })),
    );
    await grant(denying);
    await assertDenied(
      as(ada).encrypt({ KeyId: denying, Plaintext }),
      /explicit deny in a resource-based policy/,
    );
    await iam.putUserPolicy({
      UserName: 'ada',
      PolicyName: 'deny',
      PolicyDocument: JSON.stringify(
        identityPolicy({ Effect: 'Deny', Action: 'kms:Encrypt', Resource: '*' }),
      ),
    });
    await assertDenied(
      as(ada).encrypt({ KeyId: silent, Plaintext }),
      /explicit deny in an identity-based policy/,
    );
    await iam.deleteUserPolicy({ UserName: 'ada', PolicyName: 'deny' });
    await as(ada).encrypt({ KeyId: silent, Plaintext });
  });

  it('reaches a user of another account, by the key’s ARN', async () => {
    const foreign = await createUserWithKey(server.iam({ account: OTHER_ACCOUNT }), 'foreigner');
    const { keyId, arn: KeyId } = await createKey(kms);
    await assertDenied(as(foreign).encrypt({ KeyId, Plaintext }));
    const { GrantId } = await grant(keyId, { GranteePrincipal: foreign.arn });
    await as(foreign).encrypt({ KeyId, Plaintext });
    await kms.revokeGrant({ KeyId, GrantId });
    await assertDenied(as(foreign).encrypt({ KeyId, Plaintext }));
  });

  it('to an account lets it delegate by identity policies', async () => {
    const foreign = await createUserWithKey(server.iam({ account: OTHER_ACCOUNT }), 'delegate');
    const { keyId, arn: KeyId } = await createKey(kms);
    await grant(keyId, { GranteePrincipal: rootOf(OTHER_ACCOUNT) });
    await server.client({ account: OTHER_ACCOUNT }).encrypt({ KeyId, Plaintext });
    await assertDenied(as(foreign).encrypt({ KeyId, Plaintext }));
    await server.iam({ account: OTHER_ACCOUNT }).putUserPolicy({
      UserName: 'delegate',
      PolicyName: 'encrypt',
      PolicyDocument: JSON.stringify(
        identityPolicy({ Effect: 'Allow', Action: 'kms:Encrypt', Resource: KeyId }),
      ),
    });
    await as(foreign).encrypt({ KeyId, Plaintext });
  });

  it('to a role is for every session of it, and to a session for that alone', async () => {
    counter += 1;
    const RoleName = `granted-${counter}`;
    const trust = trustPolicy({ Effect: 'Allow', Principal: { AWS: ada.arn }, Action: 'sts:AssumeRole' });
    const { Role } = await iam.createRole({ RoleName, AssumeRolePolicyDocument: trust });
    const session = async (RoleSessionName: string) => {
      const sts = server.sts({ credentials: ada.credentials });
      const { Credentials: made } = await sts.assumeRole({ RoleArn: Role?.Arn, RoleSessionName });
      return as({
        credentials: {
          accessKeyId: made?.AccessKeyId ?? '',
          secretAccessKey: made?.SecretAccessKey ?? '',
          sessionToken: made?.SessionToken ?? '',
        },
      });
    };
    const ofRole = await newKey();
    await grant(ofRole, { GranteePrincipal: Role?.Arn });
    await (await session('one')).encrypt({ KeyId: ofRole, Plaintext });
    await (await session('two')).encrypt({ KeyId: ofRole, Plaintext });
    const ofSession = await newKey();
    await grant(ofSession, { GranteePrincipal: `arn:aws:sts::${ACCOUNT}:assumed-role/${RoleName}/one` });
    await (await session('one')).encrypt({ KeyId: ofSession, Plaintext });
    await assertDenied((await session('two')).encrypt({ KeyId: ofSession, Plaintext }));
  });

  it('is bound to its grantee: a new user of the name has nothing, and the list shows the unique id', async () => {
    const first = await createUserWithKey(iam, 'leaver');
    const KeyId = await newKey();
    await grant(KeyId, { GranteePrincipal: first.arn, RetiringPrincipal: first.arn });
    assert.equal((await listed(KeyId))[0]?.GranteePrincipal, first.arn);
    await iam.deleteAccessKey({ UserName: 'leaver', AccessKeyId: first.credentials.accessKeyId });
    await iam.deleteUser({ UserName: 'leaver' });
    const second = await createUserWithKey(iam, 'leaver');
    await assertDenied(as(second).encrypt({ KeyId, Plaintext }));
    const [shown] = await listed(KeyId);
    assert.equal(shown?.GranteePrincipal, first.uniqueId);
    assert.equal(shown?.RetiringPrincipal, first.uniqueId);
  });

  it('asks for the state of the key that it is used in', async () => {
    const KeyId = await newKey();
    await kms.disableKey({ KeyId });
    await assertRefused(grant(KeyId), 'DisabledException');
    await kms.scheduleKeyDeletion({ KeyId });
    await assertRefused(grant(KeyId), 'KMSInvalidStateException');
  });
});

describe('the constraints of a grant', () => {
  it('EncryptionContextSubset asks for pairs, EncryptionContextEquals for exactly these', async () => {
    const KeyId = await newKey();
    const context = { department: 'sales', purpose: 'orders' };
    const encrypt = (EncryptionContext: Record<string, string>) =>
      as(ada).encrypt({ KeyId, Plaintext, EncryptionContext });
    const { GrantId } = await grant(KeyId, {
      Constraints: { EncryptionContextSubset: { department: 'sales' } },
    });
    await encrypt({ department: 'sales' });
    await encrypt(context);
    await assertDenied(encrypt({ department: 'Sales' }));
    await assertDenied(encrypt({ purpose: 'orders' }));
    await assertDenied(encrypt({}));
    await kms.revokeGrant({ KeyId, GrantId });
    await grant(KeyId, { Constraints: { EncryptionContextEquals: { department: 'sales' } } });
    await encrypt({ department: 'sales' });
    await assertDenied(encrypt(context));
  });

  it('are ignored for DescribeKey', async () => {
    const KeyId = await newKey();
    await grant(KeyId, {
      Operations: ['DescribeKey'],
      Constraints: { EncryptionContextEquals: { department: 'sales' } },
    });
    await as(ada).describeKey({ KeyId });
  });

  for (const [title, Constraints] of [
    ['of both kinds', { EncryptionContextEquals: { a: 'b' }, EncryptionContextSubset: { a: 'b' } }],
    [
      'of nine pairs',
      { EncryptionContextSubset: Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`k${i}`, 'v'])) },
    ],
    ['with a value too long', { EncryptionContextSubset: { a: 'x'.repeat(385) } }],
    ['with a source that is no ARN', { SourceArn: 'x'.repeat(20) }],
  ] as const) {
    it(`${title} are refused`, async () => {
      await assertRefused(grant(await newKey(), { Constraints }), 'ValidationException');
    });
  }
});

describe('CreateGrant', () => {
  it('creates one grant for one name, and a new token each time', async () => {
    const KeyId = await newKey();
    const first = await grant(KeyId, { Name: 'orders' });
    const again = await grant(KeyId, { Name: 'orders', Operations: ['Decrypt', 'Encrypt'] });
    assert.equal(again.GrantId, first.GrantId);
    assert.notEqual(again.GrantToken, first.GrantToken);
    const different = await grant(KeyId, { Name: 'orders', Operations: ['Decrypt'] });
    assert.notEqual(different.GrantId, first.GrantId);
    const unnamed = [await grant(KeyId), await grant(KeyId)];
    assert.notEqual(unnamed[0]?.GrantId, unnamed[1]?.GrantId);
    assert.equal((await listed(KeyId)).length, 4);
  });

  it('through a grant gives no more than that grant permits', async () => {
    const KeyId = await newKey();
    await grant(KeyId, {
      Operations: ['CreateGrant', 'Decrypt'],
      Constraints: { EncryptionContextSubset: { department: 'sales' } },
    });
    const byAda = (input: Partial<CreateGrantCommandInput>) =>
      grant(KeyId, { GranteePrincipal: grace.arn, Operations: ['Decrypt'], ...input }, as(ada));
    const stricter = { EncryptionContextSubset: { department: 'sales', purpose: 'orders' } };
    await byAda({ Constraints: stricter });
    await byAda({ Constraints: { EncryptionContextEquals: { department: 'sales' } } });
    await assertDenied(byAda({}));
    await assertDenied(byAda({ Constraints: { EncryptionContextSubset: { department: 'all' } } }));
    await assertDenied(byAda({ Constraints: stricter, Operations: ['Decrypt', 'Encrypt'] }));
    const CiphertextBlob = (
      await kms.encrypt({ KeyId, Plaintext, EncryptionContext: { department: 'sales' } })
    ).CiphertextBlob;
    await as(grace).decrypt({ CiphertextBlob, EncryptionContext: { department: 'sales' } });
  });

  it('can be held to conditions', async () => {
    const KeyId = await newKey(
      keyPolicy(
        allow(),
        allow({
          Principal: { AWS: grace.arn },
          Action: 'kms:CreateGrant',
          Condition: {
            'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt', 'RetireGrant'] },
            StringEquals: {
              'kms:GranteePrincipal': ada.arn,
              'kms:GrantConstraintType': 'EncryptionContextSubset',
            },
            Bool: { 'kms:GrantIsForAWSResource': false },
          },
        }),
      ),
    );
    const Constraints = { EncryptionContextSubset: { a: 'b' } };
    await grant(KeyId, { Operations: ['Decrypt'], Constraints }, as(grace));
    await assertDenied(grant(KeyId, { Operations: ['Encrypt'], Constraints }, as(grace)));
    await assertDenied(grant(KeyId, { Operations: ['Decrypt'] }, as(grace)));
    await assertDenied(
      grant(KeyId, { Operations: ['Decrypt'], Constraints, GranteePrincipal: grace.arn }, as(grace)),
    );
  });

  it('answers a dry run without creating anything', async () => {
    const KeyId = await newKey();
    await assertRefused(grant(KeyId, { DryRun: true }), 'DryRunOperationException');
    await assertRefused(
      grant(KeyId, { DryRun: true, GranteePrincipal: `arn:aws:iam::${ACCOUNT}:user/nobody` }),
      'InvalidArnException',
    );
    assert.deepEqual(await listed(KeyId), []);
  });

  for (const [title, input, code] of [
    [
      'a user that does not exist',
      { GranteePrincipal: `arn:aws:iam::${ACCOUNT}:user/nobody` },
      'InvalidArnException',
    ],
    ['a group', { GranteePrincipal: `arn:aws:iam::${ACCOUNT}:group/all` }, 'InvalidArnException'],
    ['everybody', { GranteePrincipal: '*' }, 'ValidationException'],
    ['a bare account', { GranteePrincipal: ACCOUNT }, 'InvalidArnException'],
    ['a service by the wrong member', { GranteePrincipal: 's3.amazonaws.com' }, 'InvalidArnException'],
    [
      'a user of an account outside',
      { GranteePrincipal: 'arn:aws:iam::999988887777:user/x' },
      'InvalidArnException',
    ],
    ['nobody', { GranteePrincipal: undefined }, 'ValidationException'],
    [
      'a retiring principal that does not exist',
      { RetiringPrincipal: `arn:aws:iam::${ACCOUNT}:role/nothing` },
      'InvalidArnException',
    ],
    ['two grantees', { GranteeServicePrincipal: 's3.amazonaws.com' }, 'ValidationException'],
    [
      'a service without source and retiring principal',
      { GranteePrincipal: undefined, GranteeServicePrincipal: 's3.amazonaws.com' },
      'ValidationException',
    ],
    ['no operations', { Operations: [] }, 'ValidationException'],
    ['an operation that the key is not for', { Operations: ['Sign'] }, 'ValidationException'],
    ['a name that is none', { Name: 'a b' }, 'ValidationException'],
    ['a token that is none', { GrantTokens: ['token'] }, 'InvalidGrantTokenException'],
  ] as const) {
    it(`refuses ${title}`, async () => {
      await assertRefused(
        grant(await newKey(), {
          ...input,
          Operations: [...(input.Operations ?? ['Decrypt'])],
          GrantTokens: [...(input.GrantTokens ?? [])],
        }),
        code,
      );
    });
  }

  it('refuses an alias, a key that does not exist and an unknown operation', async () => {
    await assertRefused(grant('alias/x'), 'NotFoundException');
    await assertRefused(grant('1234abcd-12ab-34cd-56ef-1234567890ab'), 'NotFoundException');
    await assertRefused(
      grant(await newKey(), { Operations: ['EncryptAll' as 'Encrypt'] }),
      'ValidationException',
      /Member must satisfy constraint: \[Member must satisfy enum value set: \[/,
    );
  });
});

describe('a grant token', () => {
  it('is accepted, gives nothing of its own, and authorizes nothing when its grant is gone', async () => {
    const KeyId = await newKey();
    const { GrantToken = '', GrantId } = await grant(KeyId);
    const GrantTokens = [GrantToken];
    await as(ada).encrypt({ KeyId, Plaintext, GrantTokens });
    await assertDenied(as(grace).encrypt({ KeyId, Plaintext, GrantTokens }));
    await kms.revokeGrant({ KeyId, GrantId });
    await assertDenied(as(ada).encrypt({ KeyId, Plaintext, GrantTokens }));
  });

  it('is refused when it was made up, changed or cut', async () => {
    const KeyId = await newKey();
    const { GrantToken = '' } = await grant(KeyId);
    const bytes = Buffer.from(GrantToken, 'base64');
    bytes[30] = (bytes[30] ?? 0) ^ 1;
    for (const token of ['AAAA', bytes.toString('base64'), GrantToken.slice(0, -4), `${GrantToken}AAAA`])
      await assertRefused(
        kms.encrypt({ KeyId, Plaintext, GrantTokens: [token] }),
        'InvalidGrantTokenException',
      );
  });
});

describe('RetireGrant', () => {
  it('is for the retiring principal, who needs no other permission', async () => {
    const KeyId = await newKey(keyPolicy(allow()));
    const { GrantToken } = await grant(KeyId, { RetiringPrincipal: grace.arn });
    await assertDenied(as(ada).retireGrant({ GrantToken }));
    await as(grace).retireGrant({ GrantToken });
    await assertDenied(as(ada).encrypt({ KeyId, Plaintext }));
    await assertRefused(as(grace).retireGrant({ GrantToken }), 'NotFoundException');
  });

  it('is for the grantee, if the grant is for it', async () => {
    const { keyId: KeyId, arn } = await createKey(kms);
    const { GrantId } = await grant(KeyId, { Operations: ['Encrypt', 'RetireGrant'] });
    await as(ada).retireGrant({ KeyId: arn, GrantId });
    assert.deepEqual(await listed(KeyId), []);
  });

  it('is for the account that created the grant: its root user, and whom an identity policy allows it', async () => {
    const KeyId = await newKey();
    const operator = await createUserWithKey(iam, 'retiring-operator', {
      p: identityPolicy({ Effect: 'Allow', Action: 'kms:RetireGrant', Resource: '*' }),
    });
    await as(operator).retireGrant({ GrantToken: (await grant(KeyId)).GrantToken });
    await kms.retireGrant({ GrantToken: (await grant(KeyId)).GrantToken });
    assert.deepEqual(await listed(KeyId), []);
  });

  it('cannot be allowed by a key policy, but denied', async () => {
    const allowing = await newKey(
      keyPolicy(allow(), allow({ Principal: { AWS: ada.arn }, Action: 'kms:RetireGrant' })),
    );
    const { GrantToken } = await grant(allowing, { GranteePrincipal: grace.arn });
    await assertDenied(as(ada).retireGrant({ GrantToken }));
    const denying = await newKey(
      keyPolicy(allow(), deny({ Principal: { AWS: grace.arn }, Action: 'kms:RetireGrant' })),
    );
    const denied = await grant(denying, { RetiringPrincipal: grace.arn });
    await assertDenied(as(grace).retireGrant({ GrantToken: denied.GrantToken }), /explicit deny/);
  });

  it('works in every key state, and answers a dry run without retiring', async () => {
    const KeyId = await newKey();
    const { GrantId, GrantToken } = await grant(KeyId);
    await kms.disableKey({ KeyId });
    await kms.scheduleKeyDeletion({ KeyId });
    await assertRefused(kms.retireGrant({ GrantToken, DryRun: true }), 'DryRunOperationException');
    assert.equal((await listed(KeyId)).length, 1);
    await kms.retireGrant({ KeyId, GrantId });
  });

  it('refuses what names no grant', async () => {
    const KeyId = await newKey();
    const { GrantToken, GrantId } = await grant(KeyId);
    await assertRefused(kms.retireGrant({}), 'ValidationException');
    await assertRefused(kms.retireGrant({ KeyId }), 'ValidationException');
    await assertRefused(kms.retireGrant({ GrantToken, KeyId, GrantId }), 'ValidationException');
    await assertRefused(kms.retireGrant({ GrantToken: 'AAAA' }), 'InvalidGrantTokenException');
    await assertRefused(kms.retireGrant({ KeyId, GrantId: 'x' }), 'InvalidGrantIdException');
    await assertRefused(kms.retireGrant({ KeyId, GrantId: UNKNOWN_ID }), 'NotFoundException');
    await assertRefused(
      server.client({ region: 'eu-west-1' }).retireGrant({ GrantToken }),
      'NotFoundException',
    );
    const foreign = server.client({ account: OTHER_ACCOUNT });
    const { arn } = await createKey(kms);
    await assertDenied(foreign.retireGrant({ KeyId: arn, GrantId: UNKNOWN_ID }));
    await assertDenied(foreign.retireGrant({ KeyId: arn.replace(/.{4}$/, '0000'), GrantId: UNKNOWN_ID }));
  });
});

describe('ListGrants', () => {
  it('shows grants as they were given', async () => {
    const { keyId: KeyId, arn } = await createKey(kms);
    const Constraints = { EncryptionContextSubset: { a: 'b' } };
    const { GrantId } = await grant(KeyId, { Name: 'orders', RetiringPrincipal: grace.arn, Constraints });
    const [shown] = await listed(KeyId);
    assert.deepEqual(shown, {
      KeyId: arn,
      GrantId,
      Name: 'orders',
      CreationDate: new Date(server.clock.now()),
      GranteePrincipal: ada.arn,
      RetiringPrincipal: grace.arn,
      IssuingAccount: rootOf(ACCOUNT),
      Operations: ['Decrypt', 'Encrypt'],
      Constraints,
    });
    await grant(KeyId, { GranteePrincipal: grace.arn });
    const unnamed = (await listed(KeyId)).find(({ GranteePrincipal }) => GranteePrincipal === grace.arn);
    assert.equal(unnamed?.Name, '');
    assert.equal(unnamed !== undefined && 'Constraints' in unnamed, false);
  });

  it('filters by grant and by grantee, and pages', async () => {
    const KeyId = await newKey();
    const ids: (string | undefined)[] = [];
    for (let index = 0; index < 5; index += 1) ids.push((await grant(KeyId)).GrantId);
    await grant(KeyId, { GranteePrincipal: grace.arn });
    const ofAda = (await kms.listGrants({ KeyId, GranteePrincipal: ada.arn })).Grants;
    assert.deepEqual(
      ofAda?.map(({ GrantId }) => GrantId),
      ids.toSorted(),
    );
    const one = (await kms.listGrants({ KeyId, GrantId: ids[0] })).Grants;
    assert.deepEqual(
      one?.map(({ GrantId }) => GrantId),
      [ids[0]],
    );
    await assertRefused(kms.listGrants({ KeyId, GrantId: UNKNOWN_ID }), 'InvalidGrantIdException');
    const seen: (string | undefined)[] = [];
    let Marker: string | undefined;
    do {
      const page = await kms.listGrants({ KeyId, Limit: 2, Marker });
      seen.push(...(page.Grants ?? []).map(({ GrantId }) => GrantId));
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    assert.equal(new Set(seen).size, 6);
    await assertRefused(kms.listGrants({ KeyId, Limit: 101 }), 'ValidationException');
  });
});

describe('ListRetirableGrants', () => {
  it('lists the grants that a principal may retire, of whichever key in the Region', async () => {
    const retirer = await createUserWithKey(iam, 'retirer');
    const RetiringPrincipal = retirer.arn;
    const foreign = server.client({ account: OTHER_ACCOUNT });
    const { keyId: foreignKey, arn } = await createKey(foreign);
    const expected = [
      (await grant(await newKey(), { RetiringPrincipal })).GrantId,
      (await grant(foreignKey, { RetiringPrincipal }, foreign)).GrantId,
    ];
    await grant(await newKey(), { RetiringPrincipal: grace.arn });
    const { Grants = [] } = await kms.listRetirableGrants({ RetiringPrincipal });
    assert.deepEqual(
      Grants.map(({ GrantId }) => GrantId),
      expected.toSorted(),
    );
    assert.ok(Grants.some(({ KeyId }) => KeyId === arn));
    const elsewhere = server.client({ region: 'eu-west-1' });
    assert.deepEqual((await elsewhere.listRetirableGrants({ RetiringPrincipal })).Grants, []);
    await assertRefused(foreign.listRetirableGrants({ RetiringPrincipal }), 'ValidationException');
    await assertRefused(kms.listRetirableGrants({}), 'ValidationException');
    await assertDenied(as(retirer).listRetirableGrants({ RetiringPrincipal }));
  });
});

describe('the grants of a key', () => {
  it('go with it', async () => {
    const { keyId: KeyId } = await createKey(kms);
    const { GrantId } = await grant(KeyId, { RetiringPrincipal: ada.arn });
    await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
    server.clock.advance(8 * 86_400_000);
    for (;;) {
      const { Grants = [] } = await kms.listRetirableGrants({ RetiringPrincipal: ada.arn });
      if (!Grants.some((other) => other.GrantId === GrantId)) break;
    }
    await assertRefused(kms.listGrants({ KeyId }), 'NotFoundException');
  });

  it(`are of its Region, ${REGION}`, async () => {
    const KeyId = await newKey();
    await grant(KeyId);
    await assertRefused(server.client({ region: 'eu-west-1' }).listGrants({ KeyId }), 'NotFoundException');
  });
});
