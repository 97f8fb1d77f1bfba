import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { kindsToFill, POLICY_TEMPLATES, statementsOf } from '../../console/src/policy/policy-templates.ts';
import { type Statement, withStatements } from '../../console/src/policy/statements.ts';
import { assertFits, button, consoleSuite, PHONE, seriousViolations } from '../support/console.ts';
import { createUserWithKey, type UserWithKey } from '../support/identities.ts';
import { createKey } from '../support/keys.ts';
import { ACCOUNT, OTHER_ACCOUNT, REGION } from '../support/server.ts';

const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const KEY_SPECS = {
  ENCRYPT_DECRYPT: 'SYMMETRIC_DEFAULT',
  SIGN_VERIFY: 'ECC_NIST_P256',
  GENERATE_VERIFY_MAC: 'HMAC_256',
} as const;

const textOf = (statements: readonly Statement[] = []) =>
  withStatements({ document: {}, statements }, statements);

describe('templates of key policies in the console', () => {
  const suite = consoleSuite();
  let kms: KMS;
  let ada: UserWithKey;
  let grace: UserWithKey;
  before(async () => {
    kms = suite.server.client();
    ada = await createUserWithKey(suite.server.iam(), 'ada');
    grace = await createUserWithKey(suite.server.iam(), 'grace');
  });

  /** What is filled in: ada administers, grace does everything else. */
  function filled(template: (typeof POLICY_TEMPLATES)[number]) {
    const principalsOf: Readonly<Record<string, string>> = {
      administrators: ada.arn,
      'another-account': OTHER_ACCOUNT,
    };
    return Object.fromEntries(
      kindsToFill(template).map(({ id, text }) => [
        id,
        { principals: [principalsOf[id] ?? grace.arn], text: text?.first ?? '' },
      ]),
    );
  }

  for (const template of POLICY_TEMPLATES)
    for (const [keyUsage, KeySpec] of Object.entries(KEY_SPECS)) {
      if (template.keyUsages?.includes(keyUsage) === false) continue;
      it(`are taken by the server, and do not lock their administrators out: ${template.id}, ${keyUsage}`, async () => {
        const about = { account: ACCOUNT, region: REGION, keyUsage };
        const statements = statementsOf(template, filled(template), about);
        assert.equal(statements?.length, template.parts.length);
        const Policy = textOf(statements);
        const KeyUsage = keyUsage as keyof typeof KEY_SPECS;
        const { keyId } = await createKey(kms, { KeySpec, KeyUsage, Policy });
        const hasAdministrator = template.parts.some(({ kind }) => kind === 'administrators');
        // Without BypassPolicyLockoutSafetyCheck: who puts it has to be able to put the next one.
        const administrator = hasAdministrator ? suite.server.client({ credentials: ada.credentials }) : kms;
        await administrator.putKeyPolicy({ KeyId: keyId, Policy });
        await administrator.putKeyPolicy({ KeyId: keyId, Policy });
        if (hasAdministrator)
          await assert.rejects(administrator.encrypt({ KeyId: keyId, Plaintext: Buffer.from('a') }), {
            name: 'AccessDeniedException',
          });
      });
    }

  it('are not worked out before they are filled in', () => {
    const about = { account: ACCOUNT, region: REGION, keyUsage: 'SIGN_VERIFY' };
    for (const template of POLICY_TEMPLATES) {
      const values = filled(template);
      assert.equal(statementsOf(template, {}, about) === undefined, template.id !== 'default');
      for (const { id, text } of kindsToFill(template)) {
        const given = values[id] ?? assert.fail(id);
        const without = { ...values, [id]: { ...given, principals: [] } };
        assert.equal(statementsOf(template, without, about), undefined);
        if (text !== undefined)
          assert.equal(
            statementsOf(template, { ...values, [id]: { ...given, text: '!' } }, about),
            undefined,
          );
      }
    }
  });

  it('let those who only verify do that, and nothing else', async () => {
    const template = POLICY_TEMPLATES.find(({ id }) => id === 'verification') ?? assert.fail();
    const about = { account: ACCOUNT, region: REGION, keyUsage: 'SIGN_VERIFY' };
    const values = { ...filled(template), users: { principals: [ROOT], text: '' } };
    const { keyId } = await createKey(kms, {
      KeySpec: 'ECC_NIST_P256',
      KeyUsage: 'SIGN_VERIFY',
      Policy: textOf(statementsOf(template, values, about)),
    });
    const request = { KeyId: keyId, Message: Buffer.from('a'), SigningAlgorithm: 'ECDSA_SHA_256' } as const;
    const { Signature } = await kms.sign(request);
    const verifier = suite.server.client({ credentials: grace.credentials });
    assert.equal((await verifier.verify({ ...request, Signature })).SignatureValid, true);
    assert.ok((await verifier.getPublicKey({ KeyId: keyId })).PublicKey);
    await assert.rejects(verifier.sign(request), { name: 'AccessDeniedException' });
  });

  it('are filled in where a policy is edited', async (t) => {
    const { keyId } = await createKey(kms);
    const page = await suite.open(t, `/keys/${keyId}/policy`);
    await page.getByText('Statements', { exact: true }).click();
    await page.getByRole('button', { name: /Begin again with a template/ }).click();
    assert.equal(await page.getByRole('option', { name: 'Some sign' }).count(), 0);
    await page.getByRole('option', { name: 'Administrators and users apart' }).click();
    assert.equal(await button(page, 'Use the template').isDisabled(), true);
    for (const [label, name] of [
      ['Who administers the key', 'user/ada'],
      ['Who uses the key', 'user/grace'],
    ] as const) {
      await page.getByRole('combobox', { name: label }).click();
      await page.getByRole('option', { name }).click();
    }
    assert.deepEqual(await seriousViolations(page), []);
    await button(page, 'Use the template').click();
    await page.getByText('Who gains').waitFor();
    await button(page, 'Save policy').click();
    await page.getByRole('heading', { name: 'History' }).waitFor();
    const { Policy = '' } = await kms.getKeyPolicy({ KeyId: keyId });
    assert.equal(JSON.parse(Policy).Statement.length, 4);
    assert.deepEqual(JSON.parse(Policy).Statement[1].Principal, { AWS: ada.arn });
  });

  it('are filled in where a key is created', async (t) => {
    const page = await suite.open(t, '/keys/create');
    await button(page, 'Next').click();
    await page.getByLabel('Alias').fill('from/template');
    await button(page, 'Next').click();
    await button(page, 'Begin with a template').click();
    await page.getByRole('button', { name: /Begin again with a template/ }).click();
    await page.getByRole('option', { name: 'Use from other accounts' }).click();
    await page.getByRole('combobox', { name: 'Who administers the key' }).click();
    await page.getByRole('option', { name: 'user/ada' }).click();
    await page.getByRole('combobox', { name: 'Account ids' }).fill(OTHER_ACCOUNT);
    await page.keyboard.press('Enter');
    assert.deepEqual(await seriousViolations(page), []);
    await button(page, 'Use the template').click();
    await page.getByText('Allow use from other accounts').waitFor();
    await button(page, 'Next').click();
    await button(page, 'Create key').click();
    await page.getByRole('heading', { name: 'General' }).waitFor();
    const { KeyMetadata } = await kms.describeKey({ KeyId: 'alias/from/template' });
    const { Policy = '' } = await kms.getKeyPolicy({ KeyId: KeyMetadata?.KeyId });
    assert.deepEqual(JSON.parse(Policy).Statement[2].Principal, {
      AWS: `arn:aws:iam::${OTHER_ACCOUNT}:root`,
    });
  });

  it('fit on a phone', async (t) => {
    const { keyId } = await createKey(kms, { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    const page = await suite.open(t, `/keys/${keyId}/policy`, PHONE);
    await page.getByText('Statements', { exact: true }).click();
    await page.getByRole('button', { name: /Begin again with a template/ }).click();
    await page.getByRole('option', { name: 'Some sign' }).click();
    await page.getByRole('combobox', { name: 'Who verifies' }).waitFor();
    await assertFits(page);
    assert.deepEqual(await seriousViolations(page), []);
  });
});
