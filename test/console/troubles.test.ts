import assert from 'node:assert/strict';
import { before, describe, it, type TestContext } from 'node:test';
import type { Route } from 'playwright-core';
import { assertNothingRan, button, consoleSuite, HOSTILE, seriousViolations } from '../support/console.ts';
import { createKey } from '../support/keys.ts';
import { signedRequest } from '../support/signed-request.ts';
import { until } from '../support/until.ts';

/** The operation that a request of the console is for. */
function operationOf(route: Route): string {
  return route.request().headers()['x-amz-target']?.split('.').at(-1) ?? '';
}

describe('the console in trouble', () => {
  const suite = consoleSuite({ auditDurability: 'strict' });
  before(async () => {
    await createKey(suite.server.client(), { Description: 'orders' });
  });

  /** Opens the reference, which asks for nothing, and then lets requests for an operation be answered otherwise. */
  async function openWith(t: TestContext, answer: (route: Route) => Promise<void>) {
    const page = await suite.open(t, '/reference');
    await page.getByRole('button', { name: /^Signed in as/ }).waitFor();
    let isOn = true;
    await page.route('**/', (route) =>
      isOn && operationOf(route) === 'SearchKeys' ? answer(route) : route.continue(),
    );
    await page.getByRole('link', { name: 'KMS keys' }).click();
    const end = () => {
      isOn = false;
    };
    return { page, end };
  }

  const refusal = (status: number, code: string, message: string) => ({
    status,
    contentType: 'application/x-amz-json-1.1',
    headers: { 'x-amzn-requestid': '11111111-2222-4333-8444-555555555555' },
    body: JSON.stringify({ __type: code, message }),
  });

  it('says that too much was asked, and goes on when it is tried again', async (t) => {
    const { page, end } = await openWith(t, (route) =>
      route.fulfill(refusal(400, 'ThrottlingException', 'Rate exceeded')),
    );
    await page.getByText('ThrottlingException').waitFor();
    await page.getByText('Wait a few seconds, then try again.').waitFor();
    await page.getByText('Request ID 11111111-2222-4333-8444-555555555555').waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    end();
    await button(page, 'Try again').click();
    await page.getByText('orders').waitFor();
  });

  it('says that the credentials have expired, and signs in again', async (t) => {
    const { page } = await openWith(t, (route) =>
      route.fulfill(
        refusal(400, 'ExpiredTokenException', 'The security token included in the request is expired'),
      ),
    );
    await page.getByText('ExpiredTokenException').waitFor();
    await button(page, 'Sign in again').click();
    await page.getByLabel('Access key ID').waitFor();
  });

  it('says that the server is gone, and finds it when it is back', async (t) => {
    const { page, end } = await openWith(t, (route) => route.abort('connectionrefused'));
    await page.getByText('The server cannot be reached.').waitFor();
    await page.getByText('Check that the server runs').waitFor();
    end();
    await button(page, 'Try again').click();
    await page.getByText('orders').waitFor();
  });

  it('says that something else answers, or the server failed', async (t) => {
    let answer: Parameters<Route['fulfill']>[0] = {
      status: 502,
      contentType: 'text/html',
      body: '<h1>Bad gateway</h1>',
    };
    const { page } = await openWith(t, (route) => route.fulfill(answer));
    await page.getByText('Something answered that is not QKMS').waitFor();
    answer = refusal(500, 'KMSInternalException', '');
    await button(page, 'Try again').click();
    await page.getByText('This is the fault of the server.').waitFor();
  });

  it('shows that it waits for a slow answer, and lets people go elsewhere', async (t) => {
    const waiting: Route[] = [];
    const { page, end } = await openWith(t, async (route) => void waiting.push(route));
    await page.getByText('Loading keys').first().waitFor();
    await page.getByRole('link', { name: 'Users' }).click();
    await page.getByText('There are no users yet.').waitFor();
    await page.getByRole('link', { name: 'KMS keys' }).click();
    await page.getByText('Loading keys').first().waitFor();
    end();
    await waiting.at(-1)?.continue();
    await page.getByText('orders').waitFor();
  });

  it('gives a server up that does not answer within 30 seconds', async (t) => {
    const { page, end } = await openWith(t, async () => {});
    // The page that is open goes on, with its time in the hands of this test.
    await page.evaluate(`{
      const ends = [];
      window.passTime = () => ends.splice(0).forEach((end) => end());
      AbortSignal.timeout = (milliseconds) => {
        const controller = new AbortController();
        const end = () => controller.abort(new DOMException(String(milliseconds), 'TimeoutError'));
        if (milliseconds === 30_000) ends.push(end);
        return controller.signal;
      };
    }`);
    await page.getByRole('link', { name: 'Users' }).click();
    await page.getByText('There are no users yet.').waitFor();
    await page.getByRole('link', { name: 'KMS keys' }).click();
    await page.getByText('Loading keys').first().waitFor();
    await until('the keys are given up', async () => {
      await page.evaluate('passTime()');
      return page.getByText('The server did not answer within 30 seconds.').isVisible();
    });
    await page.getByText('It may be busy. Try again in a moment.').waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    end();
    await button(page, 'Try again').click();
    await page.getByText('orders').waitFor();
  });

  it('tells whoever has mistyped an address what is wrong with it', async (t) => {
    const page = await suite.open(t, '/%E0%A4%A');
    await page.getByRole('heading', { name: 'The address is malformed' }).waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    await page.getByRole('link', { name: 'console' }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
  });

  it('shows a page of any number of keys, and no more than that', async (t) => {
    const page = await suite.open(t, '/reference');
    await page.getByRole('button', { name: /^Signed in as/ }).waitFor();
    let asked = 0;
    await page.route('**/', async (route) => {
      const operation = operationOf(route);
      if (operation === '') return route.continue();
      const { Limit = 0, Marker = '0' } = JSON.parse(route.request().postData() ?? '{}');
      asked += operation === 'SearchKeys' ? 1 : 0;
      const first = Number(Marker);
      const Keys = Array.from({ length: Limit }, (_, index) => ({
        KeyMetadata: { KeyId: `00000000-0000-4000-8000-${String(first + index).padStart(12, '0')}` },
      }));
      const NextMarker = String(first + Limit);
      const listing = { Keys, MissingPermissions: [], ScannedCount: Limit, Truncated: true, NextMarker };
      return route.fulfill({
        contentType: 'application/x-amz-json-1.1',
        body: JSON.stringify(operation === 'SearchKeys' ? listing : {}),
      });
    });
    await page.getByRole('link', { name: 'KMS keys' }).click();
    const rows = page.getByRole('table', { name: 'KMS keys' }).getByRole('row');
    for (let number = 0; number < 8; number += 1) {
      await page
        .getByText(`4000-8000-${String(number * 25).padStart(12, '0')}`)
        .first()
        .waitFor();
      assert.equal(await rows.count(), 26);
      await button(page, 'Next page').click();
    }
    assert.ok(asked <= 10, `${asked} listings`);
  });

  it('shows what others have written as text, in events and identities, too', async (t) => {
    const { keyId } = await createKey(suite.server.client(), { Description: HOSTILE });
    await signedRequest({
      endpoint: suite.server.endpoint,
      operation: 'Encrypt',
      headers: { 'X-Amz-Target': 'TrentService.Encrypt', 'User-Agent': HOSTILE },
      date: suite.server.clock.now(),
      body: { KeyId: keyId, Plaintext: 'aGVsbG8=', EncryptionContext: { [HOSTILE]: HOSTILE } },
    });
    await suite.server.iam().createRole({
      RoleName: 'hostile',
      Description: HOSTILE,
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }],
      }),
    });
    const page = await suite.open(t, '/audit?by=EventName&value=Encrypt');
    await page.getByRole('link', { name: 'Encrypt' }).first().click();
    for (const path of [
      undefined,
      '/identities/roles/hostile',
      '/overview',
      `/audit?by=EventName&value=${encodeURIComponent(HOSTILE)}`,
      `/identities/users/${encodeURIComponent(HOSTILE)}`,
      `/access?event=${encodeURIComponent(HOSTILE)}`,
    ]) {
      if (path !== undefined) await page.goto(`/console${path}`);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      if (path === undefined || path.endsWith('/hostile'))
        await page.getByText('window.hacked').first().waitFor();
      await assertNothingRan(page, path ?? 'event');
    }
  });

  it('shows aliases, tags and names as text, even of a server that lets them be HTML', async (t) => {
    const { keyId } = await createKey(suite.server.client(), {
      Tags: [{ TagKey: 'key-to-replace', TagValue: 'value-to-replace' }],
    });
    await suite.server.client().createAlias({ AliasName: 'alias/name-to-replace', TargetKeyId: keyId });
    const iam = suite.server.iam();
    await iam.createUser({
      UserName: 'tagged',
      Tags: [{ Key: 'key-to-replace', Value: 'value-to-replace' }],
    });
    const page = await suite.open(t, '/reference');
    const inJson = JSON.stringify(HOSTILE).slice(1, -1);
    const inXml = HOSTILE.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    await page.route('**/', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      const response = await route.fetch();
      const isXml = /xml/.test(response.headers()['content-type'] ?? '');
      const body = (await response.text()).replaceAll(/\w+-to-replace/g, () => (isXml ? inXml : inJson));
      return route.fulfill({ response, body });
    });
    for (const [path, shown] of [
      ['/keys', 1],
      [`/keys/${keyId}/aliases`, 1],
      [`/keys/${keyId}/tags`, 2],
      ['/identities/users/tagged/tags', 2],
    ] as const) {
      await page.goto(`/console${path}`);
      const fields = page.locator(`input[value*="window.hacked"]`);
      const texts = page.getByText('window.hacked');
      await until(`${path} shows them`, async () => (await fields.count()) + (await texts.count()) >= shown);
      await assertNothingRan(page, path);
    }
    await page.goto('/console/tools/encrypt');
    await page.getByRole('combobox', { name: 'Key', exact: true }).click();
    await page.getByRole('option').filter({ hasText: 'window.hacked' }).first().waitFor();
    await assertNothingRan(page, 'tools');
  });

  it('is accessible on every page', async (t) => {
    const { keyId } = await createKey(suite.server.client());
    const page = await suite.open(t, '/overview');
    for (const path of [
      '/overview',
      '/keys',
      '/keys/create',
      `/keys/${keyId}`,
      `/keys/${keyId}/events`,
      `/keys/${keyId}/grants`,
      `/keys/${keyId}/aliases`,
      `/keys/${keyId}/tags`,
      `/keys/${keyId}/policy`,
      '/tools',
      '/access',
      '/identities/users',
      '/identities/groups',
      '/identities/roles',
      '/identities/policies',
      '/identities/providers',
      '/audit',
      '/reference',
      '/reference/qkms/DescribeAuditLog',
      '/guides',
      '/guides/console',
      '/nowhere',
    ]) {
      await page.goto(`/console${path}`);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      assert.deepEqual(await seriousViolations(page), [], path);
    }
  });
});
