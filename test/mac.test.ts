import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { KMS, MacAlgorithmSpec } from '@aws-sdk/client-kms';
import { unwrapPlaintext } from '../src/kms/key-entry.ts';
import { openInside } from './support/inside.ts';
import { createAlias, createKey, type NewKey } from './support/keys.ts';
import { assertRefused, WITHOUT_MESSAGE } from './support/refusal.ts';
import { ACCOUNT, REGION, startTestServer, type TestServer } from './support/server.ts';

interface HmacSpec {
  readonly keySpec: 'HMAC_224' | 'HMAC_256' | 'HMAC_384' | 'HMAC_512';
  readonly algorithm: MacAlgorithmSpec;
  readonly hashName: string;
  /** Of the hash function, in bytes. */
  readonly blockLength: number;
  /** In bytes: of the key, too. */
  readonly macLength: number;
}

const HMAC_SPECS: readonly HmacSpec[] = [
  { keySpec: 'HMAC_224', algorithm: 'HMAC_SHA_224', hashName: 'sha224', blockLength: 64, macLength: 28 },
  { keySpec: 'HMAC_256', algorithm: 'HMAC_SHA_256', hashName: 'sha256', blockLength: 64, macLength: 32 },
  { keySpec: 'HMAC_384', algorithm: 'HMAC_SHA_384', hashName: 'sha384', blockLength: 128, macLength: 48 },
  { keySpec: 'HMAC_512', algorithm: 'HMAC_SHA_512', hashName: 'sha512', blockLength: 128, macLength: 64 },
];

/** HMAC by its definition (RFC 2104), over nothing but the hash function. */
function hmac({ hashName, blockLength }: HmacSpec, secret: Uint8Array, message: Uint8Array): Buffer {
  const block = Buffer.concat([secret, Buffer.alloc(blockLength - secret.length)]);
  const pad = (byte: number) => block.map((one) => one ^ byte);
  const inner = hash(hashName, Buffer.concat([pad(0x36), message]), 'buffer');
  return hash(hashName, Buffer.concat([pad(0x5c), inner]), 'buffer');
}

const MESSAGE = Buffer.from('hello world');
const DRY_RUN = 'The request would have succeeded, but the DryRun option is set.';

