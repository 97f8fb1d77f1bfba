import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type AuditKey,
  AuditTrail,
  type EventFilter,
  eventLookup,
  exportLines,
  openAuditKey,
  publicKeyOf,
  readRecords,
  verifierKeyOf,
} from '../audit/index.ts';
import { systemClock } from '../clock.ts';
import type { Configuration } from '../config.ts';
import { OperatorError, ServiceError } from '../errors.ts';
import { openPresentStore } from '../opening.ts';
import { findAuditHead, type OpenedStore, type Store } from '../store/index.ts';
import { tableHeading, tableRow } from './audit-table.ts';

/** How often it is looked whether there is more, in milliseconds. */
const LOOK_INTERVAL = 500;

/** @returns PEM */
export function showPublicKey(configuration: Configuration): Promise<string> {
  return withStore(configuration, async ({ store, keyring }) =>
    publicKeyOf(await openAuditKey(store, keyring)),
  );
}

/** @returns a verifier key (https://c2sp.org/signed-note), and a newline */
export function showVerifierKey(configuration: Configuration): Promise<string> {
  return withStore(
    configuration,
    async ({ store, keyring }) => `${verifierKeyOf(await openAuditKey(store, keyring))}\n`,
  );
}

/**
 * Writes the lines of an export that holds the records of a range. What is there is signed first, so that all of it can be
 * verified.
 */
export function exportAuditLog(
  configuration: Configuration,
  range: { readonly from: number; readonly to: number },
  output: Writable,
): Promise<void> {
  return withStore(configuration, async ({ store, keyring }) => {
    await signLog(store, await openAuditKey(store, keyring));
    for await (const line of exportLines(store, range)) await writeLine(output, line);
  });
}

/** Signs the log as it is now. */
export function signLog(store: Store, key: AuditKey): Promise<void> {
  return new AuditTrail({ store, clock: systemClock, key, durability: 'strict' }).signCheckpoint();
}

/** Writes the last records, and those that follow for as long as the output takes them. */
export function tailAuditLog(
  configuration: Configuration,
  { lines, follow }: { readonly lines: number; readonly follow: boolean },
  output: Writable,
): Promise<void> {
  return withStore(configuration, async ({ store }) => {
    const head = await store.read(findAuditHead);
    let next = Math.max(0, (head?.size ?? 0) - lines);
    do {
      for await (const { index, text } of readRecords(store, next)) {
        await writeLine(output, text);
        next = index + 1;
      }
      if (follow) await delay(LOOK_INTERVAL);
    } while (follow && !output.destroyed);
  });
}

/** How many events are looked up at a time. */
const PAGE = 1_000;

/** Writes the records of events that are found, the newest first, or a table of them, which any terminal may show. */
export function searchAuditLog(
  configuration: Configuration,
  filter: EventFilter,
  { lines, table }: { readonly lines: number; readonly table: boolean },
  output: Writable,
): Promise<void> {
  return withStore(configuration, async ({ store }) => {
    const lookUp = eventLookup(store);
    if (table) await writeLine(output, tableHeading());
    let next: number | undefined = Number.MAX_SAFE_INTEGER;
    for (let left = lines; left > 0 && next !== undefined; ) {
      const page: Awaited<ReturnType<typeof lookUp>> = await lookUp(filter, {
        beforeIndex: next,
        limit: Math.min(left, PAGE),
      });
      for (const event of page.events) await writeLine(output, table ? tableRow(event) : event.text);
      left -= page.events.length;
      next = page.next;
    }
  });
}

/** Works on a store, and turns what it refuses into what the operator is told. */
export async function withStore<T>(
  configuration: Configuration,
  work: (opened: OpenedStore) => Promise<T>,
): Promise<T> {
  const opened = await openPresentStore(configuration);
  try {
    return await work(opened);
  } catch (error) {
    throw error instanceof ServiceError ? new OperatorError(error.message, { cause: error }) : error;
  } finally {
    await opened.store.close();
    opened.keyring.destroy();
  }
}

function writeLine(output: Writable, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    output.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
  });
}
