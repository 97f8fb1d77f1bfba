import assert from 'node:assert/strict';
import { createHash, createPublicKey, hash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { KeySpec, KMS, MessageType, SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import { allow, deny, keyPolicy } from './support/key-policies.ts';
import { createAlias, createKey, type NewKey } from './support/keys.ts';
import { outsideVerificationsOf } from './support/outside-verification.ts';
import { assertRefused, WITHOUT_MESSAGE } from './support/refusal.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const RSA_ALGORITHMS = [
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
] as const satisfies readonly SigningAlgorithmSpec[];

/** The algorithms of each spec (crypto.md section 1). */
const SIGNING_SPECS: Readonly<Partial<Record<KeySpec, readonly SigningAlgorithmSpec[]>>> = {
  RSA_2048: RSA_ALGORITHMS,
  RSA_3072: RSA_ALGORITHMS,
  RSA_4096: RSA_ALGORITHMS,
  ECC_NIST_P256: ['ECDSA_SHA_256'],
  ECC_NIST_P384: ['ECDSA_SHA_384'],
  ECC_NIST_P521: ['ECDSA_SHA_512'],
  ECC_SECG_P256K1: ['ECDSA_SHA_256'],
  ECC_NIST_EDWARDS25519: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'],
  ML_DSA_44: ['ML_DSA_SHAKE_256'],
  ML_DSA_65: ['ML_DSA_SHAKE_256'],
  ML_DSA_87: ['ML_DSA_SHAKE_256'],
  SM2: ['SM2DSA'],
};
const ALL_ALGORITHMS = [...new Set(Object.values(SIGNING_SPECS).flat())];

/** Bytes of what each algorithm takes in place of a message (crypto.md section 3). */
const DIGEST_LENGTHS: Readonly<Partial<Record<SigningAlgorithmSpec, number>>> = {
  ...Object.fromEntries(ALL_ALGORITHMS.map((algorithm) => [algorithm, Number(algorithm.slice(-3)) / 8])),
  SM2DSA: 32,
};

const MESSAGE = Buffer.from('hello world');
const DRY_RUN = 'The request would have succeeded, but the DryRun option is set.';

/** A key of a spec, and a client for the Region that it is in: SM2 is in China only. */
interface Signer extends NewKey {
  readonly keySpec: KeySpec;
  readonly client: KMS;
  readonly publicKey: Uint8Array;
}

let server: TestServer;
let kms: KMS;
const signers = new Map<string, Signer>();

before(async () => {
  server = await startTestServer();
  kms = server.client();
  const chinese = server.client({ region: 'cn-north-1' });
  await Promise.all(
    Object.keys(SIGNING_SPECS).map(async (spec) => {
      const keySpec = spec as KeySpec;
      const client = keySpec === 'SM2' ? chinese : kms;
      const key = await createKey(client, { KeySpec: keySpec, KeyUsage: 'SIGN_VERIFY' });
      const { PublicKey = assert.fail() } = await client.getPublicKey({ KeyId: key.keyId });
      signers.set(keySpec, { ...key, keySpec, client, publicKey: PublicKey });
    }),
  );
});
after(() => server.close());

function signerOf(keySpec: string): Signer {
  return signers.get(keySpec) ?? assert.fail();
}

/** A message in each of the types in which an algorithm takes it. */
function formsOf(
  { publicKey }: Signer,
  algorithm: SigningAlgorithmSpec,
  message: Uint8Array,
): readonly { readonly Message: Uint8Array; readonly MessageType?: MessageType }[] {
  const digest = (digested: Uint8Array) => ({ Message: digested, MessageType: 'DIGEST' as const });
  const sha = () => digest(hash(`sha${algorithm.slice(-3)}`, message, 'buffer'));
  const raw = [{ Message: message }, { Message: message, MessageType: 'RAW' as const }];
  switch (algorithm) {
    case 'ED25519_SHA_512':
      return raw;
    case 'ED25519_PH_SHA_512':
      return [sha()];
    case 'ML_DSA_SHAKE_256':
      return [...raw, { Message: externalMu(publicKey, message), MessageType: 'EXTERNAL_MU' }];
    case 'SM2DSA':
      return [...raw, digest(sm2Digest(publicKey, message))];
    default:
      return [...raw, sha()];
  }
}

/** μ = SHAKE256(SHAKE256(pk, 64) ‖ 0 ‖ 0 ‖ M, 64), crypto.md section 3. */
function externalMu(publicKey: Uint8Array, message: Uint8Array): Buffer {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
  const shake = (...parts: Uint8Array[]) =>
    createHash('shake256', { outputLength: 64 }).update(Buffer.concat(parts)).digest();
  return shake(shake(key.export({ format: 'raw-public' })), Buffer.of(0, 0), message);
}

/** SM3(SM3(id ‖ curve ‖ public key) ‖ M), with the numbers of GM/T 0003.5. */
function sm2Digest(publicKey: Uint8Array, message: Uint8Array): Buffer {
  const curve = [
    'fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc',
    '28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93',
    '32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7',
    'bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0',
  ].join('');
  const id = `0080${Buffer.from('1234567812345678').toString('hex')}`;
  const point = Buffer.from(publicKey.slice(-64));
  const signer = hash('sm3', Buffer.concat([Buffer.from(id + curve, 'hex'), point]), 'buffer');
  return hash('sm3', Buffer.concat([signer, message]), 'buffer');
}

for (const [keySpec, algorithms = []] of Object.entries(SIGNING_SPECS)) {
  describe(`a key of the spec ${keySpec}`, () => {
    for (const SigningAlgorithm of algorithms) {
      it(`signs with ${SigningAlgorithm} what others verify, and verifies it`, async () => {
        const signer = signerOf(keySpec);
        const { client, keyId: KeyId, arn, publicKey } = signer;
        for (const message of [Buffer.of(0), Buffer.alloc(4096, 0xa5)]) {
          const forms = formsOf(signer, SigningAlgorithm, message);
          for (const form of forms) {
            const made = await client.sign({ KeyId, SigningAlgorithm, ...form });
            const { $metadata, Signature = assert.fail(), ...answer } = made;
            assert.deepEqual(answer, { KeyId: arn, SigningAlgorithm });
            for (const isValid of outsideVerificationsOf(signer.keySpec, SigningAlgorithm))
              assert(await isValid(publicKey, message, Signature), form.MessageType ?? 'RAW by default');
            for (const other of forms) {
              const request = { KeyId, SigningAlgorithm, Signature, ...other };
              const { $metadata: _, ...verified } = await client.verify(request);
              assert.deepEqual(verified, { KeyId: arn, SignatureValid: true, SigningAlgorithm });
            }
          }
        }
      });

      it(`verifies nothing else with ${SigningAlgorithm}`, async () => {
        const signer = signerOf(keySpec);
        const { client, keyId: KeyId } = signer;
        const others = formsOf(signer, SigningAlgorithm, Buffer.from('hello World'));
        for (const [index, form] of formsOf(signer, SigningAlgorithm, MESSAGE).entries()) {
          const { Signature = assert.fail() } = await client.sign({ KeyId, SigningAlgorithm, ...form });
          const request = { KeyId, SigningAlgorithm, Signature, ...form };
          const wrongRequests = [
            { ...request, ...others[index] },
            { ...request, Signature: Signature.slice(1) },
            { ...request, Signature: Signature.map((byte, at) => (at === 9 ? byte ^ 1 : byte)) },
            { ...request, Signature: Buffer.concat([Signature, Buffer.of(0)]) },
            { ...request, Signature: Buffer.of(0) },
            { ...request, Signature: Buffer.alloc(6144) },
          ];
          for (const wrong of wrongRequests)
            await assertRefused(client.verify(wrong), 'KMSInvalidSignatureException', WITHOUT_MESSAGE);
        }
      });
    }

    it('works with its own algorithms only', async () => {
      const { client, keyId: KeyId } = signerOf(keySpec);
      for (const SigningAlgorithm of ALL_ALGORITHMS.filter((other) => !algorithms.includes(other))) {
        const message = `Algorithm ${SigningAlgorithm} is incompatible with key spec ${keySpec}.`;
        const request = { KeyId, Message: MESSAGE, SigningAlgorithm };
        await assertRefused(client.sign(request), 'InvalidKeyUsageException', message);
        await assertRefused(
          client.verify({ ...request, Signature: Buffer.of(1) }),
          'InvalidKeyUsageException',
          message,
        );
      }
    });

    it('takes digests of the right length only, and messages of the right type', async () => {
      const signer = signerOf(keySpec);
      const { client, keyId: KeyId } = signer;
      for (const SigningAlgorithm of algorithms) {
        const taken = formsOf(signer, SigningAlgorithm, MESSAGE).map(
          ({ MessageType = 'RAW' }) => MessageType,
        );
        for (const MessageType of ['RAW', 'DIGEST', 'EXTERNAL_MU'] as const) {
          const length = MessageType === 'EXTERNAL_MU' ? 64 : (DIGEST_LENGTHS[SigningAlgorithm] ?? 0);
          const isTaken = taken.includes(MessageType);
          const refusal = isTaken
            ? `Digest is invalid length for algorithm ${SigningAlgorithm}.`
            : `MessageType ${MessageType} is not supported by the signing algorithm ${SigningAlgorithm}.`;
          if (isTaken && MessageType === 'RAW') continue;
          for (const wrong of isTaken ? [1, length - 1, length + 1, 4096] : [length]) {
            const request = { KeyId, SigningAlgorithm, MessageType, Message: Buffer.alloc(wrong) };
            await assertRefused(client.sign(request), 'ValidationException', refusal);
            await assertRefused(
              client.verify({ ...request, Signature: Buffer.of(1) }),
              'ValidationException',
              refusal,
            );
          }
        }
      }
    });
  });
}

describe('Sign and Verify', () => {
  const SigningAlgorithm = 'ECDSA_SHA_256';

  async function requestOf({ keyId: KeyId }: { readonly keyId: string }) {
    const request = { KeyId, Message: MESSAGE, SigningAlgorithm } as const;
    const { Signature = assert.fail() } = await kms.sign(request);
    return { ...request, Signature };
  }

  it('find the key by all its names', async () => {
    const { keyId, arn } = signerOf('ECC_NIST_P256');
    const aliasName = await createAlias(kms, keyId);
    for (const KeyId of [keyId, arn, aliasName, arn.replace(/key\/.*/, aliasName)]) {
      const { $metadata, ...answer } = await kms.verify(await requestOf({ keyId: KeyId }));
      assert.deepEqual(answer, { KeyId: arn, SignatureValid: true, SigningAlgorithm });
    }
  });

  it('tell keys apart', async () => {
    const request = await requestOf(signerOf('ECC_NIST_P256'));
    const KeyId = signerOf('ECC_SECG_P256K1').keyId;
    await assertRefused(kms.verify({ ...request, KeyId }), 'KMSInvalidSignatureException', WITHOUT_MESSAGE);
  });

  it('take messages of 1 to 4,096 bytes, and signatures of 1 to 6,144', async () => {
    const request = await requestOf(signerOf('ECC_NIST_P256'));
    for (const [member, most] of [
      ['Message', 4096],
      ['Signature', 6144],
    ] as const) {
      for (const [length, bound] of [
        [0, 'greater than or equal to 1'],
        [most + 1, `less than or equal to ${most}`],
      ] as const) {
        const wrong = { ...request, [member]: Buffer.alloc(length) };
        const refusal = `1 validation error detected: Value at '${member.toLowerCase()}' failed to satisfy constraint: Member must have length ${bound}`;
        await assertRefused(kms.verify(wrong), 'ValidationException', refusal);
        if (member === 'Message') await assertRefused(kms.sign(wrong), 'ValidationException', refusal);
      }
    }
  });

  it('refuse keys for anything else', async () => {
    for (const [KeySpec, KeyUsage] of [
      ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT'],
      ['HMAC_256', 'GENERATE_VERIFY_MAC'],
      ['RSA_2048', 'ENCRYPT_DECRYPT'],
      ['ECC_NIST_P256', 'KEY_AGREEMENT'],
    ] as const) {
      const { keyId: KeyId, arn } = await createKey(kms, { KeySpec, KeyUsage });
      const request = { KeyId, Message: MESSAGE, SigningAlgorithm } as const;
      const refusal = (operation: string) =>
        `${arn} key usage is ${KeyUsage} which is not valid for ${operation}.`;
      await assertRefused(kms.sign(request), 'InvalidKeyUsageException', refusal('Sign'));
      await assertRefused(
        kms.verify({ ...request, Signature: Buffer.of(1) }),
        'InvalidKeyUsageException',
        refusal('Verify'),
      );
    }
  });

  it('look at the state of the key, then at the algorithm, then at the message', async () => {
    const { keyId: KeyId } = await createKey(kms, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    const shortDigest = { KeyId, Message: Buffer.of(1), MessageType: 'DIGEST' } as const;
    await assertRefused(
      kms.sign({ ...shortDigest, SigningAlgorithm: 'ECDSA_SHA_384' }),
      'InvalidKeyUsageException',
    );
    await kms.disableKey({ KeyId });
    for (const wrong of ['ECDSA_SHA_256', 'ECDSA_SHA_384'] as const)
      await assertRefused(kms.sign({ ...shortDigest, SigningAlgorithm: wrong }), 'DisabledException');
  });

  it('do nothing in a dry run: whether a signature is right is not told', async () => {
    const request = { ...(await requestOf(signerOf('ECC_NIST_P256'))), DryRun: true };
    const { Signature, ...signRequest } = request;
    await assertRefused(kms.sign(signRequest), 'DryRunOperationException', DRY_RUN);
    for (const signature of [Signature, Buffer.of(1)])
      await assertRefused(
        kms.verify({ ...request, Signature: signature }),
        'DryRunOperationException',
        DRY_RUN,
      );
    await assertRefused(kms.sign({ ...signRequest, MessageType: 'DIGEST' }), 'ValidationException');
  });

  it('refuse algorithms and message types that there are not', async () => {
    const request = await requestOf(signerOf('ECC_NIST_P256'));
    await assertRefused(
      // @ts-expect-error the SDK knows no such algorithm
      kms.verify({ ...request, SigningAlgorithm: 'ECDSA_MD5' }),
      'ValidationException',
      /^1 validation error detected: Value 'ECDSA_MD5' at 'signingAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: \[/,
    );
    await assertRefused(
      // @ts-expect-error the SDK knows no such type
      kms.verify({ ...request, MessageType: 'TEXT' }),
      'ValidationException',
      /^1 validation error detected: Value 'TEXT' at 'messageType' failed to satisfy constraint: Member must satisfy enum value set: \[/,
    );
  });

  it('are judged by the algorithm and the message type, which is RAW by default', async () => {
    const cases = [
      { condition: { 'kms:MessageType': 'RAW' }, denied: [{}, { MessageType: 'RAW' }], allowed: ['DIGEST'] },
      {
        condition: { 'kms:MessageType': 'DIGEST' },
        denied: [{ MessageType: 'DIGEST' }],
        allowed: ['RAW', undefined],
      },
      {
        condition: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256' },
        denied: [{}, { MessageType: 'DIGEST' }],
        allowed: [],
      },
      { condition: { 'kms:SigningAlgorithm': 'ECDSA_SHA_384' }, denied: [], allowed: ['RAW', 'DIGEST'] },
    ] as const;
    const digest = hash('sha256', MESSAGE, 'buffer');
    for (const { condition, denied, allowed } of cases) {
      const Policy = keyPolicy(
        allow(),
        deny({ Action: ['kms:Sign', 'kms:Verify'], Condition: { StringEquals: condition } }),
      );
      const { keyId: KeyId } = await createKey(kms, {
        KeySpec: 'ECC_NIST_P256',
        KeyUsage: 'SIGN_VERIFY',
        Policy,
      });
      const request = (MessageType: MessageType | undefined) =>
        ({
          KeyId,
          SigningAlgorithm,
          Message: MessageType === 'DIGEST' ? digest : MESSAGE,
          ...(MessageType && { MessageType }),
        }) as const;
      for (const one of denied) {
        const refused = request('MessageType' in one ? one.MessageType : undefined);
        await assertRefused(kms.sign(refused), 'AccessDeniedException');
        await assertRefused(kms.verify({ ...refused, Signature: Buffer.of(1) }), 'AccessDeniedException');
      }
      for (const messageType of allowed) {
        const { Signature } = await kms.sign(request(messageType));
        await kms.verify({ ...request(messageType), Signature });
      }
    }
  });
});
