import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { verifyLogs } from '../src/audit/log/index.ts';
import { showPublicKey } from '../src/cli/audit-store.ts';
import { createAccount } from '../src/cli/identities.ts';
import { auditLines } from './support/audit.ts';
import { issueCertificate } from './support/certificate.ts';
import { credentialsIn } from './support/identities.ts';
import { ACCOUNT, OTHER_ACCOUNT, REGION, startTestServer, type TestServer } from './support/server.ts';
import { operatorConfiguration } from './support/services.ts';
import { receiveHttp, receiveTls } from './support/sink-receivers.ts';
import { until } from './support/until.ts';

/* Audit records delivered elsewhere: every one, in order, whatever fails in between. */

let dataDirectory: string;
let directory: string;
let server: TestServer | undefined;

beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-sinks-'));
  directory = await mkdtemp(join(tmpdir(), 'qkms-delivered-'));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  for (const each of [dataDirectory, directory]) await rm(each, { recursive: true });
});

async function start(auditSinks: string): Promise<TestServer> {
  server = await startTestServer({ dataDirectory, auditDurability: 'strict', auditSinks });
  return server;
}

/** Lets the time of a server go on until something is so. */
function timeUntil(
  { clock }: TestServer,
  what: string,
  isSo: () => Promise<boolean> | boolean,
  step = 1_000,
): Promise<void> {
  return until(what, () => {
    clock.advance(step);
    return isSo();
  });
}

const linesIn = (text: string) => text.split('\n').slice(0, -1);
const recordsIn = (lines: readonly string[]) => lines.filter((line) => !line.startsWith('{"checkpoint":'));
const readLines = async (file: string) => linesIn(await readFile(file, 'utf8').catch(() => ''));
const listKeys = async ({ client }: TestServer, times: number) => {
  const kms = client();
  for (let round = 0; round < times; round += 1) await kms.listKeys();
};

describe('a file', () => {
  it('gets every record once, in order, over restarts, and can be verified', async () => {
    const path = join(directory, 'new', 'audit.jsonl');
    for (let round = 0; round < 3; round += 1) {
      const started = await start(`file:${path}`);
      await listKeys(started, 5);
      const all = await auditLines(dataDirectory);
      await timeUntil(started, 'the file has all', async () => {
        const lines = await readLines(path);
        return recordsIn(lines).length >= all.length && lines.some((line) => !recordsIn([line]).length);
      });
      assert.deepEqual(recordsIn(await readLines(path)), all);
      await started.close();
      server = undefined;
    }
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const publicKey = createPublicKey(await showPublicKey(await operatorConfiguration(dataDirectory)));
    const lines = await readLines(path);
    const { logs, faults } = await verifyLogs(async function* () {
      yield* lines;
    }, publicKey);
    assert.deepEqual(faults, []);
    assert.equal(logs[0]?.end, 15);
    assert.ok((logs[0]?.coveredEnd ?? 0) > 10);
  });

  it('that a delivery was cut off in gets neither half a line nor a record twice', async () => {
    const path = join(directory, 'audit.jsonl');
    let started = await start(`file:${path}`);
    await listKeys(started, 3);
    await started.close();
    const all = await auditLines(dataDirectory);
    await rm(path, { force: true });
    // As if the process had died when it had written two records and a half, and noted none of it.
    await writeFile(path, `${all[0]}\n${all[1]}\n${all[2]?.slice(0, 100)}`);
    started = await start(`file:${path},file:${path}2`);
    await listKeys(started, 1);
    await timeUntil(started, 'the file goes on', async () => (await readLines(path)).length > 3);
    const records = recordsIn(await readLines(path));
    assert.deepEqual(records, (await auditLines(dataDirectory)).slice(0, records.length));
  });

  it('is rotated when it is old or large, called after its first record; so many are kept', async () => {
    const path = join(directory, 'audit.jsonl');
    const started = await start(`file:${path}#max-age-hours=1&keep=2`);
    for (let round = 0; round < 5; round += 1) {
      const before = (await readLines(path)).at(-1);
      await listKeys(started, 1);
      await timeUntil(started, 'delivered', async () => {
        const records = recordsIn(await readLines(path));
        return (
          records.length > 0 &&
          records.at(-1) !== before &&
          records.at(-1) === (await auditLines(dataDirectory)).at(-1)
        );
      });
      started.clock.advance(3_600_000);
    }
    const files = (await readdir(directory)).sort();
    assert.deepEqual(files, ['audit.jsonl', 'audit.jsonl.000000000000002', 'audit.jsonl.000000000000003']);
    // A large one, too.
    const padding = 'x'.repeat(1_048_576);
    await appendFile(path, `{"padding":"${padding}"}\n`);
    await started.close();
    server = undefined;
    const restarted = await start(`file:${path}#max-bytes=1048576`);
    await listKeys(restarted, 1);
    await timeUntil(restarted, 'rotated', async () => (await readdir(directory)).length === 4);
  });
});

