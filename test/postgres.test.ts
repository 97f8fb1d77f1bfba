import assert from 'node:assert/strict';
import { chmodSync, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { issueCertificate } from './support/certificate.ts';
import { createDatabase, query } from './support/postgres/database.ts';
import { type PostgresServer, startPostgres } from './support/postgres.ts';
import { startStandby } from './support/postgres-standby.ts';
import { isGone, ROOT, run, temporaryDirectory } from './support/qkms-process.ts';
import { databaseForTest } from './support/test-database.ts';

const ALONE = join(ROOT, 'test/support/postgres-alone.ts');

describe('a PostgreSQL for tests', () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres({ settings: { work_mem: '1234kB' } });
    await server.query('CREATE TABLE letters (letter text)');
    await server.query("INSERT INTO letters VALUES ('a'), ('B'), ('c')");
  });
  after(() => server[Symbol.asyncDispose]());

  const letters = async (from = server) =>
    (await from.query('SELECT letter FROM letters ORDER BY letter')).map(({ letter }) => letter).join('');
  const setting = async (name: string) =>
    (await server.query('SELECT current_setting($1) AS it', [name]))[0]?.['it'];

  it('has the settings asked for, and sorts as a language does', async () => {
    assert.equal(await setting('work_mem'), '1234kB');
    assert.equal(await setting('fsync'), 'off');
    assert.match(String(await setting('server_version')), /^18\./);
    assert.equal(await letters(), 'aBc');
  });

  it('syncs its files if asked', async () => {
    await using durable = await startPostgres({ fsync: true });
    assert.deepEqual(await durable.query('SHOW fsync'), [{ fsync: 'on' }]);
  });

  it('keeps what it has over stops and kills', async () => {
    for (const end of [() => server.stop(), () => server.stop('immediate'), () => server.kill()]) {
      await end();
      await assert.rejects(letters(), { code: 'ECONNREFUSED' });
      await server.start();
      assert.equal(await letters(), 'aBc');
    }
    await server.restart();
    assert.equal(await letters(), 'aBc');
  });

  it('answers nothing while paused', async () => {
    server.pause();
    const answer = letters();
    assert.equal(await Promise.race([answer, setTimeout(100, 'nothing')]), 'nothing');
    server.resume();
    assert.equal(await answer, 'aBc');
  });

  it('has databases whose owners may do nothing else', async () => {
    const { url, drop } = await server.createDatabase();
    await query({ url }, 'CREATE TABLE mine (id int)');
    await assert.rejects(query({ url }, 'CREATE ROLE another'), { code: '42501' });
    await drop();
    await assert.rejects(query({ url }, 'SELECT 1'), { code: '28P01' });
  });

  it('gives what it may to those who test with less than a superuser', async () => {
    const { port } = server;
    await server.query("CREATE ROLE creator LOGIN CREATEDB PASSWORD 'creator'");
    const creator = await createDatabase({ url: `postgres://creator:creator@127.0.0.1:${port}/postgres` });
    assert.match(creator.url, /^postgres:\/\/creator:creator@127\.0\.0\.1:\d+\/qkms_test_\w+$/);
    await query(creator, 'CREATE TABLE mine (id int)');
    await creator.drop();

    await server.query("CREATE ROLE tenant LOGIN PASSWORD 'tenant'");
    await server.query('CREATE DATABASE shared OWNER tenant');
    const shared = { url: `postgres://tenant:tenant@127.0.0.1:${port}/shared` };
    const [one, other] = [await createDatabase(shared), await createDatabase(shared)];
    await query(one, 'CREATE TABLE mine (id int)');
    await query(other, 'CREATE TABLE mine (id int)');
    await one.drop();
    await assert.rejects(query(one, 'SELECT FROM mine'), { code: '42P01' });
    assert.deepEqual(await query(other, 'SELECT id FROM mine'), []);
  });

  it('refuses connections without TLS when it has a certificate', async () => {
    const tls = await issueCertificate('database');
    await using secured = await startPostgres({ tls });
    const connections = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
    assert.deepEqual(await secured.query(connections), [{ ssl: true }]);
    await assert.rejects(query({ url: secured.superuser.url }, 'SELECT 1'), /no encryption/);
    const { certificate: ca } = await issueCertificate('another');
    await assert.rejects(query({ ...secured.superuser, ssl: { ca } }, 'SELECT 1'), {
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
  });

  it('says why it does not start', async () => {
    await assert.rejects(startPostgres({ port: server.port }), /Address already in use/);
    await assert.rejects(
      startPostgres({ settings: { no_such: 'setting' } }),
      /unrecognized configuration parameter "no_such"/,
    );
  });

  it('is taken up again in a directory that is kept', async (t) => {
    const directory = temporaryDirectory(t);
    const first = await startPostgres({ directory });
    await first.query('CREATE TABLE kept (id int)');
    await first[Symbol.asyncDispose]();
    await using second = await startPostgres({ directory });
    assert.deepEqual(await second.query('SELECT id FROM kept'), []);
  });

  it('has a standby that takes over all that was committed', async () => {
    const primary = await startPostgres();
    await using standby = await startStandby(primary, { synchronous: true });
    await primary.query('CREATE TABLE letters (letter text)');
    await assert.rejects(standby.query('CREATE TABLE refused (id int)'), { code: '25006' });

    standby.pause();
    const waiting = primary.query("INSERT INTO letters VALUES ('a')");
    while ((await primary.query("SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'")).length === 0);
    standby.resume();
    await waiting;

    await primary.kill();
    await standby.promote();
    assert.equal(await letters(standby), 'a');
    await standby.query("INSERT INTO letters VALUES ('b')");
    await primary[Symbol.asyncDispose]();
  });
});

describe('a PostgreSQL whose test was killed', () => {
  for (const args of [[], ['--paused']]) {
    it(`is gone with its files${args.map((arg) => ` (${arg})`)}`, async (t) => {
      const { says, child } = run(t, process.execPath, [ALONE, ...args]);
      const [, port, data = ''] = await says(/^serving (\d+) in (.*)$/m);
      const [pid] = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
      child.kill('SIGKILL');
      await isGone(Number(pid));
      while (existsSync(dirname(data))) await setTimeout(5);
      await assert.rejects(query({ url: `postgres://127.0.0.1:${port}/postgres` }, 'SELECT 1'), {
        code: 'ECONNREFUSED',
      });
    });
  }
});

it('is installed once by processes that start at once', async (t) => {
  const TMPDIR = temporaryDirectory(t);
  chmodSync(TMPDIR, 0o755);
  const processes = Array.from({ length: 3 }, () => run(t, process.execPath, [ALONE], { TMPDIR }));
  const ports = await Promise.all(processes.map(async ({ says }) => (await says(/^serving (\d+)/m))[1]));
  assert.equal(new Set(ports).size, 3);
});

describe('databases for tests', () => {
  const urls: string[] = [];
  for (const name of ['one', 'another']) {
    it(`are empty (${name})`, async (t) => {
      const url = await databaseForTest(t);
      await query({ url }, 'CREATE TABLE mine (id int)');
      urls.push(url);
    });
  }

  it('are gone after the test', async () => {
    for (const url of urls) await assert.rejects(query({ url }, 'SELECT 1'));
  });
});
