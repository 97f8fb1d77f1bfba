import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { KMS, KMSServiceException } from '@aws-sdk/client-kms';
import { endNodes, type NodeProcess, startNode } from './support/node-process.ts';
import { REGION, ROOT_CREDENTIALS } from './support/server.ts';
import { connectToWorkers } from './support/worker-connections.ts';

/* Worker processes of a node as operators run it, by the machine's own clock. */

const RATE = 20;
/** Of the calls through a worker. */
const REFUSALS = 15;

let dataDirectory: string;
let node: NodeProcess;
before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-quota-workers-'));
  const quotasFile = join(dataDirectory, 'quotas.json');
  await writeFile(quotasFile, JSON.stringify({ requestRates: { ListAliases: RATE } }));
  node = await startNode({
    dataDirectory,
    workers: 2,
    flags: ['--quotas-file', quotasFile, '--request-quotas', 'generous'],
  });
});
after(async () => {
  endNodes();
  await rm(dataDirectory, { recursive: true });
});

/** Asks until it was refused so many times, and says how many calls were let through. */
async function askUntilRefused(httpAgent: Agent): Promise<number> {
  const settings = { endpoint: node.endpoint, region: REGION, credentials: ROOT_CREDENTIALS, maxAttempts: 1 };
  const kms = new KMS({ ...settings, requestHandler: { httpAgent } });
  let passed = 0;
  for (let refused = 0; refused < REFUSALS; ) {
    try {
      await kms.listAliases({ Limit: 1 });
      passed += 1;
    } catch (error) {
      assert.ok(error instanceof KMSServiceException && error.name === 'ThrottlingException', String(error));
      refused += 1;
    }
  }
  return passed;
}

describe('two workers', () => {
  it('let through no more of an account together than one would, within a tenth', async () => {
    const connections = await connectToWorkers(node.endpoint);
    const begin = performance.now();
    const passed = await Promise.all(connections.uses.map(askUntilRefused));
    const seconds = (performance.now() - begin) / 1_000;
    connections.close();
    const [one = 0, other = 0] = passed;
    const most = RATE * (1 + seconds) * 1.1;
    assert.ok(one + other <= most, `${one} and ${other} were let through in ${seconds} s, not ${most}`);
    assert.ok(one > 0 && other > 0, `only one of them let anything through: ${one} and ${other}`);
    assert.equal(await node.stop(), 0);
  });
});
