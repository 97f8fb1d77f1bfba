import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import {
  type Besides,
  createBesides,
  describeOperation,
  KEY_OPERATIONS,
  type KeyOperation,
} from './support/key-operations.ts';
import { allow, keyPolicy, rootOf } from './support/key-policies.ts';
import { createAlias, createKey, encrypt, enterState, type NewKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, REGION, startTestServer, type TestServer } from './support/server.ts';

const OTHER_REGION = 'eu-west-1';

/** Another account may use the key in every way that it can be allowed to. */
const SHARED_POLICY = keyPolicy(allow(), allow({ Principal: { AWS: rootOf(OTHER_ACCOUNT) } }));

let server: TestServer;
let kms: KMS;
let otherAccount: KMS;
let besides: Besides;
let besidesOfOtherAccount: Besides;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  otherAccount = server.client({ account: OTHER_ACCOUNT });
  besides = await besidesOf(kms);
  besidesOfOtherAccount = await besidesOf(otherAccount);
});
after(() => server.close());

/** What a call needs that does not get so far as to use the key. */
async function besidesOf(account: KMS): Promise<Besides> {
  const others = await createBesides(account);
  return { ...others, made: others.otherCiphertext };
}

function keyArn(keyId: string, { account = ACCOUNT, region = REGION, partition = 'aws' } = {}): string {
  return `arn:${partition}:kms:${region}:${account}:key/${keyId}`;
}

function aliasArn(aliasName: string, { account = ACCOUNT, region = REGION } = {}): string {
  return `arn:aws:kms:${region}:${account}:${aliasName}`;
}

/** A key that an operation can be called on, in all its names. */
async function createUsableKey({ states, kind, prepare }: KeyOperation, Policy?: string) {
  const key = await createKey(kms, { ...kind, Policy });
  const aliasName = await createAlias(kms, key.keyId);
  const made = await prepare(kms, key.keyId);
  if (states === 'CANCEL') await enterState(kms, key.keyId, 'PendingDeletion');
  return { ...key, aliasName, aliasArn: aliasArn(aliasName), made };
}

