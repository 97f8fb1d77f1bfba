import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { KMS } from '@aws-sdk/client-kms';
import { DAY } from '../src/clock.ts';
import { countDueThings, putDueThings } from './support/due-things.ts';
import { openInside } from './support/inside.ts';
import { assertDecrypts, createKey, encrypt } from './support/keys.ts';
import { startNode } from './support/node-process.ts';
import { healthOf, untilReady } from './support/outage.ts';
import { runQkms, temporaryDirectory } from './support/qkms-process.ts';
import { REGION, ROOT_CREDENTIALS } from './support/server.ts';
import { databaseForTest } from './support/test-database.ts';
import { until } from './support/until.ts';

const SHIFTED_CLOCK = new URL('support/shifted-clock.ts', import.meta.url).href;
const HOUR = 3_600_000;

const JUMPS = [
  {
    name: '400 days ahead',
    shift: 400 * DAY,
    reason: /the clock of this machine is 34\d{6} seconds ahead of/,
  },
  { name: 'an hour behind', shift: -HOUR, reason: /the clock of this machine is 3[56]\d\d seconds behind/ },
];

/** Starts a node on a machine with a clock that can be wrong, and resolves when it serves. */
async function startShifted(t: TestContext, dataDirectory: string, databaseUrl: string, shift: number) {
  const file = join(temporaryDirectory(t), 'shift');
  const put = (milliseconds: number) => writeFileSync(file, String(milliseconds));
  put(shift);
  const process = runQkms(t, ['start', '--port', '0', '--workers', '1', '--data-dir', dataDirectory], {
    NODE_OPTIONS: `--import=${SHIFTED_CLOCK}`,
    TEST_CLOCK_SHIFT_FILE: file,
    QKMS_DATABASE_URL: databaseUrl,
    QKMS_ROOT_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
    QKMS_ROOT_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
  });
  const endpoint = `http://127.0.0.1:${await process.port()}`;
  const client = new KMS({ endpoint, region: REGION, credentials: ROOT_CREDENTIALS, maxAttempts: 1 });
  t.after(() => client.destroy());
  return { process, endpoint, client, setRight: () => put(0) };
}

describe('a machine whose clock is wrong', () => {
  for (const { name, shift, reason } of JUMPS) {
    it(`(${name}) is noticed by the clock of the database, and nothing is done that seems due`, async (t) => {
      const dataDirectory = temporaryDirectory(t);
      const url = await databaseForTest(t);
      const first = await startNode({ dataDirectory, workers: 1, environment: { QKMS_DATABASE_URL: url } });
      const kms = first.client();
      const [kept, doomed] = [await createKey(kms), await createKey(kms)];
      const ciphertext = await encrypt(kms, kept.keyId);
      await kms.scheduleKeyDeletion({ KeyId: doomed.keyId, PendingWindowInDays: 7 });
      await first.stop();
      const inside = await openInside(dataDirectory, url);
      t.after(() => inside.close());
      await putDueThings(inside, 1);
      const due = await countDueThings(inside);
      assert.equal(due, 3);

      const node = await startShifted(t, dataDirectory, url, shift);
      await node.process.logs(/doing what is due failed; trying again/);
      await node.process.logs(reason);
      const { status, answer } = await healthOf(node, 'ready');
      assert.equal(status, 503);
      assert.match(JSON.stringify(answer), reason);
      assert.match(JSON.stringify(answer), /"causes":\["clock"\]/);
      await assert.rejects(node.client.decrypt({ CiphertextBlob: ciphertext }), {
        name: 'InvalidSignatureException',
        message: /^Signature (expired|not yet current): /,
      });
      assert.equal(await countDueThings(inside), due);

      node.setRight();
      await untilReady(node);
      await assertDecrypts(node.client, ciphertext, 'plaintext');
      await until('what is due is done', async () => (await countDueThings(inside)) === 0);
      const { KeyMetadata } = await node.client.describeKey({ KeyId: doomed.keyId });
      assert.equal(KeyMetadata?.KeyState, 'PendingDeletion');
    });
  }
});
