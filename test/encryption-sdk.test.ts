import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  buildClient,
  CommitmentPolicy,
  KmsKeyringNode,
  type KmsKeyringNodeInput,
} from '@aws-crypto/client-node';
import type { KMS } from '@aws-sdk/client-kms';
import { allow, deny, keyPolicy } from './support/key-policies.ts';
import { createAlias, createKey } from './support/keys.ts';
import { startTestServer, type TestServer } from './support/server.ts';

/* The AWS Encryption SDK for JavaScript, unmodified: its keyrings call GenerateDataKey, Encrypt and Decrypt. */

const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
const PLAINTEXT = Buffer.from('a message that is longer than a frame? '.repeat(200));
const encryptionContext = { department: 'sales', purpose: 'tests' };

let server: TestServer;
let kms: KMS;

before(async () => {
  server = await startTestServer();
  kms = server.client();
});
after(() => server.close());

function keyring(settings: KmsKeyringNodeInput): KmsKeyringNode {
  // Its types were not written for exact optional members, so that even its own KMS client does not fit them.
  const clientProvider = (region: string) => Object(server.client({ region }));
  return new KmsKeyringNode({ clientProvider, ...settings });
}

async function assertOpens(ring: KmsKeyringNode, ciphertext: Buffer): Promise<void> {
  const { plaintext, messageHeader } = await decrypt(ring, ciphertext);
  assert.deepEqual(plaintext, PLAINTEXT);
  for (const [key, value] of Object.entries(encryptionContext))
    assert.equal(messageHeader.encryptionContext[key], value);
}

describe('the AWS Encryption SDK', () => {
  it('encrypts under a key, and decrypts', async () => {
    const { arn } = await createKey(kms);
    const ring = keyring({ generatorKeyId: arn });
    const { result } = await encrypt(ring, PLAINTEXT, { encryptionContext });
    await assertOpens(ring, result);
  });

  it('encrypts under several keys, each of which decrypts, also by discovery', async () => {
    const [generator, other] = [await createKey(kms), await createKey(kms)];
    const ring = keyring({ generatorKeyId: generator.arn, keyIds: [other.arn] });
    const { result } = await encrypt(ring, PLAINTEXT, { encryptionContext });
    await assertOpens(keyring({ keyIds: [other.arn] }), result);
    await assertOpens(keyring({ discovery: true }), result);
    await kms.disableKey({ KeyId: generator.keyId });
    await assertOpens(keyring({ discovery: true }), result);
    await kms.disableKey({ KeyId: other.keyId });
    await assert.rejects(decrypt(keyring({ discovery: true }), result));
  });

  it('encrypts under an alias', async () => {
    const { keyId, arn } = await createKey(kms);
    const aliasName = await createAlias(kms, keyId);
    const aliasArn = arn.replace(`key/${keyId}`, aliasName);
    const { result } = await encrypt(keyring({ generatorKeyId: aliasArn }), PLAINTEXT, { encryptionContext });
    await assertOpens(keyring({ keyIds: [arn] }), result);
  });

  it('is held to key policies: its encryption context counts', async () => {
    const { arn } = await createKey(kms, {
      Policy: keyPolicy(
        allow(),
        deny({
          Action: 'kms:Decrypt',
          Condition: { StringEquals: { 'kms:EncryptionContext:department': 'sales' } },
        }),
      ),
    });
    const ring = keyring({ generatorKeyId: arn });
    const { result } = await encrypt(ring, PLAINTEXT, { encryptionContext });
    await assert.rejects(decrypt(ring, result), /explicit deny/);
    const { result: open } = await encrypt(ring, PLAINTEXT, { encryptionContext: { department: 'buying' } });
    assert.deepEqual((await decrypt(ring, open)).plaintext, PLAINTEXT);
  });

  it('notices an altered message', async () => {
    const { arn } = await createKey(kms);
    const ring = keyring({ generatorKeyId: arn });
    const { result } = await encrypt(ring, PLAINTEXT, { encryptionContext });
    result[result.length - 200] = (result[result.length - 200] ?? 0) ^ 1;
    await assert.rejects(decrypt(ring, result));
  });
});
