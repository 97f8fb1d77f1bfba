import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { KMS, PutKeyPolicyCommandInput } from '@aws-sdk/client-kms';
import { createKey as createKeyInside, SYMMETRIC_KEY } from '../src/kms/index.ts';
import { SKIP_UNLESS_SQLITE } from './support/engine.ts';
import { openDatabase, openInside, tamper } from './support/inside.ts';
import { allow, deny, keyPolicy } from './support/key-policies.ts';
import { createKey, enterState } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, REGION, startTestServer, type TestServer } from './support/server.ts';
import { signedRequest, type WireAnswer } from './support/signed-request.ts';

/* The page of the specification, sentence by sentence (put-key-policy.mdx). */

/** The policies of the examples, to the letter. */
const ROOT_POLICY =
  '{"Version":"2012-10-17","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]}';
const USER_POLICY =
  '{"Version":"2012-10-17","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/username"},"Action":"kms:*","Resource":"*"}]}';
/** The key of the examples. */
const EXAMPLE_KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';

let dataDirectory: string;
let server: TestServer;
let kms: KMS;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-put-key-policy-'));
  server = await startTestServer({ dataDirectory });
  kms = server.client();
  await server.iam().createUser({ UserName: 'username' });
  await createExampleKey();
});
after(async () => {
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

/** No request can choose the id of a key; a process of the service can. */
async function createExampleKey(): Promise<void> {
  const inside = await openInside(dataDirectory);
  await createKeyInside(inside.kms, randomBytes(32), {
    ...SYMMETRIC_KEY,
    region: REGION,
    keyId: EXAMPLE_KEY_ID,
    accountId: ACCOUNT,
    description: '',
    policy: ROOT_POLICY,
    policyPrincipals: new Map(),
    policyPutBy: 'arn:aws:iam::111122223333:root',
    tags: [],
  });
  await inside.close();
}

function put(input: Partial<PutKeyPolicyCommandInput>, by = kms) {
  return by.putKeyPolicy({ KeyId: EXAMPLE_KEY_ID, PolicyName: 'default', Policy: ROOT_POLICY, ...input });
}

async function policyOf(KeyId: string, by = kms): Promise<string | undefined> {
  return (await by.getKeyPolicy({ KeyId })).Policy;
}

/** A policy that allows the account some actions. */
function policyAllowing(...actions: readonly string[]): string {
  return keyPolicy(allow({ Action: actions }));
}

/** Sends a body as it is, with the headers of the page unless others are given. */
function send(body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<WireAnswer> {
  return signedRequest({ endpoint: server.endpoint, operation: 'PutKeyPolicy', body, headers });
}

function assertAnswer(answer: WireAnswer, status: number, body: Readonly<Record<string, unknown>>): void {
  assert.deepEqual({ status: answer.status, body: JSON.parse(answer.body) }, { status, body });
  assert.equal(answer.headers['content-type'], 'application/x-amz-json-1.1');
  assert.match(String(answer.headers['x-amzn-requestid']), /^[0-9a-f-]{36}$/);
}

const BODY = { KeyId: EXAMPLE_KEY_ID, PolicyName: 'default', Policy: ROOT_POLICY };

describe('PutKeyPolicy attaches a key policy to the specified KMS key', () => {
  it('the new policy replaces the one that the key has', async () => {
    const { keyId: KeyId } = await createKey(kms);
    const policy = policyAllowing('kms:*');
    await put({ KeyId, Policy: policy });
    assert.equal(await policyOf(KeyId), policy);
    await put({ KeyId, Policy: ROOT_POLICY });
    assert.equal(await policyOf(KeyId), ROOT_POLICY);
  });

  it('a policy that is refused leaves the old one as it was', async () => {
    const { keyId: KeyId } = await createKey(kms, { Policy: ROOT_POLICY });
    await assertRefused(put({ KeyId, Policy: '{}' }), 'MalformedPolicyDocumentException');
    assert.equal(await policyOf(KeyId), ROOT_POLICY);
  });
});

describe('PutKeyPolicy: header parameters', () => {
  it('Content-Type must be "application/x-amz-json-1.1"', async () => {
    assertAnswer(await send(BODY, { 'Content-Type': 'application/x-amz-json-1.1' }), 200, {});
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', '']) {
      const answer = await send(BODY, { 'Content-Type': type });
      assert.equal(answer.status, 400, type);
      assert.equal(JSON.parse(answer.body).__type, 'UnknownOperationException', type);
    }
  });

  it('X-Amz-Target must be "TrentService.PutKeyPolicy"', async () => {
    assertAnswer(await send(BODY, { 'X-Amz-Target': 'TrentService.PutKeyPolicy' }), 200, {});
    for (const target of [
      '',
      'PutKeyPolicy',
      'TrentService.',
      'TrentService.putKeyPolicy',
      'TrentService.PutKeyPolicy2',
      'OtherService.PutKeyPolicy',
      'TrentService.toString',
      'TrentService.__proto__',
    ]) {
      assertAnswer(await send(BODY, { 'X-Amz-Target': target }), 400, {
        __type: 'UnknownOperationException',
      });
    }
  });
});

describe('PutKeyPolicy: request parameters', () => {
  it('KeyId can be the key id', async () => {
    await put({ KeyId: EXAMPLE_KEY_ID });
  });

  it('KeyId can be the key ARN', async () => {
    await put({ KeyId: `arn:aws:kms:${REGION}:${ACCOUNT}:key/${EXAMPLE_KEY_ID}` });
  });

  it('KeyId cannot be an alias name or an alias ARN', async () => {
    await kms.createAlias({ AliasName: 'alias/page', TargetKeyId: EXAMPLE_KEY_ID });
    for (const KeyId of ['alias/page', `arn:aws:kms:${REGION}:${ACCOUNT}:alias/page`]) {
      await assertRefused(put({ KeyId }), 'NotFoundException', `Invalid keyId '${KeyId}'`);
    }
  });

  it('KeyId is required', async () => {
    const message =
      "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null";
    const { KeyId: _, ...body } = BODY;
    assertAnswer(await send(body), 400, { __type: 'ValidationException', message });
    assertAnswer(await send({ ...BODY, KeyId: null }), 400, { __type: 'ValidationException', message });
  });

  it('KeyId is a string', async () => {
    const Message = 'NUMBER_VALUE can not be converted to a String';
    assertAnswer(await send({ ...BODY, KeyId: 1234 }), 400, { __type: 'SerializationException', Message });
  });

  it('the only valid PolicyName is "default"', async () => {
    await assertRefused(put({ PolicyName: 'Default' }), 'UnsupportedOperationException');
    await assertRefused(put({ PolicyName: 'other' }), 'UnsupportedOperationException');
  });

  it('PolicyName may be left out, and is then "default", as AWS has it', async () => {
    await put({ PolicyName: undefined });
  });

  it('PolicyName is a word', async () => {
    await assertRefused(
      put({ PolicyName: 'de fault' }),
      'ValidationException',
      "1 validation error detected: Value 'de fault' at 'policyName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w]+",
    );
  });

  it('PolicyName is a string', async () => {
    const Message = 'Start of list found where not expected.';
    assertAnswer(await send({ ...BODY, PolicyName: ['default'] }), 400, {
      __type: 'SerializationException',
      Message,
    });
  });

  it('Policy is required', async () => {
    const { Policy: _, ...body } = BODY;
    assertAnswer(await send(body), 400, {
      __type: 'ValidationException',
      message:
        "1 validation error detected: Value null at 'policy' failed to satisfy constraint: Member must not be null",
    });
  });

  it('Policy must be in JSON format', async () => {
    await assertRefused(put({ Policy: 'Allow everything' }), 'MalformedPolicyDocumentException');
  });

  it('Policy is a string that holds JSON, not JSON itself', async () => {
    const Message = 'Start of structure or map found where not expected.';
    assertAnswer(await send({ ...BODY, Policy: JSON.parse(ROOT_POLICY) }), 400, {
      __type: 'SerializationException',
      Message,
    });
  });

  it('BypassPolicyLockoutSafetyCheck skips the policy lockout safety check', async () => {
    const { keyId: KeyId } = await createKey(kms);
    await assertRefused(
      put({ KeyId, Policy: USER_POLICY, BypassPolicyLockoutSafetyCheck: false }),
      'MalformedPolicyDocumentException',
      'The new key policy will not allow you to update the key policy in the future.',
    );
    await put({ KeyId, Policy: USER_POLICY, BypassPolicyLockoutSafetyCheck: true });
  });

  it('BypassPolicyLockoutSafetyCheck is a boolean', async () => {
    assertAnswer(await send({ ...BODY, BypassPolicyLockoutSafetyCheck: 'true' }), 400, {
      __type: 'SerializationException',
      Message: 'STRING_VALUE can not be converted to a Boolean',
    });
  });

  it('BypassPolicyLockoutSafetyCheck is not required, and false without', async () => {
    await assertRefused(
      put({ Policy: USER_POLICY }),
      'MalformedPolicyDocumentException',
      'The new key policy will not allow you to update the key policy in the future.',
    );
  });

  it('everything that is wrong is said at once', async () => {
    assertAnswer(await send({ PolicyName: '-' }), 400, {
      __type: 'ValidationException',
      message:
        "3 validation errors detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null; " +
        "Value '-' at 'policyName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w]+; " +
        "Value null at 'policy' failed to satisfy constraint: Member must not be null",
    });
  });
});

describe('PutKeyPolicy: notes', () => {
  it('a key has one key policy, and its name is "default"', async () => {
    await put({ Policy: ROOT_POLICY });
    await put({ Policy: policyAllowing('kms:*') });
    const { PolicyNames } = await kms.listKeyPolicies({ KeyId: EXAMPLE_KEY_ID });
    assert.deepEqual(PolicyNames, ['default']);
  });

  it('a key policy of 32,768 bytes is accepted, one of 32,769 bytes is not', async () => {
    const fits = `${ROOT_POLICY}${' '.repeat(32_768 - ROOT_POLICY.length)}`;
    await put({ Policy: fits });
    assert.equal(await policyOf(EXAMPLE_KEY_ID), fits);
    await assertRefused(put({ Policy: `${fits} ` }), 'LimitExceededException');
  });

  it('changes to the key policy take effect immediately', async () => {
    const { keyId: KeyId } = await createKey(kms);
    const other = server.client();
    for (let round = 0; round < 20; round += 1) {
      await put({ KeyId, Policy: policyAllowing('kms:PutKeyPolicy') });
      await assertRefused(policyOf(KeyId), 'AccessDeniedException');
      await assertRefused(policyOf(KeyId, other), 'AccessDeniedException');
      await put({ KeyId, Policy: policyAllowing('kms:*') }, other);
      await policyOf(KeyId);
      await policyOf(KeyId, other);
    }
  });
});

describe('PutKeyPolicy: examples', () => {
  /** The headers of the page, and a signature. */
  const headers = {
    'Content-Type': 'application/x-amz-json-1.1',
    'X-Amz-Target': 'TrentService.PutKeyPolicy',
  };
  const request = (members: string) =>
    `{"KeyId":"1234abcd-12ab-34cd-56ef-1234567890ab","PolicyName":"default",${members}}`;

  async function assertDone(answer: WireAnswer, policy: string): Promise<void> {
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'application/x-amz-json-1.1');
    assert.equal(answer.body, '{}');
    const inside = await openInside(dataDirectory);
    const entry = await inside.kms.keys.get(`${REGION}/${EXAMPLE_KEY_ID}`);
    await inside.close();
    assert.equal(entry?.record.policy, policy);
  }

  it('request syntax', async () => {
    const members = `"Policy":${JSON.stringify(ROOT_POLICY)},"BypassPolicyLockoutSafetyCheck":false`;
    await assertDone(await send(request(members), headers), ROOT_POLICY);
  });

  it('example 1: attach a key policy to a KMS key', async () => {
    await assertDone(await send(request(`"Policy":${JSON.stringify(ROOT_POLICY)}`), headers), ROOT_POLICY);
  });

  it('example 2: attach a key policy with safety check bypass', async () => {
    const members = `"Policy":${JSON.stringify(USER_POLICY)},"BypassPolicyLockoutSafetyCheck":true`;
    await assertDone(await send(request(members), headers), USER_POLICY);
    // From here on nobody but that user can use the key.
    await assertRefused(
      put({}),
      'AccessDeniedException',
      `User: arn:aws:iam::${ACCOUNT}:root is not authorized to perform: kms:PutKeyPolicy on resource: arn:aws:kms:${REGION}:${ACCOUNT}:key/${EXAMPLE_KEY_ID} because no resource-based policy allows the kms:PutKeyPolicy action`,
    );
  });
});

describe('PutKeyPolicy: special errors', () => {
  it('DependencyTimeoutException: the system timed out while trying to fulfill the request', {
    skip: SKIP_UNLESS_SQLITE,
  }, async (t) => {
    const { keyId: KeyId } = await createKey(kms);
    const database = openDatabase(dataDirectory);
    t.after(() => database.close());
    database.exec('begin immediate');
    // Waiting for the lock is cut short: each look at the clock finds that ten seconds have passed.
    let time = performance.now();
    const mock = t.mock.method(performance, 'now', () => {
      time += 10_000;
      return time;
    });
    const refused = await assertRefused(put({ KeyId }), 'DependencyTimeoutException');
    mock.mock.restore();
    database.exec('rollback');
    assert.equal(refused.$metadata.httpStatusCode, 500);
    await put({ KeyId });
  });

  it('InvalidArnException: a specified ARN was not valid', async () => {
    for (const KeyId of [
      'arn:',
      'arn:aws:kms',
      `arn:aws:iam::${ACCOUNT}:root`,
      `arn:aws:kms:${REGION}:${ACCOUNT}:key`,
      `arn:aws:kms:${REGION}:12345:key/${EXAMPLE_KEY_ID}`,
    ]) {
      await assertRefused(put({ KeyId }), 'InvalidArnException', `Invalid arn ${KeyId}`);
    }
  });

  it('KMSInternalException: an internal error occurred, such as finding the stored key altered', async (t) => {
    const { keyId: KeyId } = await createKey(kms);
    await tamper(
      dataDirectory,
      'update keys set policy = $1 where key_id = $2',
      policyAllowing('kms:*'),
      KeyId,
    );
    const coldServer = await startTestServer({ dataDirectory });
    t.after(() => coldServer.close());
    const refused = await assertRefused(put({ KeyId }, coldServer.client()), 'KMSInternalException');
    assert.equal(refused.$metadata.httpStatusCode, 500);
    assert.ok(!refused.message.includes(dataDirectory));
  });

  it('KMSInvalidStateException: no state of a key is invalid for this operation', async () => {
    const { keyId: KeyId } = await createKey(kms);
    await put({ KeyId });
    await enterState(kms, KeyId, 'Disabled');
    await put({ KeyId });
    await enterState(kms, KeyId, 'PendingDeletion');
    await put({ KeyId });
  });

  it('LimitExceededException: a quota was exceeded, namely the size of a key policy in bytes', async () => {
    const { keyId: KeyId } = await createKey(kms);
    // An é is one character and two bytes.
    const withSid = (sid: string) => ROOT_POLICY.replace('Enable IAM User Permissions', sid);
    const spare = 32_768 - withSid('').length;
    const policy = withSid(`${'é'.repeat(Math.floor(spare / 2))}${'e'.repeat(spare % 2)}`);
    assert.equal(Buffer.byteLength(policy), 32_768);
    await put({ KeyId, Policy: policy });
    await assertRefused(
      put({ KeyId, Policy: `${policy} ` }),
      'LimitExceededException',
      'The key policy is 32769 bytes long; a key policy can have at most 32768 bytes.',
    );
  });

  it('MalformedPolicyDocumentException: the specified policy document was malformed', async () => {
    const { keyId: KeyId } = await createKey(kms);
    await assertRefused(put({ KeyId, Policy: '[]' }), 'MalformedPolicyDocumentException');
  });

  it('NotFoundException: the specified entity or resource could not be found', async () => {
    const unknown = '00000000-0000-0000-0000-000000000000';
    const arn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${unknown}`;
    const elsewhere = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/${unknown}`;
    const malformed = `arn:aws:kms:${REGION}:${ACCOUNT}:key/no-id`;
    for (const [KeyId, message] of [
      [unknown, `Key '${arn}' does not exist`],
      [arn, `Key '${arn}' does not exist`],
      [
        `mrk-${'0'.repeat(32)}`,
        `Key 'arn:aws:kms:${REGION}:${ACCOUNT}:key/mrk-${'0'.repeat(32)}' does not exist`,
      ],
      [elsewhere, 'Invalid arn eu-west-1'],
      [malformed, 'Invalid keyId no-id'],
      ['no-id', "Invalid keyId 'no-id'"],
      ['mrk-no-id', "Invalid keyId 'mrk-no-id'"],
      [unknown.replaceAll('-', ''), `Invalid keyId '${unknown.replaceAll('-', '')}'`],
    ] as const) {
      const refused = await assertRefused(put({ KeyId }), 'NotFoundException', message);
      assert.equal(refused.$metadata.httpStatusCode, 400);
    }
  });

  it('NotFoundException: a key is found in its own Region only', async () => {
    const { keyId: KeyId } = await createKey(kms);
    const elsewhere = server.client({ region: 'eu-west-1' });
    await assertRefused(put({ KeyId }, elsewhere), 'NotFoundException');
  });

  it('UnsupportedOperationException: a specified parameter is not supported', async () => {
    const { keyId: KeyId } = await createKey(kms);
    await assertRefused(
      put({ KeyId, PolicyName: 'other' }),
      'UnsupportedOperationException',
      'The policy name other is not supported: the only valid name is default.',
    );
  });
});

describe('PutKeyPolicy: permissions', () => {
  it('kms:PutKeyPolicy on the KMS key is what it takes', async () => {
    const { keyId: KeyId } = await createKey(kms, { Policy: policyAllowing('kms:PutKeyPolicy') });
    await put({ KeyId, Policy: policyAllowing('kms:PutKeyPolicy', 'kms:GetKeyPolicy') });
    await put({ KeyId, Policy: policyAllowing('KMS:putkeyp?licy') });
    await put({ KeyId, Policy: policyAllowing('kms:Put*') });
  });

  it('no other permission will do', async () => {
    const { keyId: KeyId, arn } = await createKey(kms, { Policy: policyAllowing('kms:PutKeyPolicy') });
    const Policy = policyAllowing('kms:Get*', 'kms:CreateGrant', 'kms:PutKeyPolicies', 'kms:PutKeyPolic');
    await put({ KeyId, Policy, BypassPolicyLockoutSafetyCheck: true });
    await assertRefused(
      put({ KeyId }),
      'AccessDeniedException',
      `User: arn:aws:iam::${ACCOUNT}:root is not authorized to perform: kms:PutKeyPolicy on resource: ${arn} because no resource-based policy allows the kms:PutKeyPolicy action`,
    );
  });

  it('an explicit deny wins', async () => {
    const Policy = keyPolicy(allow(), deny({ Action: 'kms:PutKeyPolicy' }));
    const { keyId: KeyId, arn } = await createKey(kms);
    await put({ KeyId, Policy, BypassPolicyLockoutSafetyCheck: true });
    await assertRefused(
      put({ KeyId }),
      'AccessDeniedException',
      `User: arn:aws:iam::${ACCOUNT}:root is not authorized to perform: kms:PutKeyPolicy on resource: ${arn} with an explicit deny in a resource-based policy`,
    );
  });

  it('the condition key kms:BypassPolicyLockoutSafetyCheck tells whether the check is bypassed', async () => {
    const Condition = { Bool: { 'kms:BypassPolicyLockoutSafetyCheck': true } };
    const Policy = keyPolicy(allow(), deny({ Condition }));
    const { keyId: KeyId } = await createKey(kms);
    await put({ KeyId, Policy });
    await assertRefused(
      put({ KeyId, Policy, BypassPolicyLockoutSafetyCheck: true }),
      'AccessDeniedException',
    );
    await put({ KeyId, Policy, BypassPolicyLockoutSafetyCheck: false });
    await put({ KeyId });
  });

  it('a key of another account is out of reach, whether it exists or not, whatever its policy says', async (t) => {
    const development = await startTestServer();
    t.after(() => development.close());
    const owner = development.client();
    const stranger = development.client({ account: OTHER_ACCOUNT });
    const { arn } = await createKey(owner, { Policy: keyPolicy(allow({ Principal: '*' })) });
    for (const KeyId of [arn, `arn:aws:kms:${REGION}:${ACCOUNT}:key/00000000-0000-0000-0000-000000000000`]) {
      await assertRefused(
        put({ KeyId }, stranger),
        'AccessDeniedException',
        `User: arn:aws:iam::${OTHER_ACCOUNT}:root is not authorized to perform: kms:PutKeyPolicy on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
      );
    }
  });
});
