import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createRootKeyFile } from '../src/keyring/index.ts';
import { SKIP_UNLESS_SQLITE } from './support/engine.ts';
import { rootKeyFileOf, verifyStore } from './support/inside.ts';
import { createKey } from './support/keys.ts';
import { OTHER_REGION } from './support/multi-region.ts';
import { endNodes, startNode, startNodeInVain } from './support/node-process.ts';
import { type ReplicaLedger, replicateUntilBroken, verifyReplicas } from './support/replica-load.ts';
import { startTestServer } from './support/server.ts';
import { type Ledger, verifyLedger, writeUntilBroken } from './support/write-load.ts';
import { killInTheMidst, runKills } from './torture/sqlite/kills.ts';

/** How often nodes are killed; `npm run torture:sqlite` does so longer. */
const KILLS = 20;
const LANES = 2;
const REPLICATION_KILLS = 3;
const WRITERS = 3;
/** The most calls that are confirmed before a node is killed in the midst of replication. */
const MOST_CALLS = 100;
const SEED = String(randomInt(2 ** 31));

let directory: string;
let dataDirectory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'qkms-durability-'));
  dataDirectory = join(directory, 'data');
});
afterEach(async () => {
  endNodes();
  await rm(directory, { recursive: true });
});

describe('nothing that was acknowledged is lost', () => {
  it(`however often nodes are killed in the midst of their work: ${KILLS} times, seed ${SEED}`, async () => {
    const report = await runKills({ directory, kills: KILLS, lanes: LANES, seed: SEED });
    assert.ok(report.calls >= KILLS && report.looks > 0);
  });

  it(`of keys in several Regions, which are whole, or are made so: ${REPLICATION_KILLS} times`, async () => {
    const ledgers: readonly ReplicaLedger[] = Array.from({ length: WRITERS }, () => []);
    for (let kill = 0; kill < REPLICATION_KILLS; kill += 1) {
      const node = await startNode({ dataDirectory, workers: 2 });
      const killing = {
        calls: randomInt(1, MOST_CALLS),
        pause: 0,
        everything: kill % 2 === 1,
        drains: false,
      };
      await killInTheMidst(node, killing, (confirmed) =>
        ledgers.map((ledger) => replicateUntilBroken(node.client(), ledger, confirmed)),
      );
    }
    const node = await startNode({ dataDirectory, workers: 2 });
    for (const ledger of ledgers) await verifyReplicas(node.client(), node.client(OTHER_REGION), ledger);
    await verifyStore(dataDirectory);
    await node.stop();
  });

  it('when a node is asked to end', async () => {
    const ledger: Ledger = [];
    const node = await startNode({ dataDirectory, workers: 2 });
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    const writer = writeUntilBroken(node.client(), ledger, () => {
      if (ledger.length > 2) resolve();
    });
    await Promise.race([enough, writer]);
    assert.equal(await node.stop(), 0);
    await writer;

    const next = await startNode({ dataDirectory, workers: 1 });
    await verifyLedger(next.client(), ledger);
    assert.equal(await verifyStore(dataDirectory), ledger.length);
    await next.stop();
  });
});

describe('without its root key a node does not start, says why in one line, and leaves everything as it is', {
  skip: SKIP_UNLESS_SQLITE,
}, () => {
  /** The names of all files under the data directory, with a hash of what they hold. */
  async function snapshot(): Promise<Readonly<Record<string, string>>> {
    const entries = await readdir(dataDirectory, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
    const hashed = files.map(async (file) => {
      return [
        file,
        createHash('sha256')
          .update(await readFile(file))
          .digest('hex'),
      ] as const;
    });
    return Object.fromEntries(await Promise.all(hashed));
  }

  for (const [title, damage, complaint] of [
    [
      'a wrong one',
      async (file) => {
        await rm(file);
        await createRootKeyFile(file);
      },
      /^qkms: the root key \(id [0-9a-f]{32}\) is not the one this store was created with \(id [0-9a-f]{32}\); put the right root key back, or choose another store\n$/,
    ],
    ['none', (file) => rm(file), /^qkms: there is no root key file at \S+; restore it from its backup .*\n$/],
    [
      'a truncated one',
      async (file) => writeFile(file, (await readFile(file)).subarray(0, 40)),
      /^qkms: the root key file \S+ is damaged: .*; restore it from its backup\n$/,
    ],
    ['an empty one', (file) => writeFile(file, ''), /^qkms: the root key file \S+ is damaged: .*\n$/],
    [
      'one with a mistyped character',
      async (file) => {
        const line = await readFile(file, 'latin1');
        const other = line[20] === 'A' ? 'B' : 'A';
        await writeFile(file, `${line.slice(0, 20)}${other}${line.slice(21)}`);
      },
      /^qkms: the root key file \S+ is damaged: .*\n$/,
    ],
    [
      'one that others may read',
      (file) => chmod(file, 0o644),
      /^qkms: the root key file \S+ is accessible to others than its owner \(mode 0644\); run: chmod 600 \S+\n$/,
    ],
    [
      'a directory in its place',
      async (file) => {
        await rm(file);
        await mkdir(file, { mode: 0o700 });
      },
      /^qkms: cannot read the root key file \S+: .*\n$/,
    ],
  ] satisfies readonly (readonly [string, (file: string) => Promise<unknown>, RegExp])[]) {
    it(title, async () => {
      const server = await startTestServer({ dataDirectory });
      const { keyId } = await createKey(server.client());
      await server.close();
      const file = rootKeyFileOf(dataDirectory);
      const line = await readFile(file);
      await damage(file);

      const before = await snapshot();
      const { code, stdout, stderr } = await startNodeInVain({ dataDirectory, workers: 2 });
      assert.notEqual(code, 0);
      assert.match(stderr, complaint);
      assert.equal(stdout, '');
      assert.deepEqual(await snapshot(), before);

      await rm(file, { recursive: true, force: true });
      await writeFile(file, line, { mode: 0o600 });
      const repaired = await startTestServer({ dataDirectory });
      const { Keys } = await repaired.client().listKeys();
      assert.deepEqual(
        Keys?.map(({ KeyId }) => KeyId),
        [keyId],
      );
      await repaired.close();
    });
  }
});
