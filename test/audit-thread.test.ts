import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AuditThread } from '../src/audit-thread.ts';
import { auditLines, exportAndVerify } from './support/audit.ts';
import { SKIP_UNLESS_SQLITE } from './support/engine.ts';
import { tamper } from './support/inside.ts';
import { startTestServer } from './support/server.ts';

/* The thread that appends to the audit log of a file, beside the server that has it open. */

let dataDirectory: string;
beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-audit-thread-'));
});
afterEach(() => rm(dataDirectory, { recursive: true }));

const events = (...eventIds: readonly string[]) => eventIds.map((eventID) => JSON.stringify({ eventID }));

describe('the thread of the audit log', { skip: SKIP_UNLESS_SQLITE }, () => {
  it('appends to the log to which changes are appended, too', async () => {
    const server = await startTestServer({ dataDirectory, auditDurability: 'strict' });
    const thread = new AuditThread({ dataDirectory });
    await thread.append(events('one'));
    await server.client().createKey({});
    await Promise.all([server.client().createKey({}), thread.append(events('two', 'three'))]);
    await thread.close();
    await server.close();
    const lines = (await auditLines(dataDirectory)).join('\n');
    for (const eventId of ['one', 'two', 'three']) assert.match(lines, new RegExp(`"eventID":"${eventId}"`));
    assert.deepEqual((await exportAndVerify(dataDirectory)).verification.faults, []);
  });

  it('says why it could not append, and appends again when it can', async () => {
    await (await startTestServer({ dataDirectory, auditDurability: 'strict' })).close();
    const thread = new AuditThread({ dataDirectory });
    await thread.append(events('one'));
    await tamper(dataDirectory, 'alter table audit_records rename to elsewhere');
    await assert.rejects(thread.append(events('two')), /audit_records|unavailable/);
    await tamper(dataDirectory, 'alter table elsewhere rename to audit_records');
    await thread.append(events('three'));
    await thread.close();
    assert.deepEqual((await exportAndVerify(dataDirectory)).verification.faults, []);
  });

  it('fails when there is no store, and starts again when there is', async () => {
    const thread = new AuditThread({ dataDirectory });
    await assert.rejects(thread.append(events('one')), /there is no store/);
    await (await startTestServer({ dataDirectory, auditDurability: 'strict' })).close();
    await thread.append(events('two'));
    await thread.close();
  });

  it('need not be ended when it was never started', () => new AuditThread({ dataDirectory }).close());
});
