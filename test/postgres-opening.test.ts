import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { KMS } from '@aws-sdk/client-kms';
import { readConfiguration } from '../src/config.ts';
import { OperatorError } from '../src/errors.ts';
import { prepareService } from '../src/service.ts';
import { writeFact } from '../src/store/index.ts';
import { issueCertificate } from './support/certificate.ts';
import { openInside } from './support/inside.ts';
import { startNodeInVain } from './support/node-process.ts';
import { connected, createDatabase, type Database, query } from './support/postgres/database.ts';
import { type PostgresServer, startPostgres } from './support/postgres.ts';
import { startStandby } from './support/postgres-standby.ts';
import { runQkms, temporaryDirectory } from './support/qkms-process.ts';
import { REGION } from './support/server.ts';

/** The longest that a start may take to fail with one host, whatever is wrong, in milliseconds; on a busy machine. */
const LONGEST_START = 10_000;

let server: PostgresServer;
before(async () => {
  server = await startPostgres();
});
after(() => server[Symbol.asyncDispose]());

/** What a first start does before it serves. */
function prepare(dataDirectory: string, databaseUrl: string) {
  return prepareService(readConfiguration('production', { dataDirectory, databaseUrl }, {}));
}

/** A start that must fail in time, and say why in a line for the operator, without the password. */
async function assertRefused(
  t: TestContext,
  databaseUrl: string,
  message: RegExp,
  dataDirectory = temporaryDirectory(t),
): Promise<void> {
  const [, password = ''] = /^postgres:\/\/[^:@]*:([^@]*)@/.exec(databaseUrl) ?? [];
  const began = performance.now();
  await assert.rejects(prepare(dataDirectory, databaseUrl), (error: unknown) => {
    assert.ok(error instanceof OperatorError, String(error));
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n/);
    if (password !== '') assert.ok(!error.message.includes(password), error.message);
    return true;
  });
  assert.ok(performance.now() - began < LONGEST_START);
}

/** A database as its owner would give it, or with another part of its URL. */
async function urlOf(change: (url: URL) => void = () => {}): Promise<string> {
  const url = new URL((await server.createDatabase()).url);
  change(url);
  return url.href;
}

/** Everything that is in the tables of a database. */
async function contentsOf({ url }: Pick<Database, 'url'>): Promise<string> {
  return connected({ url }, async (client) => {
    const { rows: tables } = await client.query(
      'select tablename from pg_tables where schemaname = current_schema() order by 1',
    );
    const contents = [];
    for (const { tablename } of tables)
      contents.push(tablename, (await client.query(`select * from ${tablename}`)).rows);
    return JSON.stringify(contents);
  });
}

/** Listens on a free port until the test has ended. */
async function listen(t: TestContext, answer: (socket: Socket) => void): Promise<string> {
  const sockets: Socket[] = [];
  const listener: Server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    answer(socket);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = listener.address();
  assert.ok(address !== null && typeof address === 'object');
  return `postgres://qkms:correct-horse@127.0.0.1:${address.port}/qkms`;
}

describe('a database that cannot be reached is refused', () => {
  it('when nobody listens', (t) =>
    assertRefused(
      t,
      'postgres://qkms:correct-horse@127.0.0.1:1/qkms',
      /^cannot use the database at 127\.0\.0\.1:1: connect ECONNREFUSED 127\.0\.0\.1:1; check the database URL and that the server runs$/,
    ));

  it('when there is no such host', (t) =>
    assertRefused(
      t,
      'postgres://qkms:correct-horse@nowhere.invalid/qkms',
      /^cannot use the database at nowhere\.invalid:5432: getaddrinfo \w+ nowhere\.invalid; check the database URL/,
    ));

  it('when whoever listens never answers', async (t) =>
    assertRefused(t, await listen(t, () => {}), /connection timeout; check the database URL/));

  it('when whoever listens is no PostgreSQL', async (t) => {
    const url = await listen(t, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await assertRefused(t, url, /: Connection terminated unexpectedly; check the database URL/);
  });

  it('by the whole process, which ends with 1 and one line', async (t) => {
    const { code, stdout, stderr } = await startNodeInVain({
      dataDirectory: temporaryDirectory(t),
      workers: 2,
      environment: { QKMS_DATABASE_URL: 'postgres://qkms:correct-horse@127.0.0.1:1/qkms' },
    });
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /^qkms: cannot use the database at [^\n]*\n$/);
    assert.doesNotMatch(stderr, /correct-horse/);
  });
});