let dataDirectory: string;
let server: TestServer;
let kms: KMS;
const keys = new Map<string, NewKey>();

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-mac-'));
  server = await startTestServer({ dataDirectory });
  kms = server.client();
  for (const { keySpec } of HMAC_SPECS)
    keys.set(keySpec, await createKey(kms, { KeySpec: keySpec, KeyUsage: 'GENERATE_VERIFY_MAC' }));
});
after(async () => {
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

function keyOf({ keySpec }: HmacSpec): NewKey {
  const key = keys.get(keySpec);
  assert.ok(key !== undefined);
  return key;
}

async function generateMac(spec: HmacSpec, Message: Uint8Array = MESSAGE): Promise<Uint8Array> {
  const { Mac } = await kms.generateMac({
    KeyId: keyOf(spec).keyId,
    Message,
    MacAlgorithm: spec.algorithm,
  });
  return Mac ?? assert.fail('there is no MAC');
}

/** The secret of a key, as nobody sees it from outside. */
async function secretOf({ keyId }: NewKey): Promise<Buffer> {
  const inside = await openInside(dataDirectory);
  try {
    const entry = await inside.kms.keys.get(`${REGION}/${keyId}`);
    const [record] = entry?.materialRecords ?? [];
    const secret = record && unwrapPlaintext(inside.keyring, ACCOUNT, record);
    return secret ?? assert.fail('the key has no material');
  } finally {
    await inside.close();
  }
}

for (const spec of HMAC_SPECS) {
  const { keySpec, algorithm, macLength } = spec;
  describe(`a key of the spec ${keySpec}`, () => {
    it('makes the HMAC that its secret gives, and says how', async () => {
      const key = keyOf(spec);
      const secret = await secretOf(key);
      assert.equal(secret.length, macLength);
      for (const Message of [Buffer.of(0), MESSAGE, Buffer.alloc(4096, 0xa5)]) {
        const { $metadata, Mac, ...answer } = await kms.generateMac({
          KeyId: key.keyId,
          Message,
          MacAlgorithm: algorithm,
        });
        assert.deepEqual(answer, { MacAlgorithm: algorithm, KeyId: key.arn });
        assert.deepEqual(Buffer.from(Mac ?? []), hmac(spec, secret, Message));
      }
    });

    it('verifies it, and says how', async () => {
      const key = keyOf(spec);
      const Mac = await generateMac(spec);
      const aliasName = await createAlias(kms, key.keyId);
      for (const KeyId of [key.keyId, key.arn, aliasName, `arn:aws:kms:${REGION}:${ACCOUNT}:${aliasName}`]) {
        const request = { KeyId, Message: MESSAGE, MacAlgorithm: algorithm, Mac };
        const { $metadata, ...answer } = await kms.verifyMac(request);
        assert.deepEqual(answer, { KeyId: key.arn, MacValid: true, MacAlgorithm: algorithm });
      }
    });

    it('verifies nothing else', async () => {
      const Mac = await generateMac(spec);
      const wrongMacs = [
        ...Array.from(Mac, (_, at) => Mac.map((byte, index) => (index === at ? byte ^ 1 : byte))),
        Mac.subarray(0, -1),
        Mac.subarray(1),
        Mac.subarray(0, 1),
        Buffer.concat([Mac, Buffer.of(0)]),
        Buffer.concat([Mac, Mac]),
        Buffer.alloc(6144),
      ];
      const otherKey = await createKey(kms, { KeySpec: keySpec, KeyUsage: 'GENERATE_VERIFY_MAC' });
      const request = { KeyId: keyOf(spec).keyId, Message: MESSAGE, MacAlgorithm: algorithm, Mac };
      const wrongRequests = [
        ...wrongMacs.map((wrong) => ({ ...request, Mac: wrong })),
        { ...request, Message: Buffer.from('hello World') },
        { ...request, KeyId: otherKey.keyId },
      ];
      await Promise.all(
        wrongRequests.map((wrong) =>
          assertRefused(kms.verifyMac(wrong), 'KMSInvalidMacException', WITHOUT_MESSAGE),
        ),
      );
    });

    it('works with its own algorithm only', async () => {
      const { keyId: KeyId } = keyOf(spec);
      for (const { algorithm: MacAlgorithm } of HMAC_SPECS.filter((other) => other !== spec)) {
        const message = `Algorithm ${MacAlgorithm} is incompatible with key spec ${keySpec}.`;
        const request = { KeyId, Message: MESSAGE, MacAlgorithm };
        await assertRefused(kms.generateMac(request), 'InvalidKeyUsageException', message);
        await assertRefused(
          kms.verifyMac({ ...request, Mac: Buffer.of(1) }),
          'InvalidKeyUsageException',
          message,
        );
      }
    });
  });
}

describe('GenerateMac and VerifyMac', () => {
  const [, spec = assert.fail()] = HMAC_SPECS;

  it('take messages of 1 to 4,096 bytes, and MACs of 1 to 6,144', async () => {
    const { keyId: KeyId } = keyOf(spec);
    const bounds = (member: string, most: number) => [
      { length: 0, refusal: lengthRefusal(member, 'greater than or equal to 1') },
      { length: most + 1, refusal: lengthRefusal(member, `less than or equal to ${most}`) },
    ];
    const request = { KeyId, MacAlgorithm: spec.algorithm };
    for (const { length, refusal } of bounds('message', 4096)) {
      const Message = Buffer.alloc(length);
      await assertRefused(kms.generateMac({ ...request, Message }), 'ValidationException', refusal);
      await assertRefused(
        kms.verifyMac({ ...request, Message, Mac: Buffer.of(1) }),
        'ValidationException',
        refusal,
      );
    }
    for (const { length, refusal } of bounds('mac', 6144)) {
      const Mac = Buffer.alloc(length);
      await assertRefused(
        kms.verifyMac({ ...request, Message: MESSAGE, Mac }),
        'ValidationException',
        refusal,
      );
    }
  });

  it('refuse keys for anything else', async () => {
    const symmetric = await createKey(kms);
    const signing = await createKey(kms, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    for (const [{ keyId: KeyId, arn }, usage] of [
      [symmetric, 'ENCRYPT_DECRYPT'],
      [signing, 'SIGN_VERIFY'],
    ] as const) {
      const request = { KeyId, Message: MESSAGE, MacAlgorithm: spec.algorithm };
      const refusal = (operation: string) =>
        `${arn} key usage is ${usage} which is not valid for ${operation}.`;
      await assertRefused(kms.generateMac(request), 'InvalidKeyUsageException', refusal('GenerateMac'));
      await assertRefused(
        kms.verifyMac({ ...request, Mac: Buffer.of(1) }),
        'InvalidKeyUsageException',
        refusal('VerifyMac'),
      );
    }
  });

  it('do nothing in a dry run: whether a MAC is right is not told', async () => {
    const { keyId: KeyId } = keyOf(spec);
    const request = { KeyId, Message: MESSAGE, MacAlgorithm: spec.algorithm, DryRun: true };
    await assertRefused(kms.generateMac(request), 'DryRunOperationException', DRY_RUN);
    for (const Mac of [await generateMac(spec), Buffer.of(1)])
      await assertRefused(kms.verifyMac({ ...request, Mac }), 'DryRunOperationException', DRY_RUN);
    await assertRefused(
      kms.generateMac({ ...request, MacAlgorithm: 'HMAC_SHA_512' }),
      'InvalidKeyUsageException',
    );
  });

  it('refuse algorithms that there are not', async () => {
    const { keyId: KeyId } = keyOf(spec);
    await assertRefused(
      // @ts-expect-error the SDK knows no such algorithm
      kms.generateMac({ KeyId, Message: MESSAGE, MacAlgorithm: 'HMAC_MD5' }),
      'ValidationException',
      /^1 validation error detected: Value 'HMAC_MD5' at 'macAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: \[/,
    );
  });
});

function lengthRefusal(member: string, bound: string): string {
  return `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must have length ${bound}`;
}
