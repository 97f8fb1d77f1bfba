import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { auditLines, exportAndVerify } from './support/audit.ts';
import { createKey, encrypt } from './support/keys.ts';
import { endNodes, type NodeProcess, startNode } from './support/node-process.ts';
import { until } from './support/until.ts';

/* What the audit log, and a sink, know of calls whose node was killed in their midst. */

const CALLS_BEFORE_KILL = 40;
const LANES = 3;

after(endNodes);

/** Calls one after the other until the node is gone, and notes the request ids of those that were answered. */
async function callUntilBroken(kms: KMS, keyId: string, answered: string[]): Promise<void> {
  try {
    for (let round = 0; ; round += 1) {
      const answer =
        round % 4 === 0
          ? await kms.tagResource({ KeyId: keyId, Tags: [{ TagKey: 'round', TagValue: String(round) }] })
          : await kms.encrypt({ KeyId: keyId, Plaintext: Buffer.from('x') });
      answered.push(answer.$metadata.requestId ?? '');
    }
  } catch (error) {
    if (answered.length < CALLS_BEFORE_KILL) throw error;
  }
}

/** Kills a node with everything while calls are under way; resolves to the request ids that it has answered, by lane. */
async function killInTheMidst(node: NodeProcess, lanes: number): Promise<readonly (readonly string[])[]> {
  const kms = node.client();
  const { keyId } = await createKey(kms);
  const answered = Array.from({ length: lanes }, (): string[] => []);
  const broken = answered.map((ids) => callUntilBroken(kms, keyId, ids));
  await until('enough calls are answered', () => answered.every((ids) => ids.length >= CALLS_BEFORE_KILL));
  await node.kill({ everything: true });
  await Promise.all(broken);
  return answered;
}

async function requestIdsIn(dataDirectory: string): Promise<ReadonlySet<unknown>> {
  return new Set((await auditLines(dataDirectory)).map((line) => JSON.parse(line).requestID));
}

describe('kill -9', { concurrency: true }, () => {
  for (const durability of ['strict', 'soon']) {
    it(`with ${durability}: ${durability === 'strict' ? 'every call that was answered is recorded' : 'only the last records can be missing'}, and the log goes on`, async () => {
      const directory = await mkdtemp(join(tmpdir(), 'qkms-killed-'));
      const dataDirectory = join(directory, 'data');
      const sink = join(directory, 'audit.jsonl');
      const flags = ['--audit-durability', durability, '--audit-sink', `file:${sink}`];
      // Each process that records soon has last records of its own.
      const workers = durability === 'strict' ? 2 : 1;
      const answered = await killInTheMidst(await startNode({ dataDirectory, workers, flags }), LANES);

      const node = await startNode({ dataDirectory, workers, flags });
      const recorded = await requestIdsIn(dataDirectory);
      for (const ids of answered) {
        // Changes are recorded with what they change; all others in the order in which they were answered.
        const missing = ids.filter((id) => !recorded.has(id));
        const reads = ids.filter((_, round) => round % 4 !== 0);
        assert.deepEqual(missing, reads.slice(reads.length - missing.length));
        if (durability === 'strict') assert.deepEqual(missing, []);
      }
      const kms = node.client();
      const { keyId } = await createKey(kms);
      for (let round = 0; round < 5; round += 1) await encrypt(kms, keyId);
      await until('the last record is there', async () => {
        const names = (await auditLines(dataDirectory)).slice(-5).map((line) => JSON.parse(line).eventName);
        return names.every((name) => name === 'Encrypt');
      });
      const all = await auditLines(dataDirectory);
      const delivered = async () =>
        (await readFile(sink, 'utf8').catch(() => ''))
          .split('\n')
          .slice(0, -1)
          .filter((line) => !line.startsWith('{"checkpoint":'));
      // Until the lease of the process that was killed is over.
      await until('the sink has all records', async () => (await delivered()).length >= all.length);
      assert.deepEqual(await delivered(), all);
      assert.equal(await node.stop(), 0);
      const { verification } = await exportAndVerify(dataDirectory);
      assert.deepEqual(verification.faults, []);
      const [log] = verification.logs;
      assert.deepEqual([log?.first, log?.end, log?.coveredEnd], [0, all.length, all.length]);
      await rm(directory, { recursive: true });
    });
  }
});
