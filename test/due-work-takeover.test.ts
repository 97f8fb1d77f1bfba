import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { DAY } from '../src/clock.ts';
import { readConfiguration } from '../src/config.ts';
import { prepareService } from '../src/service.ts';
import { takeLease } from '../src/store/index.ts';
import { countDueThings, putDueThings, rotationsOf } from './support/due-things.ts';
import { type Inside, openInside } from './support/inside.ts';
import { runQkms, type TestProcess, temporaryDirectory } from './support/qkms-process.ts';
import { databaseForTest } from './support/test-database.ts';
import { until } from './support/until.ts';

/** Of each kind. */
const COUNT = 80;
const EVENTS = ['DeleteKey', 'RotateKey', 'DeleteExpiredKeyMaterial'];

/** A store in which much is due, and a way to start nodes on it. */
async function openDeployment(t: TestContext, databaseUrl?: string) {
  const dataDirectory = temporaryDirectory(t);
  const location = { dataDirectory, ...(databaseUrl === undefined ? {} : { databaseUrl }) };
  await prepareService(readConfiguration('production', location, {}));
  const inside = await openInside(dataDirectory, databaseUrl);
  t.after(() => inside.close());
  await putDueThings(inside, COUNT);
  const environment = databaseUrl === undefined ? {} : { QKMS_DATABASE_URL: databaseUrl };
  const args = ['start', '--port', '0', '--workers', '1', '--data-dir', dataDirectory];
  return { inside, start: () => runQkms(t, args, environment) };
}

/** Resolves when some of what is due has been done, and some has not. */
async function untilInTheMidst(inside: Inside): Promise<void> {
  let due = 3 * COUNT;
  await until('some of what is due is done', async () => {
    due = await countDueThings(inside);
    return due < 3 * COUNT;
  });
  assert.ok(due > 0);
}

/** Checks that all was done, each thing once, and that what nodes say of it agrees. */
async function assertDoneOnce(inside: Inside, nodes: readonly TestProcess[]): Promise<void> {
  await until('all that was due is done', async () => (await countDueThings(inside)) === 0);
  for (const { child } of nodes) {
    child.kill('SIGCONT');
    child.kill('SIGTERM');
  }
  const told = new Set<string>();
  for (const { ended } of nodes) {
    for (const line of (await ended).stderr.trim().split('\n')) {
      const { msg, keyId }: { msg?: string; keyId?: string } = line.startsWith('{') ? JSON.parse(line) : {};
      if (msg === undefined || !EVENTS.includes(msg)) continue;
      assert.ok(!told.has(`${msg} ${keyId}`), `${msg} of ${keyId} twice`);
      told.add(`${msg} ${keyId}`);
    }
  }
  assert.ok(told.size > 0);
  assert.deepEqual(
    await rotationsOf(inside),
    Array.from({ length: COUNT }, () => 1),
  );
}

describe('what is due by time', () => {
  for (const engine of ['PostgreSQL', 'SQLite'] as const) {
    it(`is done once when the process that does it is killed (${engine})`, async (t) => {
      const url = engine === 'PostgreSQL' ? await databaseForTest(t) : undefined;
      const { inside, start } = await openDeployment(t, url);
      const holder = start();
      await untilInTheMidst(inside);
      holder.child.kill('SIGKILL');
      await holder.ended;
      await assertDoneOnce(inside, url === undefined ? [start()] : [start(), start()]);
    });
  }

  it('is done although a clock that was wrong has taken the lease for long', async (t) => {
    const { inside, start } = await openDeployment(t);
    const later = Date.now() + 400 * DAY;
    await inside.kms.store.write((writer) => takeLease(writer, 'due-work', later, 3_000));
    await assertDoneOnce(inside, [start()]);
  });

  it('is done once when the node that does it is paused until another has taken over', async (t) => {
    const { inside, start } = await openDeployment(t, await databaseForTest(t));
    const holder = start();
    await untilInTheMidst(inside);
    holder.child.kill('SIGSTOP');
    const others = [start(), start()];
    await until('another has done the rest', async () => (await countDueThings(inside)) === 0);
    holder.child.kill('SIGCONT');
    // It notices that the lease, or its connection, is lost, and goes on.
    await holder.port();
    await assertDoneOnce(inside, [holder, ...others]);
  });
});
