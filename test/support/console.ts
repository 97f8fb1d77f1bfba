import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, type TestContext } from 'node:test';
import axe from 'axe-core';
import type { Browser, Locator, Page } from 'playwright-core';
import { startBrowser } from './browser.ts';
import { temporaryDirectory } from './qkms-process.ts';
import { type Credentials, ROOT_CREDENTIALS, startTestServer, type TestServer } from './server.ts';

/** What runs when it is taken for HTML; it says so in `window.hacked`. */
export const HOSTILE = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>"'><svg/onload=window.hacked=1>`;

/** How a person looks at the console. */
export interface Window {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
}

export const PHONE: Window = { width: 390, height: 800, dark: true };

/** As for startTestServer; a production server has a data directory of its own. */
type ServerOptions = Omit<Parameters<typeof startTestServer>[0] & object, 'dataDirectory'> & {
  readonly production?: boolean;
};

/** A browser and a server for the tests of a suite, there from before the first until after the last of them. */
export interface ConsoleSuite {
  readonly server: TestServer;
  /**
   * Opens a page of the console. When the test is over, nothing may have been asked of another server, refused by the
   * Content-Security-Policy or thrown.
   *
   * @param path below `/console`
   */
  open(t: TestContext, path?: string, window?: Window): Promise<Page>;
  /** Opens a page of the console of another server. */
  openOf(t: TestContext, server: TestServer, path?: string, window?: Window): Promise<Page>;
  /** Starts another server, which is closed when the test is over, after its pages. */
  startServer(t: TestContext, options?: ServerOptions): Promise<TestServer>;
}

/** Has a browser and a server started and closed around the tests of the suite that calls this. */
export function consoleSuite(options: Parameters<typeof startTestServer>[0] = {}): ConsoleSuite {
  const resources = new AsyncDisposableStack();
  let browser: Browser;
  let server: TestServer;
  before(async () => {
    const started = await startBrowser();
    resources.defer(() => started.close());
    browser = started;
    server = await startTestServer(options);
    resources.defer(() => server.close());
  });
  after(() => resources.disposeAsync());
  return {
    get server() {
      return server;
    },
    open: (t, path, window) => openConsole(t, browser, server.endpoint, path, window),
    openOf: (t, other, path, window) => openConsole(t, browser, other.endpoint, path, window),
    startServer,
  };
}

async function startServer(
  t: TestContext,
  { production = false, ...options }: ServerOptions = {},
): Promise<TestServer> {
  const end = endOf(t);
  const server = await startTestServer(
    production ? { ...options, dataDirectory: temporaryDirectory(t) } : options,
  );
  end.defer(() => server.close());
  return server;
}

async function openConsole(
  t: TestContext,
  browser: Browser,
  endpoint: string,
  path = '',
  { width = 1280, height = 900, dark = false }: Window = {},
): Promise<Page> {
  const context = await browser.newContext({
    baseURL: endpoint,
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
  });
  const defects: string[] = [];
  endOf(t).defer(async () => {
    // Answers that a test makes up may still be under way.
    for (const page of context.pages()) await page.unrouteAll({ behavior: 'ignoreErrors' });
    await context.close();
    assert.deepEqual(defects, []);
  });
  const page = await context.newPage();
  page.setDefaultTimeout(TIMEOUT);
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
  await page.goto(`/console${path}`);
  return page;
}

const ends = new WeakMap<TestContext, AsyncDisposableStack>();

/** What is to be done when a test is over, last things first: `t.after` does the first things first. */
function endOf(t: TestContext): AsyncDisposableStack {
  const known = ends.get(t);
  if (known !== undefined) return known;
  const end = new AsyncDisposableStack();
  ends.set(t, end);
  t.after(() => end.disposeAsync());
  return end;
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

/** A button by its whole name. */
export function button(within: Page | Locator, name: string): Locator {
  return within.getByRole('button', { name, exact: true });
}

/** A button of the dialog that is open. */
export function inDialog(page: Page, name: string): Locator {
  return button(page.getByRole('dialog'), name);
}

/** Does something that has a file downloaded, and reads it. */
export async function downloadedBy(page: Page, act: () => Promise<void>): Promise<Buffer> {
  const [download] = await Promise.all([page.waitForEvent('download'), act()]);
  return readFile(await download.path());
}

/** Asserts that nobody has to scroll sideways. */
export async function assertFits(page: Page, message?: string): Promise<void> {
  const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
  assert.ok(Number(overflow) <= 0, message ?? `the page is ${overflow} pixels wider than its window`);
}

/** Asserts that nothing of a page was taken for HTML that others have written. */
export async function assertNothingRan(page: Page, message = page.url()): Promise<void> {
  assert.equal(await page.evaluate('window.hacked'), undefined, message);
  assert.equal(await page.locator('img[src="x"]').count(), 0, message);
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
