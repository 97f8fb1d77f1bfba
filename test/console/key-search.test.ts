import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { button, consoleSuite, seriousViolations, signIn } from '../support/console.ts';
import { createUserWithKey, identityPolicy } from '../support/identities.ts';
import { createKey } from '../support/keys.ts';

/** More than a request passes over. */
const MANY = 1_300;
const AT_ONCE = 50;

/** The list of keys in the console, with many keys. */
describe('the list of keys in the console', () => {
  const suite = consoleSuite({ auditDurability: 'none' });
  let last: string;
  before(async () => {
    const kms = suite.server.client();
    for (let made = 0; made < MANY; made += AT_ONCE)
      await Promise.all(
        Array.from({ length: AT_ONCE }, (_, index) =>
          createKey(kms, { Description: `number ${made + index}`, ...kindOf(made + index) }),
        ),
      );
    last = await lastKey();
    await kms.updateKeyDescription({ KeyId: last, Description: 'the needle' });
    await kms.createAlias({ AliasName: 'alias/haystack/last', TargetKeyId: last });
  });
  /** Of so many keys 13 are tagged, 4 of them disabled, and another 2 are for signing. */
  function kindOf(index: number) {
    if (index % 100 === 7) return { Tags: [{ TagKey: 'team', TagValue: index < 400 ? 'blue' : 'red' }] };
    return index === 50 || index === 60
      ? ({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' } as const)
      : {};
  }

  /** The key with the greatest id, which a search comes to last. */
  async function lastKey(): Promise<string> {
    const first = await suite.server.client().listKeys({ Limit: 1_000 });
    const rest = await suite.server.client().listKeys({ Limit: 1_000, Marker: first.NextMarker });
    return rest.Keys?.at(-1)?.KeyId ?? '';
  }

  const rows = (page: Page) => page.getByRole('table', { name: 'KMS keys' }).getByRole('row');
  const filter = (page: Page) => page.getByLabel('Filter keys');

  async function filterBy(page: Page, text: string): Promise<void> {
    await filter(page).fill(text);
    await filter(page).press('Enter');
  }

  it('shows a page at a time, with one request for each', async (t) => {
    const page = await suite.open(t, '/reference');
    await page.getByRole('button', { name: /^Signed in as/ }).waitFor();
    const asked: string[] = [];
    page.on('request', (request) => {
      const target = request.headers()['x-amz-target'];
      if (target !== undefined) asked.push(target);
    });
    await page.getByRole('link', { name: 'KMS keys' }).click();
    await rows(page).nth(25).waitFor();
    assert.equal(await rows(page).count(), 26);
    assert.deepEqual(asked, ['QKMS.SearchKeys']);
    const [firstOfFirst] = await rows(page).nth(1).getByRole('link').allInnerTexts();
    await button(page, 'Next page').click();
    await button(page, 'Previous page').click();
    await page.getByRole('link', { name: firstOfFirst ?? '' }).waitFor();
    assert.deepEqual(await seriousViolations(page), []);
  });

  it('finds by text the last of all keys, and says how many were searched', async (t) => {
    const page = await suite.open(t, '/keys');
    await filterBy(page, 'NEEDLE');
    await page.getByRole('link', { name: 'haystack/last' }).waitFor();
    await page
      .getByText(`1 key on this page, ${MANY.toLocaleString('en')} keys searched`)
      .first()
      .waitFor();
    assert.equal(await rows(page).count(), 2);
    assert.ok(page.url().endsWith('/keys?text=NEEDLE'), page.url());
    await page.goBack();
    await rows(page).nth(25).waitFor();
  });

  it('finds by state, tag and spec, chosen from what there is, together', async (t) => {
    const page = await suite.open(t, '/keys?tag=team%3Dblue');
    await rows(page).nth(4).waitFor();
    assert.equal(await rows(page).count(), 5);
    const keyId = (await rows(page).nth(1).getByRole('link').innerText()).trim();
    await suite.server.client().disableKey({ KeyId: keyId });
    await filter(page).fill('State');
    await page.getByRole('option', { name: /^State =/ }).click();
    await page.getByRole('option', { name: 'Disabled', exact: true }).click();
    await button(page, 'Apply').click();
    await page.getByText('1 key on this page').first().waitFor();
    await page.getByRole('link', { name: keyId }).waitFor();
    assert.equal(await rows(page).count(), 2);
    assert.ok(page.url().endsWith('/keys?state=Disabled&tag=team%3Dblue'), page.url());
    assert.deepEqual(await seriousViolations(page), []);
    await page.goto(`/console/keys?spec=ECC_NIST_P256&spec=RSA_2048`);
    await rows(page).nth(2).waitFor();
    assert.equal(await rows(page).count(), 3);
    await page.getByText('Spec = ECC_NIST_P256, RSA_2048').first().waitFor();
  });

  it('says that nothing matches, and what the server refuses', async (t) => {
    const page = await suite.open(t, '/keys?text=nothing+has+this');
    await page.getByText('No key matches.').waitFor();
    await button(page, 'Clear filters').click();
    await rows(page).nth(25).waitFor();
    await page.goto(`/console/keys?state=Asleep`);
    await page.getByText('ValidationException').waitFor();
  });

  it('goes to the key of an id, ARN or alias', async (t) => {
    const page = await suite.open(t, '/keys');
    for (const name of [last, `arn:aws:kms:us-east-1:111122223333:key/${last}`, 'alias/haystack/last']) {
      await filterBy(page, name);
      await button(page, 'Go to this key').click();
      await page.getByRole('heading', { name: last, level: 1 }).waitFor();
      await page.getByRole('link', { name: 'KMS keys' }).first().click();
    }
    await filterBy(page, 'alias/nobody');
    await button(page, 'Go to this key').click();
    await page.getByText('There is no key to show').waitFor();
  });

  it('says what is left out for want of permissions', async (t) => {
    const { credentials } = await createUserWithKey(suite.server.iam(), 'clerk', {
      some: identityPolicy(
        { Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' },
        { Effect: 'Allow', Action: 'kms:DescribeKey', Resource: `arn:aws:kms:*:*:key/${last}` },
      ),
    });
    const page = await suite.open(t, '/keys');
    await page.getByRole('button', { name: /^Signed in as/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await signIn(page, credentials);
    await page.getByText('Keys that you may not describe are left out. (kms:DescribeKey)').waitFor();
    await page.getByText('Aliases are not shown, and not searched. (kms:ListAliases)').waitFor();
    await page.getByRole('link', { name: last }).waitFor();
    assert.equal(await rows(page).count(), 2);
    assert.equal(await page.getByText('denied', { exact: true }).count(), 2);
    assert.deepEqual(await seriousViolations(page), []);
  });
});