for (const operation of KEY_OPERATIONS) {
  const { acceptsAliases, crossAccount, call } = operation;

  describe(`${describeOperation(operation)}: how a key of the caller's account is named`, () => {
    it('accepts the key id and the key ARN', async () => {
      for (const name of ['keyId', 'arn'] as const) {
        const key = await createUsableKey(operation);
        await call(kms, key[name], { ...besides, made: key.made });
      }
    });

    it(`${acceptsAliases ? 'accepts' : 'takes for malformed key ids'} an alias name and an alias ARN`, async () => {
      for (const name of ['aliasName', 'aliasArn'] as const) {
        const key = await createUsableKey(operation);
        const answer = call(kms, key[name], { ...besides, made: key.made });
        if (acceptsAliases) await answer;
        else await assertRefused(answer, 'NotFoundException', `Invalid keyId '${key[name]}'`);
      }
    });

    it('does not find a key that does not exist, multi-Region or not', async () => {
      for (const keyId of [randomUUID(), `mrk-${randomUUID().replaceAll('-', '')}`]) {
        const message = `Key '${keyArn(keyId)}' does not exist`;
        await assertRefused(call(kms, keyId, besides), 'NotFoundException', message);
        await assertRefused(call(kms, keyArn(keyId), besides), 'NotFoundException', message);
      }
    });

    it('refuses malformed key ids', async () => {
      const uuid = randomUUID();
      const malformed = [
        'fake-key-id',
        'mrk-fake-key-id',
        `mrk-${uuid}`,
        uuid.replaceAll('-', ''),
        `${uuid}0`,
        ` ${uuid}`,
        `key/${uuid}`,
      ];
      for (const keyId of malformed) {
        await assertRefused(call(kms, keyId, besides), 'NotFoundException', `Invalid keyId '${keyId}'`);
        await assertRefused(call(kms, keyArn(keyId), besides), 'NotFoundException', `Invalid keyId ${keyId}`);
      }
    });

    it('refuses ARNs of another Region before it looks them up', async () => {
      const { keyId } = await createUsableKey(operation);
      for (const arn of [
        keyArn(keyId, { region: OTHER_REGION }),
        keyArn('fake', { region: OTHER_REGION }),
        ...(acceptsAliases ? [aliasArn('alias/any', { region: OTHER_REGION })] : []),
      ]) {
        await assertRefused(call(kms, arn, besides), 'NotFoundException', `Invalid arn ${OTHER_REGION}`);
      }
    });

    it('refuses ARNs of another partition', async () => {
      const { keyId } = await createUsableKey(operation);
      const arn = keyArn(keyId, { partition: 'aws-cn' });
      await assertRefused(call(kms, arn, besides), 'NotFoundException', `Invalid arn ${arn}`);
    });

    const isManagement = !acceptsAliases && !operation.operation.endsWith('Alias');
    const isModeled = isManagement || ['DescribeKey', 'GetPublicKey'].includes(operation.operation);
    const code = isModeled ? 'InvalidArnException' : 'NotFoundException';
    it(`refuses what begins like an ARN and is not one of a key: ${code}`, async () => {
      const { keyId } = await createUsableKey(operation);
      for (const arn of [
        'arn:',
        `arn:aws:s3:::${keyId}`,
        `arn:aws:kms:${REGION}:${ACCOUNT}:${keyId}`,
        `arn:aws:kms:${REGION}:${ACCOUNT}:key/`,
        `arn:aws:kms:${REGION}::key/${keyId}`,
        `arn:aws:kms:${REGION}:1111:key/${keyId}`,
      ]) {
        await assertRefused(call(kms, arn, besides), code, `Invalid arn ${arn}`);
      }
    });
  });

  describe(`${describeOperation(operation)}: a key of another account`, () => {
    const unreachable =
      /^User: arn:aws:iam::444455556666:root is not authorized to perform: kms:\w+ on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access$/;

    function asOtherAccount(identifier: string, made = besidesOfOtherAccount.made) {
      return call(otherAccount, identifier, { ...besidesOfOtherAccount, made });
    }

    it(`${crossAccount ? 'is reached' : 'is out of reach'} by its ARN if its policy allows it`, async () => {
      const key = await createUsableKey(operation, SHARED_POLICY);
      const answer = asOtherAccount(key.arn, key.made);
      if (crossAccount) await answer;
      else await assertRefused(answer, 'AccessDeniedException', unreachable);
    });

    if (acceptsAliases) {
      it('is reached by its alias ARN if its policy allows it', async () => {
        const key = await createUsableKey(operation, SHARED_POLICY);
        await asOtherAccount(key.aliasArn, key.made);
      });
    }

    it('is refused alike whether it exists or not', async () => {
      const key = await createUsableKey(operation);
      const arns = [key.arn, keyArn(randomUUID())];
      if (acceptsAliases) arns.push(key.aliasArn, aliasArn(`alias/${randomUUID()}`));
      const refusals = [];
      for (const arn of arns) {
        refusals.push(await assertRefused(asOtherAccount(arn), 'AccessDeniedException', unreachable));
      }
      const { permission = 'kms:ListAliases' } = operation;
      for (const { message } of refusals) {
        assert.equal(message, refusals[0]?.message);
        assert.ok(message.includes(` ${permission} on `), message);
      }
    });

    it('is refused alike whatever state it is in', async () => {
      const key = await createUsableKey({ ...operation, states: 'CANCEL' });
      const there = await assertRefused(asOtherAccount(key.arn), 'AccessDeniedException');
      const missing = await assertRefused(asOtherAccount(keyArn(randomUUID())), 'AccessDeniedException');
      assert.equal(there.message, missing.message);
    });

    it('is not meant by an alias name', async () => {
      const { aliasName } = await createUsableKey(operation, SHARED_POLICY);
      await assertRefused(asOtherAccount(aliasName), 'NotFoundException');
    });

    it('is not found by its bare id, whether it exists or not', async () => {
      const { keyId } = await createUsableKey(operation);
      for (const id of [keyId, randomUUID()]) {
        const message = `Key '${keyArn(id, { account: OTHER_ACCOUNT })}' does not exist`;
        await assertRefused(asOtherAccount(id), 'NotFoundException', message);
      }
    });
  });
}

