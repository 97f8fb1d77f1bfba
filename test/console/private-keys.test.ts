import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, verify } from 'node:crypto';
import { describe, it } from 'node:test';
import type { CreateKeyCommandInput, SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import type { Page } from 'playwright-core';
import { button, consoleSuite, seriousViolations } from '../support/console.ts';
import { createKey } from '../support/keys.ts';

const MESSAGE = Buffer.from('hello');

/** Kinds of keys with how they are made, and how they sign. */
const KINDS = [
  ['RSA_2048', () => generateKeyPairSync('rsa', { modulusLength: 2048 }), 'RSASSA_PKCS1_V1_5_SHA_256'],
  ['RSA_4096', () => generateKeyPairSync('rsa', { modulusLength: 4096 }), 'RSASSA_PKCS1_V1_5_SHA_256'],
  ['ECC_NIST_P256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'ECDSA_SHA_256'],
  ['ECC_NIST_P521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' }), 'ECDSA_SHA_512'],
] as const;

describe('private keys that are imported in the console', () => {
  const suite = consoleSuite();

  const createEmpty = (KeySpec: CreateKeyCommandInput['KeySpec']) =>
    createKey(suite.server.client(), { KeySpec, KeyUsage: 'SIGN_VERIFY', Origin: 'EXTERNAL' });
  const choose = (page: Page, buffer: Buffer, name: string) =>
    page.locator('input[type=file]').setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
  async function importAndVerify(
    page: Page,
    keyId: string,
    publicKey: KeyObject,
    SigningAlgorithm: SigningAlgorithmSpec,
  ): Promise<void> {
    await button(page, 'Import').click();
    await page.getByText('The key material is imported.').waitFor();
    const { Signature } = await suite.server
      .client()
      .sign({ KeyId: keyId, Message: MESSAGE, SigningAlgorithm });
    const hash = `sha${SigningAlgorithm.slice(-3)}`;
    assert.ok(verify(hash, MESSAGE, publicKey, Buffer.from(Signature ?? [])));
  }

  for (const [keySpec, make, algorithm] of KINDS)
    it(`sign: ${keySpec}`, async (t) => {
      const { privateKey, publicKey } = make();
      const pem = String(privateKey.export({ format: 'pem', type: 'pkcs8' }));
      const der = privateKey.export({ format: 'der', type: 'pkcs8' });
      for (const form of ['pasted PEM', 'file of PEM', 'file of DER']) {
        const { keyId } = await createEmpty(keySpec);
        const page = await suite.open(t, `/keys/${keyId}/import`);
        const sent: string[] = [];
        page.on('request', (request) => sent.push(request.postData() ?? ''));
        if (form === 'pasted PEM') {
          await page.getByRole('textbox', { name: 'Key material' }).fill(pem);
        } else {
          await button(page, 'File').click();
          await choose(page, form === 'file of PEM' ? Buffer.from(pem) : der, 'private-key');
        }
        assert.deepEqual(await seriousViolations(page), [], form);
        await importAndVerify(page, keyId, publicKey, algorithm);
        const part = der.subarray(-30).toString('base64');
        assert.ok(sent.length > 0 && !sent.join('').includes(part), 'the private key leaves it only wrapped');
      }
    });

  it('compute MACs, when they are secrets of HMAC', async (t) => {
    const { keyId } = await createKey(suite.server.client(), {
      KeySpec: 'HMAC_384',
      KeyUsage: 'GENERATE_VERIFY_MAC',
      Origin: 'EXTERNAL',
    });
    const secret = randomBytes(48);
    const page = await suite.open(t, `/keys/${keyId}/import`);
    await button(page, 'Hex').click();
    await page.getByRole('textbox', { name: 'Key material' }).fill(secret.toString('hex'));
    await button(page, 'Import').click();
    await page.getByText('The key material is imported.').waitFor();
    const request = { KeyId: keyId, Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_384' } as const;
    const { Mac } = await suite.server.client().generateMac(request);
    assert.deepEqual(Buffer.from(Mac ?? []), createHmac('sha384', secret).update(MESSAGE).digest());
  });

  it('are refused here when they are something else, with what to do', async (t) => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const ecc = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const encrypted = { type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'secret' } as const;
    const { keyId } = await createEmpty('RSA_2048');
    const page = await suite.open(t, `/keys/${keyId}/import`);
    await button(page, 'File').click();
    for (const [file, fault] of [
      [rsa.privateKey.export({ ...encrypted, format: 'pem' }), /is encrypted\. openssl pkcs8/],
      [rsa.privateKey.export({ ...encrypted, format: 'der' }), /or it is encrypted/],
      [rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }), /in PKCS #1\. openssl pkcs8/],
      [rsa.privateKey.export({ type: 'pkcs1', format: 'der' }), /in PKCS #1\. openssl pkcs8/],
      [ecc.privateKey.export({ type: 'sec1', format: 'pem' }), /in SEC 1\. openssl pkcs8/],
      [ecc.privateKey.export({ type: 'sec1', format: 'der' }), /in SEC 1\. openssl pkcs8/],
      [rsa.publicKey.export({ type: 'spki', format: 'pem' }), /This is a public key\./],
      [rsa.publicKey.export({ type: 'spki', format: 'der' }), /no private key in PKCS #8/],
      ['-----BEGIN PRIVATE KEY-----\nA\n-----END PRIVATE KEY-----\n', /The PEM is malformed\./],
      ['-----BEGIN PRIVATE KEY-----\nMII', /no private key in PKCS #8/],
      ['nonsense', /no private key in PKCS #8/],
      ['0', /no private key in PKCS #8/],
    ] as const) {
      await choose(page, Buffer.from(file), 'private-key');
      await page.getByText(fault).first().waitFor();
      assert.equal(await button(page, 'Import').isDisabled(), true);
    }
    assert.deepEqual(await seriousViolations(page), []);
    const other = generateKeyPairSync('rsa', { modulusLength: 3072 });
    await choose(page, other.privateKey.export({ type: 'pkcs8', format: 'der' }), 'private-key');
    await button(page, 'Import').click();
    await page.getByText('The key material was not imported').waitFor();
    assert.equal(
      (await suite.server.client().describeKey({ KeyId: keyId })).KeyMetadata?.KeyState,
      'PendingImport',
    );
  });
});
