import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { createAccount } from '../src/cli/identities.ts';
import { type AuditRecord, auditLines, auditRecords, exportAndVerify, memberOf } from './support/audit.ts';
import {
  createUserWithKey,
  credentialsIn,
  identityPolicy,
  trustPolicy,
  type UserWithKey,
} from './support/identities.ts';
import { tamper } from './support/inside.ts';
import { allow, keyPolicy, rootOf } from './support/key-policies.ts';
import { createKey, encrypt, type NewKey } from './support/keys.ts';
import { OTHER_REGION } from './support/multi-region.ts';
import { assertRefused } from './support/refusal.ts';
import {
  ACCOUNT,
  type Credentials,
  OTHER_ACCOUNT,
  REGION,
  startTestServer,
  type TestServer,
} from './support/server.ts';
import { operatorConfiguration } from './support/services.ts';
import { sendRequest, signedRequest } from './support/signed-request.ts';

/* Who did what: records as CloudTrail writes them, of every call, succeeded or refused. */

const EVERYTHING = identityPolicy({ Effect: 'Allow', Action: '*', Resource: '*' });
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;

let dataDirectory: string;
let server: TestServer;
let kms: KMS;
let ada: UserWithKey;
let key: NewKey;
let stranger: Credentials;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-audit-'));
  server = await startTestServer({ dataDirectory, auditDurability: 'strict' });
  kms = server.client();
  ada = await createUserWithKey(server.iam(), 'ada', { everything: EVERYTHING });
  key = await createKey(kms);
  const configuration = await operatorConfiguration(dataDirectory);
  stranger = credentialsIn((await createAccount(configuration, OTHER_ACCOUNT, 'other')).join('\n'));
});
after(async () => {
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

/** The records of what is done in the meantime. */
async function recordsOf(work: () => Promise<unknown>): Promise<readonly AuditRecord[]> {
  const before = (await auditLines(dataDirectory)).length;
  await work();
  return auditRecords(dataDirectory, before);
}

/** The one record of a call. */
async function recordOf(work: () => Promise<unknown>): Promise<AuditRecord> {
  const [record, ...more] = await recordsOf(work);
  assert.ok(record !== undefined);
  assert.deepEqual(more, []);
  return record;
}

describe('the record of a call', () => {
  it('says who did what with which key, when, from where, and on what grounds', async () => {
    const client = server.client({ credentials: ada.credentials });
    const context = { department: 'sales' };
    const CiphertextBlob = await encrypt(client, key.keyId, 'hello', context);
    const { requestID, eventID, userAgent, auditLog, ...record } = await recordOf(() =>
      client.decrypt({ CiphertextBlob, EncryptionContext: context }),
    );
    assert.match(String(requestID), UUID);
    assert.match(String(eventID), UUID);
    assert.notEqual(requestID, eventID);
    assert.match(String(userAgent), /^aws-sdk-js\//);
    assert.match(String(memberOf({ auditLog }, 'auditLog', 'origin')), /^qkms-audit\/[0-9a-f-]{36}\/main$/);
    const { KeyMaterialId } = await client.decrypt({ CiphertextBlob, EncryptionContext: context });
    assert.deepEqual(record, {
      eventVersion: '1.11',
      userIdentity: {
        type: 'IAMUser',
        principalId: ada.uniqueId,
        arn: ada.arn,
        accountId: ACCOUNT,
        accessKeyId: ada.credentials.accessKeyId,
        userName: 'ada',
      },
      eventTime: `${new Date(server.clock.now()).toISOString().slice(0, 19)}Z`,
      eventSource: 'kms.amazonaws.com',
      eventName: 'Decrypt',
      awsRegion: REGION,
      sourceIPAddress: '127.0.0.1',
      requestParameters: { encryptionContext: context },
      responseElements: null,
      additionalEventData: {
        keyMaterialId: KeyMaterialId,
        authorization: [
          {
            action: 'kms:Decrypt',
            resource: key.arn,
            outcome: 'allow',
            layer: 'identity-policy',
            statements: [
              { layer: 'key-policy', policyIndex: 0, statementIndex: 0, sid: 'Enable IAM User Permissions' },
              { layer: 'identity-policy', policyIndex: 0, statementIndex: 0 },
            ],
          },
        ],
      },
      readOnly: true,
      resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: key.arn }],
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: ACCOUNT,
      eventCategory: 'Management',
    });
  });

  it('names the grant that gave the permission', async () => {
    const user = await createUserWithKey(server.iam(), 'grantee');
    const { GrantId } = await kms.createGrant({
      KeyId: key.keyId,
      GranteePrincipal: user.arn,
      Operations: ['Encrypt'],
    });
    const client = server.client({ credentials: user.credentials });
    const record = await recordOf(() => encrypt(client, key.arn));
    assert.deepEqual(memberOf(record, 'additionalEventData', 'authorization'), [
      {
        action: 'kms:Encrypt',
        resource: key.arn,
        outcome: 'allow',
        layer: 'grant',
        grantId: GrantId,
        statements: [],
      },
    ]);
  });

  it('of the root user', async () => {
    const { userIdentity } = await recordOf(() => kms.listKeys());
    assert.deepEqual(userIdentity, {
      type: 'Root',
      principalId: ACCOUNT,
      arn: `arn:aws:iam::${ACCOUNT}:root`,
      accountId: ACCOUNT,
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    });
  });

  it('of a session of a role, with who issued it', async () => {
    const iam = server.iam();
    const { Role } = await iam.createRole({
      RoleName: 'auditor',
      AssumeRolePolicyDocument: trustPolicy({
        Effect: 'Allow',
        Principal: { AWS: ada.arn },
        Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
      }),
    });
    await iam.putRolePolicy({
      RoleName: 'auditor',
      PolicyName: 'p',
      PolicyDocument: JSON.stringify(EVERYTHING),
    });
    const sts = server.sts({ credentials: ada.credentials });
    const RoleArn = Role?.Arn ?? '';
    let session: Credentials | undefined;
    const assumed = await recordOf(async () => {
      const answer = await sts.assumeRole({ RoleArn, RoleSessionName: 'session', SourceIdentity: 'ada' });
      const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = answer.Credentials ?? {};
      session = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
    });
    assert.deepEqual(Object.keys(Object(memberOf(assumed, 'responseElements', 'credentials'))).sort(), [
      'accessKeyId',
      'expiration',
    ]);
    assert.deepEqual(assumed['resources'], [{ accountId: ACCOUNT, type: 'AWS::IAM::Role', ARN: RoleArn }]);
    assert.ok(session !== undefined);
    const client = server.client({ credentials: session });
    const { userIdentity } = await recordOf(() => client.describeKey({ KeyId: key.keyId }));
    assert.deepEqual(userIdentity, {
      type: 'AssumedRole',
      principalId: `${Role?.RoleId}:session`,
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/auditor/session`,
      accountId: ACCOUNT,
      accessKeyId: session.accessKeyId,
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          principalId: Role?.RoleId,
          arn: RoleArn,
          accountId: ACCOUNT,
          userName: 'auditor',
        },
        attributes: {
          creationDate: `${new Date(server.clock.now()).toISOString().slice(0, 19)}Z`,
          mfaAuthenticated: 'false',
        },
        sourceIdentity: 'ada',
      },
    });
  });

  it('of a change has what was asked and what came of it, without secrets', async () => {
    const record = await recordOf(() =>
      createKey(kms, { Description: 'audited', Tags: [{ TagKey: 'a', TagValue: 'b' }] }),
    );
    assert.deepEqual(record['requestParameters'], {
      description: 'audited',
      tags: [{ tagKey: 'a', tagValue: 'b' }],
    });
    assert.equal(memberOf(record, 'responseElements', 'keyMetadata', 'AWSAccountId'), ACCOUNT);
    assert.match(
      String(memberOf(record, 'responseElements', 'keyMetadata', 'creationDate')),
      /^[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d\d:\d\d [AP]M$/,
    );
    assert.equal(record['readOnly'], false);
    const created = await recordOf(() => server.iam().createAccessKey({ UserName: 'grantee' }));
    assert.deepEqual(Object.keys(Object(memberOf(created, 'responseElements', 'accessKey'))).sort(), [
      'accessKeyId',
      'createDate',
      'status',
      'userName',
    ]);
    assert.equal(created['eventSource'], 'iam.amazonaws.com');
    const granted = await recordOf(() =>
      kms.createGrant({
        KeyId: key.keyId,
        GranteePrincipal: ada.arn,
        Operations: ['Decrypt'],
        GrantTokens: [],
      }),
    );
    assert.deepEqual(Object.keys(Object(granted['responseElements'])), ['grantId']);
  });
});

describe('the record of a refusal', () => {
  it('has its code and text, and what is known of the call', async () => {
    const user = await createUserWithKey(server.iam(), 'nobody');
    const client = server.client({ credentials: user.credentials });
    const record = await recordOf(() => assertRefused(encrypt(client, key.arn), 'AccessDeniedException'));
    assert.equal(record['errorCode'], 'AccessDenied');
    assert.match(String(record['errorMessage']), /is not authorized to perform: kms:Encrypt/);
    assert.deepEqual(record['requestParameters'], { keyId: key.arn });
    assert.equal(record['responseElements'], null);
    assert.equal(memberOf(record, 'userIdentity', 'userName'), 'nobody');
    assert.equal(memberOf(record, 'additionalEventData', 'authorization', '0', 'outcome'), 'implicit-deny');
  });

  it('is written also where nothing was understood, and for dry runs', async () => {
    const invalid = await recordOf(() =>
      signedRequest({
        endpoint: server.endpoint,
        operation: 'Encrypt',
        body: { KeyId: 7 },
        date: server.clock.now(),
      }),
    );
    assert.equal(invalid['errorCode'], 'SerializationException');
    assert.equal(invalid['requestParameters'], null);
    const dryRun = await recordOf(() =>
      assertRefused(
        kms.encrypt({ KeyId: key.keyId, Plaintext: Buffer.from('x'), DryRun: true }),
        'DryRunOperationException',
      ),
    );
    assert.equal(dryRun['errorCode'], 'DryRunOperationException');
    assert.deepEqual(dryRun['requestParameters'], { keyId: key.keyId, dryRun: true });
  });

  it('of wrong credentials tells whose they are said to be', async () => {
    const client = server.client({
      credentials: { accessKeyId: ada.credentials.accessKeyId, secretAccessKey: 'wrong' },
    });
    const record = await recordOf(() => assertRefused(client.listKeys(), 'InvalidSignatureException'));
    assert.deepEqual(record['userIdentity'], { type: 'Unknown', accessKeyId: ada.credentials.accessKeyId });
    assert.equal(record['recipientAccountId'], ACCOUNT);
  });
});

describe('a call on the key of another account', () => {
  it('is recorded in both accounts, each told what is its own', async () => {
    const shared = await createKey(kms, {
      Policy: keyPolicy(allow(), allow({ Principal: { AWS: rootOf(OTHER_ACCOUNT) }, Action: 'kms:Encrypt' })),
    });
    const client = server.client({ credentials: stranger });
    const [own, owners, ...more] = await recordsOf(() => encrypt(client, shared.arn));
    assert.deepEqual(more, []);
    assert.deepEqual([own?.['recipientAccountId'], owners?.['recipientAccountId']], [OTHER_ACCOUNT, ACCOUNT]);
    assert.match(String(own?.['sharedEventID']), UUID);
    assert.equal(own?.['sharedEventID'], owners?.['sharedEventID']);
    assert.notEqual(own?.['eventID'], owners?.['eventID']);
    assert.deepEqual(owners?.['userIdentity'], {
      type: 'AWSAccount',
      principalId: OTHER_ACCOUNT,
      accountId: OTHER_ACCOUNT,
    });
    const statementsOf = (record: AuditRecord | undefined) =>
      memberOf(record, 'additionalEventData', 'authorization', '0', 'statements');
    assert.deepEqual(statementsOf(own), []);
    assert.deepEqual(statementsOf(owners), [{ layer: 'key-policy', policyIndex: 0, statementIndex: 1 }]);
  });

  it('that is refused is recorded where the caller is, and tells nothing of the key', async () => {
    await kms.createAlias({ AliasName: 'alias/hidden', TargetKeyId: key.keyId });
    const client = server.client({ credentials: stranger });
    const hidden = `arn:aws:kms:${REGION}:${ACCOUNT}:alias/hidden`;
    const records = await recordsOf(async () => {
      await assertRefused(encrypt(client, hidden), 'AccessDeniedException');
      await assertRefused(encrypt(client, `${hidden}-not`), 'AccessDeniedException');
    });
    const told = records.map((record) => {
      const { requestID, eventID, auditLog, ...rest } = record;
      return JSON.stringify(rest).replaceAll(`${hidden}-not`, hidden);
    });
    assert.equal(told.length, 2);
    assert.equal(told[0], told[1]);
    assert.equal(records[0]?.['recipientAccountId'], OTHER_ACCOUNT);
  });
});

describe('a call that does something in another Region', () => {
  it('is recorded there, too', async () => {
    const primary = await createKey(kms, { MultiRegion: true });
    const replica = primary.arn.replace(REGION, OTHER_REGION);
    const calls = await recordsOf(async () => {
      await kms.replicateKey({ KeyId: primary.keyId, ReplicaRegion: OTHER_REGION });
      await kms.updatePrimaryRegion({ KeyId: primary.keyId, PrimaryRegion: OTHER_REGION });
    });
    const summaries = calls
      .filter(({ eventType }) => eventType === 'AwsApiCall')
      .map(({ eventName, awsRegion, resources, requestID, sharedEventID }) => ({
        name: `${eventName} in ${awsRegion}`,
        arns: Array.isArray(resources) ? resources.map(({ ARN }) => ARN) : [],
        requestID,
        sharedEventID,
      }));
    assert.deepEqual(
      summaries.map(({ name, arns }) => [name, arns]),
      [
        [`ReplicateKey in ${REGION}`, [primary.arn]],
        [`CreateKey in ${OTHER_REGION}`, [replica]],
        [`UpdatePrimaryRegion in ${REGION}`, [primary.arn, replica]],
        [`UpdatePrimaryRegion in ${OTHER_REGION}`, [replica]],
      ],
    );
    const [first, second, third, fourth] = summaries;
    for (const [one, other] of [
      [first, second],
      [third, fourth],
    ]) {
      assert.equal(one?.requestID, other?.requestID);
      assert.match(String(one?.sharedEventID), UUID);
      assert.equal(one?.sharedEventID, other?.sharedEventID);
    }
    const refused = await recordsOf(() =>
      assertRefused(
        kms.replicateKey({ KeyId: key.keyId, ReplicaRegion: OTHER_REGION }),
        'UnsupportedOperationException',
      ),
    );
    assert.equal(refused.length, 1);
  });
});

describe('the last use of a key', () => {
  it('names its event, that of the account of the key', async () => {
    const shared = await createKey(kms, {
      Policy: keyPolicy(allow(), allow({ Principal: { AWS: rootOf(OTHER_ACCOUNT) }, Action: 'kms:Encrypt' })),
    });
    for (const client of [kms, server.client({ credentials: stranger })]) {
      const records = await recordsOf(() => encrypt(client, shared.arn));
      const own = records.find(({ recipientAccountId }) => recipientAccountId === ACCOUNT);
      const { KeyLastUsage } = await kms.getKeyLastUsage({ KeyId: shared.keyId });
      assert.equal(KeyLastUsage?.CloudTrailEventId, own?.['eventID']);
      assert.equal(KeyLastUsage?.KmsRequestId, own?.['requestID']);
      // Uses of one millisecond are not told apart.
      server.clock.advance(1);
    }
  });
});

describe('what the service does on its own', () => {
  it('is recorded: rotation on demand, automatic rotation, deletion', async () => {
    const { keyId, arn } = await createKey(kms);
    const [rotation, call] = await recordsOf(() => kms.rotateKeyOnDemand({ KeyId: keyId }));
    assert.equal(call?.['eventName'], 'RotateKeyOnDemand');
    const { eventID, eventTime, auditLog, serviceEventDetails, ...rest } = rotation ?? {};
    assert.deepEqual(rest, {
      eventVersion: '1.11',
      userIdentity: { accountId: ACCOUNT, invokedBy: 'AWS Internal' },
      eventSource: 'kms.amazonaws.com',
      eventName: 'RotateKey',
      awsRegion: REGION,
      sourceIPAddress: 'AWS Internal',
      userAgent: 'AWS Internal',
      requestParameters: null,
      responseElements: null,
      readOnly: false,
      resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: arn }],
      eventType: 'AwsServiceEvent',
      recipientAccountId: ACCOUNT,
      managementEvent: true,
      eventCategory: 'Management',
    });
    const { previousKeyMaterialId, currentKeyMaterialId, ...details } = Object(serviceEventDetails);
    assert.deepEqual(details, { rotationType: 'ON_DEMAND', keyOrigin: 'AWS_KMS', keyId });
    assert.match(previousKeyMaterialId, /^[0-9a-f]{64}$/);
    assert.notEqual(previousKeyMaterialId, currentKeyMaterialId);
  });
});

describe('hostile input', () => {
  const NASTY = 'a\u001b[31m\u007f\u009b2J\u2028\u2029\u202e\u0000\t"\\\u0085z';

  it('is in one line that shows as what it is', async () => {
    const context = { [NASTY]: NASTY, line: 'one\r\ntwo', half: 'x' };
    const before = (await auditLines(dataDirectory)).length;
    await kms.encrypt({ KeyId: key.keyId, Plaintext: Buffer.from('x'), EncryptionContext: context });
    await sendRequest({
      endpoint: server.endpoint,
      rawHeaders: [
        'Host',
        'x',
        'User-Agent',
        'curl\t\u009b2J ü',
        'X-Amz-Target',
        'TrentService.ListKeys',
        'Content-Type',
        'application/x-amz-json-1.1',
      ],
      body: '{}',
    });
    const lines = (await auditLines(dataDirectory)).slice(before);
    assert.equal(lines.length, 2);
    for (const line of lines) assert.match(line, /^[^\p{Cc}\p{Zl}\p{Zp}\u202e]*$/u);
    const [encrypted, listed] = lines.map((line) => JSON.parse(line));
    assert.deepEqual(encrypted.requestParameters.encryptionContext, context);
    // Node sends the header in UTF-8 and reads it as Latin-1.
    assert.equal(listed.userAgent, Buffer.from('curl\t\u009b2J ü').toString('latin1'));
  });
});

describe('the log', () => {
  it('has each of many calls at once, and can be verified', async () => {
    const calls = 200;
    const records = await recordsOf(() => Promise.all(Array.from({ length: calls }, () => kms.listKeys())));
    assert.equal(new Set(records.map(({ requestID }) => requestID)).size, calls);
    const { lines, verification } = await exportAndVerify(dataDirectory);
    const [log] = verification.logs;
    assert.deepEqual(verification.faults, []);
    assert.equal(log?.coveredEnd, log?.end);
    assert.ok(lines.length > (log?.end ?? 0));
  });

  it('is not there for what was not done: calls are refused, and health says so', async () => {
    try {
      await tamper(dataDirectory, 'alter table audit_records rename to elsewhere');
      const created = (await kms.listKeys().catch((error: Error) => error)) as Error;
      assert.match(created.message, /could not be recorded/);
      await assertRefused(createKey(kms), 'KMSInternalException');
      const ready = await fetch(`${server.endpoint}/health/ready`);
      assert.equal(ready.status, 503);
      assert.match(await ready.text(), /the audit log cannot be written/);
    } finally {
      await tamper(dataDirectory, 'alter table elsewhere rename to audit_records');
    }
    await kms.listKeys();
    assert.equal((await fetch(`${server.endpoint}/health/ready`)).status, 200);
  });
});
