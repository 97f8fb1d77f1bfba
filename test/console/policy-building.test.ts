import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { readStatements, STATEMENT_KINDS, withStatements } from '../../console/src/policy/statements.ts';
import { button, consoleSuite, seriousViolations } from '../support/console.ts';
import { ACCOUNT, OTHER_ACCOUNT, REGION } from '../support/server.ts';

const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const ADA = `arn:aws:iam::${ACCOUNT}:user/ada`;

/** The text of a policy in which only the given principals may do anything. */
function policyOf(...principals: readonly string[]): string {
  const statements = principals.map((AWS) => ({
    Effect: 'Allow',
    Principal: { AWS },
    Action: 'kms:*',
    Resource: '*',
  }));
  return JSON.stringify({ Version: '2012-10-17', Statement: statements }, undefined, 2);
}

describe('key policies that are built in the console', () => {
  const suite = consoleSuite();
  before(async () => {
    await suite.server.iam().createUser({ UserName: 'ada' });
  });

  async function createKey(): Promise<string> {
    const { KeyMetadata } = await suite.server.client().createKey({});
    return KeyMetadata?.KeyId ?? '';
  }
  async function policyNow(KeyId: string) {
    return JSON.parse((await suite.server.client().getKeyPolicy({ KeyId })).Policy ?? '');
  }
  async function chooseKind(page: Page, label: string): Promise<void> {
    await page.getByRole('button', { name: /Add a statement/ }).click();
    await page.getByRole('option', { name: label }).click();
  }

  for (const kind of STATEMENT_KINDS) {
    it(`may have statements that the server takes: ${kind.label}`, async () => {
      const KeyId = await createKey();
      const principals = kind.id === 'another-account' ? [OTHER_ACCOUNT] : [ADA];
      for (const keyUsage of ['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'GENERATE_VERIFY_MAC', 'KEY_AGREEMENT']) {
        const about = { account: ACCOUNT, region: REGION, keyUsage };
        const statement = kind.make({ principals, text: kind.text?.first ?? '' }, about);
        const policy = readStatements(policyOf(ROOT));
        assert.ok(policy);
        const Policy = withStatements(policy, [...policy.statements, statement]);
        await suite.server.client().putKeyPolicy({ KeyId, Policy, BypassPolicyLockoutSafetyCheck: true });
        assert.deepEqual(JSON.parse(Policy).Statement[1], statement);
      }
    });
  }

  it('have statements with names of their own', () => {
    const policy = readStatements(policyOf());
    assert.ok(policy);
    const text = withStatements(policy, [{ Sid: 'a' }, { Sid: 'a' }, {}, { Sid: 'a' }]);
    assert.deepEqual(JSON.parse(text).Statement, [{ Sid: 'a' }, { Sid: 'a 2' }, {}, { Sid: 'a 3' }]);
  });

  it('cannot be made of what is no policy', () => {
    for (const text of ['', '{', '[]', '1', '{"Statement":1}', '{"Statement":["a"]}'])
      assert.equal(readStatements(text), undefined);
  });

  it('grow by statements that are filled in, and lose those that are removed', async (t) => {
    const KeyId = await createKey();
    const page = await suite.open(t, `/keys/${KeyId}/policy`);
    await page.getByText('Statements', { exact: true }).click();
    await chooseKind(page, 'Key users');
    await page.getByRole('combobox', { name: 'Who uses the key' }).click();
    await page.getByRole('option', { name: 'user/ada' }).click();
    await page.getByRole('region', { name: 'The statement', exact: true }).waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await button(page, 'Add the statement').click();
    await chooseKind(page, 'Use from another account');
    await page.getByRole('combobox', { name: 'Account ids' }).fill(OTHER_ACCOUNT);
    await page.keyboard.press('Enter');
    await button(page, 'Add the statement').click();
    await chooseKind(page, 'Deny deletion on short notice');
    await page.getByLabel('Days').fill('6');
    await page.getByText('It is not of that form.').waitFor();
    assert.equal(await button(page, 'Add the statement').isDisabled(), true);
    await page.getByLabel('Days').fill('21');
    await button(page, 'Add the statement').click();
    await button(page, 'Remove Allow use of the key').click();
    await page.getByText('In the text').click();
    const difference = await page.getByRole('region', { name: 'What is different in the text' }).innerText();
    assert.match(difference, /\+ .*"Deny deletion on short notice"/);
    await button(page, 'Save policy').click();
    await page.getByRole('heading', { name: 'History' }).waitFor();
    const { Statement } = await policyNow(KeyId);
    assert.deepEqual(
      Statement.map(({ Sid }: { readonly Sid: string }) => Sid),
      ['Enable IAM User Permissions', 'Allow use from other accounts', 'Deny deletion on short notice'],
    );
    assert.deepEqual(Statement[1].Principal, { AWS: `arn:aws:iam::${OTHER_ACCOUNT}:root` });
  });

  it('show in their history what has changed in the text', async (t) => {
    const KeyId = await createKey();
    await suite.server.client().putKeyPolicy({ KeyId, Policy: policyOf(ROOT, ADA) });
    const page = await suite.open(t, `/keys/${KeyId}`);
    await button(page, 'Show version 1').click();
    const label = 'From version 1 to the present policy';
    const difference = await page.getByRole('region', { name: label }).innerText();
    assert.match(difference, new RegExp(`^\\+ .*"${ADA}"`, 'm'));
    assert.match(difference, /^- .*"Enable IAM User Permissions"/m);
    assert.deepEqual(await seriousViolations(page), []);
  });

  it('are restored even if they lock out who does it, but only after a warning', async (t) => {
    const KeyId = await createKey();
    const kms = suite.server.client();
    await kms.putKeyPolicy({ KeyId, Policy: policyOf(ADA), BypassPolicyLockoutSafetyCheck: true });
    const { AccessKey } = await suite.server.iam().createAccessKey({ UserName: 'ada' });
    t.after(() =>
      suite.server.iam().deleteAccessKey({ UserName: 'ada', AccessKeyId: AccessKey?.AccessKeyId }),
    );
    const credentials = {
      accessKeyId: AccessKey?.AccessKeyId ?? '',
      secretAccessKey: AccessKey?.SecretAccessKey ?? '',
    };
    await suite.server.client({ credentials }).putKeyPolicy({ KeyId, Policy: policyOf(ROOT, ADA) });
    const page = await suite.open(t, `/keys/${KeyId}`);
    await button(page, 'Restore version 2').click();
    await page.getByText('Who loses').waitFor();
    await button(page, 'Restore').click();
    await page.getByText('You would lock yourself out').waitFor();
    assert.equal(await button(page, 'Restore').isDisabled(), true);
    await page.getByText('I know, and want to restore it all the same').click();
    await button(page, 'Restore').click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    const { Policy } = await suite.server.client({ credentials }).getKeyPolicy({ KeyId });
    assert.deepEqual(JSON.parse(Policy ?? ''), JSON.parse(policyOf(ADA)));
  });
});
