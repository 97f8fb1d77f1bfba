import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { allow, keyPolicy } from './support/key-policies.ts';
import { createKey, type NewKey } from './support/keys.ts';
import { assertRefused, WITHOUT_MESSAGE } from './support/refusal.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const CURVES = [
  { keySpec: 'ECC_NIST_P256', namedCurve: 'prime256v1', curve: p256, length: 32 },
  { keySpec: 'ECC_NIST_P384', namedCurve: 'secp384r1', curve: p384, length: 48 },
  { keySpec: 'ECC_NIST_P521', namedCurve: 'secp521r1', curve: p521, length: 66 },
] as const;
type Curve = (typeof CURVES)[number];
const [P256, P384] = CURVES;

let server: TestServer;
let kms: KMS;
const keys = new Map<string, NewKey>();

before(async () => {
  server = await startTestServer();
  kms = server.client();
  for (const { keySpec } of CURVES)
    keys.set(keySpec, await createKey(kms, { KeySpec: keySpec, KeyUsage: 'KEY_AGREEMENT' }));
});
after(() => server.close());

function keyOf({ keySpec }: Curve): NewKey {
  return keys.get(keySpec) ?? assert.fail();
}

/** DER SubjectPublicKeyInfo. */
function spki(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' });
}

function newPublicKey({ namedCurve }: Curve): Buffer {
  return spki(generateKeyPairSync('ec', { namedCurve }).publicKey);
}

function derive({ keyId }: NewKey, PublicKey: Uint8Array) {
  return kms.deriveSharedSecret({ KeyId: keyId, KeyAgreementAlgorithm: 'ECDH', PublicKey });
}

async function assertNoPeerKey(key: NewKey, publicKey: Uint8Array): Promise<void> {
  await assertRefused(derive(key, publicKey), 'ValidationException', WITHOUT_MESSAGE);
}

for (const curve of CURVES) {
  describe(`DeriveSharedSecret with ${curve.keySpec}`, () => {
    it('answers what the peer derives, too', async () => {
      const key = keyOf(curve);
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve.namedCurve });
      const { $metadata, SharedSecret, ...answer } = await derive(key, spki(publicKey));
      assert.deepEqual(answer, { KeyId: key.arn, KeyAgreementAlgorithm: 'ECDH', KeyOrigin: 'AWS_KMS' });
      const { PublicKey = Buffer.of() } = await kms.getPublicKey({ KeyId: key.keyId });
      const scalar = privateKey.export({ format: 'raw-private' });
      const point = Buffer.from(PublicKey).subarray(-2 * curve.length - 1);
      const [, ...x] = curve.curve.getSharedSecret(scalar, point, true);
      assert.deepEqual(Buffer.from(SharedSecret ?? []), Buffer.from(x));
      assert.equal(SharedSecret?.length, curve.length);
    });

    it('has two KMS keys agree, and a key with itself', async () => {
      const own = keyOf(curve);
      const other = await createKey(kms, { KeySpec: curve.keySpec, KeyUsage: 'KEY_AGREEMENT' });
      for (const peer of [other, own]) {
        const [there, back] = await Promise.all(
          [
            [own, peer],
            [peer, own],
          ].map(async ([one = own, two = own]) => {
            const { PublicKey = Buffer.of() } = await kms.getPublicKey({ KeyId: two.keyId });
            return (await derive(one, PublicKey)).SharedSecret;
          }),
        );
        assert.ok(there !== undefined);
        assert.deepEqual(there, back);
      }
    });

    it('refuses points that are not on the curve', async () => {
      const valid = newPublicKey(curve);
      const point = valid.length - 2 * curve.length;
      const altered = [...Array(4).keys()].map((at) =>
        Buffer.from(valid.map((byte, index) => (index === valid.length - 1 - at ? byte ^ 1 : byte))),
      );
      const prefix = valid.subarray(0, point);
      const beyondField = Buffer.concat([prefix, Buffer.alloc(2 * curve.length, 0xff)]);
      const zero = Buffer.concat([prefix, Buffer.alloc(2 * curve.length)]);
      for (const publicKey of [...altered, beyondField, zero]) await assertNoPeerKey(keyOf(curve), publicKey);
    });

    it('refuses the keys of other curves and kinds', async () => {
      const others = [
        ...CURVES.filter((other) => other !== curve).map(newPublicKey),
        spki(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey),
        spki(generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' }).publicKey),
        spki(generateKeyPairSync('ed25519').publicKey),
        spki(generateKeyPairSync('x25519').publicKey),
        spki(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey),
      ];
      for (const publicKey of others) await assertNoPeerKey(keyOf(curve), publicKey);
    });
  });
}

