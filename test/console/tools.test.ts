import assert from 'node:assert/strict';
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it, type TestContext } from 'node:test';
import { buildClient, CommitmentPolicy, KmsKeyringNode } from '@aws-crypto/client-node';
import type { KMS } from '@aws-sdk/client-kms';
import type { Page } from 'playwright-core';
import { assertFits, button, consoleSuite, downloadedBy, seriousViolations } from '../support/console.ts';
import { temporaryDirectory } from '../support/qkms-process.ts';
import { until } from '../support/until.ts';

const sdk = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);

/** More than Sign takes itself. */
const LONG = 'long '.repeat(2000);

describe('the tools in the console', () => {
  const suite = consoleSuite();
  let kms: KMS;
  let keyArn: string;
  before(async () => {
    kms = suite.server.client();
    keyArn = await createKey('alias/orders', {});
    await createKey('alias/signatures', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    await createKey('alias/parcels', { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
    await createKey('alias/tokens', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
  });

  async function createKey(AliasName: string, input: Parameters<KMS['createKey']>[0]): Promise<string> {
    const { KeyMetadata } = await kms.createKey(input);
    await kms.createAlias({ AliasName, TargetKeyId: KeyMetadata?.KeyId });
    return KeyMetadata?.Arn ?? '';
  }
  const openTool = (t: TestContext, tool: string, window = {}) => suite.open(t, `/tools/${tool}`, window);
  const field = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true });
  const suggest = (page: Page, name: string) => page.getByRole('combobox', { name, exact: true });
  async function nameKey(page: Page, alias: string, label = 'Key', place = 0): Promise<void> {
    await suggest(page, label).nth(place).fill(alias);
    await page.keyboard.press('Escape');
  }
  /** The field of an algorithm, once it has a value. */
  const algorithm = (page: Page, label: string, value: string) =>
    page.locator(`input[aria-label="${label}"][value="${value}"]`);
  /** What is shown under a label. */
  const shown = async (page: Page, label: string) =>
    (await page.getByRole('region', { name: label, exact: true }).innerText()).trim();

  for (const tool of ['encrypt', 'files', 'sign', 'mac', 'data-keys', 'random']) {
    it(`are for everybody: ${tool}, in light and dark, on a desk and on a phone`, async (t) => {
      for (const window of [{ dark: true }, { width: 390, height: 800 }]) {
        const page = await openTool(t, tool, window);
        await page.getByRole('heading', { name: 'Use keys' }).waitFor();
        await page.locator('main form').first().waitFor();
        assert.deepEqual(await seriousViolations(page), []);
        await assertFits(page);
      }
    });
  }

  it('encrypt and decrypt text with an encryption context', async (t) => {
    const page = await openTool(t, 'encrypt');
    await nameKey(page, 'alias/orders');
    await field(page, 'Plaintext').fill('hello wörld');
    await button(page, 'Add a pair to the encryption context').first().click();
    await page.getByLabel('the encryption context, name 1').fill('department');
    await page.getByLabel('the encryption context, value 1').fill('sales');
    await button(page, 'Encrypt').click();
    const ciphertext = await shown(page, 'Ciphertext');
    const { Plaintext } = await kms.decrypt({
      CiphertextBlob: Buffer.from(ciphertext, 'base64'),
      EncryptionContext: { department: 'sales' },
    });
    assert.equal(Buffer.from(Plaintext ?? '').toString(), 'hello wörld');

    await field(page, 'Ciphertext').fill(ciphertext);
    await button(page, 'Decrypt').click();
    await page.getByText('It was not decrypted').waitFor();
    await page.getByText('InvalidCiphertextException').waitFor();
    await button(page, 'Add a pair to the encryption context').last().click();
    await page.getByLabel('the encryption context, name 1').last().fill('department');
    await page.getByLabel('the encryption context, value 1').last().fill('sales');
    await button(page, 'Decrypt').click();
    assert.equal(await shown(page, 'Decrypted plaintext'), 'hello wörld');
  });

  it('encrypt under an RSA key with one of its algorithms', async (t) => {
    const page = await openTool(t, 'encrypt');
    await nameKey(page, 'alias/parcels');
    await algorithm(page, 'Encryption algorithm', 'RSAES_OAEP_SHA_1').waitFor();
    await field(page, 'Plaintext').fill('hello');
    await button(page, 'Encrypt').click();
    const CiphertextBlob = Buffer.from(await shown(page, 'Ciphertext'), 'base64');
    const given = {
      KeyId: 'alias/parcels',
      EncryptionAlgorithm: 'RSAES_OAEP_SHA_1',
      CiphertextBlob,
    } as const;
    const { Plaintext } = await kms.decrypt(given);
    assert.equal(Buffer.from(Plaintext ?? '').toString(), 'hello');
  });

  it('sign messages, by their digest if they are long, and verify signatures', async (t) => {
    const { PublicKey } = await kms.getPublicKey({ KeyId: 'alias/signatures' });
    const publicKey = createPublicKey({ key: Buffer.from(PublicKey ?? ''), format: 'der', type: 'spki' });
    const page = await openTool(t, 'sign');
    await nameKey(page, 'alias/signatures');
    await algorithm(page, 'Signing algorithm', 'ECDSA_SHA_256').waitFor();
    let signature = '';
    for (const message of ['hello', LONG]) {
      await field(page, 'Message').first().fill(message);
      await button(page, 'Sign').click();
      const before = signature;
      await until('there is another signature', async () => (await shown(page, 'Signature')) !== before);
      signature = await shown(page, 'Signature');
      assert.ok(verify('sha256', Buffer.from(message), publicKey, Buffer.from(signature, 'base64')));
    }
    await nameKey(page, 'alias/signatures', 'Key', 1);
    await suggest(page, 'Signing algorithm').last().fill('ECDSA_SHA_256');
    await page.keyboard.press('Escape');
    await field(page, 'Signature').fill(signature);
    await field(page, 'Message').last().fill('another');
    await button(page, 'Verify').click();
    await page.getByText('The signature is not valid').waitFor();
    await field(page, 'Message').last().fill(LONG);
    await button(page, 'Verify').click();
    await page.getByText('The signature is valid.').waitFor();
  });

  it('compute and verify MACs', async (t) => {
    const page = await openTool(t, 'mac');
    await nameKey(page, 'alias/tokens');
    await algorithm(page, 'MAC algorithm', 'HMAC_SHA_256').waitFor();
    await field(page, 'Message').fill('hello');
    await button(page, 'Compute').click();
    const mac = await shown(page, 'MAC');
    await kms.verifyMac({
      KeyId: 'alias/tokens',
      MacAlgorithm: 'HMAC_SHA_256',
      Message: Buffer.from('hello'),
      Mac: Buffer.from(mac, 'base64'),
    });
    await field(page, 'MAC').fill(mac);
    await button(page, 'Verify').click();
    await page.getByText('The MAC is valid.').waitFor();
    await field(page, 'Message').fill('goodbye');
    await button(page, 'Verify').click();
    await page.getByText('The MAC is not valid').waitFor();
  });

  it('make data keys, key pairs and random bytes', async (t) => {
    const page = await openTool(t, 'data-keys');
    await nameKey(page, 'alias/orders', 'Key that encrypts it');
    await button(page, 'Make the data key').click();
    const plaintext = await shown(page, 'Data key in plaintext');
    const CiphertextBlob = Buffer.from(await shown(page, 'Data key, encrypted'), 'base64');
    const { Plaintext } = await kms.decrypt({ CiphertextBlob });
    assert.equal(Buffer.from(Plaintext ?? '').toString('base64'), plaintext);
    await page.getByRole('button', { name: /Kind of data key/ }).click();
    await page.getByRole('option', { name: 'ECC_NIST_P256' }).click();
    await page.getByText('With the plaintext').click();
    await button(page, 'Make the data key').click();
    await page.getByText('Private key, encrypted', { exact: true }).waitFor();
    assert.equal(await page.getByText('Private key in plaintext').count(), 0);

    await page.getByRole('tab', { name: 'Random bytes' }).click();
    assert.match(page.url(), /\/console\/tools\/random$/);
    await page.getByLabel('How many').fill('1025');
    assert.equal(await button(page, 'Get random bytes').isDisabled(), true);
    await page.getByLabel('How many').fill('24');
    await button(page, 'Get random bytes').click();
    assert.match(await shown(page, 'Random bytes'), /^[0-9a-f]{48}$/);
  });

  /** Chooses a file, has something done with it, and saves what came of it. */
  async function saved(page: Page, path: string): Promise<void> {
    const save = page.getByRole('button', { name: /^Save / });
    writeFileSync(path, await downloadedBy(page, () => save.click()));
  }
  const chooser = (page: Page, place: number) => page.locator('input[type=file]').nth(place);

  it('encrypt a file for the AWS Encryption SDK, and decrypt it again', async (t) => {
    const directory = temporaryDirectory(t);
    const content = randomBytes(40_000_000);
    writeFileSync(join(directory, 'orders.db'), content);
    const page = await openTool(t, 'files');
    await chooser(page, 0).setInputFiles(join(directory, 'orders.db'));
    await nameKey(page, 'alias/orders');
    await button(page, 'Add a pair to the encryption context').click();
    await page.getByLabel('the encryption context, name 1').fill('department');
    await page.getByLabel('the encryption context, value 1').fill('sales');
    await button(page, 'Encrypt').click();
    await page.getByText('The file is encrypted.').waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    const encrypted = join(directory, 'orders.db.encrypted');
    await saved(page, encrypted);

    const clientProvider = (region: string) => Object(suite.server.client({ region }));
    const keyring = new KmsKeyringNode({ clientProvider, keyIds: [keyArn] });
    const { plaintext, messageHeader } = await sdk.decrypt(keyring, readFileSync(encrypted));
    assert.ok(plaintext.equals(content));
    assert.equal(messageHeader.encryptionContext['department'], 'sales');

    await page.reload();
    await chooser(page, 1).setInputFiles(encrypted);
    await button(page, 'Decrypt').click();
    await page.getByText('The file is decrypted.').waitFor();
    await page.getByText('department = sales').waitFor();
    await saved(page, join(directory, 'again.db'));
    const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    assert.equal(hash(readFileSync(join(directory, 'again.db'))), hash(content));

    const files =
      'navigator.storage.getDirectory().then((root) => root.getDirectoryHandle("tools")).then((tools) => Array.fromAsync(tools.keys()))';
    assert.equal(Object(await page.evaluate(files)).length, 1);
    await page.getByRole('tab', { name: 'MACs' }).click();
    await page.getByText('Compute a MAC').waitFor();
    await until('the file is gone', async () => Object(await page.evaluate(files)).length === 0);
  });

  it('take a file that is dropped', async (t) => {
    const page = await openTool(t, 'files');
    await page.getByText('File to encrypt').waitFor();
    const dragged = await page.evaluateHandle(
      '(() => { const dragged = new DataTransfer(); dragged.items.add(new File(["hello"], "dropped.txt")); return dragged; })()',
    );
    await page.dispatchEvent('body', 'dragover', { dataTransfer: dragged });
    const zone = page.getByText('Drop the file here').first();
    await zone.waitFor();
    await zone.dispatchEvent('drop', { dataTransfer: dragged });
    await page.getByText('dropped.txt').waitFor();
    await nameKey(page, 'alias/orders');
    await button(page, 'Encrypt').click();
    await page.getByRole('button', { name: 'Save dropped.txt.encrypted' }).waitFor();
  });

  it('hand out nothing of a file that was changed or cut off, and say what is wrong', async (t) => {
    const directory = temporaryDirectory(t);
    const page = await openTool(t, 'files');
    await chooser(page, 0).setInputFiles({
      name: 'orders.txt',
      mimeType: 'text/plain',
      buffer: randomBytes(3_000_000),
    });
    await nameKey(page, 'alias/orders');
    await button(page, 'Encrypt').click();
    const encrypted = join(directory, 'encrypted');
    await saved(page, encrypted);
    const whole = readFileSync(encrypted);
    const changed = Buffer.from(whole);
    changed[2_500_000] = (changed[2_500_000] ?? 0) ^ 1;
    const cases: readonly (readonly [Buffer, string])[] = [
      [whole.subarray(0, 2_500_000), 'The file ends in the middle of its frame 3: it was cut off.'],
      [changed, 'The file was changed in frame 3.'],
      [
        Buffer.from('no such file'),
        'The file was not encrypted by this tool, nor by the AWS Encryption SDK.',
      ],
    ];
    for (const [buffer, message] of cases) {
      await chooser(page, 1).setInputFiles({ name: 'file', mimeType: '', buffer });
      await button(page, 'Decrypt').click();
      await page.getByText(message).waitFor();
      assert.equal(await page.getByText('The file is decrypted.').count(), 0);
    }
    await kms.disableKey({ KeyId: keyArn });
    t.after(() => kms.enableKey({ KeyId: keyArn }));
    await chooser(page, 1).setInputFiles({ name: 'file', mimeType: '', buffer: whole });
    await button(page, 'Decrypt').click();
    await page.getByText('DisabledException').waitFor();
  });
});
