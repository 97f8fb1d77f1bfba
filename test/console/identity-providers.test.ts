import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertFits, button, consoleSuite, inDialog, PHONE, seriousViolations } from '../support/console.ts';
import { ACCOUNT } from '../support/server.ts';

const ISSUER = 'issuer.example.com/tenant';
const ARN = `arn:aws:iam::${ACCOUNT}:oidc-provider/${ISSUER}`;
const THUMBPRINT = '0123456789abcdef0123456789abcdef01234567';

describe('OpenID Connect providers in the console', () => {
  const suite = consoleSuite();

  it('are created, changed, tagged and deleted', async (t) => {
    const iam = suite.server.iam();
    const provider = () => iam.getOpenIDConnectProvider({ OpenIDConnectProviderArn: ARN });
    const page = await suite.open(t, '/identities/providers');
    await page.getByText('There are none yet.').waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await button(page, 'Create provider').click();
    await page.getByLabel('Issuer').fill('ftp://issuer.example.com');
    await inDialog(page, 'Create').click();
    await page.getByText('The provider was not created').waitFor();
    await page.getByLabel('Issuer').fill(`https://${ISSUER}`);
    await page.getByLabel('Client IDs').fill('sts.amazonaws.com\n\n backup \n');
    assert.deepEqual(await seriousViolations(page), []);
    await inDialog(page, 'Create').click();
    await page.getByRole('heading', { name: ISSUER, level: 1 }).waitFor();
    assert.deepEqual((await provider()).ClientIDList?.toSorted(), ['backup', 'sts.amazonaws.com']);

    await button(page, 'Add client ID').click();
    await page.getByLabel('Client ID', { exact: true }).fill('web');
    await inDialog(page, 'Add').click();
    await button(page, 'Remove web').waitFor();
    await button(page, 'Remove backup').click();
    await inDialog(page, 'Remove').click();
    await button(page, 'Remove backup').waitFor({ state: 'detached' });
    assert.deepEqual((await provider()).ClientIDList?.toSorted(), ['sts.amazonaws.com', 'web']);

    await button(page, 'Edit thumbprints').click();
    await page.getByRole('dialog').getByLabel('Thumbprints').fill('nonsense');
    await inDialog(page, 'Save').click();
    await page.getByText('The thumbprints were not changed').waitFor();
    await page.getByRole('dialog').getByLabel('Thumbprints').fill(THUMBPRINT);
    await inDialog(page, 'Save').click();
    await page.locator('main').getByText(THUMBPRINT).waitFor();
    assert.deepEqual((await provider()).ThumbprintList, [THUMBPRINT]);

    await button(page, 'Add tag').click();
    await page.getByRole('textbox', { name: 'Tag key' }).fill('team');
    await page.getByRole('textbox', { name: 'Tag value' }).fill('web');
    await button(page, 'Save tags').click();
    await page.locator('button:disabled', { hasText: 'Save tags' }).waitFor();
    assert.deepEqual((await provider()).Tags, [{ Key: 'team', Value: 'web' }]);
    assert.deepEqual(await seriousViolations(page), []);

    await button(page, 'Delete').click();
    await inDialog(page, 'Delete').click();
    await page.getByText('There are none yet.').waitFor();
    await assert.rejects(provider(), { name: 'NoSuchEntityException' });
  });

  it('fit on a phone', async (t) => {
    const { OpenIDConnectProviderArn: arn = '' } = await suite.server.iam().createOpenIDConnectProvider({
      Url: `https://${'a-rather-long-name.'.repeat(5)}example.com/with/a/path`,
      ClientIDList: ['a'.repeat(200)],
      ThumbprintList: [THUMBPRINT],
    });
    for (const path of ['', `/${encodeURIComponent(arn)}`]) {
      const page = await suite.open(t, `/identities/providers${path}`, PHONE);
      await page.getByText('a-rather-long-name').last().waitFor();
      if (path !== '') await page.getByText('No tags.').waitFor();
      await assertFits(page, path);
      assert.deepEqual(await seriousViolations(page), [], path);
    }
  });

  it('say that there is no such one', async (t) => {
    const page = await suite.open(t, `/identities/providers/${encodeURIComponent(`${ARN}/none`)}`);
    await page.getByText('The provider cannot be shown').waitFor();
    await page.getByText('NoSuchEntity').first().waitFor();
  });
});
