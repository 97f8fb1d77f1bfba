/*
 * How long the console takes in a real browser until its list of many keys can be used, and to go through that list.
 * `bench.ts` forks it; it sends one `ConsoleReport`.
 */
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { startBrowser } from '../test/support/browser.ts';
import { signIn } from '../test/support/console.ts';
import { addKeys } from './large-store.ts';
import { CREDENTIALS } from './requests.ts';
import { median } from './rounds.ts';
import { type RunningServer, startQkms } from './servers.ts';

/** Times are in milliseconds. */
export interface ConsoleReport {
  readonly keys: number;
  readonly rounds: number;
  readonly loadAverage: number;
  readonly cores: number;
  /** Each with the median and the longest of the rounds. */
  readonly times: readonly { readonly what: string; readonly median: number; readonly longest: number }[];
}

const KEYS = 100_000;
/** So many keys have a tag that is searched for. */
const TAGGED = 5;
const PAGE_SIZE = 25;
const ROUNDS = 5;
const PAGES = 10;

const [directory = ''] = process.argv.slice(2);
const dataDirectory = join(directory, 'store');
await (await startQkms(dataDirectory, 1)).stop();
const tag = { key: 'team', value: 'needle' };
await addKeys(
  { dataDirectory },
  KEYS,
  1,
  () => {},
  (index) => (index % (KEYS / TAGGED) === 0 ? [tag] : []),
);
const loadAverage = loadavg()[0] ?? Number.NaN;
const server = await startQkms(dataDirectory, 1, { auditDurability: 'strict' });
const browser = await startBrowser();
try {
  const times = new Map<string, number[]>();
  const note = (what: string, time: number) => times.set(what, [...(times.get(what) ?? []), time]);
  for (let round = 0; round < ROUNDS; round += 1) await visit(browser, server, note);
  const report: ConsoleReport = {
    keys: KEYS,
    rounds: ROUNDS,
    loadAverage,
    cores: cpus().length,
    times: Array.from(times, ([what, all]) => ({
      what,
      median: median(all, (time) => time),
      longest: Math.max(...all),
    })),
  };
  if (process.send === undefined) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else process.send(report);
} finally {
  await browser.close();
  await server.stop();
}
process.disconnect?.();

/** Opens the list of keys in a browser that has nothing of the console yet, signs in, and goes through the list. */
async function visit(
  browser: Browser,
  { port }: RunningServer,
  note: (what: string, time: number) => void,
): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  try {
    const page = await context.newPage();
    const rows = page.getByRole('table', { name: 'KMS keys' }).getByRole('row');
    const searched = (count: number) => page.getByText(`${count} keys on this page,`).first().waitFor();
    await page.goto(`http://127.0.0.1:${port}/console/keys`);
    await page.getByLabel('Access key ID').waitFor();
    const usable = Number(await page.evaluate('performance.now()'));
    note('first contentful paint', await firstContentfulPaint(page));
    note('the form to sign in can be used', usable);
    await page.getByLabel('Secret access key').fill(CREDENTIALS.secretAccessKey);
    const shown = await timed(async () => {
      await signIn(page, CREDENTIALS);
      await rows.nth(PAGE_SIZE).waitFor();
    });
    note('signing in, until the first page of keys is there', shown);
    note('both: from the address until the list can be used', usable + shown);
    for (let pages = 0; pages < PAGES; pages += 1) {
      const [first = ''] = await rows.nth(1).getByRole('link').allInnerTexts();
      const next = async () => {
        await page.getByRole('button', { name: 'Next page' }).click();
        await page.getByRole('link', { name: first, exact: true }).waitFor({ state: 'detached' });
        await rows.nth(PAGE_SIZE).waitFor();
      };
      note('the next page', await timed(next));
    }
    await filterBy(page, 'Origin = AWS_KMS');
    const common = page.getByText(`${PAGE_SIZE} keys on this page, ${PAGE_SIZE} keys searched`).first();
    note('a filter that all keys match, until a page is full', await timed(() => common.waitFor()));
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await rows.nth(PAGE_SIZE).waitFor();
    await filterBy(page, `Tag = ${tag.key}=${tag.value}`);
    note(`a tag of ${TAGGED} keys, until all keys were searched`, await timed(() => searched(TAGGED)));
  } finally {
    await context.close();
  }
}

async function filterBy(page: Page, text: string): Promise<void> {
  await page.getByLabel('Filter keys').fill(text);
  await page.getByLabel('Filter keys').press('Enter');
}

/** When the page showed something first, in milliseconds from when its address was opened. */
async function firstContentfulPaint(page: Page): Promise<number> {
  const paints = `new Promise((resolve) =>
    new PerformanceObserver((list) =>
      list.getEntriesByName('first-contentful-paint').forEach(({ startTime }) => resolve(startTime)),
    ).observe({ type: 'paint', buffered: true }))`;
  return Number(await page.evaluate(paints));
}

async function timed(act: () => Promise<void>): Promise<number> {
  const since = performance.now();
  await act();
  return performance.now() - since;
}
