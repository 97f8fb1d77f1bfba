import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { readRecords } from '../../src/audit/index.ts';
import { type Verification, verifyLogs } from '../../src/audit/log/index.ts';
import { exportAuditLog, showPublicKey } from '../../src/cli/audit-store.ts';
import { readConfiguration } from '../../src/config.ts';
import { openPresentStore } from '../../src/opening.ts';
import type { OpenedStore } from '../../src/store/index.ts';
import { engineFlags } from './engine.ts';

/** An audit record as tools read it. */
export type AuditRecord = Readonly<Record<string, unknown>>;

async function inside<T>(dataDirectory: string, work: (opened: OpenedStore) => Promise<T>): Promise<T> {
  const opened = await openPresentStore({ dataDirectory, ...(await engineFlags(dataDirectory)) });
  try {
    return await work(opened);
  } finally {
    await opened.store.close();
    opened.keyring.destroy();
  }
}

/** The lines of the audit log of a store. */
export function auditLines(dataDirectory: string): Promise<readonly string[]> {
  return inside(dataDirectory, async ({ store }) => {
    const records = await Array.fromAsync(readRecords(store, 0));
    return records.map(({ text }) => text);
  });
}

/** The records of the audit log of a store, from one on. */
export async function auditRecords(dataDirectory: string, from = 0): Promise<readonly AuditRecord[]> {
  const lines = await auditLines(dataDirectory);
  return lines.slice(from).map((line) => JSON.parse(line));
}

/** An export of the audit log of a store, and what its verification says. */
export async function exportAndVerify(
  dataDirectory: string,
): Promise<{ readonly lines: readonly string[]; readonly verification: Verification }> {
  const configuration = readConfiguration(
    'production',
    { dataDirectory, ...(await engineFlags(dataDirectory)) },
    {},
  );
  const range = { from: 0, to: Number.MAX_SAFE_INTEGER };
  const exported = await outputOf((output) => exportAuditLog(configuration, range, output));
  const lines = exported.split('\n').slice(0, -1);
  const publicKey = createPublicKey(await showPublicKey(configuration));
  const read = async function* () {
    yield* lines;
  };
  return { lines, verification: await verifyLogs(read, publicKey) };
}

/** What a command on the audit log of a store writes. */
export async function outputOf(work: (output: PassThrough) => Promise<void>): Promise<string> {
  const output = new PassThrough();
  const written = text(output);
  await work(output);
  output.end();
  return written;
}

/** Something in a record, by its path. */
export function memberOf(record: AuditRecord | undefined, ...path: readonly string[]): unknown {
  let found: unknown = record;
  for (const name of path) {
    assert.ok(typeof found === 'object' && found !== null, `${name} of ${path.join('.')}`);
    found = Reflect.get(found, name);
  }
  return found;
}
