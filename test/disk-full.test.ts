import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type KMS, KMSServiceException } from '@aws-sdk/client-kms';
import { exportAndVerify } from './support/audit.ts';
import { importMaterial } from './support/import.ts';
import { verifyStore } from './support/inside.ts';
import { createKey, encrypt } from './support/keys.ts';
import { endNodes, type NodeProcess, startNode } from './support/node-process.ts';
import { assertRefused } from './support/refusal.ts';
import { mountSmallDisk, type SmallDisk, smallDiskUnavailableReason } from './support/small-disk.ts';
import { until } from './support/until.ts';
import { type Ledger, verifyLedger, writeUntilBroken } from './support/write-load.ts';

const DISK_SIZE = 12 * 2 ** 20;
const WRITERS = 3;
const UNAVAILABLE = /^The store is unavailable; retry the request\.$/;

describe('on a full disk', { skip: smallDiskUnavailableReason() ?? false }, () => {
  let directory: string;
  let dataDirectory: string;
  let disk: SmallDisk;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'qkms-disk-full-'));
    dataDirectory = join(directory, 'data');
    disk = await mountSmallDisk(directory, DISK_SIZE);
  });
  afterEach(async () => {
    endNodes();
    await disk.release();
    await rm(directory, { recursive: true });
  });

  /** A node that does not have to write when it is only asked. */
  const start = () => startWith('--audit-durability', 'none');
  const startWith = (...flags: readonly string[]) =>
    startNode({ dataDirectory, workers: 2, launcher: disk.launcher, flags });

  /** Writers write until the disk is full, which it is after a while. */
  async function writeUntilFull(kms: KMS, ledgers: readonly Ledger[], calls: number): Promise<void> {
    let confirmed = 0;
    const outcomes = ledgers.map((ledger) =>
      writeUntilBroken(kms, ledger, () => {
        confirmed += 1;
        if (confirmed === calls) disk.fill();
      }).catch((error: unknown) => error),
    );
    for (const error of await Promise.all(outcomes)) {
      assert.ok(error instanceof KMSServiceException);
      assert.ok(['KMSInternalException', 'DependencyTimeoutException'].includes(error.name), error.name);
      assert.equal(error.$metadata.httpStatusCode, 500);
    }
  }

  async function stopAndVerify(node: NodeProcess): Promise<void> {
    assert.equal(await node.stop(), 0);
    const copy = join(directory, 'copy');
    await cp(disk.outside(dataDirectory), copy, { recursive: true });
    await verifyStore(copy);
  }

  it('changes are refused until there is space again, nothing acknowledged is lost, and all else goes on', async () => {
    const ledgers: readonly Ledger[] = Array.from({ length: WRITERS }, () => []);
    const node = await start();
    const kms = node.client();
    const { keyId: KeyId } = await createKey(kms, { Description: 'as it was' });
    for (let time = 0; time < 2; time += 1) {
      await writeUntilFull(kms, ledgers, 30);
      // Descriptions, policies, tags and aliases are read, and all there is decrypted.
      for (const ledger of ledgers) await verifyLedger(kms, ledger);
      const change = kms.updateKeyDescription({ KeyId, Description: 'another' });
      await assertRefused(change, 'KMSInternalException', UNAVAILABLE);
      const { KeyMetadata } = await kms.describeKey({ KeyId });
      assert.equal(KeyMetadata?.Description, 'as it was');
      assert.equal((await fetch(`${node.endpoint}/health/ready`)).status, 200);

      disk.clear();
      await createKey(kms);
      for (const ledger of ledgers) await verifyLedger(kms, ledger);
    }
    await stopAndVerify(node);
    for (const line of (await node.log).trim().split('\n')) {
      const { level, err } = JSON.parse(line);
      if (level === 'error') assert.match(err.message, /: database or disk is full$/);
    }
  });

  it('calls that cannot be recorded are refused until there is space again, and the log is as long as it has to be', async () => {
    const node = await startWith('--audit-durability', 'strict');
    const kms = node.client();
    const { keyId: KeyId } = await createKey(kms);
    const ciphertext = await encrypt(kms, KeyId, 'secret');
    await writeUntilFull(kms, [[], []], 30);
    await until('no call is answered', async () => {
      const refusal = await kms.decrypt({ CiphertextBlob: ciphertext }).catch((error: unknown) => error);
      return refusal instanceof KMSServiceException && /could not be recorded/.test(refusal.message);
    });
    const ready = await fetch(`${node.endpoint}/health/ready`);
    assert.equal(ready.status, 503);
    assert.match(await ready.text(), /the audit log cannot be written/);

    disk.clear();
    const answered: string[] = [];
    await until('calls are answered', async () => {
      const { $metadata } = await kms
        .decrypt({ CiphertextBlob: ciphertext })
        .catch(() => ({ $metadata: {} }));
      if ('requestId' in $metadata) answered.push(String($metadata.requestId));
      return answered.length === 10;
    });
    assert.equal(await node.stop(), 0);
    const copy = join(directory, 'copy');
    await cp(disk.outside(dataDirectory), copy, { recursive: true });
    const { lines, verification } = await exportAndVerify(copy);
    assert.deepEqual(verification.faults, []);
    for (const requestId of answered) assert.ok(lines.some((line) => line.includes(requestId)));
  });

  it('a node that was killed starts again, and serves what it has', async () => {
    const ledger: Ledger = [];
    const killed = await start();
    await writeUntilFull(killed.client(), [ledger], 30);
    await killed.kill({ everything: true });

    const node = await start();
    const kms = node.client();
    await verifyLedger(kms, ledger);
    // It may have emptied the log, and so made room.
    disk.fill();
    await assertRefused(createKey(kms), 'KMSInternalException', UNAVAILABLE);
    disk.clear();
    await createKey(kms);
    await verifyLedger(kms, ledger);
    await stopAndVerify(node);
  });

  it('imported material is deleted, and is gone from the files when there is space again', async () => {
    const node = await start();
    const kms = node.client();
    const log = disk.outside(join(dataDirectory, 'qkms.db-wal'));
    const large = () => createKey(kms, { Description: 'x'.repeat(8_192) });
    const { keyId: KeyId } = await createKey(kms, { Origin: 'EXTERNAL' });
    await importMaterial(kms, KeyId, Buffer.alloc(32, 1));
    const ciphertext = await encrypt(kms, KeyId, 'secret');
    // Once the log is written from its beginning again there is room in it for changes that the database has no room for.
    for (let size = 0, same = 0; same < 10; ) {
      await large();
      const before = size;
      size = statSync(log).size;
      same = size === before ? same + 1 : 0;
    }
    disk.fill();
    for (let count = 0; count < 10; count += 1) await large();

    await kms.deleteImportedKeyMaterial({ KeyId });
    assert.ok(statSync(log).size > 0);
    await assertRefused(kms.decrypt({ CiphertextBlob: ciphertext }), 'KMSInvalidStateException');

    disk.clear();
    const { keyId: another } = await createKey(kms, { Origin: 'EXTERNAL' });
    await importMaterial(kms, another, Buffer.alloc(32, 2));
    await kms.deleteImportedKeyMaterial({ KeyId: another });
    assert.equal(statSync(log).size, 0);
    await stopAndVerify(node);
  });
});
