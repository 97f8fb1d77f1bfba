import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { reference } from '../../scripts/reference/page.ts';
import { assertFits, consoleSuite, seriousViolations } from '../support/console.ts';
import { ACCOUNT } from '../support/server.ts';
import { until } from '../support/until.ts';

const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Enable IAM User Permissions',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
});

/** What a person reads on PutKeyPolicy's page. */
const SHOWN = [
  'Attaches a key policy to a KMS key',
  'effective immediately',
  'Content-Type',
  'application/x-amz-json-1.1',
  'X-Amz-Target',
  'TrentService.PutKeyPolicy',
  'KeyId',
  'PolicyName',
  'The only valid name is "default".',
  '32,768 bytes',
  'BypassPolicyLockoutSafetyCheck',
  'A KMS key has one key policy',
  'For help with writing one, see key policies',
  'Example 1: Attach a key policy to a KMS key',
  'Example 2: Attach a key policy with safety check bypass',
  'Example 3: A policy that would lock the caller out is refused',
  'HTTP/1.1 200',
  'HTTP/1.1 400',
  'DependencyTimeoutException',
  'InvalidArnException',
  'KMSInternalException',
  'KMSInvalidStateException',
  'LimitExceededException',
  'MalformedPolicyDocumentException',
  'NotFoundException',
  'UnsupportedOperationException',
  'kms:PutKeyPolicy',
  'kms:BypassPolicyLockoutSafetyCheck',
];

