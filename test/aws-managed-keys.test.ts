import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { ensureAwsManagedKey } from '../src/kms/index.ts';
import { DAY } from './support/due-work.ts';
import { createUserWithKey } from './support/identities.ts';
import { openInside } from './support/inside.ts';
import { allow, keyPolicy, rootOf } from './support/key-policies.ts';
import { createKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { listMaterial, rotationStatus, untilRotated } from './support/rotation.ts';
import { ACCOUNT, type Credentials, REGION, startTestServer, type TestServer } from './support/server.ts';
import { clientOnBehalfOf, registerTestService } from './support/services.ts';

const ALIAS = 'alias/aws/s3';

let dataDirectory: string;
let server: TestServer;
let kms: KMS;
let s3: Credentials;
let user: { readonly arn: string; readonly credentials: Credentials };

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-aws-managed-'));
  server = await startTestServer({ dataDirectory });
  kms = server.client();
  s3 = await registerTestService(dataDirectory, 's3.amazonaws.com', [ACCOUNT]);
  user = await createUserWithKey(server.iam(), 'ada');
});
after(async () => {
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

function throughS3(): KMS {
  return clientOnBehalfOf(server, s3, user.arn);
}

describe('the AWS managed key of a service', () => {
  it('is not there before the service has asked for it', async () => {
    await assertRefused(
      kms.describeKey({ KeyId: 'alias/aws/never' }),
      'NotFoundException',
      /alias\/aws\/never is not found/,
    );
  });

  it('is made when the service first asks for it, once, whoever it asks for', async () => {
    const Plaintext = Buffer.from('an object');
    const answers = await Promise.all(
      [throughS3(), clientOnBehalfOf(server, s3, rootOf(ACCOUNT)), throughS3()].map((client) =>
        client.encrypt({ KeyId: ALIAS, Plaintext }),
      ),
    );
    assert.equal(new Set(answers.map(({ KeyId }) => KeyId)).size, 1);
    const { CiphertextBlob } = answers[0] ?? {};
    const decrypted = await throughS3().decrypt({ CiphertextBlob });
    assert.deepEqual(Buffer.from(decrypted.Plaintext ?? []), Plaintext);
  });

  it('is one key also when two ask for it at once', async () => {
    const inside = await openInside(dataDirectory);
    try {
      const alias = { accountId: ACCOUNT, region: 'eu-west-3', aliasName: 'alias/aws/ebs' };
      const [one, other] = await Promise.all([
        ensureAwsManagedKey(inside.kms, alias, 'ebs.amazonaws.com'),
        ensureAwsManagedKey(inside.kms, alias, 'ebs.amazonaws.com'),
      ]);
      assert.ok(one !== undefined);
      assert.deepEqual(one, other);
    } finally {
      await inside.close();
    }
  });

  it('is one of AWS in the metadata, and in the listings of the account', async () => {
    await throughS3().generateDataKey({ KeyId: ALIAS, KeySpec: 'AES_256' });
    const { KeyMetadata } = await kms.describeKey({ KeyId: ALIAS });
    assert.equal(KeyMetadata?.KeyManager, 'AWS');
    assert.equal(KeyMetadata.KeySpec, 'SYMMETRIC_DEFAULT');
    const { Aliases = [] } = await kms.listAliases({ KeyId: KeyMetadata.KeyId });
    assert.deepEqual(
      Aliases.map(({ AliasName }) => AliasName),
      [ALIAS],
    );
    const { Keys = [] } = await kms.listKeys();
    assert.ok(Keys.some(({ KeyId }) => KeyId === KeyMetadata.KeyId));
  });

  it('belongs to the Region in which the service asks', async () => {
    const { KeyId } = await throughS3().encrypt({ KeyId: ALIAS, Plaintext: Buffer.of(1) });
    assert.ok(KeyId?.startsWith(`arn:aws:kms:${REGION}:${ACCOUNT}:key/`));
    const elsewhere = server.client({ region: 'eu-west-1' });
    await assertRefused(elsewhere.describeKey({ KeyId: ALIAS }), 'NotFoundException');
  });

  it('is not made for the alias of another service', async () => {
    const refused = throughS3().encrypt({ KeyId: 'alias/aws/ebs', Plaintext: Buffer.of(1) });
    await assertRefused(refused, 'NotFoundException');
  });

  it('can be used through the service only', async () => {
    const { CiphertextBlob } = await throughS3().encrypt({ KeyId: ALIAS, Plaintext: Buffer.of(1) });
    const ebs = await registerTestService(dataDirectory, 'ebs.amazonaws.com', [ACCOUNT]);
    for (const client of [
      kms,
      server.client({ credentials: user.credentials }),
      clientOnBehalfOf(server, ebs, user.arn),
    ])
      await assertRefused(client.decrypt({ CiphertextBlob }), 'AccessDeniedException');
  });

  it('cannot be changed by anybody, not even the root user', async () => {
    await throughS3().describeKey({ KeyId: ALIAS });
    const { KeyMetadata: { KeyId = '' } = {} } = await kms.describeKey({ KeyId: ALIAS });
    for (const change of [
      () => kms.putKeyPolicy({ KeyId, Policy: keyPolicy(allow()) }),
      () => kms.disableKey({ KeyId }),
      () => kms.scheduleKeyDeletion({ KeyId }),
      () => kms.tagResource({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] }),
      () => kms.updateKeyDescription({ KeyId, Description: 'mine' }),
      () => kms.createAlias({ AliasName: 'alias/mine', TargetKeyId: KeyId }),
      () => kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 }),
      () => kms.disableKeyRotation({ KeyId }),
      () => kms.rotateKeyOnDemand({ KeyId }),
      () => kms.createGrant({ KeyId, GranteePrincipal: rootOf(ACCOUNT), Operations: ['Decrypt'] }),
    ])
      await assertRefused(change(), 'AccessDeniedException');
  });

  it('is rotated every year', async () => {
    const { CiphertextBlob } = await throughS3().encrypt({ KeyId: ALIAS, Plaintext: Buffer.of(1) });
    const { KeyMetadata: { KeyId = '', CreationDate } = {} } = await kms.describeKey({ KeyId: ALIAS });
    const { NextRotationDate, ...status } = await rotationStatus(kms, KeyId);
    assert.deepEqual([status.KeyRotationEnabled, status.RotationPeriodInDays], [true, 365]);
    assert.equal(NextRotationDate?.getTime(), (CreationDate?.getTime() ?? 0) + 365 * DAY);
    await untilRotated(server, kms, KeyId, NextRotationDate ?? new Date());
    const rotation = (await listMaterial(kms, KeyId)).at(-1);
    assert.equal(rotation?.RotationType, 'AUTOMATIC');
    await throughS3().decrypt({ CiphertextBlob });
  });

  it('keeps its alias, and no other key gets one like it', async () => {
    const { keyId: TargetKeyId } = await createKey(kms);
    for (const change of [
      () => kms.deleteAlias({ AliasName: ALIAS }),
      () => kms.updateAlias({ AliasName: ALIAS, TargetKeyId }),
      () => kms.createAlias({ AliasName: 'alias/aws/mine', TargetKeyId }),
    ])
      await assertRefused(change(), 'InvalidAliasNameException');
  });

  it('shows its policy', async () => {
    await throughS3().describeKey({ KeyId: ALIAS });
    const { KeyMetadata } = await kms.describeKey({ KeyId: ALIAS });
    const { Policy = '' } = await kms.getKeyPolicy({ KeyId: KeyMetadata?.KeyId });
    assert.match(Policy, new RegExp(`"kms:ViaService": "s3\\.${REGION}\\.amazonaws\\.com"`));
  });
});
