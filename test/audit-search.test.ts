import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { EventFilter, LookupAttribute } from '../src/audit/index.ts';
import { searchAuditLog, showPublicKey } from '../src/cli/audit-store.ts';
import { outputOf } from './support/audit.ts';
import { createUserWithKey, identityPolicy, type UserWithKey } from './support/identities.ts';
import { createKey, encrypt, type NewKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, startTestServer, type TestServer } from './support/server.ts';
import { operatorConfiguration } from './support/services.ts';
import { signedRequest } from './support/signed-request.ts';

/* `qkms audit search`, beside the server, and the public audit key over HTTP. */

const HOSTILE = 'evil\u001b]0;owned\u0007\u009b2J\u202e\r\n';

let dataDirectory: string;
let server: TestServer;
let ada: UserWithKey;
let key: NewKey;
let began: number;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-search-'));
  server = await startTestServer({ dataDirectory, auditDurability: 'strict' });
  began = server.clock.now();
  ada = await createUserWithKey(server.iam(), 'ada', {
    everything: identityPolicy({ Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' }),
  });
  key = await createKey(server.client());
  server.clock.advance(60_000);
  const client = server.client({ credentials: ada.credentials });
  for (let round = 0; round < 3; round += 1) await encrypt(client, key.keyId);
  await assertRefused(client.listKeys(), 'AccessDeniedException');
  await server.client({ region: 'eu-west-1' }).listKeys();
  await signedRequest({
    endpoint: server.endpoint,
    operation: 'ListAliases',
    headers: { 'User-Agent': 'agent \u009b2J' },
    body: {},
    date: server.clock.now(),
  });
  await server.client().tagResource({ KeyId: key.keyId, Tags: [{ TagKey: 'note', TagValue: 'x' }] });
  await assertRefused(server.client().describeKey({ KeyId: HOSTILE }), 'NotFoundException');
});
after(async () => {
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

async function search(
  attributes: Partial<Record<LookupAttribute, string>>,
  {
    table = false,
    lines = Number.MAX_SAFE_INTEGER,
    ...more
  }: Partial<EventFilter> & { readonly table?: boolean; readonly lines?: number } = {},
): Promise<readonly string[]> {
  const filter: EventFilter = {
    accountId: undefined,
    region: undefined,
    from: 0,
    to: 8e15,
    attributes: (Object.keys(attributes) as LookupAttribute[]).map((name) => ({
      key: name,
      value: attributes[name] ?? '',
    })),
    ...more,
  };
  const configuration = await operatorConfiguration(dataDirectory);
  const written = await outputOf((output) => searchAuditLog(configuration, filter, { table, lines }, output));
  return written.split('\n').slice(0, -1);
}

const namesOf = (lines: readonly string[]) => lines.map((line) => String(JSON.parse(line).eventName));

describe('qkms audit search', () => {
  it('finds records by each attribute and all of them together, the newest first', async () => {
    const expected: readonly (readonly [Partial<Record<LookupAttribute, string>>, readonly string[]])[] = [
      [{ EventName: 'Encrypt' }, ['Encrypt', 'Encrypt', 'Encrypt']],
      [{ Username: 'ada' }, ['ListKeys', 'Encrypt', 'Encrypt', 'Encrypt']],
      [{ Username: 'ada', EventName: 'ListKeys' }, ['ListKeys']],
      [{ AccessKeyId: ada.credentials.accessKeyId, ErrorCode: 'AccessDenied' }, ['ListKeys']],
      [{ ErrorCode: 'NotFoundException' }, ['DescribeKey']],
      [{ ResourceName: key.arn, ReadOnly: 'false' }, ['TagResource', 'CreateKey']],
      [{ EventSource: 'iam.amazonaws.com' }, ['CreateAccessKey', 'PutUserPolicy', 'CreateUser']],
      [{ ErrorCode: 'ada' }, []],
    ];
    for (const [attributes, names] of expected)
      assert.deepEqual(namesOf(await search(attributes)), names, JSON.stringify(attributes));
    const [found = ''] = await search({ EventName: 'TagResource' });
    assert.deepEqual(await search({ EventId: JSON.parse(found).eventID }), [found]);
  });

  it('finds records of a time, a Region, an account, and so many', async () => {
    assert.deepEqual(namesOf(await search({}, { region: 'eu-west-1' })), ['ListKeys']);
    assert.deepEqual(await search({}, { accountId: '444455556666' }), []);
    assert.equal((await search({}, { accountId: ACCOUNT, lines: 2 })).length, 2);
    const early = await search({ EventSource: 'kms.amazonaws.com' }, { to: began + 1_000 });
    assert.deepEqual(namesOf(early), ['CreateKey']);
    assert.equal((await search({ EventName: 'CreateKey' }, { from: began + 1_000 })).length, 0);
  });

  it('writes a table of what no terminal obeys', async () => {
    const [heading = '', ...rows] = await search({}, { table: true });
    assert.match(heading, /^TIME +EVENT +USER +SOURCE +RESULT +RESOURCE$/);
    assert.equal(rows.length, (await search({})).length);
    const encrypted = rows.find((row) => row.includes(' Encrypt '));
    assert.match(encrypted ?? '', /^\S{20} Encrypt +ada +127\.0\.0\.1 +ok +arn:aws:kms:/);
    assert.ok(rows.some((row) => / ListKeys +ada +127\.0\.0\.1 +AccessDenied +-$/.test(row)));
    for (const line of [heading, ...rows, ...(await search({}))])
      assert.doesNotMatch(line, /[\p{C}\p{Zl}\p{Zp}]/u);
    assert.ok((await search({ EventName: 'DescribeKey' })).join().includes('\\u001b]0;owned'));
  });
});

describe('the public audit key', () => {
  const path = '/.well-known/qkms-audit-public-key';

  it('is there without a signature', async () => {
    const answer = await fetch(`${server.endpoint}${path}`);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'application/x-pem-file');
    assert.equal(await answer.text(), await showPublicKey(await operatorConfiguration(dataDirectory)));
    assert.equal((await fetch(`${server.endpoint}${path}`, { method: 'PUT' })).status, 405);
  });

  it('is not there where nothing is recorded', async () => {
    const unrecorded = await startTestServer({ auditDurability: 'none' });
    assert.equal((await fetch(`${unrecorded.endpoint}${path}`)).status, 404);
    await unrecorded.close();
  });
});
