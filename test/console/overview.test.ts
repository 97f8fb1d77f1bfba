import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { KMS } from '@aws-sdk/client-kms';
import type { Page } from 'playwright-core';
import { assertFits, button, consoleSuite, PHONE, seriousViolations, signIn } from '../support/console.ts';
import { createUserWithKey } from '../support/identities.ts';
import { allow, keyPolicy } from '../support/key-policies.ts';
import { createKey, encrypt } from '../support/keys.ts';
import { ACCOUNT } from '../support/server.ts';

describe('the overview of the console', () => {
  const suite = consoleSuite({ auditDurability: 'strict' });
  let kms: KMS;
  before(async () => {
    kms = suite.server.client();
  });

  const attention = (page: Page) => page.getByRole('table', { name: 'What needs attention' });

  it('says what an account without keys can do first', async (t) => {
    const page = await suite.open(t, '');
    await page.getByText('There are no keys in this Region yet.').waitFor();
    await page.getByText(/No call was recorded in this time|\d calls? since/).waitFor();
    assert.match(page.url(), /\/console\/overview$/);
    assert.deepEqual(await seriousViolations(page), []);
  });

  it('counts keys by state, and says what needs attention and what to do', async (t) => {
    const open = await createKey(kms, {
      Description: 'open to all',
      Policy: keyPolicy(allow(), allow({ Principal: '*', Action: 'kms:Decrypt' })),
    });
    const disabled = await createKey(kms);
    await kms.disableKey({ KeyId: disabled.keyId });
    const leaving = await createKey(kms, { Description: 'leaving' });
    await kms.scheduleKeyDeletion({ KeyId: leaving.keyId, PendingWindowInDays: 7 });
    await createKey(kms, { Description: 'empty', Origin: 'EXTERNAL' });
    const page = await suite.open(t, '/overview');
    await page.getByText('allows everybody, of any account').waitFor();
    const text = await attention(page).innerText();
    assert.match(text, /open to all[\s\S]*leaving|empty/);
    assert.ok(text.indexOf('open to all') < text.indexOf('Will be deleted on'));
    assert.ok(text.indexOf('Will be deleted on') < text.indexOf('Is disabled'));
    assert.match(text, /Has no key material/);
    assert.match(await page.locator('main').innerText(), /Enabled\s+1\b/);
    assert.match(await page.locator('main').innerText(), /Pending deletion\s+1\b/);
    await page.getByRole('link', { name: `Edit the policy: ${open.keyId}` }).click();
    await page.getByLabel('Policy', { exact: true }).waitFor();
  });

  it('shows calls over time, and leads to those that were refused', async (t) => {
    const { keyId } = await createKey(kms);
    for (let count = 0; count < 3; count += 1) await encrypt(kms, keyId);
    await assert.rejects(kms.describeKey({ KeyId: 'alias/none' }));
    const page = await suite.open(t, '/overview');
    await page.getByRole('application', { name: 'Calls of KMS by operation' }).first().waitFor();
    await page.getByText('Encrypt', { exact: true }).waitFor();
    await page.getByText('Time to answer').first().waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await button(page, 'Last hour').click();
    await page.getByRole('link', { name: 'refused or failed' }).click();
    await page.getByText('NotFoundException').first().waitFor();
  });

  it('looks at a hundred keys, and at more when it is asked to', async (t) => {
    const elsewhere = suite.server.client({ region: 'eu-west-1' });
    for (let count = 0; count < 105; count += 1) await createKey(elsewhere);
    const page = await suite.open(t, '/overview');
    await button(page, 'Region us-east-1').click();
    await page.getByRole('menuitem', { name: 'eu-west-1' }).click();
    await page.getByText('The first 100 keys were looked at; there are more.').waitFor();
    await button(page, 'Look at more keys').click();
    await page.getByText('(105)').waitFor();
  });

  it('says part by part what somebody may not see', async (t) => {
    const { credentials } = await createUserWithKey(suite.server.iam(), 'nobody');
    const page = await suite.open(t, '/overview');
    await button(page, `Signed in as root @ ${ACCOUNT}`).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await signIn(page, credentials);
    await page.getByText('The keys cannot be looked at', { exact: true }).waitFor();
    await page.getByText('The activity cannot be shown').waitFor();
    await page.getByText('It cannot be told: the keys cannot be looked at.').waitFor();
    assert.deepEqual(await seriousViolations(page), []);
  });

  it('says when calls are not recorded', async (t) => {
    const silent = await suite.startServer(t, { auditDurability: 'none' });
    const page = await suite.openOf(t, silent, '/overview');
    await page.getByText('Calls are not recorded').waitFor();
  });

  it('needs less than 400 kB of compressed script, as does the list of keys', async (t) => {
    for (const [path, heading] of [
      ['/overview', 'Overview'],
      ['/keys', 'KMS keys'],
    ] as const) {
      const page = await suite.open(t, '/reference');
      await page.goto('about:blank');
      const sizes: Promise<number>[] = [];
      page.on('response', (response) => {
        if (response.url().endsWith('.js'))
          sizes.push(response.body().then((script) => gzipSync(script, { level: 9 }).length));
      });
      await page.goto(`/console${path}`);
      await page.getByRole('heading', { name: heading }).waitFor();
      if (path === '/overview') await page.getByText('Time to answer').first().waitFor();
      const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
      assert.ok(total > 100_000 && total < 400_000, `${path}: ${total} bytes`);
      t.diagnostic(`${path}: ${total} bytes of compressed script`);
    }
  });

  it('fits on a phone', async (t) => {
    const page = await suite.open(t, '/overview', PHONE);
    await page.getByText('Time to answer').first().waitFor();
    await assertFits(page);
    assert.deepEqual(await seriousViolations(page), []);
  });
});