describe('a role that is not let in is refused', () => {
  it('with a wrong password', async (t) =>
    assertRefused(
      t,
      await urlOf((url) => {
        url.password = 'wrong-horse';
      }),
      /: password authentication failed for user "\w+"; check user and password in the URL$/,
    ));

  it('without a password', async (t) =>
    assertRefused(
      t,
      await urlOf((url) => {
        url.password = '';
      }),
      /; the server asks for a password; put one into the URL, or set PGPASSWORD$/,
    ));

  it('by a name that nobody has', async (t) =>
    assertRefused(
      t,
      await urlOf((url) => {
        url.username = 'nobody';
      }),
      /: password authentication failed for user "nobody"; check user and password in the URL$/,
    ));

  it('to a database that there is not', async (t) =>
    assertRefused(
      t,
      await urlOf((url) => {
        url.pathname = 'nonesuch';
      }),
      /: database "nonesuch" does not exist; create it \(create database\), or name another one in the URL$/,
    ));

  it('without the right to connect, or to create tables', async (t) => {
    const database = await server.createDatabase();
    const name = new URL(database.url).pathname.slice(1);
    await server.query("create role reader login password 'correct-horse'");
    const url = new URL(database.url);
    [url.username, url.password] = ['reader', 'correct-horse'];
    const advice = 'give the role the right to connect to the database, and to create tables there';
    await assertRefused(t, url.href, new RegExp(`: permission denied for schema public; ${advice}`));
    await server.query(`revoke connect on database ${name} from public`);
    await assertRefused(t, url.href, new RegExp(`: permission denied for database "${name}"; ${advice}`));
    assert.equal(await contentsOf(database), '[]');
  });

  it('where pg_hba.conf does not admit it', async (t) => {
    const file = join(server.data, 'pg_hba.conf');
    const rules = await readFile(file, 'utf8');
    t.after(async () => {
      await writeFile(file, rules);
      await server.query('select pg_reload_conf()');
    });
    const url = new URL(await urlOf());
    await writeFile(file, `host all ${url.username} all reject\n${rules}`);
    await server.query('select pg_reload_conf()');
    await assertRefused(
      t,
      url.href,
      /: pg_hba\.conf rejects connection .*; see whether the server's pg_hba\.conf admits/,
    );
  });

  it('when there are too many connections', async (t) => {
    const url = await urlOf();
    const { username } = new URL(url);
    await server.query(`alter role ${username} connection limit 0`);
    const advice =
      /: too many connections for role "\w+"; raise its max_connections or the limit of the role, or/;
    await assertRefused(t, url, advice);
    // Enough to find out what there is, and not to go on.
    await server.query(`alter role ${username} connection limit 1`);
    await assertRefused(t, url, advice);
    assert.deepEqual(await server.query('select 1 as one'), [{ one: 1 }]);
  });
});

