import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { tamper } from './support/inside.ts';
import { healthOf } from './support/outage.ts';
import { startTestServer, type TestServer } from './support/server.ts';

/*
 * Draining is tested in src/http/drain.test.ts, a database that is gone in postgres-outages.test.ts, and a wrong clock,
 * which takes a clock of the database to be noticed, in clock-jumps.test.ts.
 */
describe('readiness', () => {
  let dataDirectory: string;
  let server: TestServer;

  beforeEach(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-readiness-'));
    server = await startTestServer({ dataDirectory, auditDurability: 'strict' });
    assert.deepEqual(await healthOf(server, 'ready'), { status: 200, answer: { status: 'ready' } });
  });
  afterEach(async () => {
    await server.close();
    await rm(dataDirectory, { recursive: true });
  });

  async function assertUnready(causes: readonly string[], reason: RegExp): Promise<void> {
    const { status, answer } = await healthOf(server, 'ready');
    assert.equal(status, 503);
    assert.deepEqual(Object.keys(Object(answer)), ['status', 'causes', 'reason']);
    assert.equal(Object(answer).status, 'unready');
    assert.deepEqual(Object(answer).causes, causes);
    assert.match(Object(answer).reason, reason);
    assert.deepEqual(await healthOf(server, 'live'), { status: 200, answer: { status: 'live' } });
  }

  it('is not given with a record that QKMS did not write', async () => {
    const [row] = await tamper(dataDirectory, 'select stamp from fence');
    await tamper(dataDirectory, "update fence set stamp = 'edited'");
    await assertUnready(['store'], /^A stored record of the table 'fence' is not authentic\.$/);
    await tamper(dataDirectory, 'update fence set stamp = $1', String(row?.['stamp']));
    assert.equal((await healthOf(server, 'ready')).status, 200);
  });

  it('is not given when the store cannot be read', async () => {
    await tamper(dataDirectory, 'alter table meta rename to elsewhere');
    await assertUnready(['store'], /^The store is unavailable; retry the request\.$/);
    await tamper(dataDirectory, 'alter table elsewhere rename to meta');
    assert.equal((await healthOf(server, 'ready')).status, 200);
  });

  it('is not given with the store of another root key', async () => {
    await tamper(dataDirectory, "update meta set value = 'another' where name = 'root_key_id'");
    await assertUnready(
      ['root-key'],
      /^the root key \(id \w+\) is not the one this store was created with \(id another\); put the right root key back/,
    );
  });

  it('is not given when calls cannot be recorded, until they can', async () => {
    await tamper(dataDirectory, 'alter table audit_records rename to elsewhere');
    await assert.rejects(server.client().listKeys(), { name: 'KMSInternalException' });
    await assertUnready(['audit'], /^the audit log cannot be written$/);
    await tamper(dataDirectory, 'alter table elsewhere rename to audit_records');
    await server.client().listKeys();
    assert.equal((await healthOf(server, 'ready')).status, 200);
  });

  it('tells of all causes at once', async () => {
    await tamper(dataDirectory, 'alter table audit_records rename to elsewhere');
    await assert.rejects(server.client().listKeys(), { name: 'KMSInternalException' });
    await tamper(dataDirectory, "update fence set stamp = 'edited'");
    await assertUnready(['store', 'audit'], / is not authentic\.; the audit log cannot be written$/);
  });
});