describe('an HTTP endpoint', () => {
  it('gets JSON lines with the header of a file, in order, again after failures', async () => {
    const receiver = await receiveHttp();
    const headerFile = join(directory, 'header');
    await writeFile(headerFile, 'Authorization: Bearer opensesame\n');
    receiver.answerWith(503, 'try later');
    const started = await start(`${receiver.url}#header-file=${headerFile}`);
    await listKeys(started, 3);
    await timeUntil(started, 'three attempts were refused', () => receiver.posted.length >= 3);
    const health = await fetch(`${started.endpoint}/health/ready`);
    assert.equal(health.status, 200);
    const { auditSinks } = JSON.parse(await health.text());
    assert.equal(auditSinks.length, 1);
    assert.equal(auditSinks[0].sink, receiver.url);
    assert.equal(auditSinks[0].recordsBehind, 3);
    assert.ok(auditSinks[0].secondsBehind > 0);
    const refused = receiver.posted.length;

    receiver.answerWith(204);
    await timeUntil(started, 'all are there', () => receiver.posted.length > refused);
    await listKeys(started, 2);
    await timeUntil(started, 'more are there', () => receiver.posted.length > refused + 1);
    const taken = receiver.posted.slice(refused);
    assert.deepEqual(
      taken.flatMap(({ body }) => linesIn(body)),
      await auditLines(dataDirectory),
    );
    for (const { headers } of taken) {
      assert.equal(headers.authorization, 'Bearer opensesame');
      assert.equal(headers['content-type'], 'application/x-ndjson');
    }
    const log = started.log.map((line) => JSON.parse(line));
    const failed = log.find(({ msg }) => msg === 'delivering the audit log failed; trying again');
    assert.deepEqual(
      [failed.to, failed.err.message],
      [receiver.url, 'the endpoint answered with status 503'],
    );
    assert.ok(log.some(({ msg }) => msg === 'the audit log is delivered again'));
    assert.ok(!started.log.join().includes('opensesame'));
    await timeUntil(started, 'nothing is behind', async () => {
      const ready = await fetch(`${started.endpoint}/health/ready`);
      return JSON.parse(await ready.text()).auditSinks[0].recordsBehind === 0;
    });
    await receiver.close();
  });

  it('whose header file is no good gets nothing, and calls go on', async () => {
    const receiver = await receiveHttp();
    const headerFile = join(directory, 'header');
    await writeFile(headerFile, 'opensesame\nAuthorization: x\n');
    const started = await start(`${receiver.url}#header-file=${headerFile}`);
    await listKeys(started, 1);
    await timeUntil(started, 'it is logged', () =>
      started.log.join().includes('does not hold a header in one line'),
    );
    assert.ok(!started.log.join().includes('opensesame'));
    assert.deepEqual(receiver.posted, []);
    await receiver.close();
  });
});

describe('a syslog receiver', () => {
  it('gets messages of RFC 5424 in frames of RFC 5425, again after the connection was cut', async () => {
    const pair = await issueCertificate('syslog');
    const receiver = await receiveTls(pair);
    const caFile = join(directory, 'ca.pem');
    await writeFile(caFile, pair.certificate);
    receiver.cut(true);
    const started = await start(`syslog+tls://127.0.0.1:${receiver.port}#ca-file=${caFile}`);
    await assert.rejects(started.client().encrypt({ KeyId: 'alias/none', Plaintext: Buffer.from('x') }));
    await listKeys(started, 2);
    await timeUntil(started, 'it is cut', () =>
      started.log.join().includes('delivering the audit log failed'),
    );
    receiver.cut(false);
    await timeUntil(started, 'all are there', () => receiver.received.length > 0);
    const messages = receiver.received.flatMap(messagesIn);
    assert.deepEqual(
      messages.map(({ record }) => record),
      await auditLines(dataDirectory),
    );
    assert.deepEqual(
      messages.map(({ priority }) => priority),
      [108, 110, 110],
    );
    for (const { header, record } of messages) {
      const { eventTime } = JSON.parse(record);
      assert.match(header, new RegExp(`^1 ${eventTime} [!-~]+ qkms ${process.pid} CloudTrail -$`));
    }
    await receiver.close();
  });

  it('whose certificate leads nowhere gets nothing', async () => {
    const receiver = await receiveTls(await issueCertificate('other'));
    const started = await start(`syslog+tls://127.0.0.1:${receiver.port}`);
    await listKeys(started, 1);
    await timeUntil(started, 'it is logged', () =>
      started.log.join().includes('DEPTH_ZERO_SELF_SIGNED_CERT'),
    );
    assert.deepEqual(receiver.received, []);
    await receiver.close();
  });
});