describe('the reference in the console', () => {
  const suite = consoleSuite();

  const send = (page: Page) => page.getByRole('button', { name: 'Send request' }).click();
  /** The answer, once it is there. */
  const answer = (page: Page) => page.getByRole('region', { name: 'Response as received' }).innerText();

  /** Waits until a heading is in view, and not beneath the bar at the top. */
  async function inView(page: Page, heading: string): Promise<void> {
    await until(`${heading} is in view`, async () => {
      const box = await page.getByRole('heading', { name: heading, exact: true }).boundingBox();
      return box !== null && box.y > 50 && box.y < 800;
    });
  }

  it("has PutKeyPolicy's page with all there is to know, in light and dark, on a desk and on a phone", async (t) => {
    for (const window of [{}, { dark: true }, { width: 390, height: 800 }]) {
      const page = await suite.open(t, '/reference/kms/PutKeyPolicy', window);
      await page.getByRole('heading', { name: 'PutKeyPolicy' }).waitFor();
      await page.getByLabel('Policy', { exact: true }).waitFor();
      const text = await page.locator('main').innerText();
      for (const shown of SHOWN) assert.ok(text.includes(shown), shown);
      assert.deepEqual(await seriousViolations(page), []);
      await assertFits(page);
    }
  });

  it('sends a request for real from the form of PutKeyPolicy, and shows both sides', async (t) => {
    const { KeyMetadata } = await suite.server.client().createKey({});
    const KeyId = KeyMetadata?.KeyId ?? '';
    const page = await suite.open(t, '/reference/kms/PutKeyPolicy');
    await page.getByLabel('KeyId', { exact: true }).fill(KeyId);
    await page
      .getByLabel('Policy', { exact: true })
      .fill('{"Version":"2012-10-17","Statement":[{"Effect":"Alow"}]}');
    await send(page);
    await page.getByText('400 refused').waitFor();
    assert.match(await answer(page), /MalformedPolicyDocumentException/);
    await page.getByLabel('Policy', { exact: true }).fill(POLICY);
    await send(page);
    await page.getByText('200 OK').waitFor();
    assert.match(
      await answer(page),
      /^HTTP\/1\.1 200\n[\s\S]*x-amzn-requestid: [0-9a-f-]{36}[\s\S]*\{\}\s*$/,
    );
    const request = await page.getByRole('region', { name: 'Request as sent' }).innerText();
    assert.match(request, /x-amz-target: TrentService\.PutKeyPolicy[\s\S]*authorization: AWS4-HMAC-SHA256/);
    assert.equal((await suite.server.client().getKeyPolicy({ KeyId })).Policy, POLICY);
    const code = page.getByRole('region', { name: 'The call in AWS CLI' });
    assert.match(await code.innerText(), new RegExp(`^aws kms put-key-policy .*\\n +--key-id ${KeyId}`));
    await page.getByRole('tab', { name: 'Rust' }).click();
    assert.match(
      await page.getByRole('region', { name: 'The call in Rust' }).innerText(),
      /\.put_key_policy\(\)/,
    );
  });

  it('begins with an example, and takes any JSON instead of the form', async (t) => {
    const page = await suite.open(t, '/reference/kms/PutKeyPolicy');
    await page.getByRole('button', { name: /Begin with an example/ }).click();
    await page.getByRole('option', { name: 'Attach a key policy with safety check bypass' }).click();
    assert.equal(
      await page.getByLabel('KeyId', { exact: true }).inputValue(),
      '1234abcd-12ab-34cd-56ef-1234567890ab',
    );
    await page.getByText('As JSON').click();
    await page.getByLabel('Request as JSON').fill('{"KeyId":["not","a","string"]}');
    await send(page);
    await page.getByText('400 refused').waitFor();
    assert.match(await answer(page), /SerializationException/);
  });

  it('has fields for bytes, maps, enumerations and numbers', async (t) => {
    const { KeyMetadata } = await suite.server.client().createKey({});
    const page = await suite.open(t, '/reference/kms/Encrypt');
    await page.getByLabel('KeyId', { exact: true }).fill(KeyMetadata?.KeyId ?? '');
    await page
      .getByRole('radio', { name: 'Hex' })
      .or(page.getByRole('button', { name: 'Hex' }))
      .first()
      .click();
    await page.getByRole('textbox', { name: 'Plaintext' }).fill('68 65 6c 6c 6');
    await page.getByText('This is not hexadecimal.').waitFor();
    await page.getByRole('textbox', { name: 'Plaintext' }).fill('68 65 6c 6c 6f');
    await page.getByRole('button', { name: 'Add a pair to EncryptionContext' }).click();
    await page.getByLabel('EncryptionContext, name 1').fill('department');
    await page.getByLabel('EncryptionContext, value 1').fill('sales');
    await page.getByRole('button', { name: /^EncryptionAlgorithm/ }).click();
    await page.getByRole('option', { name: 'SYMMETRIC_DEFAULT' }).click();
    await send(page);
    await page.getByText('200 OK').waitFor();
    const [, CiphertextBlob = ''] = /"CiphertextBlob": "([^"]+)"/.exec(await answer(page)) ?? [];
    const decrypted = await suite.server.client().decrypt({
      CiphertextBlob: Buffer.from(CiphertextBlob, 'base64'),
      EncryptionContext: { department: 'sales' },
    });
    assert.equal(Buffer.from(decrypted.Plaintext ?? '').toString(), 'hello');
    assert.deepEqual(await seriousViolations(page), []);
  });

  it('is used by keyboard alone', async (t) => {
    const page = await suite.open(t, '/reference');
    const focused = () =>
      page.evaluate('document.activeElement.innerText || document.activeElement.ariaLabel');
    await page.getByLabel('Search the reference and the guides').focus();
    await page.keyboard.type('GenerateRandom');
    await page.getByRole('status').getByRole('link', { name: 'GenerateRandom' }).waitFor();
    for (let presses = 0; (await focused()) !== 'GenerateRandom' && presses < 5; presses += 1)
      await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Try it out' }).focus();
    await page.keyboard.press('Enter');
    for (let presses = 0; presses < 10; presses += 1) {
      await page.keyboard.press('Tab');
      if (await page.evaluate('document.activeElement.type === "text"')) break;
    }
    await page.keyboard.type('16');
    await page.keyboard.press('Enter');
    await page.getByText('200 OK').waitFor();
  });

  it('speaks the query protocol with IAM', async (t) => {
    const page = await suite.open(t, '/reference/iam/CreateUser');
    await page.getByLabel('UserName', { exact: true }).fill('ada');
    await page.getByRole('button', { name: 'Add Tags' }).click();
    await page.getByLabel('Key', { exact: true }).fill('team');
    await page.getByLabel('Value', { exact: true }).fill('orders + co = é');
    await send(page);
    await page.getByText('200 OK').waitFor();
    assert.match(await answer(page), /<CreateUserResult>/);
    const { Tags } = await suite.server.iam().listUserTags({ UserName: 'ada' });
    assert.deepEqual(Tags, [{ Key: 'team', Value: 'orders + co = é' }]);
    assert.deepEqual(await seriousViolations(page), []);
  });

  it('has a page for every operation, whatever its shape', async (t) => {
    const page = await suite.open(t, '/reference');
    for (const { service, name, summary } of reference().operations) {
      await page.evaluate(`history.pushState(null, '', '/console/reference/${service}/${name}')`);
      await page.getByRole('heading', { name, exact: true, level: 1 }).waitFor();
      const text = await page.locator('main').innerText();
      assert.ok(text.includes(summary.replaceAll('`', '').slice(0, 40)), name);
      assert.ok(text.includes('Send request'), name);
    }
  });

  it('finds operations and guides by any of their words, and keeps the search in the link', async (t) => {
    const page = await suite.open(t, '/reference');
    assert.deepEqual(await seriousViolations(page), []);
    await page.getByLabel('Search the reference and the guides').fill('lockout bypass');
    await page.getByRole('link', { name: 'PutKeyPolicy' }).waitFor();
    assert.match(page.url(), /\/console\/reference\?q=lockout\+bypass$/);
    await page.getByLabel('Search the reference and the guides').fill('wrapping openssl');
    await page.getByRole('link', { name: 'Imported key material' }).waitFor();
    await page.getByLabel('Search the reference and the guides').fill('console origin private file system');
    await page.getByRole('link', { name: 'The console' }).click();
    await inView(page, 'Files');
    await page.goBack();
    await page.getByLabel('Search the reference and the guides').fill('kms:ReEncryptOnSameKey');
    await page.getByRole('link', { name: 'ReEncrypt' }).click();
    await page.getByRole('heading', { name: 'ReEncrypt', level: 1 }).waitFor();
    await page.goto(`/console/reference?q=xyzzy`);
    await page.getByText('Nothing has all of these words.').waitFor();
  });

  it('can be read by anybody, with the guides', async (t) => {
    const production = await suite.startServer(t, { production: true });
    const page = await suite.openOf(t, production, '/reference/kms/Decrypt');
    await page.getByText('Sign in to send the request.').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Send request' }).isDisabled(), true);
    await page.getByRole('link', { name: 'Guides' }).click();
    await page.getByRole('link', { name: 'Key rotation' }).click();
    await page.getByRole('heading', { name: 'Key rotation', level: 1 }).waitFor();
    assert.deepEqual(await seriousViolations(page), []);
  });

  it('leads to the parts of guides that links name, from elsewhere and from the guide itself', async (t) => {
    const page = await suite.open(t, '/guides');
    await page.getByRole('heading', { name: 'Keys', level: 2 }).waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await page.getByRole('link', { name: 'Operating QKMS' }).click();
    await page.getByRole('link', { name: 'the lockout safety check' }).click();
    await inView(page, 'The lockout safety check');
    await page.goBack();
    await page.getByRole('link', { name: 'quotas', exact: true }).click();
    await page.getByRole('link', { name: 'Requests without a right signature' }).click();
    await inView(page, 'Requests without a right signature');
  });

  it('says so when there is no such operation, guide or page', async (t) => {
    const page = await suite.open(t, '/reference/kms/MakeCoffee');
    await page.getByText('The service has no operation MakeCoffee.').waitFor();
    await page.goto(`/console/guides/none`);
    await page.getByText('There is no such guide').first().waitFor();
    await page.goto(`/console/nowhere`);
    await page.getByText('There is no such page').first().waitFor();
  });
});
