import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { IAM } from '@aws-sdk/client-iam';
import {
  assertFits,
  button,
  consoleSuite,
  downloadedBy,
  inDialog,
  PHONE,
  seriousViolations,
  signIn,
} from '../support/console.ts';
import { createUserWithKey, identityPolicy, trustPolicy } from '../support/identities.ts';
import { ACCOUNT } from '../support/server.ts';

const DECRYPT = { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' };

describe('identities in the console', () => {
  const suite = consoleSuite();
  let iam: IAM;
  before(async () => {
    iam = suite.server.iam();
  });

  const documentOf = (encoded = '') => JSON.parse(decodeURIComponent(encoded));
  const createPolicy = async (PolicyName: string) => {
    const PolicyDocument = JSON.stringify(identityPolicy(DECRYPT));
    return (await iam.createPolicy({ PolicyName, PolicyDocument })).Policy?.Arn ?? '';
  };

  it('are created, given access keys whose secrets are shown once, and deleted with all they have', async (t) => {
    const page = await suite.open(t, '/identities/users');
    await page.getByText('There are no users yet.').waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await button(page, 'Create user').click();
    await page.getByLabel('Name', { exact: true }).fill('grace');
    await inDialog(page, 'Create').click();
    await page.getByRole('heading', { name: 'grace', level: 1 }).waitFor();
    await page.getByRole('tab', { name: 'Access keys' }).click();
    await button(page, 'Create access key').click();
    await page.getByText('The secret is shown only now.').waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    const secretAccessKey = await page.getByRole('region', { name: 'Secret access key' }).innerText();
    const download = page.getByRole('link', { name: 'Download' });
    const file = (await downloadedBy(page, () => download.click())).toString();
    const [, accessKeyId = ''] = /\r\n(\w+),/.exec(file) ?? [];
    assert.equal(file, `Access key ID,Secret access key\r\n${accessKeyId},${secretAccessKey.trim()}\r\n`);
    const { Arn } = await suite.server
      .sts({ credentials: { accessKeyId, secretAccessKey: secretAccessKey.trim() } })
      .getCallerIdentity({});
    assert.equal(Arn, `arn:aws:iam::${ACCOUNT}:user/grace`);
    await button(page, 'Done').click();
    await button(page, `Deactivate ${accessKeyId}`).click();
    await button(page, `Activate ${accessKeyId}`).waitFor();
    await iam.putUserPolicy({
      UserName: 'grace',
      PolicyName: 'own',
      PolicyDocument: JSON.stringify(identityPolicy(DECRYPT)),
    });
    await iam.createGroup({ GroupName: 'graces' });
    await iam.addUserToGroup({ UserName: 'grace', GroupName: 'graces' });
    await button(page, 'Delete').click();
    assert.equal(await inDialog(page, 'Delete').isDisabled(), true);
    await page.getByLabel('Type grace to confirm').fill('grace');
    assert.deepEqual(await seriousViolations(page), []);
    await inDialog(page, 'Delete').click();
    await page.getByRole('heading', { name: 'Users', level: 1 }).waitFor();
    await assert.rejects(iam.getUser({ UserName: 'grace' }), { name: 'NoSuchEntityException' });
  });

  it('have policies attached and detached, and inline policies that are checked as they are typed', async (t) => {
    await iam.createUser({ UserName: 'alan' });
    const arn = await createPolicy('decrypt');
    const page = await suite.open(t, '/identities/users/alan');
    await button(page, 'Attach policy').click();
    await page.getByLabel('Policy ARN').fill(arn);
    await page.keyboard.press('Escape');
    await inDialog(page, 'Attach').click();
    await page.getByRole('link', { name: 'decrypt' }).waitFor();
    await button(page, 'Create inline policy').click();
    await page.getByLabel('Name', { exact: true }).fill('own');
    const editor = page.getByLabel('Policy', { exact: true });
    await editor.fill('{"Version":"2012-10-17","Statement":[{"Effect":"Alow","Action":"*","Resource":"*"}]}');
    await page.getByText('Effect must be "Allow" or "Deny", not "Alow"').waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    const policy = identityPolicy({ Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' });
    await editor.fill(JSON.stringify(policy));
    await inDialog(page, 'Save').click();
    await button(page, 'Edit own').click();
    await page.getByText('"kms:Encrypt"').waitFor();
    await inDialog(page, 'Cancel').click();
    const { PolicyDocument } = await iam.getUserPolicy({ UserName: 'alan', PolicyName: 'own' });
    assert.deepEqual(documentOf(PolicyDocument), policy);
    await button(page, `Detach ${arn}`).click();
    await inDialog(page, 'Detach').click();
    await page.getByText('No managed policy is attached.').waitFor();
    await button(page, 'Delete own').click();
    await inDialog(page, 'Delete').click();
    await page.getByText('There are none.').waitFor();
  });

  it('have boundaries and tags', async (t) => {
    await iam.createUser({ UserName: 'barbara' });
    const arn = await createPolicy('boundary');
    const page = await suite.open(t, '/identities/users/barbara/boundary');
    await button(page, 'Set boundary').click();
    await page.getByLabel('Policy ARN').fill(arn);
    await page.keyboard.press('Escape');
    await inDialog(page, 'Set').click();
    await page.getByRole('link', { name: arn }).waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await button(page, 'Remove boundary').click();
    await inDialog(page, 'Remove').click();
    await page.getByText('There is none.').waitFor();
    await page.getByRole('tab', { name: 'Tags' }).click();
    await button(page, 'Add tag').click();
    await page.getByRole('textbox', { name: 'Tag key' }).fill('team');
    await page.getByRole('textbox', { name: 'Tag value' }).fill('orders');
    await Promise.all([
      page.waitForResponse((response) => !!response.request().postData()?.includes('Action=TagUser')),
      button(page, 'Save tags').click(),
    ]);
    await page.reload();
    await page.getByRole('textbox', { name: 'Tag value' }).waitFor();
    const { Tags } = await iam.listUserTags({ UserName: 'barbara' });
    assert.deepEqual(Tags, [{ Key: 'team', Value: 'orders' }]);
    assert.deepEqual(await seriousViolations(page), []);
  });

  it('are in groups, which have policies of their own', async (t) => {
    await iam.createUser({ UserName: 'edsger' });
    const page = await suite.open(t, '/identities/groups');
    await button(page, 'Create group').click();
    await page.getByLabel('Name', { exact: true }).fill('engineers');
    await inDialog(page, 'Create').click();
    await page.getByRole('tab', { name: 'Users' }).click();
    await button(page, 'Add user').click();
    await page.getByLabel('User', { exact: true }).fill('edsger');
    await page.keyboard.press('Escape');
    await inDialog(page, 'Add').click();
    await page.getByRole('link', { name: 'edsger' }).click();
    await page.getByRole('tab', { name: 'Groups' }).click();
    await button(page, 'Remove engineers').click();
    assert.deepEqual(await seriousViolations(page), []);
    await inDialog(page, 'Remove').click();
    await page.getByText('The user is in no group.').waitFor();
    const { Users } = await iam.getGroup({ GroupName: 'engineers' });
    assert.deepEqual(Users, []);
  });

  it('are roles, with trust policies that are checked as they are typed', async (t) => {
    const page = await suite.open(t, '/identities/roles');
    await button(page, 'Create role').click();
    await page.getByLabel('Name', { exact: true }).fill('backup');
    await inDialog(page, 'Create').click();
    await page.getByRole('tab', { name: 'Trust policy' }).click();
    const editor = page.getByLabel('Trust policy').getByRole('textbox').or(page.locator('.cm-content'));
    await editor.first().fill('{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}');
    await page.getByText(/Line 1, column \d+: statement 1 has neither Principal nor NotPrincipal/).waitFor();
    const next = trustPolicy({
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
    });
    await editor.first().fill(next);
    await page.getByText(/has neither Principal/).waitFor({ state: 'hidden' });
    await button(page, 'Save trust policy').click();
    await page.locator('button:disabled', { hasText: 'Save trust policy' }).waitFor();
    const { Role } = await iam.getRole({ RoleName: 'backup' });
    assert.deepEqual(documentOf(Role?.AssumeRolePolicyDocument), JSON.parse(next));
    await button(page, 'Edit').click();
    const duration = page.getByLabel('Maximum session duration in seconds');
    await duration.fill('60');
    assert.equal(await inDialog(page, 'Save').isDisabled(), true);
    await duration.fill('7200');
    await page.getByLabel('Description').fill('backs up at night');
    assert.deepEqual(await seriousViolations(page), []);
    await inDialog(page, 'Save').click();
    await page.getByText('7200 seconds').waitFor();
    const { Role: changed } = await iam.getRole({ RoleName: 'backup' });
    assert.equal(changed?.Description, 'backs up at night');
    assert.equal(changed?.MaxSessionDuration, 7200);
    assert.deepEqual(await seriousViolations(page), []);
  });

  it('share managed policies, which have versions', async (t) => {
    const page = await suite.open(t, '/identities/policies');
    await button(page, 'Create policy').click();
    await page.getByLabel('Name', { exact: true }).fill('keys');
    await inDialog(page, 'Create').click();
    await page.getByText('v1 (in effect)').waitFor();
    await button(page, 'New version').click();
    await page
      .getByLabel('Policy', { exact: true })
      .fill(JSON.stringify(identityPolicy({ Effect: 'Deny', Action: '*', Resource: '*' })));
    await inDialog(page, 'Create').click();
    await page.getByText('v2 (in effect)').waitFor();
    await button(page, 'Put in effect: v1').click();
    await inDialog(page, 'Put in effect').click();
    await page.getByText('v1 (in effect)').waitFor();
    await button(page, 'Add tag').click();
    await page.getByRole('textbox', { name: 'Tag key' }).fill('team');
    await button(page, 'Save tags').click();
    await page.locator('button:disabled', { hasText: 'Save tags' }).waitFor();
    const PolicyArn = `arn:aws:iam::${ACCOUNT}:policy/keys`;
    assert.deepEqual((await iam.listPolicyTags({ PolicyArn })).Tags, [{ Key: 'team', Value: '' }]);
    assert.deepEqual(await seriousViolations(page), []);
    await button(page, 'Delete').click();
    await inDialog(page, 'Delete').click();
    await page.getByRole('heading', { name: 'Managed policies', level: 1 }).waitFor();
    const { Policies } = await iam.listPolicies({ Scope: 'Local' });
    assert.ok(!Policies?.some(({ PolicyName }) => PolicyName === 'keys'));
    await button(page, 'Of AWS').click();
    await page.getByRole('link', { name: 'AdministratorAccess' }).waitFor();
  });

  it('are paged by the server, however many there are', async (t) => {
    const other = suite.server.iam({ account: '777788889999' });
    for (let count = 10; count < 40; count += 1) await other.createUser({ UserName: `user-${count}` });
    const page = await suite.open(t, '/overview');
    await button(page, `Signed in as root @ ${ACCOUNT}`).click();
    await page.getByRole('menuitem', { name: 'Switch to another account' }).click();
    await page.getByLabel('Account ID').fill('777788889999');
    await inDialog(page, 'Switch').click();
    await page.getByRole('link', { name: 'Users' }).click();
    await page.getByRole('link', { name: 'user-10' }).waitFor();
    assert.equal(await page.getByRole('link', { name: /^user-/ }).count(), 25);
    await button(page, 'Next page').click();
    await page.getByRole('link', { name: 'user-39' }).waitFor();
    assert.equal(await page.getByRole('link', { name: /^user-/ }).count(), 5);
  });

  it('say what somebody may not see, and what does not exist', async (t) => {
    const { credentials } = await createUserWithKey(iam, 'nobody');
    const page = await suite.open(t, '/identities/roles/none');
    await page.getByText('The role cannot be shown').waitFor();
    await page.getByText('NoSuchEntity').first().waitFor();
    await button(page, `Signed in as root @ ${ACCOUNT}`).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await signIn(page, credentials);
    await page.getByRole('link', { name: 'Users' }).click();
    await page.getByText('The users cannot be listed').waitFor();
    await page.getByText('They cannot be shown.').waitFor();
    assert.deepEqual(await seriousViolations(page), []);
  });

  it('fit on a phone', async (t) => {
    const arn = await createPolicy('small');
    await iam.createUser({ UserName: 'tiny' });
    for (const path of [
      '/identities/users',
      '/identities/users/tiny',
      '/identities/users/tiny/access-keys',
      '/identities/policies',
      `/identities/policies/${encodeURIComponent(arn)}`,
    ]) {
      const page = await suite.open(t, path, PHONE);
      await page.getByRole('table').first().waitFor();
      await assertFits(page, path);
      assert.deepEqual(await seriousViolations(page), [], path);
    }
  });
});
