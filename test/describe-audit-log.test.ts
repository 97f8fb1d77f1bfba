import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openCheckpoint, readCheckpointLine } from '../src/audit/log/index.ts';
import { auditLines } from './support/audit.ts';
import { createUserWithKey, identityPolicy } from './support/identities.ts';
import { type Credentials, startTestServer, type TestServer } from './support/server.ts';
import { codeOf, signedRequest, type WireAnswer } from './support/signed-request.ts';

/* DescribeAuditLog, an operation of our own. */

interface Description {
  readonly Durability: string;
  readonly Origin: string;
  readonly PublicKey: string;
  readonly Size: number;
  readonly Checkpoint: string;
  readonly CheckpointDate: number;
  readonly Subtrees: readonly string[];
}

let dataDirectory: string;
let server: TestServer;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-describe-audit-log-'));
  server = await startTestServer({ dataDirectory, auditDurability: 'strict' });
});
after(async () => {
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

function send(at: TestServer, credentials?: Credentials): Promise<WireAnswer> {
  return signedRequest({
    endpoint: at.endpoint,
    operation: 'DescribeAuditLog',
    headers: { 'X-Amz-Target': 'QKMS.DescribeAuditLog' },
    date: at.clock.now(),
    body: {},
    ...(credentials && { credentials }),
  });
}

async function describeLog(at = server): Promise<Description> {
  const answer = await send(at);
  assert.equal(answer.status, 200, answer.body);
  return JSON.parse(answer.body);
}

describe('DescribeAuditLog', () => {
  it('shows the newest checkpoint, and what it takes to verify it', async () => {
    for (let count = 0; count < 4; count += 1) await server.client().listKeys();
    server.clock.advance(10_000);
    await server.client().listKeys();
    const before = (await auditLines(dataDirectory)).length;
    const { Durability, Origin, PublicKey, Size, Checkpoint, CheckpointDate, Subtrees } = await describeLog();
    assert.equal(Durability, 'strict');
    assert.equal(Size, before);
    const publicKey = createPublicKey({ key: Buffer.from(PublicKey, 'base64'), format: 'der', type: 'spki' });
    const checkpoint = openCheckpoint(Checkpoint, publicKey);
    assert.equal(checkpoint?.origin, Origin);
    assert.ok(checkpoint.size >= 4 && checkpoint.size <= Size, `${checkpoint.size} of ${Size}`);
    const line = JSON.stringify({ checkpoint: Checkpoint, subtrees: Subtrees });
    assert.equal(readCheckpointLine(line, publicKey)?.size, checkpoint.size);
    assert.equal(CheckpointDate, server.clock.now() / 1000);
  });

  it('is for who is allowed to, by a permission of its own', async () => {
    const nobody = await createUserWithKey(server.iam(), 'nobody');
    const refused = await send(server, nobody.credentials);
    assert.equal(codeOf(refused), 'AccessDeniedException');
    assert.match(refused.body, /is not authorized to perform: qkms:DescribeAuditLog/);
    const allowed = identityPolicy({ Effect: 'Allow', Action: 'qkms:DescribeAuditLog', Resource: '*' });
    const auditor = await createUserWithKey(server.iam(), 'auditor', { allowed });
    assert.equal((await send(server, auditor.credentials)).status, 200);
  });

  it('tells that nothing is recorded, and what was recorded before', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'qkms-describe-audit-log-'));
    t.after(() => rm(directory, { recursive: true }));
    const using = async <T>(auditDurability: 'none' | 'soon', work: (at: TestServer) => Promise<T>) => {
      const opened = await startTestServer({ dataDirectory: directory, auditDurability });
      try {
        return await work(opened);
      } finally {
        await opened.close();
      }
    };
    assert.deepEqual(await using('none', describeLog), { Durability: 'none' });
    const begun = await using('soon', describeLog);
    assert.deepEqual([begun.Durability, begun.Size, begun.Checkpoint], ['soon', 0, undefined]);
    const ended = await using('none', describeLog);
    assert.deepEqual([ended.Durability, ended.Size, ended.Origin], ['none', 1, begun.Origin]);
    assert.match(ended.Checkpoint, /\n1\n/);
  });
});
