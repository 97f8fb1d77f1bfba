import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { ROOT_CREDENTIALS } from './server.ts';

/** How a person looks at the console. */
export interface Window {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
}

/**
 * Opens a page of the console. When the test is over, nothing may have been asked of another server, refused by the
 * Content-Security-Policy or thrown.
 *
 * @param path below `/console`
 */
export async function openConsole(
  t: TestContext,
  browser: Browser,
  endpoint: string,
  path = '',
  { width = 1280, height = 900, dark = false }: Window = {},
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(TIMEOUT);
  const defects: string[] = [];
  page.on('pageerror', (error) => defects.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
      defects.push(message.text());
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== endpoint && protocol !== 'data:' && protocol !== 'blob:')
      defects.push(`asked ${request.url()}`);
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(defects, []);
  });
  await page.goto(`${endpoint}/console${path}`);
  return page;
}

/** For whatever a page does; a machine that is busy with other tests is slow. In milliseconds. */
const TIMEOUT = 30_000;

/** Signs in with an access key; the root user's, by default. */
export async function signIn(page: Page, credentials: Credentials = ROOT_CREDENTIALS): Promise<void> {
  await page.getByLabel('Access key ID').fill(credentials.accessKeyId);
  await page.getByLabel('Secret access key').fill(credentials.secretAccessKey);
  if (credentials.sessionToken !== undefined)
    await page.getByLabel('Session token').fill(credentials.sessionToken);
  await page.getByRole('button', { name: 'Sign in', exact: true }).last().click();
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What axe finds on a page that is serious or worse. */
export async function seriousViolations(page: Page): Promise<readonly string[]> {
  // Evaluated by the developer tools, to which the Content-Security-Policy does not apply.
  await page.evaluate(axe.source);
  const found = await page.evaluate('axe.run().then(({ violations }) => violations)');
  return (found as readonly Violation[])
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}