/** The messages in frames: a length, a space, and so many octets. */
function messagesIn(bytes: Buffer) {
  const messages: { priority: number; header: string; record: string }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(' ', at);
    const length = Number(bytes.toString('ascii', at, space));
    const message = bytes.toString('utf8', space + 1, space + 1 + length);
    const [, priority = '', header = '', record = ''] =
      /^<(\d+)>((?:\S+ ){6}\S+) (.*)$/su.exec(message) ?? [];
    messages.push({ priority: Number(priority), header, record });
    at = space + 1 + length;
  }
  return messages;
}

describe('a directory as CloudTrail lays it out', () => {
  it('gets a file for each account and Region, after five minutes', async () => {
    const started = await start(`cloudtrail:${directory}`);
    const [time = ''] = new Date(started.clock.now()).toISOString().split('.');
    await listKeys(started, 2);
    await started.client({ region: 'eu-west-1' }).listKeys();
    const created = await createAccount(await operatorConfiguration(dataDirectory), OTHER_ACCOUNT, 'other');
    await started.client({ credentials: credentialsIn(created.join('\n')) }).listKeys();
    const all = await auditLines(dataDirectory);
    assert.deepEqual(await readdir(directory), []);
    const files = async () => {
      const entries = await readdir(directory, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile() && entry.name.endsWith('.gz'));
    };
    await timeUntil(started, 'files are there', async () => (await files()).length >= 3, 30_000);
    assert.ok(started.clock.now() - Date.parse(`${time}Z`) >= 300_000);
    const found = [];
    for (const { parentPath, name } of await files()) {
      const path = parentPath.slice(directory.length + 1);
      const [, account = '', , region = '', year, month, day] = path.split('/');
      assert.equal(path, `AWSLogs/${account}/CloudTrail/${region}/${year}/${month}/${day}`);
      assert.equal(`${year}-${month}-${day}`, time.slice(0, 10));
      assert.match(
        name,
        new RegExp(`^${account}_CloudTrail_${region}_\\d{8}T\\d{4}Z_[0-9a-zA-Z]{16}\\.json\\.gz$`),
      );
      const { Records, ...more } = JSON.parse(gunzipSync(await readFile(join(parentPath, name))).toString());
      assert.deepEqual(more, {});
      for (const record of Records) {
        assert.deepEqual([record.recipientAccountId, record.awsRegion], [account, region]);
        found.push(JSON.stringify(record));
      }
    }
    assert.deepEqual(found.sort(), all.toSorted());
    const places = new Set((await files()).map(({ name }) => name.split('_').slice(0, 3).join()));
    assert.deepEqual([...places].sort(), [
      `${ACCOUNT},CloudTrail,eu-west-1`,
      `${ACCOUNT},CloudTrail,${REGION}`,
      `${OTHER_ACCOUNT},CloudTrail,${REGION}`,
    ]);
  });
});

describe('records that a sink has not got', () => {
  it('are kept, however old they are', async () => {
    const receiver = await receiveHttp();
    receiver.answerWith(500);
    const started = await start(receiver.url);
    await listKeys(started, 3);
    const all = await auditLines(dataDirectory);
    started.clock.advance(1_000);
    await started.close();
    server = undefined;
    const later = await start(receiver.url);
    later.clock.advance(200 * 86_400_000);
    await timeUntil(later, 'it was tried', () => receiver.posted.length > 0);
    assert.deepEqual((await auditLines(dataDirectory)).slice(0, 3), all);
    receiver.answerWith(200);
    const refused = receiver.posted.length;
    await timeUntil(later, 'delivered', () => receiver.posted.length > refused);
    assert.deepEqual(linesIn(receiver.posted[refused]?.body ?? ''), all);
    await until('old ones are deleted', async () => {
      later.clock.advance(3_600_000);
      await later.client().listKeys();
      return !(await auditLines(dataDirectory)).includes(all[0] ?? '');
    });
    await receiver.close();
  });
});

describe('several servers that share a store', () => {
  it('deliver each record once', async () => {
    const receiver = await receiveHttp();
    const first = await start(receiver.url);
    const second = await startTestServer({
      dataDirectory,
      auditDurability: 'strict',
      auditSinks: receiver.url,
    });
    for (let round = 0; round < 5; round += 1) {
      await Promise.all([listKeys(first, 2), listKeys(second, 2)]);
      first.clock.advance(1_000);
      second.clock.advance(1_000);
    }
    const all = await auditLines(dataDirectory);
    const lines = () => receiver.posted.flatMap(({ body }) => linesIn(body));
    await timeUntil(first, 'all are there', () => {
      second.clock.advance(1_000);
      return lines().length >= all.length;
    });
    assert.deepEqual(lines(), all);
    await second.close();
    await receiver.close();
  });
});
