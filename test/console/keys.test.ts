import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import {
  assertFits,
  assertNothingRan,
  button,
  consoleSuite,
  HOSTILE,
  PHONE,
  seriousViolations,
} from '../support/console.ts';
import { ACCOUNT } from '../support/server.ts';

const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const ADA = `arn:aws:iam::${ACCOUNT}:user/ada`;

function allow(principal: string, action: string) {
  return { Effect: 'Allow', Principal: { AWS: principal }, Action: action, Resource: '*' };
}

function policyOf(...statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

describe('keys in the console', () => {
  const suite = consoleSuite();
  before(async () => {
    await suite.server.iam().createUser({ UserName: 'ada' });
  });

  async function createKey(description = ''): Promise<string> {
    const { KeyMetadata } = await suite.server.client().createKey({ Description: description });
    return KeyMetadata?.KeyId ?? '';
  }
  async function policyNow(KeyId: string): Promise<unknown> {
    return JSON.parse((await suite.server.client().getKeyPolicy({ KeyId })).Policy ?? '');
  }
  const save = (page: Page) => button(page, 'Save policy').click();

  it('are created step by step, with a policy that is worked out', async (t) => {
    const page = await suite.open(t, '/keys');
    await button(page, 'Create key').click();
    await page.getByRole('heading', { name: 'Kind of key' }).first().waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await button(page, 'Next').click();
    await page.getByLabel('Alias').fill('app/orders');
    await page.getByLabel('Description').fill('orders database');
    await button(page, 'Add tag').click();
    await page.getByRole('textbox', { name: 'Tag key' }).fill('team');
    await page.getByRole('textbox', { name: 'Tag value' }).fill('orders');
    await button(page, 'Next').click();
    await page.getByLabel('Key users').click();
    await page.getByRole('option', { name: 'user/ada' }).click();
    await page.getByText('Allow use of the key').waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await button(page, 'Next').click();
    await button(page, 'Create key').click();
    await page.getByRole('heading', { name: 'General' }).waitFor();
    const { KeyMetadata } = await suite.server.client().describeKey({ KeyId: 'alias/app/orders' });
    assert.equal(KeyMetadata?.Description, 'orders database');
    assert.ok(page.url().endsWith(`/keys/${KeyMetadata?.KeyId}`));
    const { Tags } = await suite.server.client().listResourceTags({ KeyId: KeyMetadata?.KeyId });
    assert.deepEqual(Tags, [{ TagKey: 'team', TagValue: 'orders' }]);
    const text = JSON.stringify(await policyNow(KeyMetadata?.KeyId ?? ''));
    assert.ok(text.includes(ADA) && text.includes('kms:Decrypt'));
    assert.deepEqual(await seriousViolations(page), []);
  });

  it('have their policies edited: faults are shown at their places, then who gains and loses', async (t) => {
    const keyId = await createKey();
    const page = await suite.open(t, `/keys/${keyId}`);
    await button(page, 'Edit policy').click();
    const editor = page.getByLabel('Policy', { exact: true });
    await editor.fill('{"Version":"2012-10-17",\n"Statement":[{"Effect":"Alow"}]}');
    await page
      .getByText('Line 2, column 24: statement 1: Effect must be "Allow" or "Deny", not "Alow"')
      .waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await save(page);
    await page.getByText('The policy has faults', { exact: true }).waitFor();
    assert.notEqual(JSON.stringify(await policyNow(keyId)).includes('Alow'), true);
    const next = policyOf(allow(ROOT, 'kms:*'), allow(ADA, 'kms:Decrypt'));
    await editor.fill(next);
    await page.getByText('Who gains').waitFor();
    assert.match(await page.locator('main').innerText(), /user\/ada: kms:Decrypt/);
    await save(page);
    await page.getByRole('heading', { name: 'General' }).waitFor();
    assert.deepEqual(await policyNow(keyId), JSON.parse(next));
  });

  it('warn whoever would be locked out, and obey whoever insists', async (t) => {
    const keyId = await createKey();
    const page = await suite.open(t, `/keys/${keyId}/policy`);
    const locked = policyOf(allow(ADA, 'kms:Decrypt'));
    await page.getByLabel('Policy', { exact: true }).fill(locked);
    await page.getByText('Who loses').waitFor();
    await save(page);
    await page.getByText('You would lock yourself out').waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    assert.equal(await button(page, 'Save policy').isDisabled(), true);
    await page.getByText('I know, and want to save it all the same').click();
    await save(page);
    await page.getByText('AccessDeniedException').first().waitFor();
    await assert.rejects(suite.server.client().getKeyPolicy({ KeyId: keyId }), {
      name: 'AccessDeniedException',
    });
  });

  it('get an old policy back', async (t) => {
    const keyId = await createKey();
    const before = await policyNow(keyId);
    const Policy = policyOf(allow(ROOT, 'kms:*'), allow(ADA, 'kms:Encrypt'));
    await suite.server.client().putKeyPolicy({ KeyId: keyId, Policy });
    const page = await suite.open(t, `/keys/${keyId}`);
    await button(page, 'Restore version 1').click();
    await page.getByText('Who loses').waitFor();
    await button(page, 'Restore').last().click();
    await page.getByText('3 (present)').waitFor();
    assert.deepEqual(await policyNow(keyId), before);
  });

  it('tell who can use them, and why a call was denied', async (t) => {
    const keyId = await createKey();
    const page = await suite.open(t, `/keys/${keyId}/access`);
    await button(page, `Yes: kms:Decrypt by ${ROOT}`).waitFor();
    await button(page, `No: kms:Decrypt by ${ADA}`).click();
    await page.getByRole('dialog').getByText('What would have to change').waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    const arn = `arn:aws:kms:us-east-1:${ACCOUNT}:key/${keyId}`;
    await page.goto(`/console/access`);
    await page
      .getByLabel('Paste an error')
      .fill(
        `An error occurred (AccessDeniedException): User: ${ADA} is not authorized to perform: kms:Encrypt on resource: ${arn} because …`,
      );
    assert.equal(await page.getByLabel('Key', { exact: true }).inputValue(), arn);
    assert.equal(await page.getByLabel('Principal').inputValue(), ADA);
    await button(page, 'Explain').click();
    await page.getByText('Denied: nothing allows it').waitFor();
    assert.match(await page.locator('main').innerText(), /allow kms:Encrypt on .* by an identity policy/);
    assert.deepEqual(await seriousViolations(page), []);
  });

  it('are disabled, enabled, scheduled for deletion and kept, after a warning', async (t) => {
    const keyId = await createKey();
    const state = async () =>
      (await suite.server.client().describeKey({ KeyId: keyId })).KeyMetadata?.KeyState;
    const page = await suite.open(t, `/keys/${keyId}/grants`);
    const confirm = (name: string) =>
      page.getByRole('dialog').getByRole('button', { name, exact: true }).click();
    await button(page, 'Disable').click();
    await page.getByText('stops working at once').waitFor();
    await confirm('Disable');
    await button(page, 'Enable').waitFor();
    assert.equal(await state(), 'Disabled');
    await button(page, 'Schedule deletion').click();
    await page.getByText('The key was never used.').waitFor();
    await page.getByLabel('Waiting period in days').fill('3');
    await confirm('Schedule deletion');
    await page.getByText('Nothing was changed').waitFor();
    await page.getByLabel('Waiting period in days').fill('7');
    await confirm('Schedule deletion');
    await button(page, 'Cancel deletion').waitFor();
    assert.equal(await state(), 'PendingDeletion');
    await button(page, 'Cancel deletion').click();
    await confirm('Cancel deletion');
    await button(page, 'Enable').waitFor();
  });

  it('show aliases, tags, grants and rotation, which can be changed', async (t) => {
    const keyId = await createKey();
    await suite.server
      .client()
      .createGrant({ KeyId: keyId, GranteePrincipal: ADA, Operations: ['Decrypt'], Name: 'nightly' });
    const page = await suite.open(t, `/keys/${keyId}/aliases`);
    await button(page, 'Create alias').click();
    await page.getByLabel('Alias name').fill('app/tabs');
    await button(page, 'Create').click();
    await page.getByText('alias/app/tabs').waitFor();
    await page.getByRole('tab', { name: 'Tags' }).click();
    await button(page, 'Add tag').click();
    await page.getByRole('textbox', { name: 'Tag key' }).fill('team');
    await button(page, 'Save tags').click();
    await page.getByRole('tab', { name: 'Rotation' }).click();
    await button(page, 'Rotate now').click();
    await button(page, 'Rotate').click();
    await page.getByText('ON_DEMAND').waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await page.getByRole('tab', { name: 'Grants' }).click();
    await page.getByText('nightly').waitFor();
    await page.getByRole('button', { name: /^Revoke/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('The key has no grants.').waitFor();
    const { Tags } = await suite.server.client().listResourceTags({ KeyId: keyId });
    assert.deepEqual(Tags, [{ TagKey: 'team', TagValue: '' }]);
  });

  it('are paged by the server, and found by alias, however many there are', async (t) => {
    const kms = suite.server.client({ region: 'eu-west-1' });
    for (let index = 0; index < 30; index += 1) await kms.createKey({ Description: `key ${index}` });
    const { Keys = [] } = await kms.listKeys();
    await kms.createAlias({ AliasName: 'alias/last', TargetKeyId: Keys.at(-1)?.KeyId });
    const page = await suite.open(t, '/keys');
    await page.getByRole('button', { name: 'Region us-east-1' }).click();
    await page.getByRole('menuitem', { name: 'eu-west-1' }).click();
    await page.getByText(Keys[0]?.KeyId ?? '').waitFor();
    assert.equal((await page.getByText(/^key \d+$/).count()) <= 25, true);
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.getByRole('link', { name: 'last' }).waitFor();
    await page.getByRole('button', { name: 'Previous page' }).click();
    await page.getByText(Keys[0]?.KeyId ?? '').waitFor();
    await page.getByLabel('Filter keys').fill('alias/last');
    await page.getByLabel('Filter keys').press('Enter');
    await button(page, 'Go to this key').click();
    await page.getByRole('heading', { name: Keys.at(-1)?.KeyId ?? '', level: 1 }).waitFor();
  });

  it('are shown as the texts that they are, whatever HTML these hold', async (t) => {
    const keyId = await createKey(HOSTILE);
    const Policy = policyOf(
      { ...allow(ROOT, 'kms:*'), Sid: HOSTILE },
      { ...allow(ADA, 'kms:Decrypt'), Sid: `${HOSTILE}2` },
    );
    await suite.server.client().putKeyPolicy({ KeyId: keyId, Policy });
    for (const path of [
      '/keys',
      `/keys/${keyId}`,
      `/keys/${keyId}/access`,
      `/keys/${keyId}/policy`,
      `/keys/${keyId}/tags`,
    ]) {
      const page = await suite.open(t, path);
      await page.getByText('window.hacked').first().waitFor();
      await assertNothingRan(page);
    }
    for (const path of [
      `/keys/${encodeURIComponent(HOSTILE)}`,
      `/reference?q=${encodeURIComponent(HOSTILE)}`,
    ]) {
      const page = await suite.open(t, path);
      await page
        .getByText(/window\.hacked|Nothing has all/)
        .first()
        .waitFor();
      await assertNothingRan(page);
    }
  });

  it('fit on a phone', async (t) => {
    const keyId = await createKey('orders database');
    for (const path of ['/keys', '/keys/create', `/keys/${keyId}`, `/keys/${keyId}/policy`, '/access']) {
      const page = await suite.open(t, path, PHONE);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await assertFits(page, path);
      assert.deepEqual(await seriousViolations(page), [], path);
    }
  });
});
