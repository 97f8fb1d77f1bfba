import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createUserWithKey, identityPolicy, type UserWithKey } from './support/identities.ts';
import { createKey, encrypt, type NewKey } from './support/keys.ts';
import { ACCOUNT, type Credentials, startTestServer, type TestServer } from './support/server.ts';
import { codeOf, signedRequest, type WireAnswer } from './support/signed-request.ts';

/* LookupEvents as in the API of CloudTrail. */

interface Found {
  readonly EventId: string;
  readonly EventName: string;
  readonly Username: string;
  readonly EventTime: number;
  readonly CloudTrailEvent: string;
}

interface Page {
  readonly Events: readonly Found[];
  readonly NextToken?: string;
}

let dataDirectory: string;
let server: TestServer;
let ada: UserWithKey;
let key: NewKey;
let began: number;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-lookup-'));
  server = await startTestServer({ dataDirectory, auditDurability: 'strict' });
  began = server.clock.now();
  const everything = identityPolicy({ Effect: 'Allow', Action: '*', Resource: '*' });
  ada = await createUserWithKey(server.iam(), 'ada', { everything });
  key = await createKey(server.client());
  server.clock.advance(60_000);
  const client = server.client({ credentials: ada.credentials });
  for (let round = 0; round < 5; round += 1) await encrypt(client, key.keyId);
  server.clock.advance(60_000);
  await server.client().disableKey({ KeyId: key.keyId });
  await server.client({ region: 'eu-west-1' }).listKeys();
});
after(async () => {
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

function send(
  body: object,
  options: { readonly credentials?: Credentials; readonly region?: string; readonly target?: string } = {},
): Promise<WireAnswer> {
  const { target = 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101', ...rest } = options;
  return signedRequest({
    endpoint: server.endpoint,
    operation: 'LookupEvents',
    service: 'cloudtrail',
    headers: { 'X-Amz-Target': `${target}.LookupEvents` },
    date: server.clock.now(),
    body,
    ...rest,
  });
}

async function lookUp(body: object, options?: Parameters<typeof send>[1]): Promise<Page> {
  const answer = await send(body, options);
  assert.equal(answer.status, 200, answer.body);
  return JSON.parse(answer.body);
}

const by = (AttributeKey: string, AttributeValue: string) => ({
  LookupAttributes: [{ AttributeKey, AttributeValue }],
});
const namesOf = ({ Events }: Page) => Events.map(({ EventName }) => EventName);

describe('LookupEvents', () => {
  it('finds the newest events first, each with its record', async () => {
    const { Events } = await lookUp({ MaxResults: 6 });
    // The look-ups of this test come first, when there were any.
    const [disabled] = Events.filter(({ EventName }) => EventName === 'DisableKey');
    const { CloudTrailEvent, EventId, ...rest } = disabled ?? { CloudTrailEvent: '', EventId: '' };
    assert.deepEqual(rest, {
      EventName: 'DisableKey',
      ReadOnly: 'false',
      AccessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      EventTime: Math.floor(server.clock.now() / 1000),
      EventSource: 'kms.amazonaws.com',
      Username: 'root',
      Resources: [{ ResourceType: 'AWS::KMS::Key', ResourceName: key.arn }],
    });
    assert.equal(JSON.parse(CloudTrailEvent).eventID, EventId);
  });

  it('finds events by each attribute', async () => {
    const { Events } = await lookUp(by('EventName', 'DisableKey'));
    const { EventId = '', CloudTrailEvent = '' } = Events[0] ?? {};
    const expected: readonly (readonly [string, string, readonly string[]])[] = [
      ['EventId', EventId, ['DisableKey']],
      ['RequestId', JSON.parse(CloudTrailEvent).requestID, ['DisableKey']],
      ['EventName', 'Encrypt', Array(5).fill('Encrypt')],
      ['Username', 'ada', Array(5).fill('Encrypt')],
      ['AccessKeyId', ada.credentials.accessKeyId, Array(5).fill('Encrypt')],
      ['ResourceName', key.arn, ['DisableKey', ...Array(5).fill('Encrypt'), 'CreateKey']],
      ['ResourceType', 'AWS::IAM::User', ['CreateAccessKey', 'PutUserPolicy', 'CreateUser']],
      ['EventSource', 'iam.amazonaws.com', ['CreateAccessKey', 'PutUserPolicy', 'CreateUser']],
      ['ReadOnly', 'false', ['DisableKey', 'CreateKey', 'CreateAccessKey', 'PutUserPolicy', 'CreateUser']],
      ['EventName', 'encrypt', []],
      ['Username', 'a"d\\a', []],
    ];
    for (const [attribute, value, names] of expected)
      assert.deepEqual(namesOf(await lookUp(by(attribute, value))), names, `${attribute} ${value}`);
  });

  it('finds events of a time', async () => {
    const minute = (count: number) => began / 1000 + 60 * count;
    const during = (StartTime: number, EndTime: number) =>
      lookUp({ ...by('EventSource', 'kms.amazonaws.com'), StartTime, EndTime });
    assert.deepEqual(namesOf(await during(minute(1) - 1, minute(1) + 1)), Array(5).fill('Encrypt'));
    assert.deepEqual(namesOf(await during(minute(0) - 1, minute(1) - 1)), ['CreateKey']);
    assert.deepEqual(namesOf(await during(minute(-9), minute(-8))), []);
  });

  it('finds events in pages', async () => {
    const found: string[] = [];
    const tokens: (string | undefined)[] = [];
    for (let NextToken: string | undefined; ; ) {
      const page = await lookUp({ ...by('EventName', 'Encrypt'), MaxResults: 2, NextToken });
      found.push(...page.Events.map(({ EventId }) => EventId));
      NextToken = page.NextToken;
      tokens.push(NextToken);
      if (NextToken === undefined) break;
    }
    assert.equal(new Set(found).size, 5);
    assert.equal(found.length, 5);
    const [NextToken] = tokens;
    assert.equal(
      codeOf(await send({ ...by('EventName', 'Decrypt'), NextToken })),
      'InvalidNextTokenException',
    );
    assert.equal(codeOf(await send({ NextToken: 'x' })), 'InvalidNextTokenException');
  });

  it('finds events of the Region and the account of the caller', async () => {
    const elsewhere = await lookUp(by('EventName', 'ListKeys'), { region: 'eu-west-1' });
    assert.deepEqual(namesOf(elsewhere), ['ListKeys']);
    assert.deepEqual(namesOf(await lookUp(by('EventName', 'ListKeys'))), []);
    for (const { CloudTrailEvent } of elsewhere.Events)
      assert.equal(JSON.parse(CloudTrailEvent).recipientAccountId, ACCOUNT);
  });

  it('answers also to the target of newer clients', async () => {
    const { Events } = await lookUp(by('EventName', 'DisableKey'), { target: 'CloudTrail_20131101' });
    assert.equal(Events.length, 1);
  });

  it('is for who is allowed to, and is recorded itself', async () => {
    const nobody = await createUserWithKey(server.iam(), 'nobody');
    const answer = await send({}, { credentials: nobody.credentials });
    assert.equal(codeOf(answer), 'AccessDeniedException');
    assert.match(answer.body, /is not authorized to perform: cloudtrail:LookupEvents/);
    const { Events } = await lookUp(by('Username', 'nobody'));
    assert.deepEqual(
      Events.map(({ EventName }) => EventName),
      ['LookupEvents'],
    );
    assert.equal(JSON.parse(Events[0]?.CloudTrailEvent ?? '').errorCode, 'AccessDenied');
  });

  it('refuses what cannot be', async () => {
    const attribute = by('EventName', 'x').LookupAttributes[0];
    const cases: readonly (readonly [object, string])[] = [
      [{ StartTime: 2, EndTime: 1 }, 'InvalidTimeRangeException'],
      [{ LookupAttributes: [attribute, attribute] }, 'InvalidLookupAttributesException'],
      [{ EventCategory: 'insight' }, 'InvalidEventCategoryException'],
      [{ MaxResults: 51 }, 'ValidationException'],
      [by('Colour', 'red'), 'ValidationException'],
    ];
    for (const [body, code] of cases) assert.equal(codeOf(await send(body)), code, JSON.stringify(body));
  });
});