describe('the bare id of a key of another account that the ciphertext names too', () => {
  async function createForeignKey(Policy: string): Promise<NewKey & { readonly ciphertext: Uint8Array }> {
    const key = await createKey(kms, { Policy });
    return { ...key, ciphertext: await encrypt(kms, key.keyId) };
  }

  it('is accepted by Decrypt and as the source of ReEncrypt if its policy allows it', async () => {
    const { keyId, arn, ciphertext } = await createForeignKey(SHARED_POLICY);
    const decrypted = await otherAccount.decrypt({ KeyId: keyId, CiphertextBlob: ciphertext });
    assert.equal(decrypted.KeyId, arn);
    const reEncrypted = await otherAccount.reEncrypt({
      SourceKeyId: keyId,
      CiphertextBlob: ciphertext,
      DestinationKeyId: besidesOfOtherAccount.otherKeyId,
    });
    assert.equal(reEncrypted.SourceKeyId, arn);
  });

  it('is refused like one that does not exist if its policy does not allow it', async () => {
    const { keyId, ciphertext } = await createForeignKey(keyPolicy(allow()));
    const message = `Key '${keyArn(keyId, { account: OTHER_ACCOUNT })}' does not exist`;
    await assertRefused(
      otherAccount.decrypt({ KeyId: keyId, CiphertextBlob: ciphertext }),
      'NotFoundException',
      message,
    );
    await enterState(kms, keyId, 'Disabled');
    await assertRefused(
      otherAccount.decrypt({ KeyId: keyId, CiphertextBlob: ciphertext }),
      'NotFoundException',
      message,
    );
  });
});

describe('an alias that does not exist', () => {
  it('is named by its ARN in the refusal', async () => {
    const message = `Alias ${aliasArn('alias/none')} is not found.`;
    for (const KeyId of ['alias/none', aliasArn('alias/none')]) {
      await assertRefused(kms.describeKey({ KeyId }), 'NotFoundException', message);
      await assertRefused(kms.encrypt({ KeyId, Plaintext: Buffer.of(1) }), 'NotFoundException', message);
    }
  });
});

describe('Regions', () => {
  it('are separate worlds: keys, aliases, listings and ciphertexts of one are unknown in another', async () => {
    const account = '555566667777';
    const here = server.client({ account });
    const there = server.client({ account, region: OTHER_REGION });
    const key = await createKey(here);
    const twin = await createKey(there);
    await here.createAlias({ AliasName: 'alias/same', TargetKeyId: key.keyId });
    await there.createAlias({ AliasName: 'alias/same', TargetKeyId: twin.keyId });

    assert.equal(key.arn, keyArn(key.keyId, { account }));
    assert.equal(twin.arn, keyArn(twin.keyId, { account, region: OTHER_REGION }));
    assert.deepEqual((await here.listKeys()).Keys, [{ KeyId: key.keyId, KeyArn: key.arn }]);
    assert.deepEqual((await there.listKeys()).Keys, [{ KeyId: twin.keyId, KeyArn: twin.arn }]);
    assert.equal((await here.describeKey({ KeyId: 'alias/same' })).KeyMetadata?.Arn, key.arn);
    assert.equal((await there.describeKey({ KeyId: 'alias/same' })).KeyMetadata?.Arn, twin.arn);
    assert.deepEqual(
      (await there.listAliases()).Aliases?.map(({ AliasArn, TargetKeyId }) => [AliasArn, TargetKeyId]),
      [[aliasArn('alias/same', { account, region: OTHER_REGION }), twin.keyId]],
    );
    await assertRefused(
      there.describeKey({ KeyId: key.keyId }),
      'NotFoundException',
      `Key '${keyArn(key.keyId, { account, region: OTHER_REGION })}' does not exist`,
    );
    await assertRefused(
      there.decrypt({ CiphertextBlob: await encrypt(here, key.keyId) }),
      'AccessDeniedException',
      `User: ${rootOf(account)} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
    );
  });
});

describe('accounts', () => {
  it('are separate worlds: aliases and listings of one are unknown in another', async () => {
    const [one, other] = ['666677778888', '777788889999'].map((account) => server.client({ account }));
    assert.ok(one !== undefined && other !== undefined);
    const { keyId } = await createKey(one);
    await one.createAlias({ AliasName: 'alias/same', TargetKeyId: keyId });
    assert.deepEqual((await other.listKeys()).Keys, []);
    assert.deepEqual((await other.listAliases()).Aliases, []);
    const key = await createKey(other);
    await other.createAlias({ AliasName: 'alias/same', TargetKeyId: key.keyId });
    assert.equal((await one.describeKey({ KeyId: 'alias/same' })).KeyMetadata?.KeyId, keyId);
    assert.equal((await other.describeKey({ KeyId: 'alias/same' })).KeyMetadata?.KeyId, key.keyId);
  });
});
