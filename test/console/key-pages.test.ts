import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { assertFits, button, consoleSuite, inDialog, PHONE, seriousViolations } from '../support/console.ts';
import { createUserWithKey, identityPolicy } from '../support/identities.ts';
import { createKey, encrypt } from '../support/keys.ts';

describe('the page of a key in the console', () => {
  const suite = consoleSuite({ auditDurability: 'strict' });
  let kms: KMS;
  before(async () => {
    kms = suite.server.client();
  });

  it('says who used it before its deletion is scheduled', async (t) => {
    const { keyId } = await createKey(kms);
    const everything = identityPolicy({ Effect: 'Allow', Action: 'kms:*', Resource: '*' });
    const ada = await createUserWithKey(suite.server.iam(), 'ada', { everything });
    await encrypt(suite.server.client({ credentials: ada.credentials }), keyId);
    await encrypt(suite.server.client({ credentials: ada.credentials }), keyId);
    const page = await suite.open(t, `/keys/${keyId}`);
    await button(page, 'Schedule deletion').click();
    const row = page.getByRole('dialog').getByRole('row', { name: 'user/ada' });
    await row.waitFor();
    assert.match(await row.innerText(), /user\/ada\s+2\s+.*\s+Encrypt/);
    assert.deepEqual(await seriousViolations(page), []);
    const unused = await createKey(kms);
    await page.goto(`/console/keys/${unused.keyId}`);
    await button(page, 'Schedule deletion').click();
    await page.getByText('has nobody who used the key').waitFor();
  });

  it('has a timeline of its rotations', async (t) => {
    const { keyId } = await createKey(kms);
    await kms.enableKeyRotation({ KeyId: keyId, RotationPeriodInDays: 90 });
    await kms.rotateKeyOnDemand({ KeyId: keyId });
    const page = await suite.open(t, `/keys/${keyId}/rotation`);
    await page.getByText('First material').waitFor();
    await page.getByText('rotated on demand').waitFor();
    await page.getByText('next automatic rotation').waitFor();
    assert.match(await page.locator('main').innerText(), /still decrypts[\s\S]*encrypts now/);
    assert.deepEqual(await seriousViolations(page), []);
  });

  it('shows its Regions, replicates to others, and changes the primary Region', async (t) => {
    const { keyId } = await createKey(kms, { MultiRegion: true });
    const page = await suite.open(t, `/keys/${keyId}/multi-region`);
    await button(page, 'Replicate to a Region').click();
    await page.getByLabel('Region', { exact: true }).fill('eu-west-1');
    await inDialog(page, 'Replicate').click();
    await button(page, 'Go to eu-west-1').waitFor();
    const replica = suite.server.client({ region: 'eu-west-1' });
    assert.equal((await replica.describeKey({ KeyId: keyId })).KeyMetadata?.KeyState, 'Enabled');
    await page.getByText('a replica', { exact: true }).waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await button(page, 'Replicate to a Region').click();
    await page.getByLabel('Region', { exact: true }).fill('eu-west-1');
    await inDialog(page, 'Replicate').click();
    await page.getByText('The key was not replicated').waitFor();
    await inDialog(page, 'Cancel').click();
    await button(page, 'Make eu-west-1 the primary Region').click();
    await inDialog(page, 'Change').click();
    await button(page, 'Make us-east-1 the primary Region').waitFor();
    await button(page, 'Go to eu-west-1').click();
    await button(page, 'Go to us-east-1').waitFor();
    await button(page, 'Region eu-west-1').waitFor();
  });

  it('imports key material that was wrapped in the browser, and deletes it', async (t) => {
    const { keyId } = await createKey(kms, { Origin: 'EXTERNAL' });
    const page = await suite.open(t, `/keys/${keyId}/import`);
    await button(page, 'Hex').click();
    const material = randomBytes(32);
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.postData() ?? ''));
    const bytes = page.getByRole('textbox', { name: 'Key material' });
    await bytes.fill(material.subarray(1).toString('hex'));
    await button(page, 'Import').click();
    await page.getByText('The key material was not imported').waitFor();
    await bytes.fill(material.toString('hex'));
    await page.getByLabel('Days until it expires').fill('30');
    assert.deepEqual(await seriousViolations(page), []);
    await button(page, 'Import').click();
    await page.getByText('The key material is imported.').waitFor();
    assert.equal(await bytes.inputValue(), '');
    const { KeyMetadata } = await kms.describeKey({ KeyId: keyId });
    assert.equal(KeyMetadata?.KeyState, 'Enabled');
    const left = (KeyMetadata?.ValidTo?.getTime() ?? 0) - suite.server.clock.now();
    assert.ok(Math.abs(left - 30 * 86_400_000) < 600_000, `${left} ms`);
    const sent = requests.join('');
    for (const encoding of ['hex', 'base64'] as const) assert.ok(!sent.includes(material.toString(encoding)));
    await page.goto(`/console/overview`);
    await page.getByText('Its key material expires on').waitFor();
    await page.goto(`/console/keys/${keyId}/import`);
    await button(page, 'Delete key material').click();
    await inDialog(page, 'Delete').click();
    await page.locator('button:disabled', { hasText: 'Delete key material' }).waitFor();
    assert.equal((await kms.describeKey({ KeyId: keyId })).KeyMetadata?.KeyState, 'PendingImport');
  });

  it('fits on a phone, every tab of it', async (t) => {
    const { keyId } = await createKey(kms, { Origin: 'EXTERNAL', MultiRegion: true });
    const page = await suite.open(t, `/keys/${keyId}`, PHONE);
    await page.getByRole('tab').first().waitFor();
    for (const tab of [
      'events',
      'access',
      'grants',
      'aliases',
      'tags',
      'rotation',
      'import',
      'multi-region',
    ]) {
      await page.goto(`/console/keys/${keyId}/${tab}`);
      await page.getByRole('tabpanel').getByRole('heading').first().waitFor();
      await assertFits(page, tab);
      assert.deepEqual(await seriousViolations(page), [], tab);
    }
  });
});
