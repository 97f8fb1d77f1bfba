import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { consoleSuite, seriousViolations, signIn } from '../support/console.ts';
import {
  ACCOUNT,
  type Credentials,
  OTHER_ACCOUNT,
  ROOT_CREDENTIALS,
  type TestServer,
} from '../support/server.ts';

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/ada` }, Action: 'sts:AssumeRole' },
  ],
});

/** Credentials of a user who has no permissions, but may assume the role that trusts her. */
async function createUser(server: TestServer): Promise<Credentials> {
  await server.iam().createUser({ UserName: 'ada' });
  const { AccessKey } = await server.iam().createAccessKey({ UserName: 'ada' });
  return {
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
  };
}

describe('signing in to the console', () => {
  const suite = consoleSuite();

  it('takes an access key, shows the account, and forgets everything with the page', async (t) => {
    const server = await suite.startServer(t, { production: true });
    await server.client().createKey({ Description: 'orders database' });
    const page = await suite.openOf(t, server, '/keys');
    assert.deepEqual(await seriousViolations(page), []);
    await signIn(page);
    await page.getByText('orders database').waitFor();
    await page.getByRole('button', { name: `Signed in as root @ ${ACCOUNT}` }).waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    assert.equal(
      await page.evaluate('localStorage.length + sessionStorage.length + document.cookie.length'),
      0,
    );
    await page.reload();
    await page.getByLabel('Secret access key').waitFor();
  });

  it('says what is wrong with an access key, and never repeats the secret', async (t) => {
    const server = await suite.startServer(t, { production: true });
    const page = await suite.openOf(t, server, '/keys');
    await page.getByRole('button', { name: 'Sign in', exact: true }).last().click();
    assert.equal(await page.getByText('Required').count(), 2);
    await signIn(page, { ...ROOT_CREDENTIALS, secretAccessKey: 'not-the-secret-of-this-key' });
    await page.getByText('SignatureDoesNotMatch').waitFor();
    assert.doesNotMatch(await page.locator('body').innerText(), /not-the-secret/);
    await signIn(page, { ...ROOT_CREDENTIALS, accessKeyId: 'AKIANOBODY0000000000' });
    await page.getByText('InvalidClientTokenId').waitFor();
  });

  it('signs by the time of the server when the clock of the browser is wrong', async (t) => {
    const server = await suite.startServer(t, { production: true });
    server.clock.advance(7_200_000);
    const page = await suite.openOf(t, server, '/keys');
    await signIn(page);
    await page.getByText('There are no keys in this Region yet.').waitFor();
  });

  it('happens by itself in development, which it says; account and Region can be changed', async (t) => {
    const { server } = suite;
    await server
      .client({ account: OTHER_ACCOUNT, region: 'eu-west-1' })
      .createKey({ Description: 'elsewhere' });
    const page = await suite.openOf(t, server);
    await page.getByText('This is a development server').waitFor();
    await page.getByText('There are no keys in this Region yet.').waitFor();
    assert.match(page.url(), /\/console\/overview$/);
    await page.getByRole('button', { name: 'Region us-east-1' }).click();
    await page.getByRole('menuitem', { name: 'eu-west-1' }).click();
    await page.getByRole('button', { name: `Signed in as root @ ${ACCOUNT}` }).click();
    await page.getByRole('menuitem', { name: 'Switch to another account' }).click();
    await page.getByLabel('Account ID').fill(OTHER_ACCOUNT);
    assert.deepEqual(await seriousViolations(page), []);
    await page.getByRole('button', { name: 'Switch', exact: true }).click();
    await page.getByRole('link', { name: 'KMS keys' }).click();
    await page.getByText('elsewhere').waitFor();
  });

  it('goes on as a role, and back', async (t) => {
    const server = await suite.startServer(t, { production: true });
    const ada = await createUser(server);
    await server.iam().createRole({ RoleName: 'backup', AssumeRolePolicyDocument: TRUST });
    const page = await suite.openOf(t, server, '/keys');
    await signIn(page, ada);
    await page.getByText('AccessDeniedException').waitFor();
    await page.getByText('Ask whoever administers').waitFor();
    await page.getByRole('button', { name: 'Signed in as ada' }).click();
    await page.getByRole('menuitem', { name: 'Assume a role' }).click();
    await page.getByLabel('Role ARN').fill(`arn:aws:iam::${ACCOUNT}:role/nobody`);
    await page.getByRole('button', { name: 'Assume role' }).click();
    await page.getByText('The role cannot be assumed').waitFor();
    await page.getByLabel('Role ARN').fill(`arn:aws:iam::${ACCOUNT}:role/backup`);
    await page.getByRole('button', { name: 'Assume role' }).click();
    await page.getByRole('button', { name: 'Signed in as backup/console' }).click();
    await page.getByRole('menuitem', { name: 'Return to ada' }).click();
    await page.getByRole('button', { name: 'Signed in as ada' }).waitFor();
  });

  it('is asked for again when temporary credentials have expired', async (t) => {
    const server = await suite.startServer(t, { production: true });
    const sts = server.sts({ credentials: await createUser(server) });
    const { Credentials } = await sts.getSessionToken({ DurationSeconds: 900 });
    const page = await suite.openOf(t, server, '/keys');
    await signIn(page, {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    });
    await page.getByText('AccessDeniedException').waitFor();
    server.clock.advance(901_000);
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('ExpiredTokenException').waitFor();
    await page.getByRole('button', { name: 'Sign in again' }).click();
    await page.getByLabel('Secret access key').waitFor();
  });

  it('says so when the server is gone, and goes on when it is back', async (t) => {
    const { server } = suite;
    const page = await suite.openOf(t, server);
    await page.getByText('There are no keys in this Region yet.').waitFor();
    await page.context().setOffline(true);
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('The server cannot be reached.').waitFor();
    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('There are no keys in this Region yet.').waitFor();
  });
});
