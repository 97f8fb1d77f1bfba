import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { encode } from 'cborg';
import { Attester, type DocumentOptions, openEnvelope, randomPcr } from './support/attestation.ts';
import { x509 } from './support/certificate.ts';
import { DAY } from './support/due-work.ts';
import { allow, keyPolicy } from './support/key-policies.ts';
import { createKey, encrypt } from './support/keys.ts';
import { hasOpenssl, openssl } from './support/openssl.ts';
import { assertRefused } from './support/refusal.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const enclaveKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PUBLIC_KEY = enclaveKeys.publicKey.export({ type: 'spki', format: 'der' });
const PCRS = { 0: randomPcr(), 1: randomPcr(), 8: randomPcr() };

let directory: string;
let server: TestServer;
let kms: KMS;
let attester: Attester;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'qkms-attestation-'));
  server = await startTestServer();
  const now = server.clock.now();
  await server.close();
  attester = await Attester.create(now);
  const attestationRootsFile = join(directory, 'roots.pem');
  const other = await Attester.create(now);
  await writeFile(attestationRootsFile, `${other.rootPem}\n${attester.rootPem}\n`);
  server = await startTestServer({ attestationRootsFile });
  kms = server.client();
});
after(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

async function recipient(options: DocumentOptions = {}, publicKey: Uint8Array = PUBLIC_KEY, by = attester) {
  const AttestationDocument = await by.attest(server.clock.now(), publicKey, PCRS, options);
  return { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256', AttestationDocument } as const;
}

/** Opens an answer as the enclave would. */
function open(ciphertext: Uint8Array = Buffer.of()): Buffer {
  return openEnvelope(ciphertext, enclaveKeys.privateKey);
}

describe('an answer for a recipient', () => {
  it('has random bytes that only the enclave can read', async () => {
    const answer = await kms.generateRandom({ NumberOfBytes: 32, Recipient: await recipient() });
    assert.equal(answer.Plaintext, undefined);
    assert.equal(open(answer.CiphertextForRecipient).length, 32);
  });

  it('has a data key that is the one in the ciphertext beside it', async () => {
    const { keyId: KeyId } = await createKey(kms);
    const Recipient = await recipient();
    const answer = await kms.generateDataKey({ KeyId, KeySpec: 'AES_256', Recipient });
    assert.equal(answer.Plaintext, undefined);
    const { Plaintext = [] } = await kms.decrypt({ CiphertextBlob: answer.CiphertextBlob });
    assert.deepEqual(open(answer.CiphertextForRecipient), Buffer.from(Plaintext));
  });

  it('has the private key of a data key pair', async () => {
    const { keyId: KeyId } = await createKey(kms);
    const KeyPairSpec = 'ECC_NIST_P256';
    const Recipient = await recipient();
    const answer = await kms.generateDataKeyPair({ KeyId, KeyPairSpec, Recipient });
    assert.equal(answer.PrivateKeyPlaintext, undefined);
    assert.ok(answer.PublicKey !== undefined);
    const { Plaintext = [] } = await kms.decrypt({ CiphertextBlob: answer.PrivateKeyCiphertextBlob });
    assert.deepEqual(open(answer.CiphertextForRecipient), Buffer.from(Plaintext));
  });

  it('has what Decrypt decrypted, of any length', async () => {
    const { keyId } = await createKey(kms);
    for (const length of [1, 15, 16, 17, 4096]) {
      const CiphertextBlob = await encrypt(kms, keyId, Buffer.alloc(length, 7));
      const answer = await kms.decrypt({ CiphertextBlob, Recipient: await recipient() });
      assert.equal(answer.Plaintext, undefined);
      assert.deepEqual(open(answer.CiphertextForRecipient), Buffer.alloc(length, 7));
    }
  });

  it('has the secret that was agreed on', async () => {
    const { keyId: KeyId } = await createKey(kms, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' });
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const PublicKey = publicKey.export({ type: 'spki', format: 'der' });
    const agreement = { KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey } as const;
    const answer = await kms.deriveSharedSecret({ ...agreement, Recipient: await recipient() });
    const { SharedSecret = [] } = await kms.deriveSharedSecret(agreement);
    assert.equal(answer.SharedSecret, undefined);
    assert.deepEqual(open(answer.CiphertextForRecipient), Buffer.from(SharedSecret));
  });

  it('is opened by OpenSSL', { skip: !hasOpenssl() && 'there is no openssl' }, async () => {
    const answer = await kms.generateRandom({ NumberOfBytes: 32, Recipient: await recipient() });
    const keyFile = join(directory, 'enclave.pem');
    await writeFile(keyFile, enclaveKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const input = answer.CiphertextForRecipient ?? Buffer.of();
    const opened = openssl(['cms', '-decrypt', '-inform', 'DER', '-inkey', keyFile], input);
    assert.deepEqual(opened, open(input));
  });

  it('is for RSA keys of 2,048 to 4,096 bits', async () => {
    for (const [modulusLength, isAccepted] of [
      [1024, false],
      [3072, true],
      [4096, true],
    ] as const) {
      const { publicKey } = generateKeyPairSync('rsa', { modulusLength });
      const Recipient = await recipient({}, publicKey.export({ type: 'spki', format: 'der' }));
      const answer = kms.generateRandom({ NumberOfBytes: 1, Recipient });
      if (isAccepted) await answer;
      else await assertRefused(answer, 'ValidationException', /public key is not an RSA key/);
    }
  });
});

describe('kms:RecipientAttestation', () => {
  const image = PCRS[0].toString('hex');

  async function assertAllowed(
    condition: Readonly<Record<string, string>>,
    isAllowed: boolean,
  ): Promise<void> {
    const Policy = keyPolicy(
      allow({ Action: ['kms:PutKeyPolicy', 'kms:Encrypt'] }),
      allow({ Action: 'kms:Decrypt', Condition: { StringEqualsIgnoreCase: condition } }),
    );
    const { keyId } = await createKey(kms, { Policy });
    const CiphertextBlob = await encrypt(kms, keyId);
    const answer = kms.decrypt({ CiphertextBlob, Recipient: await recipient() });
    if (isAllowed) await answer;
    else await assertRefused(answer, 'AccessDeniedException');
    await assertRefused(kms.decrypt({ CiphertextBlob }), 'AccessDeniedException');
  }

  it('lets only an enclave with a measured image decrypt', async () => {
    await assertAllowed({ 'kms:RecipientAttestation:ImageSha384': image }, true);
    await assertAllowed({ 'kms:RecipientAttestation:ImageSha384': image.toUpperCase() }, true);
    await assertAllowed({ 'kms:RecipientAttestation:ImageSha384': randomPcr().toString('hex') }, false);
  });

  it('tells every platform configuration register', async () => {
    await assertAllowed({ 'kms:RecipientAttestation:PCR0': image }, true);
    await assertAllowed({ 'kms:RecipientAttestation:PCR8': PCRS[8].toString('hex') }, true);
    await assertAllowed({ 'kms:RecipientAttestation:PCR1': PCRS[8].toString('hex') }, false);
    await assertAllowed({ 'kms:RecipientAttestation:PCR2': image }, false);
  });

  it('tells those of a NitroTPM by names of their own', async () => {
    const nitroTpmPcrs = new Map([[4, PCRS[8]]]);
    const Recipient = await recipient({ members: { pcrs: undefined, nitrotpm_pcrs: nitroTpmPcrs } });
    for (const [key, isAllowed] of [
      ['kms:RecipientAttestation:NitroTPMPCR4', true],
      ['kms:RecipientAttestation:PCR4', false],
    ] as const) {
      const Condition = { StringEquals: { [key]: PCRS[8].toString('hex') } };
      const Policy = keyPolicy(
        allow({ Action: 'kms:PutKeyPolicy' }),
        allow({ Action: 'kms:GenerateDataKey', Condition }),
      );
      const { keyId: KeyId } = await createKey(kms, { Policy });
      const answer = kms.generateDataKey({ KeyId, KeySpec: 'AES_256', Recipient });
      if (isAllowed) await answer;
      else await assertRefused(answer, 'AccessDeniedException');
    }
  });
});

describe('an attestation document', () => {
  async function assertInvalid(reason: string, options: DocumentOptions = {}): Promise<void> {
    const answer = kms.generateRandom({ NumberOfBytes: 1, Recipient: await recipient(options) });
    await assertRefused(answer, 'ValidationException', `The attestation document is not valid: ${reason}.`);
  }

  async function assertGarbageRefused(AttestationDocument: Uint8Array, reason: RegExp): Promise<void> {
    const Recipient = { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256', AttestationDocument } as const;
    await assertRefused(kms.generateRandom({ NumberOfBytes: 1, Recipient }), 'ValidationException', reason);
  }

  it('may have any number of intermediate certificates', async () => {
    for (const depth of [0, 1, 4]) {
      await kms.generateRandom({ NumberOfBytes: 1, Recipient: await recipient({ depth }) });
    }
  });

  it('has to be signed by the certificate in it', () =>
    assertInvalid('its signature does not verify', { signedBy: 'somebody else' }));

  it('is refused when a single bit of it was changed', async () => {
    const { AttestationDocument } = await recipient();
    for (const place of [0.02, 0.3, 0.5, 0.7, 0.9, 0.999]) {
      const changed = Buffer.from(AttestationDocument);
      const index = Math.floor(place * changed.length);
      changed[index] = (changed[index] ?? 0) ^ 1;
      await assertGarbageRefused(changed, /^The attestation document is not valid: /);
    }
  });

  it('has to lead to a root that is trusted', async () => {
    const stranger = await Attester.create(server.clock.now());
    await assertRefused(
      kms.generateRandom({ NumberOfBytes: 1, Recipient: await recipient({}, PUBLIC_KEY, stranger) }),
      'ValidationException',
      /does not lead to a root that this server trusts/,
    );
  });

  it('has to be vouched for by the root itself, not by another of its name', async () => {
    const impostor = await Attester.create(server.clock.now());
    await assertRefused(
      kms.generateRandom({
        NumberOfBytes: 1,
        Recipient: await recipient({ rootOf: attester }, PUBLIC_KEY, impostor),
      }),
      'ValidationException',
      /a certificate of it was not signed by the next/,
    );
  });

  it('has to be made of certificates that may sign it', async () => {
    const now = server.clock.now();
    const { KeyUsageFlags } = x509;
    await assertInvalid('a certificate of it is not one of an authority', {
      intermediate: { isAuthority: false },
    });
    await assertInvalid('a certificate of it may not be used so', {
      intermediate: { usages: KeyUsageFlags.digitalSignature },
    });
    await assertInvalid('a certificate of it may not be used so', {
      leaf: { isAuthority: false, usages: KeyUsageFlags.keyAgreement },
    });
    await assertInvalid('its chain of certificates is longer than allowed', {
      depth: 2,
      intermediate: { pathLength: 0 },
    });
    await assertInvalid('a certificate of it is not valid at this time', { leaf: { notAfter: now - 1000 } });
    await assertInvalid('a certificate of it is not valid at this time', {
      intermediate: { notBefore: now + 2000 },
    });
    const extension = new x509.Extension('1.2.3.4', true, Buffer.from('0500', 'hex'));
    await assertInvalid('a certificate of it has the unknown critical extension 1.2.3.4', {
      leaf: { extension },
    });
  });

  it('has to be at most five minutes old', async () => {
    const now = server.clock.now();
    for (const timestamp of [now - 300_001, now + 300_001, now - DAY])
      await assertInvalid('it was not made within the last 5 minutes', { members: { timestamp } });
    for (const timestamp of [now - 299_000, now + 299_000])
      await kms.generateRandom({ NumberOfBytes: 1, Recipient: await recipient({ members: { timestamp } }) });
  });

  it('has to be complete', async () => {
    const wrong: readonly [string, Readonly<Record<string, unknown>>][] = [
      ['module_id is missing', { module_id: undefined }],
      ['digest is not SHA384', { digest: 'SHA256' }],
      ['timestamp is missing', { timestamp: 'now' }],
      ['pcrs is missing', { pcrs: undefined }],
      ['pcrs is not a map', { pcrs: [] }],
      ['pcrs has an index that is not one of 0 to 31', { pcrs: new Map([[32, randomPcr()]]) }],
      ['pcrs has a value that is not a digest', { pcrs: new Map([[0, Buffer.alloc(47)]]) }],
      ['cabundle is not a list of certificates', { cabundle: [] }],
      ['cabundle is not a list of certificates', { cabundle: Array(17).fill(Buffer.of(1)) }],
      ['certificate is missing', { certificate: undefined }],
      ['a certificate of it is malformed', { certificate: Buffer.of(1, 2, 3) }],
      ['public_key is missing', { public_key: null }],
      ['its public key is not a DER SubjectPublicKeyInfo', { public_key: Buffer.of(1) }],
    ];
    for (const [reason, members] of wrong) await assertInvalid(reason, { members });
  });

  it('has to be a COSE_Sign1 message signed with ES384', async () => {
    await assertInvalid('its signature algorithm is not ES384', { header: encode(new Map([[1, -7]])) });
    for (const garbage of [
      Buffer.of(0xff),
      Buffer.alloc(262_144, 0x81),
      Buffer.from(encode({})),
      Buffer.from(encode([1, 2, 3, 4])),
    ])
      await assertGarbageRefused(
        garbage,
        /^The attestation document is not valid: it is not (?:CBOR|a COSE_Sign1)/,
      );
  });
});

describe('a Recipient', () => {
  it('has to have a document and an algorithm', async () => {
    const { AttestationDocument } = await recipient();
    await assertRefused(
      kms.generateRandom({ NumberOfBytes: 1, Recipient: { AttestationDocument } }),
      'ValidationException',
      'Recipient must have a KeyEncryptionAlgorithm.',
    );
    await assertRefused(
      kms.generateRandom({ NumberOfBytes: 1, Recipient: { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256' } }),
      'ValidationException',
      'Recipient must have an AttestationDocument.',
    );
  });

  it('is refused by a server that trusts no roots', async () => {
    const untrusting = await startTestServer();
    try {
      await assertRefused(
        untrusting.client().generateRandom({ NumberOfBytes: 1, Recipient: await recipient() }),
        'ValidationException',
        /its operator has configured no root certificates/,
      );
    } finally {
      await untrusting.close();
    }
  });

  it('needs roots that can be read', async () => {
    for (const [name, text] of [
      ['missing.pem', undefined],
      ['empty.pem', ''],
      ['broken.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
    ] as const) {
      const attestationRootsFile = join(directory, name);
      if (text !== undefined) await writeFile(attestationRootsFile, text);
      await assert.rejects(startTestServer({ attestationRootsFile }), /give a PEM file of root certificates/);
    }
  });
});
