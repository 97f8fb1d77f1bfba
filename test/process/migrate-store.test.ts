import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { cp, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { KMS } from '@aws-sdk/client-kms';
import { STS } from '@aws-sdk/client-sts';
import { addKeys } from '../../bench/large-store.ts';
import { type Clients, fillStore } from '../support/filled-store.ts';
import { rootKeyFileOf } from '../support/inside.ts';
import { contentOf, hashOf } from '../support/migrate-store.ts';
import { runQkms, type TestProcess, temporaryDirectory } from '../support/qkms-process.ts';
import { type Credentials, REGION, ROOT_CREDENTIALS } from '../support/server.ts';
import { databaseForTest } from '../support/test-database.ts';

/** Enough that a copy takes longer than a few batches. */
const KEYS = 2_000;
/** How often a copy is killed; the environment variable QKMS_CRASHES asks for more. */
const KILLS = Number(process.env['QKMS_CRASHES'] ?? 2);
/** The longest that a process is left alone after it has begun to copy, in milliseconds. */
const LONGEST_LIFE = 150;

let source: string;
let verify: (qkms: Clients) => Promise<void>;
before(async () => {
  source = await mkdtemp(join(tmpdir(), 'qkms-source-'));
  verify = await fillStore(source);
  await addKeys({ dataDirectory: source }, KEYS, 1, () => {});
});
after(() => rm(source, { recursive: true }));

function clientsOf(t: TestContext, port: number): Clients {
  const keep = <C extends { destroy(): void }>(client: C): C => {
    t.after(() => client.destroy());
    return client;
  };
  const settings = { endpoint: `http://127.0.0.1:${port}`, maxAttempts: 1 };
  return {
    kms: (credentials: Credentials, region = REGION) => keep(new KMS({ ...settings, region, credentials })),
    sts: (credentials: Credentials) => keep(new STS({ ...settings, region: REGION, credentials })),
  };
}

function start(t: TestContext, settings: Readonly<Record<string, string>>): TestProcess {
  return runQkms(t, ['start', '--port', '0', '--workers', '1'], {
    QKMS_ROOT_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
    QKMS_ROOT_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
    ...settings,
  });
}

/** Starts QKMS on the store, checks that all works as before the copy, and ends it. */
async function serve(t: TestContext, settings: Readonly<Record<string, string>>): Promise<void> {
  const server = start(t, settings);
  await verify(clientsOf(t, await server.port()));
  server.child.kill('SIGTERM');
  assert.equal((await server.ended).code, 0);
}

/** Copies, killed with SIGKILL in the midst of it again and again, until a process is left alone. */
async function copyUnderKills(
  t: TestContext,
  from: string,
  to: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const copy = () =>
    runQkms(t, ['migrate-store'], {
      QKMS_MIGRATE_FROM: from,
      QKMS_MIGRATE_TO: to,
      QKMS_ROOT_KEY_FILE: rootKeyFileOf(source),
    });
  for (let kill = 0; kill < KILLS; kill += 1) {
    const copying = copy();
    await copying.says(kill === 0 ? /^copying the store\n/ : /^going on with the copy that was begun\n/);
    await delay(randomInt(LONGEST_LIFE));
    copying.child.kill('SIGKILL');
    await copying.ended;
    // However fast the machine is.
    if (await isWhole(to)) return;
  }
  const inVain = await start(t, settings).ended;
  assert.equal(inVain.code, 1);
  assert.match(
    inVain.stderr,
    /^qkms: the database holds an unfinished copy of a store; run the same qkms migrate-store again to finish it/,
  );
  const { code, stderr } = await copy().ended;
  assert.equal(code, 0, stderr);
  assert.ok(await isWhole(to));
}

async function isWhole(place: string): Promise<boolean> {
  const facts = (await contentOf(place)).get('meta') ?? [];
  return !facts.some((fact) => fact.includes('unfinished_copy'));
}

describe('qkms migrate-store', () => {
  it(`copies a store there and back, killed ${KILLS} times on each way, and QKMS serves it as before`, async (t) => {
    const database = await databaseForTest(t);
    const back = join(temporaryDirectory(t), 'back');
    const [rows, hash] = [await contentOf(source), await hashOf(source)];
    const onDatabase = { QKMS_DATABASE_URL: database, QKMS_DATA_DIR: source };
    await copyUnderKills(t, source, database, onDatabase);
    assert.deepEqual(await contentOf(database), rows);
    assert.equal(await hashOf(source), hash);
    await serve(t, onDatabase);

    const served = await contentOf(database);
    const onFile = { QKMS_DATA_DIR: back, QKMS_ROOT_KEY_FILE: rootKeyFileOf(source) };
    await copyUnderKills(t, database, back, onFile);
    assert.deepEqual(await contentOf(back), served);
    assert.equal((await stat(join(back, 'qkms.db'))).mode & 0o777, 0o600);
    await serve(t, onFile);
  });

  it('leaves what a killed QKMS has left as it was, log and all', async (t) => {
    const crashed = temporaryDirectory(t);
    await cp(source, crashed, { recursive: true });
    const server = start(t, { QKMS_DATA_DIR: crashed });
    await clientsOf(t, await server.port())
      .kms(ROOT_CREDENTIALS)
      .createKey();
    server.child.kill('SIGKILL');
    await server.ended;
    const log = join(crashed, 'qkms.db-wal');
    const before = [await hashOf(crashed), (await stat(log)).size, (await stat(log)).mtimeMs];
    assert.ok((await stat(log)).size > 0, 'there is no log');

    const target = join(temporaryDirectory(t), 'new');
    const { code, stderr } = await runQkms(t, ['migrate-store', '--from', crashed, '--to', target]).ended;
    assert.equal(code, 0, stderr);
    assert.deepEqual([await hashOf(crashed), (await stat(log)).size, (await stat(log)).mtimeMs], before);
    assert.deepEqual(await contentOf(target), await contentOf(crashed));
  });

  it('says what it does line by line, and how to start QKMS then', async (t) => {
    const target = join(temporaryDirectory(t), 'new');
    const { code, stdout, stderr } = await runQkms(t, ['migrate-store', '--from', source, '--to', target])
      .ended;
    assert.deepEqual([code, stderr], [0, '']);
    const [first, ...lines] = stdout.trimEnd().split('\n');
    const [copied, advice] = lines.splice(-2);
    assert.equal(first, 'copying the store');
    for (const line of lines) assert.match(line, /^(?:copying|comparing) \w+: [\d,]+ of [\d,]+$/);
    assert.match(
      copied ?? '',
      /^copied 4,\d{3} records, and compared them; the store is now at \S+new as well$/,
    );
    assert.equal(
      advice,
      `start QKMS on it with --data-dir ${target} and --root-key-file ${rootKeyFileOf(source)}`,
    );
  });

  for (const [args, problem] of [
    [
      [],
      /--from \(QKMS_MIGRATE_FROM\): missing; give a data directory, or the postgres:\/\/ URL of a database/,
    ],
    [['--from', 'a'], /--to \(QKMS_MIGRATE_TO\): missing; /],
    [
      ['--from', 'mysql://a', '--to', 'b'],
      /--from \(QKMS_MIGRATE_FROM\): the database engine "mysql" is not/,
    ],
    [['--from', '/nowhere', '--to', '/nowhere/else'], /--from \(QKMS_MIGRATE_FROM\): there is no store; /],
    [['--from', 'a', '--to', 'b', '--data-dir', 'c'], /unknown option '--data-dir'/],
  ] as const) {
    it(`${args.join(' ')} ends with 1 and says why in a line`, async (t) => {
      const { code, stdout, stderr } = await runQkms(t, ['migrate-store', ...args]).ended;
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, problem);
      assert.equal(stderr.trimEnd().split('\n').length, 1);
    });
  }
});
