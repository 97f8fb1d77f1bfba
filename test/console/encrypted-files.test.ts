import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  KmsKeyringNode,
} from '@aws-crypto/client-node';
import type { KMS } from '@aws-sdk/client-kms';
import { type DataKey, decryptMessage, encryptMessage } from '../../console/src/tools/message.ts';
import type { EncryptionContext } from '../../console/src/tools/message-header.ts';
import { createKey, type NewKey } from '../support/keys.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

/* The files that the console encrypts: messages of the AWS Encryption SDK, without a browser. */

const sdk = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
const MEBIBYTE = 1024 * 1024;
const CONTEXT = { department: 'sales', 'ünïcode 🔑': '' };

let server: TestServer;
let kms: KMS;
let key: NewKey;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  key = await createKey(kms);
});
after(() => server.close());

function keyring(): KmsKeyringNode {
  const clientProvider = (region: string) => Object(server.client({ region }));
  return new KmsKeyringNode({ clientProvider, generatorKeyId: key.arn });
}

async function makeDataKey(EncryptionContext: EncryptionContext): Promise<DataKey> {
  const made = await kms.generateDataKey({ KeyId: key.arn, KeySpec: 'AES_256', EncryptionContext });
  assert.ok(made.Plaintext && made.CiphertextBlob && made.KeyId);
  return {
    keyArn: made.KeyId,
    plaintext: new Uint8Array(made.Plaintext),
    ciphertext: new Uint8Array(made.CiphertextBlob),
  };
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

async function encrypt(
  plaintext: Buffer<ArrayBuffer>,
  context: EncryptionContext = CONTEXT,
): Promise<Buffer> {
  return collect(encryptMessage(new Blob([plaintext]), await makeDataKey(context), context));
}

function decrypt(message: Uint8Array): Promise<Buffer> {
  const unwrapped = decryptMessage(
    new Blob([new Uint8Array(message)]),
    async ({ encryptedDataKeys: [first], encryptionContext }) => {
      const { Plaintext } = await kms.decrypt({
        CiphertextBlob: first?.ciphertext,
        KeyId: first?.keyArn,
        EncryptionContext: encryptionContext,
      });
      return new Uint8Array(Plaintext ?? []);
    },
  );
  return collect(unwrapped);
}

describe('files that the console encrypts', () => {
  for (const size of [0, 1, MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, 9 * MEBIBYTE + 5]) {
    it(`decrypt again, here and by the AWS Encryption SDK: ${size} bytes`, async () => {
      const plaintext = randomBytes(size);
      const message = await encrypt(plaintext);
      assert.deepEqual(await decrypt(message), plaintext);
      const opened = await sdk.decrypt(keyring(), message);
      assert.deepEqual(opened.plaintext, plaintext);
      assert.deepEqual({ ...opened.messageHeader.encryptionContext }, CONTEXT);
    });
  }

  it('may be encrypted by the AWS Encryption SDK', async () => {
    const plaintext = randomBytes(100_000);
    for (const encryptionContext of [CONTEXT, {}]) {
      const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY;
      const { result } = await sdk.encrypt(keyring(), plaintext, { suiteId, encryptionContext });
      assert.deepEqual(await decrypt(result), plaintext);
    }
  });

  it('are not decrypted when they are signed, which is said', async () => {
    const { result } = await sdk.encrypt(keyring(), 'hello');
    await assert.rejects(decrypt(result), { code: 'InvalidFile', message: /^The message is signed/ });
  });

  it('are refused when they are cut off, wherever that is', async () => {
    const message = await encrypt(randomBytes(2 * MEBIBYTE + 10));
    const lengths = [
      0,
      1,
      2,
      20,
      60,
      150,
      300,
      MEBIBYTE,
      MEBIBYTE + 500,
      message.length - 40,
      message.length - 1,
    ];
    for (const length of lengths)
      await assert.rejects(decrypt(message.subarray(0, length)), {
        code: 'InvalidFile',
        message: /^The file ends in the middle of its .*: it was cut off\.$/,
      });
  });

  it('are refused when frames are missing, in another order, or end too early', async () => {
    const message = await encrypt(randomBytes(3 * MEBIBYTE + 10));
    const frame = 4 + 12 + MEBIBYTE + 16;
    const last = 4 + 4 + 12 + 4 + 10 + 16;
    const header = message.subarray(0, message.length - last - 3 * frame);
    const [one, two, three] = [0, 1, 2].map((place) =>
      message.subarray(header.length + place * frame, header.length + (place + 1) * frame),
    );
    const end = message.subarray(-last);
    assert.ok(one && two && three);
    const refused = (...parts: readonly Buffer[]) =>
      assert.rejects(decrypt(Buffer.concat(parts)), {
        code: 'InvalidFile',
        message: /frames are missing, or not in order/,
      });
    await refused(header, two, three, end);
    await refused(header, two, one, three, end);
    await refused(header, one, two, end);
    await assert.rejects(decrypt(Buffer.concat([header, one, two, three])), /cut off/);
    await assert.rejects(decrypt(Buffer.concat([message, Buffer.from('x')])), /Something was appended/);
  });

  it('are refused when any byte of them is another', async () => {
    const message = await encrypt(randomBytes(100), { department: 'sales' });
    for (let place = 0; place < message.length; place += 1) {
      const changed = Buffer.from(message);
      changed[place] = (changed[place] ?? 0) ^ 1;
      await assert.rejects(decrypt(changed), `byte ${place}`);
    }
  });

  it('are refused when they are of another message under the same key', async () => {
    const dataKey = await makeDataKey({});
    const copy = { ...dataKey, plaintext: dataKey.plaintext.slice() };
    const one = await collect(encryptMessage(new Blob(['one']), dataKey, {}));
    const other = await collect(encryptMessage(new Blob(['two']), copy, {}));
    const last = 4 + 4 + 12 + 4 + 3 + 16;
    const mixed = Buffer.concat([one.subarray(0, -last), other.subarray(-last)]);
    await assert.rejects(decrypt(mixed), /The file was changed in frame 1\./);
  });

  it('leave no data key in memory', async () => {
    const dataKey = await makeDataKey({});
    await collect(encryptMessage(new Blob(['hello']), dataKey, {}));
    assert.deepEqual(dataKey.plaintext, new Uint8Array(32));
  });

  it('are told from what is no such file', async () => {
    await assert.rejects(decrypt(Buffer.from('%PDF-1.7')), {
      code: 'InvalidFile',
      message: /was not encrypted by this tool/,
    });
  });
});