describe('DeriveSharedSecret', () => {
  it('takes one encoding of a public key only', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const valid = spki(publicKey);
    const [prefix, point] = [valid.subarray(0, -65), valid.subarray(-65)];
    const others = [
      compressedSpki(valid),
      Buffer.concat([prefix, Buffer.of(6 + ((point.at(-1) ?? 0) & 1)), point.subarray(1)]),
      Buffer.concat([valid, Buffer.of(0)]),
      valid.subarray(0, -1),
      Buffer.concat([Buffer.of(0x30, 0x81, 0x59), valid.subarray(2)]),
      point,
      Buffer.from(publicKey.export({ type: 'spki', format: 'pem' })),
      privateKey.export({ type: 'pkcs8', format: 'der' }),
      Buffer.of(0),
      Buffer.alloc(8192, 0x30),
    ];
    for (const other of others) await assertNoPeerKey(keyOf(P256), other);
    await derive(keyOf(P256), valid);
  });

  it('takes public keys of 1 to 8,192 bytes', async () => {
    for (const [length, bound] of [
      [0, 'greater than or equal to 1'],
      [8193, 'less than or equal to 8192'],
    ] as const) {
      await assertRefused(
        derive(keyOf(P256), Buffer.alloc(length)),
        'ValidationException',
        `1 validation error detected: Value at 'publicKey' failed to satisfy constraint: Member must have length ${bound}`,
      );
    }
  });

  it('refuses keys for anything else', async () => {
    const symmetric = await createKey(kms);
    const signing = await createKey(kms, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    for (const [key, usage] of [
      [symmetric, 'ENCRYPT_DECRYPT'],
      [signing, 'SIGN_VERIFY'],
    ] as const) {
      await assertRefused(
        derive(key, newPublicKey(P256)),
        'InvalidKeyUsageException',
        `${key.arn} key usage is ${usage} which is not valid for DeriveSharedSecret.`,
      );
    }
  });

  it('has a dry run tell what is wrong with the public key', async () => {
    const request = { KeyId: keyOf(P256).keyId, KeyAgreementAlgorithm: 'ECDH', DryRun: true } as const;
    await assertRefused(
      kms.deriveSharedSecret({ ...request, PublicKey: newPublicKey(P256) }),
      'DryRunOperationException',
    );
    await assertRefused(
      kms.deriveSharedSecret({ ...request, PublicKey: newPublicKey(P384) }),
      'ValidationException',
    );
  });

  it('refuses algorithms that there are not', async () => {
    await assertRefused(
      kms.deriveSharedSecret({
        KeyId: keyOf(P256).keyId,
        // @ts-expect-error the SDK knows no such algorithm
        KeyAgreementAlgorithm: 'ECMQV',
        PublicKey: newPublicKey(P256),
      }),
      'ValidationException',
      "1 validation error detected: Value 'ECMQV' at 'keyAgreementAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [ECDH]",
    );
  });

  it('tells policies the algorithm', async () => {
    for (const [algorithm, isAllowed] of [
      ['ECDH', true],
      ['other', false],
    ] as const) {
      const key = await createKey(kms, {
        KeySpec: 'ECC_NIST_P256',
        KeyUsage: 'KEY_AGREEMENT',
        Policy: keyPolicy(
          allow({
            Action: 'kms:DeriveSharedSecret',
            Condition: { StringEquals: { 'kms:KeyAgreementAlgorithm': algorithm } },
          }),
        ),
        BypassPolicyLockoutSafetyCheck: true,
      });
      const call = derive(key, newPublicKey(P256));
      if (isAllowed) await call;
      else await assertRefused(call, 'AccessDeniedException');
    }
  });
});

/** The same public key on P-256 with its point compressed. */
function compressedSpki(valid: Buffer): Buffer {
  const point = Buffer.from(p256.Point.fromBytes(valid.subarray(-65)).toBytes(true));
  const algorithm = valid.subarray(2, 23);
  return Buffer.concat([Buffer.of(0x30, 0x39), algorithm, Buffer.of(0x03, 0x22, 0x00), point]);
}
