import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { DAY } from './support/due-work.ts';
import { assertDenied, startGrantScene } from './support/grants.ts';
import { createUserWithKey, identityPolicy, trustPolicy } from './support/identities.ts';
import { allow, deny, keyPolicy, rootOf } from './support/key-policies.ts';
import { createKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, REGION } from './support/server.ts';

/* Using grants (grants.md sections 3, 5). */

const { ada, as, grace, grant, iam, kms, listed, newKey, server } = await startGrantScene();
after(() => server.close());

const Plaintext = Buffer.from('hello');
let counter = 0;

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

  it('is found among many to one grantee, which come and go', async () => {
    const KeyId = await newKey();
    const encrypt = (volume: number) =>
      as(ada).encrypt({ KeyId, Plaintext, EncryptionContext: { volume: `vol-${volume}`, host: 'h' } });
    const attach = async (volume: number) =>
      (await grant(KeyId, { Constraints: { EncryptionContextSubset: { Volume: `vol-${volume}` } } })).GrantId;
    const ids: (string | undefined)[] = [];
    for (let volume = 0; volume < 12; volume += 1) {
      await assertDenied(encrypt(volume));
      ids.push(await attach(volume));
      await encrypt(volume);
    }
    for (const [volume, GrantId] of ids.entries()) {
      if (volume % 3 === 0) await kms.revokeGrant({ KeyId, GrantId });
      for (const other of [0, 3, 4, 5, 11])
        await (other % 3 === 0 && other <= volume ? assertDenied(encrypt(other)) : encrypt(other));
    }
    await attach(3);
    await encrypt(3);
    await assertDenied(encrypt(0));
    await assertDenied(as(ada).encrypt({ KeyId, Plaintext }));
    await assertDenied(as(grace).encrypt({ KeyId, Plaintext, EncryptionContext: { volume: 'vol-3' } }));
    const everything = await grant(KeyId);
    await as(ada).encrypt({ KeyId, Plaintext });
    await encrypt(0);
    await kms.revokeGrant({ KeyId, GrantId: everything.GrantId });
    await assertDenied(encrypt(0));
    await encrypt(3);
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

  it('of another key, another account or another Region is accepted, and gives nothing', async () => {
    const KeyId = await newKey();
    const foreign = server.client({ account: OTHER_ACCOUNT });
    const elsewhere = server.client({ region: 'eu-west-1' });
    const tokens = [
      await grant(await newKey()),
      await grant((await createKey(foreign)).keyId, {}, foreign),
      await grant((await createKey(elsewhere)).keyId, {}, elsewhere),
      await grant(KeyId, { GranteePrincipal: grace.arn }),
    ].map(({ GrantToken = '' }) => GrantToken);
    for (const GrantTokens of [...tokens.map((token) => [token]), tokens]) {
      await assertDenied(as(ada).encrypt({ KeyId, Plaintext, GrantTokens }));
      await as(grace).encrypt({ KeyId, Plaintext, GrantTokens });
    }
  });

  it('of another deployment is refused, alone and among others', async (t) => {
    const other = await startGrantScene();
    t.after(() => other.server.close());
    const { GrantToken = '' } = await other.grant(await other.newKey());
    const KeyId = await newKey();
    const { GrantToken: own = '' } = await grant(KeyId);
    for (const GrantTokens of [[GrantToken], [own, GrantToken], [GrantToken, own]]) {
      await assertRefused(as(ada).encrypt({ KeyId, Plaintext, GrantTokens }), 'InvalidGrantTokenException');
      await assertRefused(grant(KeyId, { GrantTokens }), 'InvalidGrantTokenException');
    }
    await assertRefused(kms.retireGrant({ GrantToken }), 'InvalidGrantTokenException');
  });

  it('has a length and a number', async () => {
    const KeyId = await newKey();
    const { GrantToken = '' } = await grant(KeyId);
    const encrypt = (...GrantTokens: readonly string[]) =>
      as(ada).encrypt({ KeyId, Plaintext, GrantTokens: [...GrantTokens] });
    await encrypt(...new Array<string>(10).fill(GrantToken));
    await assertRefused(encrypt(...new Array<string>(11).fill(GrantToken)), 'ValidationException');
    await assertRefused(encrypt(''), 'ValidationException');
    await assertRefused(encrypt('A'.repeat(8_193)), 'ValidationException');
    await assertRefused(encrypt('A'.repeat(8_192)), 'InvalidGrantTokenException');
    await assertRefused(encrypt(`${GrantToken}\0`), 'InvalidGrantTokenException');
    await assertRefused(encrypt(`\ud83d${GrantToken}`), 'SerializationException');
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

describe('the grants of a key', () => {
  it('go with it', async () => {
    const { keyId: KeyId } = await createKey(kms);
    const { GrantId } = await grant(KeyId, { RetiringPrincipal: ada.arn });
    await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
    server.clock.advance(8 * DAY);
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
