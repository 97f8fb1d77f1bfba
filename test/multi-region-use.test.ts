import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { allow, keyPolicy, rootOf } from './support/key-policies.ts';
import { assertDecrypts, createKey, encrypt } from './support/keys.ts';
import {
  createFamily,
  createPrimaryKey,
  describeKey,
  keyArnIn,
  OTHER_REGION,
} from './support/multi-region.ts';
import { assertRefused } from './support/refusal.ts';
import { OTHER_ACCOUNT, REGION, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let kms: KMS;
let elsewhere: KMS;
let KeyId: string;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  elsewhere = server.client({ region: OTHER_REGION });
  ({ keyId: KeyId } = await createFamily(kms, [OTHER_REGION]));
});
after(() => server.close());

/** Each Region of the family, and the client and Region on the other side. */
const BOTH = () => [
  { here: kms, region: REGION, there: elsewhere, otherRegion: OTHER_REGION },
  { here: elsewhere, region: OTHER_REGION, there: kms, otherRegion: REGION },
];

describe('what a key of a family has made, its siblings can use', () => {
  it('ciphertexts of Encrypt, with their encryption contexts', async () => {
    for (const { here, there, otherRegion } of BOTH()) {
      const EncryptionContext = { tenant: 'acme' };
      const CiphertextBlob = await encrypt(here, KeyId, 'across', EncryptionContext);
      const answer = await there.decrypt({ CiphertextBlob, EncryptionContext });
      assert.equal(Buffer.from(answer.Plaintext ?? []).toString(), 'across');
      assert.equal(answer.KeyId, keyArnIn(otherRegion, KeyId));
      assert.equal(answer.KeyMaterialId, (await describeKey(here, KeyId)).CurrentKeyMaterialId);
      await assertDecrypts(here, CiphertextBlob, 'across', EncryptionContext);
      await assertRefused(there.decrypt({ CiphertextBlob }), 'InvalidCiphertextException');
    }
  });

  it('data keys', async () => {
    for (const { here, there, region } of BOTH()) {
      const dataKey = await here.generateDataKey({ KeyId, KeySpec: 'AES_256' });
      assert.equal(dataKey.KeyId, keyArnIn(region, KeyId));
      await assertDecrypts(there, dataKey.CiphertextBlob, dataKey.Plaintext ?? Buffer.of());
    }
  });

  it('MACs', async () => {
    const hmac = { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' } as const;
    const { keyId } = await createFamily(kms, [OTHER_REGION], hmac);
    const request = { KeyId: keyId, Message: Buffer.from('across'), MacAlgorithm: 'HMAC_SHA_256' } as const;
    const { Mac } = await kms.generateMac(request);
    assert.equal((await elsewhere.verifyMac({ ...request, Mac })).MacValid, true);
  });

  it('also when the request names the key, by its id or its ARN in its own Region', async () => {
    const CiphertextBlob = await encrypt(kms, KeyId);
    for (const name of [KeyId, keyArnIn(OTHER_REGION, KeyId)])
      await elsewhere.decrypt({ CiphertextBlob, KeyId: name });
    await assertRefused(
      elsewhere.decrypt({ CiphertextBlob, KeyId: keyArnIn(REGION, KeyId) }),
      'NotFoundException',
      `Invalid arn ${REGION}`,
    );
  });

  it('by ReEncrypt, away from the key and to it', async () => {
    const { keyId: other } = await createKey(elsewhere);
    const CiphertextBlob = await encrypt(kms, KeyId);
    const away = await elsewhere.reEncrypt({ CiphertextBlob, DestinationKeyId: other });
    assert.equal(away.SourceKeyId, keyArnIn(OTHER_REGION, KeyId));
    const back = await elsewhere.reEncrypt({
      CiphertextBlob: away.CiphertextBlob,
      DestinationKeyId: KeyId,
    });
    assert.equal(back.KeyId, keyArnIn(OTHER_REGION, KeyId));
    await assertDecrypts(kms, back.CiphertextBlob, 'plaintext');
  });

  it('by ReEncrypt on the same key, which its policy can tell', async () => {
    const Condition = { Bool: { 'kms:ReEncryptOnSameKey': 'true' } };
    const Policy = keyPolicy(
      allow({ Action: 'kms:ReEncrypt*', Condition }),
      allow({ Action: ['kms:Put*', 'kms:Encrypt'] }),
    );
    const { keyId } = await createPrimaryKey(kms);
    await kms.replicateKey({ KeyId: keyId, ReplicaRegion: OTHER_REGION, Policy });
    const CiphertextBlob = await encrypt(kms, keyId);
    await elsewhere.reEncrypt({ CiphertextBlob, DestinationKeyId: keyId });
    await assertRefused(
      elsewhere.reEncrypt({ CiphertextBlob, DestinationKeyId: KeyId }),
      'AccessDeniedException',
    );
  });

  it('as dry runs find out', async () => {
    const CiphertextBlob = await encrypt(kms, KeyId);
    await assertRefused(elsewhere.decrypt({ CiphertextBlob, DryRun: true }), 'DryRunOperationException');
    await elsewhere.disableKey({ KeyId });
    await assertRefused(elsewhere.decrypt({ CiphertextBlob, DryRun: true }), 'DisabledException');
    await elsewhere.enableKey({ KeyId });
  });

  it('but not what is not replicated: a ciphertext means nothing in a Region without the key', async () => {
    const { keyId } = await createPrimaryKey(kms);
    const CiphertextBlob = await encrypt(kms, keyId);
    await assertRefused(elsewhere.decrypt({ CiphertextBlob }), 'AccessDeniedException');
    await kms.replicateKey({ KeyId: keyId, ReplicaRegion: OTHER_REGION });
    await assertDecrypts(elsewhere, CiphertextBlob, 'plaintext');
  });

  it('and other accounts that the policy of that Region lets use it', async () => {
    const { keyId } = await createPrimaryKey(kms);
    const Policy = keyPolicy(allow(), allow({ Principal: { AWS: rootOf(OTHER_ACCOUNT) } }));
    await kms.replicateKey({ KeyId: keyId, ReplicaRegion: OTHER_REGION, Policy });
    const CiphertextBlob = await encrypt(kms, keyId);
    const guest = { account: OTHER_ACCOUNT };
    await assertRefused(server.client(guest).decrypt({ CiphertextBlob }), 'AccessDeniedException');
    await assertDecrypts(server.client({ ...guest, region: OTHER_REGION }), CiphertextBlob, 'plaintext');
  });
});

describe('what belongs to one key of a family alone', () => {
  it('whether it is enabled', async () => {
    const { keyId } = await createFamily(kms, [OTHER_REGION]);
    const CiphertextBlob = await encrypt(kms, keyId);
    await kms.disableKey({ KeyId: keyId });
    await assertRefused(kms.decrypt({ CiphertextBlob }), 'DisabledException');
    await assertDecrypts(elsewhere, CiphertextBlob, 'plaintext');
  });

  it('its description, tags and aliases', async () => {
    const { keyId } = await createFamily(kms, [OTHER_REGION]);
    const { keyId: namesake } = await createKey(elsewhere);
    const AliasName = `alias/${keyId}`;
    await kms.createAlias({ AliasName, TargetKeyId: keyId });
    await elsewhere.createAlias({ AliasName, TargetKeyId: namesake });
    await kms.updateKeyDescription({ KeyId: keyId, Description: 'here' });
    await kms.tagResource({ KeyId: keyId, Tags: [{ TagKey: 'team', TagValue: 'orders' }] });
    assert.equal((await describeKey(kms, AliasName)).KeyId, keyId);
    assert.equal((await describeKey(elsewhere, AliasName)).KeyId, namesake);
    assert.deepEqual((await elsewhere.listAliases({ KeyId: keyId })).Aliases, []);
    assert.equal((await describeKey(elsewhere, keyId)).Description, '');
    assert.deepEqual((await elsewhere.listResourceTags({ KeyId: keyId })).Tags, []);
  });

  it('its grants', async () => {
    const { keyId } = await createFamily(kms, [OTHER_REGION]);
    const GranteePrincipal = rootOf(OTHER_ACCOUNT);
    await kms.createGrant({ KeyId: keyId, GranteePrincipal, Operations: ['Decrypt'] });
    const CiphertextBlob = await encrypt(kms, keyId);
    const guest = { account: OTHER_ACCOUNT };
    await assertDecrypts(server.client(guest), CiphertextBlob, 'plaintext');
    const guestElsewhere = server.client({ ...guest, region: OTHER_REGION });
    await assertRefused(guestElsewhere.decrypt({ CiphertextBlob }), 'AccessDeniedException');
    assert.deepEqual((await elsewhere.listGrants({ KeyId: keyId })).Grants, []);
  });

  it('when it was created, and when it was last used', async () => {
    const { keyId } = await createPrimaryKey(kms);
    server.clock.advance(60_000);
    await kms.replicateKey({ KeyId: keyId, ReplicaRegion: OTHER_REGION });
    const { CreationDate: created } = await describeKey(kms, keyId);
    const { CreationDate: replicated } = await describeKey(elsewhere, keyId);
    assert.equal(replicated?.getTime(), (created?.getTime() ?? 0) + 60_000);
    await encrypt(kms, keyId);
    const useIn = async (client: KMS) => (await client.getKeyLastUsage({ KeyId: keyId })).KeyLastUsage;
    assert.equal((await useIn(kms))?.Operation, 'Encrypt');
    assert.deepEqual(await useIn(elsewhere), {});
  });
});
