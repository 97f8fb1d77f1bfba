import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import {
  assertFits,
  button,
  consoleSuite,
  downloadedBy,
  PHONE,
  seriousViolations,
} from '../support/console.ts';
import { createUserWithKey, type UserWithKey } from '../support/identities.ts';
import { createKey, encrypt, type NewKey } from '../support/keys.ts';

describe('the audit log in the console', () => {
  const suite = consoleSuite({ auditDurability: 'strict' });
  let ada: UserWithKey;
  let key: NewKey;
  /** Of a call that was refused. */
  let requestId: string;
  before(async () => {
    ada = await createUserWithKey(suite.server.iam(), 'ada');
    key = await createKey(suite.server.client());
    for (let count = 0; count < 30; count += 1) await encrypt(suite.server.client(), key.keyId);
    const refused = suite.server.client({ credentials: ada.credentials }).encrypt({
      KeyId: key.arn,
      Plaintext: Buffer.from('hello'),
      EncryptionContext: { department: 'sales' },
    });
    requestId = await refused.then(
      () => assert.fail('it was not refused'),
      (error: { readonly $metadata: { readonly requestId: string } }) => error.$metadata.requestId,
    );
  });

  const rows = (page: Page) => page.getByRole('table').getByRole('row');

  it('is searched by one attribute and time, page by page', async (t) => {
    const page = await suite.open(t, '/audit');
    await page.getByRole('link', { name: 'Encrypt' }).first().waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await page.getByLabel('Look for').click();
    await page.getByRole('option', { name: 'Event name' }).click();
    await page.getByRole('textbox', { name: 'Value' }).fill('Encrypt');
    await button(page, 'Search').click();
    await page.getByText('AccessDenied').waitFor();
    assert.match(page.url(), /by=EventName&value=Encrypt$/);
    assert.equal(await rows(page).count(), 26);
    await button(page, 'Next page').click();
    await page.getByText('AccessDenied').waitFor({ state: 'hidden' });
    await page.getByRole('link', { name: 'Encrypt' }).first().waitFor();
    assert.equal(await rows(page).count(), 7);
    await button(page, 'Previous page').click();
    await page.getByText('AccessDenied').waitFor();
    await page.getByLabel('Only calls that were refused or failed').check();
    await button(page, 'Search').click();
    await page.getByText('user/ada').waitFor();
    assert.equal(await rows(page).count(), 2);
    await button(page, 'Time Any time').click();
    await page.getByLabel('Last hour').check();
    await button(page, 'Apply').click();
    await button(page, 'Search').click();
    await page.getByText('user/ada').waitFor();
    assert.match(page.url(), /from=/);
    await page.goto(`/console/audit?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z`);
    await page.getByText('There are no such events.').waitFor();
  });

  it('shows an event whole, and what it was about', async (t) => {
    const page = await suite.open(t, '/audit?by=Username&value=root');
    await page.getByRole('link', { name: 'Encrypt' }).first().click();
    await page.getByRole('heading', { name: 'Encrypt', level: 1 }).waitFor();
    await page.getByText('"eventVersion": "1.11"').waitFor();
    assert.match(await page.locator('main').innerText(), /kms:Encrypt/);
    assert.deepEqual(await seriousViolations(page), []);
    await page.getByRole('link', { name: key.arn }).click();
    await page.getByRole('tab', { name: 'Recent events' }).click();
    await page.getByRole('link', { name: 'Encrypt' }).first().waitFor();
    assert.equal(await rows(page).count(), 26);
    assert.deepEqual(await seriousViolations(page), []);
    await page.goto(`/console/audit/00000000-0000-4000-8000-000000000000`);
    await page.getByText('There is no event 00000000-').waitFor();
  });

  it('tells why a call was denied: from its event, its request id, or the event as JSON', async (t) => {
    const page = await suite.open(t, '/audit?refused=true');
    await page.getByRole('link', { name: 'Encrypt' }).click();
    const record = await page.getByLabel('Record', { exact: true }).innerText();
    await button(page, 'Why was this denied?').click();
    const isFilledIn = async () => {
      const name = page.getByLabel('condition keys, name 1');
      await name.waitFor();
      assert.equal(await name.inputValue(), 'kms:EncryptionContext:department');
      assert.equal(await page.getByLabel('Key', { exact: true }).inputValue(), key.arn);
      assert.equal(await page.getByLabel('Action').inputValue(), 'kms:Encrypt');
      assert.equal(await page.getByLabel('Principal').inputValue(), ada.arn);
    };
    await page.getByText('It is explained by the policies and grants that there are now.').waitFor();
    await isFilledIn();
    await button(page, 'Explain').click();
    await page.getByText('Denied: nothing allows it').waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    for (const pasted of [requestId, record]) {
      await page.goto(`/console/access`);
      await page.getByLabel('Paste an error').fill(pasted);
      if (pasted === requestId) await page.getByText('It is explained by').waitFor();
      await isFilledIn();
    }
    await page.getByLabel('Paste an error').fill('00000000-0000-4000-8000-000000000000');
    await page.getByText('There is no event or request 00000000-').waitFor();
  });

  it('has its newest checkpoint verified in the browser', async (t) => {
    suite.server.clock.advance(10_000);
    const page = await suite.open(t, '/audit');
    await button(page, 'Newest checkpoint').click();
    await page.getByText('Valid', { exact: true }).waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    const publicKey = page.getByRole('link', { name: 'Public key' });
    const pem = (await downloadedBy(page, () => publicKey.click())).toString();
    const der = Buffer.from(pem.replaceAll(/-----.*-----|\n/g, ''), 'base64');
    await page.getByText(createHash('sha256').update(der).digest('hex')).waitFor();
  });

  it('says when a checkpoint is not what was signed', async (t) => {
    const page = await suite.open(t, '/reference');
    await page.route('**/', async (route) => {
      if (!route.request().headers()['x-amz-target']?.endsWith('DescribeAuditLog')) return route.continue();
      const response = await route.fetch();
      const body = (await response.text()).replace(/("Checkpoint":"[^"]*?\\n)(\d+)\\n/, '$19$2\\n');
      return route.fulfill({ response, body });
    });
    await page.getByRole('link', { name: 'Audit log' }).click();
    await page.getByText('Not valid').waitFor();
  });

  it('says that it is off, and how it is turned on', async (t) => {
    const silent = await suite.startServer(t, { auditDurability: 'none' });
    const { keyId } = await createKey(silent.client());
    for (const path of ['/audit', `/keys/${keyId}/events`, '/audit/00000000-0000-4000-8000-000000000000']) {
      const page = await suite.openOf(t, silent, path);
      await page.getByText('Calls are not recorded').waitFor();
      await page.getByText('--audit-durability strict').waitFor();
    }
  });

  it('fits on a phone', async (t) => {
    for (const path of [
      '/audit?by=EventName&value=Encrypt',
      '/audit?refused=true',
      `/keys/${key.keyId}/events`,
    ]) {
      const page = await suite.open(t, path, PHONE);
      await page.getByRole('link', { name: 'Encrypt' }).first().waitFor();
      await assertFits(page, path);
      assert.deepEqual(await seriousViolations(page), [], path);
    }
  });
});