describe('a database that cannot hold the store is refused, and stays as it is', () => {
  let database: Database;
  /** With the root key of `database`. */
  let dataDirectory: string;
  before(async () => {
    dataDirectory = mkdtempSync(join(tmpdir(), 'qkms-test-'));
    database = await server.createDatabase();
    const { notices } = await prepare(dataDirectory, database.url);
    assert.match(notices.join(), /AWS_SECRET_ACCESS_KEY=/);
    assert.deepEqual(await prepare(dataDirectory, database.url), { notices: [] });
  });
  after(() => rmSync(dataDirectory, { recursive: true }));

  async function assertUnchanged(t: TestContext, message: RegExp, directory?: string, its = database) {
    const before = await contentsOf(its);
    await assertRefused(t, its.url, message, directory);
    assert.equal(await contentsOf(its), before);
  }

  it('when it is of another application', async (t) => {
    const other = await server.createDatabase();
    for (const [statement, message] of [
      [
        'create table customers (id int)',
        /^the database holds tables of another application \(customers\); choose another one for QKMS$/,
      ],
      [
        'alter table customers rename to meta',
        /: column "name" does not exist; what is in the database is not of QKMS; choose another one$/,
      ],
      ['drop table meta', undefined],
      [
        'create view keys as select 1 as one',
        /: relation "keys" already exists; what is in the database is not of QKMS; choose another one$/,
      ],
    ] as const) {
      await query(other, statement);
      if (message !== undefined) await assertUnchanged(t, message, undefined, other);
    }
  });

  it('when the node has no root key, or another one', async (t) => {
    const directory = temporaryDirectory(t);
    const message =
      /^there is no root key file at \S+root\.key, and the store in the database needs the one that it was created with; put a copy there \(from another node, or its backup\), or give the path of one as --root-key-file$/;
    await assertUnchanged(t, message, directory);
    assert.deepEqual(readdirSync(directory), []);
    await prepare(directory, await urlOf());
    await assertUnchanged(
      t,
      /^the root key \(id [0-9a-f]+\) is not the one this store was created with/,
      directory,
    );
  });

  it('when a newer version of QKMS wrote it', async (t) => {
    const inside = await openInside(dataDirectory, database.url);
    const put = (version: string) =>
      inside.kms.store.write(({ db }) =>
        writeFact({ db, keyring: inside.keyring }, 'schema_version', version),
      );
    const [{ value }] = (await query(database, "select value from meta where name = 'schema_version'")) as [
      { value: string },
    ];
    t.after(async () => {
      await put(value);
      await inside.close();
    });
    await put('99');
    await assertUnchanged(
      t,
      /^the store has schema version 99, newer than this program's \d+; start the newer version of QKMS that wrote it$/,
      dataDirectory,
    );
  });

  it('when somebody edited what it says of itself', async (t) => {
    const edit = (set: string) => query(database, `update meta set ${set} where name = 'store_id'`);
    t.after(() => edit('value = substr(value, 2)'));
    await edit("value = 'x' || value");
    await assertUnchanged(
      t,
      /^the root key \(id \w+\) is not the one this store was created with/,
      dataDirectory,
    );
  });

  it('when it can only be read', async (t) => {
    const { pathname } = new URL(database.url);
    const alter = (what: string) => server.query(`alter database ${pathname.slice(1)} ${what}`);
    t.after(() => alter('reset default_transaction_read_only'));
    await alter('set default_transaction_read_only = on');
    await assertUnchanged(
      t,
      /^the database is read-only; name one in the URL that can be written, or/,
      dataDirectory,
    );
  });

  it('when it is a standby, unless its primary is named besides', async (t) => {
    await using standby = await startStandby(server);
    const url = new URL(database.url);
    url.port = String(standby.port);
    await assertRefused(
      t,
      url.href,
      /^the database is a standby, .*; name its primary in the URL, or all of its hosts/,
    );
    const both = database.url.replace('@', `@127.0.0.1:${standby.port},`);
    assert.deepEqual(await prepare(dataDirectory, both), { notices: [] });
    const withoutPrimary = url.href.replace('@', '@127.0.0.1:1,');
    await assertRefused(
      t,
      withoutPrimary,
      /^cannot use the database at 127\.0\.0\.1:1, 127\.0\.0\.1:\d+: connect ECONNREFUSED/,
    );
    const standbyFirst = url.href.replace(/(:\d+)\//, '$1,127.0.0.1:1/');
    await assertRefused(t, standbyFirst, /: connect ECONNREFUSED/);
  });

  it('when its encoding does not hold every text, or there is no schema for it', async (t) => {
    for (const encoding of ['LATIN1', 'SQL_ASCII']) {
      const name = encoding.toLowerCase();
      await server.query(
        `create database ${name} encoding '${encoding}' locale_provider libc locale 'C' template template0`,
      );
      const url = new URL(server.superuser.url);
      url.pathname = name;
      await assertRefused(
        t,
        url.href,
        new RegExp(`^the database has the encoding ${encoding}; create one with encoding 'UTF8'`),
      );
    }
    const url = await urlOf();
    await server.query(`alter role ${new URL(url).username} set search_path = nowhere`);
    await assertRefused(t, url, /^no schema of the role's search_path exists; create one/);
  });

  it('by somebody who keeps the lock of its store', async (t) => {
    const { url } = await server.createDatabase();
    await connected({ url }, async (client) => {
      await client.query('select pg_advisory_lock(1903914355, hashtext(current_schema()))');
      await assertRefused(t, url, /lock timeout; somebody keeps the lock of the store; see pg_locks for who/);
    });
    assert.match((await prepare(temporaryDirectory(t), url)).notices.join(), /AWS_SECRET_ACCESS_KEY/);
  });
});

describe('several nodes that start at once on an empty database', () => {
  const startAll = (t: TestContext, url: string, flags: readonly string[] = []) =>
    [1, 2, 3].map(() => {
      const settings = ['--port', '0', '--workers', '1', '--data-dir', temporaryDirectory(t)];
      return runQkms(t, ['start', ...settings, '--database-url', url, ...flags]);
    });

  it('all serve, and one of them shows the credentials of the root user', async (t) => {
    const { url } = await server.createDatabase();
    const rootKeyFile = join(temporaryDirectory(t), 'root.key');
    const nodes = startAll(t, url, ['--root-key-file', rootKeyFile]);
    const ports = await Promise.all(nodes.map((node) => node.port()));
    const said = await Promise.all(nodes.map((node) => node.says(/^([\s\S]*)qkms ready on/)));
    const shown = said.map(([, before = '']) => before).filter((before) => before !== '');
    assert.equal(shown.length, 1, shown.join('\n'));
    const [, accessKeyId = '', secretAccessKey = ''] =
      /AWS_ACCESS_KEY_ID=(\S+)\s+AWS_SECRET_ACCESS_KEY=(\S+)/.exec(shown[0] ?? '') ?? [];
    const keys = new Set<string | undefined>();
    for (const port of ports) {
      const kms = new KMS({
        endpoint: `http://127.0.0.1:${port}`,
        region: REGION,
        credentials: { accessKeyId, secretAccessKey },
        maxAttempts: 1,
      });
      t.after(() => kms.destroy());
      keys.add((await kms.createKey({})).KeyMetadata?.KeyId);
      assert.equal((await kms.listKeys({})).Keys?.length, keys.size);
    }
  });

  it('serve if they have the root key that was made, and say else that they need it', async (t) => {
    const { url } = await server.createDatabase();
    const nodes = startAll(t, url);
    const ready = nodes.map((node) => node.says(/^qkms ready on/m).then(() => node));
    const serving = await Promise.any(ready);
    for (const node of nodes.filter((each) => each !== serving)) {
      const { code, stderr } = await node.ended;
      assert.equal(code, 1);
      assert.match(stderr, /^qkms: there is no root key file at [^\n]*; put a copy there [^\n]*\n$/);
    }
    await Promise.allSettled(ready);
  });
});

describe('TLS to the database', () => {
  let guarded: PostgresServer;
  let url: string;
  let directory: string;
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'qkms-test-'));
    const own = await issueCertificate('loopback');
    const stranger = await issueCertificate('loopback');
    for (const [name, { certificate }] of Object.entries({ own, stranger }))
      await writeFile(join(directory, `${name}.pem`), certificate);
    guarded = await startPostgres({ tls: own });
    url = (await guarded.createDatabase()).url;
  });
  after(async () => {
    await guarded[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  });

  const withParameters = (parameters: Record<string, string>, from = url) => {
    const changed = new URL(from);
    for (const [name, value] of Object.entries(parameters))
      changed.searchParams.set(name, name === 'sslrootcert' ? join(directory, `${value}.pem`) : value);
    return changed.href;
  };

  it('is spoken in every mode that the server can stand', async (t) => {
    const dataDirectory = temporaryDirectory(t);
    for (const parameters of [
      { sslmode: 'require' },
      { sslmode: 'require', sslrootcert: 'own' },
      { sslmode: 'verify-ca', sslrootcert: 'own' },
      { sslmode: 'verify-full', sslrootcert: 'own' },
    ])
      await prepare(dataDirectory, withParameters(parameters));
    const byName = withParameters({ sslmode: 'verify-full', sslrootcert: 'own' }).replace(
      '127.0.0.1',
      'localhost',
    );
    await prepare(dataDirectory, byName);
  });

  it('is not left out when the server demands it', (t) =>
    assertRefused(
      t,
      withParameters({ sslmode: 'disable' }),
      /no encryption; see whether the server's pg_hba\.conf admits/,
    ));

  it('is not left out when the server cannot speak it', async (t) => {
    for (const sslmode of ['require', 'verify-full'])
      await assertRefused(
        t,
        withParameters({ sslmode }, await urlOf()),
        /: The server does not support SSL connections; turn it on there \(ssl = on\), or, where nobody can listen in, add sslmode=disable/,
      );
  });

  it('is refused with a certificate of another authority', async (t) => {
    const advice = /certificate; give the certificate of its authority as sslrootcert in the URL$/;
    for (const parameters of [
      { sslmode: 'verify-full' },
      { sslmode: 'verify-full', sslrootcert: 'stranger' },
      { sslmode: 'verify-ca', sslrootcert: 'stranger' },
      { sslmode: 'require', sslrootcert: 'stranger' },
    ])
      await assertRefused(t, withParameters(parameters), advice);
  });

  it('is refused with a certificate for another host, when its name is looked at', async (t) => {
    const { certificate, key } = await issueCertificate('elsewhere', 'db.example.com');
    await writeFile(join(directory, 'elsewhere.pem'), certificate);
    await using elsewhere = await startPostgres({ tls: { certificate, key } });
    const ssl = { ca: certificate, checkServerIdentity: () => undefined };
    const at = (await createDatabase({ ...elsewhere.superuser, ssl })).url;
    const dataDirectory = temporaryDirectory(t);
    for (const host of ['127.0.0.1', 'localhost'])
      await assertRefused(
        t,
        withParameters({ sslmode: 'verify-full', sslrootcert: 'elsewhere' }, at).replace('127.0.0.1', host),
        /altnames.*; name the host as its certificate does, or add sslmode=verify-ca to the URL$/,
        dataDirectory,
      );
    await prepare(dataDirectory, withParameters({ sslmode: 'verify-ca', sslrootcert: 'elsewhere' }, at));
  });

  it('is refused with a file that cannot be read', (t) =>
    assertRefused(
      t,
      withParameters({ sslmode: 'verify-full', sslrootcert: 'missing' }),
      /^cannot read a file that the database URL names \(ENOENT: .*\); check its path$/,
    ));
});
