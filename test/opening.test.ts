import assert from 'node:assert/strict';
import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { readConfiguration } from '../src/config.ts';
import { OperatorError } from '../src/errors.ts';
import { prepareService } from '../src/service.ts';
import { startTestServer } from './support/server.ts';

let dataDirectory: string;

beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-opening-'));
});
afterEach(() => rm(dataDirectory, { recursive: true }));

/** A start that must fail, and say why in a sentence for the operator. */
async function assertRefused(mode: 'production' | 'development', message: RegExp): Promise<void> {
  const configuration = readConfiguration(mode, { dataDirectory }, {});
  await assert.rejects(prepareService(configuration), (error: unknown) => {
    assert.ok(error instanceof OperatorError, String(error));
    assert.match(error.message, message);
    return true;
  });
}

describe('opening a data directory', () => {
  it('shows the credentials of the root user once', async () => {
    const configuration = readConfiguration('production', { dataDirectory }, {});
    const { notices } = await prepareService(configuration);
    assert.match(
      notices.join('\n'),
      /AWS_ACCESS_KEY_ID=AKIA[A-Z2-7]{16}\n *AWS_SECRET_ACCESS_KEY=[\w+/]{40}$/,
    );
    assert.deepEqual((await prepareService(configuration)).notices, []);
  });

  it('creates it, with all that is missing above it, for its owner only', async () => {
    const nested = join(dataDirectory, 'a', 'b');
    await prepareService(readConfiguration('production', { dataDirectory: nested }, {}));
    assert.equal((await stat(nested)).mode & 0o777, 0o700);
  });

  it('is refused where no directory can be created', async () => {
    const file = join(dataDirectory, 'file');
    await writeFile(file, '');
    const places = [join(file, 'data'), ...(process.platform === 'linux' ? ['/proc/qkms/data'] : [])];
    for (const place of places) {
      await assert.rejects(prepareService(readConfiguration('production', { dataDirectory: place }, {})), {
        name: 'OperatorError',
        message: /^cannot create the data directory \(.*\); choose another --data-dir$/,
      });
    }
  });

  it('is refused when the database is no database, which stays as it is', async () => {
    const file = join(dataDirectory, 'qkms.db');
    await writeFile(file, 'not a database, but longer than the header of one '.repeat(100));
    const before = await readFile(file);
    await assertRefused('production', /^cannot open the store \S+qkms\.db: file is not a database; /);
    assert.deepEqual(await readFile(file), before);
  });

  it('is refused when the database is of another application, which stays as it is', async () => {
    const file = join(dataDirectory, 'qkms.db');
    const other = new DatabaseSync(file);
    other.exec('create table recipes (name text)');
    other.close();
    const before = await readFile(file);
    await assertRefused('production', /^the database holds tables of another application \(recipes\); /);
    assert.deepEqual(await readFile(file), before);
    assert.deepEqual(await readdir(dataDirectory), ['qkms.db']);
  });

  it('is refused when the database is damaged', async () => {
    await (await startTestServer({ dataDirectory })).close();
    const database = await open(join(dataDirectory, 'qkms.db'), 'r+');
    // All pages but the first, which says that it is a database.
    const { size } = await database.stat();
    await database.write(Buffer.alloc(size - 4096, 0xff), 0, size - 4096, 4096);
    await database.close();
    await assertRefused('production', /^cannot open the store \S+qkms\.db: .*malformed; /);
  });

  it('is refused in development mode when its server checks credentials', async () => {
    await (await startTestServer({ dataDirectory })).close();
    await assertRefused(
      'development',
      /made by a server that checks credentials.* choose another --data-dir, or database$/,
    );
  });

  it('is possible in development mode when it was made in development mode', async () => {
    const configuration = readConfiguration('development', { dataDirectory }, {});
    await prepareService(configuration);
    assert.deepEqual(await prepareService(configuration), { notices: [] });
  });
});
