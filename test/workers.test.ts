import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type KMS, KMSServiceException } from '@aws-sdk/client-kms';
import { allow, keyPolicy } from './support/key-policies.ts';
import { createAlias, createKey } from './support/keys.ts';
import { endNodes, type NodeProcess, startNode } from './support/node-process.ts';

/*
 * The promise that changes take effect immediately, across processes: when a call has returned that one process
 * answered, no process judges the next request by the old state.
 */

/** For the key policy; for what else can change fewer will do, since all of it goes one way. */
const POLICY_ALTERNATIONS = 200;
const ALTERNATIONS = 40;

const OPEN = keyPolicy(allow());
const CLOSED = keyPolicy(allow({ Action: ['kms:PutKeyPolicy', 'kms:EnableKey'] }));

let dataDirectory: string;
before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-workers-'));
});
after(async () => {
  endNodes();
  await rm(dataDirectory, { recursive: true });
});

/** How a call ended: `done`, or the code of its refusal. */
async function outcome(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'done';
  } catch (error) {
    if (error instanceof KMSServiceException) return error.name;
    throw error;
  }
}

/** Something that one process changes and all must see changed. */
interface Change {
  /** Does it, or undoes it; returns what is to be seen from then on. */
  readonly make: (kms: KMS, undo: boolean) => Promise<unknown>;
  readonly look: (kms: KMS) => Promise<unknown>;
}

/**
 * Makes a change through one process and undoes it through the other, to and fro; each time the other is asked at once,
 * and then the one that made it, so that both have seen what is changed next.
 *
 * @returns how often what was seen was not what had just been changed
 */
async function countStale(
  [one, other]: readonly [KMS, KMS],
  { make, look }: Change,
  alternations = ALTERNATIONS,
): Promise<number> {
  let stale = 0;
  for (let number = 0; number < alternations; number += 1) {
    const undo = number % 2 === 1;
    const [changer, asked] = undo ? [other, one] : [one, other];
    const expected = await make(changer, undo);
    if ((await look(asked)) !== expected) stale += 1;
    if ((await look(changer)) !== expected) stale += 1;
  }
  return stale;
}

function describeImmediacy(pair: () => readonly [KMS, KMS]): void {
  it('a key policy', async () => {
    const { keyId: KeyId } = await createKey(pair()[0]);
    const change: Change = {
      async make(kms, undo) {
        await kms.putKeyPolicy({ KeyId, Policy: undo ? OPEN : CLOSED });
        return undo ? 'done' : 'AccessDeniedException';
      },
      look: (kms) => outcome(kms.encrypt({ KeyId, Plaintext: Buffer.of(1) })),
    };
    assert.equal(await countStale(pair(), change, POLICY_ALTERNATIONS), 0);
  });

  it('the state of a key', async () => {
    const { keyId: KeyId } = await createKey(pair()[0]);
    const change: Change = {
      async make(kms, undo) {
        await (undo ? kms.enableKey({ KeyId }) : kms.disableKey({ KeyId }));
        return undo ? 'done' : 'DisabledException';
      },
      look: (kms) => outcome(kms.generateDataKey({ KeyId, NumberOfBytes: 16 })),
    };
    assert.equal(await countStale(pair(), change), 0);
  });

  it('which key an alias names', async () => {
    const [kms] = pair();
    const [before, after] = [await createKey(kms), await createKey(kms)];
    const AliasName = await createAlias(kms, before.keyId);
    const change: Change = {
      async make(kms, undo) {
        const { keyId, arn } = undo ? before : after;
        await kms.updateAlias({ AliasName, TargetKeyId: keyId });
        return arn;
      },
      look: async (kms) => (await kms.describeKey({ KeyId: AliasName })).KeyMetadata?.Arn,
    };
    assert.equal(await countStale(pair(), change), 0);
  });

  it('whether an alias exists', async () => {
    const [kms] = pair();
    const { keyId: TargetKeyId } = await createKey(kms);
    const AliasName = await createAlias(kms, TargetKeyId);
    const change: Change = {
      async make(kms, undo) {
        await (undo ? kms.createAlias({ AliasName, TargetKeyId }) : kms.deleteAlias({ AliasName }));
        return undo ? 'done' : 'NotFoundException';
      },
      look: (kms) => outcome(kms.describeKey({ KeyId: AliasName })),
    };
    assert.equal(await countStale(pair(), change), 0);
  });

  it('a tag that a policy asks for', async () => {
    const condition = { StringEquals: { 'aws:ResourceTag/open': 'yes' } };
    const Policy = keyPolicy(
      allow({ Action: ['kms:PutKeyPolicy', 'kms:*Tag*Resource'] }),
      allow({ Condition: condition }),
    );
    const { keyId: KeyId } = await createKey(pair()[0], { Policy });
    const change: Change = {
      async make(kms, undo) {
        await (undo
          ? kms.untagResource({ KeyId, TagKeys: ['open'] })
          : kms.tagResource({ KeyId, Tags: [{ TagKey: 'open', TagValue: 'yes' }] }));
        return undo ? 'AccessDeniedException' : 'done';
      },
      look: (kms) => outcome(kms.describeKey({ KeyId })),
    };
    assert.equal(await countStale(pair(), change), 0);
  });
}

describe('what one of two processes of a node has changed, the very next request to the other obeys', () => {
  let node: NodeProcess;
  let clients: readonly [KMS, KMS];
  before(async () => {
    node = await startNode({ dataDirectory, workers: 2 });
    // Each client keeps one connection, and connections are dealt out to the workers in turn.
    clients = [node.client(), node.client()];
    for (const client of clients) await client.listKeys({ Limit: 1 });
  });
  after(async () => {
    assert.equal(await node.stop(), 0);
  });

  describeImmediacy(() => clients);
});

describe('what one of two nodes on one data directory has changed, the very next request to the other obeys', () => {
  const nodes: NodeProcess[] = [];
  let clients: readonly [KMS, KMS];
  before(async () => {
    // One after the other: it is the first that prepares the data directory.
    for (let count = 0; count < 2; count += 1) nodes.push(await startNode({ dataDirectory, workers: 1 }));
    const [one, other] = nodes;
    assert.ok(one && other);
    clients = [one.client(), other.client()];
  });
  after(async () => {
    for (const node of nodes) assert.equal(await node.stop(), 0);
  });

  describeImmediacy(() => clients);
});
