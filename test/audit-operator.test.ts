import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  createAccount,
  createAdministrator,
  registerService,
  removeService,
  resetRootCredentials,
} from '../src/cli/identities.ts';
import { type Configuration, readConfiguration } from '../src/config.ts';
import { prepareService } from '../src/service.ts';
import { type AuditRecord, auditRecords, exportAndVerify } from './support/audit.ts';
import { engineFlags } from './support/engine.ts';
import { ACCOUNT, OTHER_ACCOUNT, startTestServer, type TestServer } from './support/server.ts';
import { operatorConfiguration } from './support/services.ts';

/* What operators do with the data directory and the root key at hand is on record as well. */

let dataDirectory: string;
let server: TestServer;
let configuration: Configuration;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-operator-'));
  server = await startTestServer({ dataDirectory, auditDurability: 'strict' });
  configuration = await operatorConfiguration(dataDirectory);
});
after(async () => {
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

/** The records of what is done in the meantime, without what differs from one to the next. */
async function recordsOf(work: () => Promise<readonly string[]>) {
  const from = (await auditRecords(dataDirectory)).length;
  const shown = (await work()).join('\n');
  const secret = /AWS_SECRET_ACCESS_KEY=(\S+)/.exec(shown)?.[1];
  const records = (await auditRecords(dataDirectory)).slice(from);
  if (secret !== undefined) assert.ok(!JSON.stringify(records).includes(secret));
  return { records, accessKeyId: /AWS_ACCESS_KEY_ID=(\S+)/.exec(shown)?.[1] };
}

const summaryOf = ({ eventName, recipientAccountId, resources, serviceEventDetails }: AuditRecord) => ({
  eventName,
  recipientAccountId,
  resources: Array.isArray(resources) ? resources.map(({ type, ARN }) => [type, ARN]) : [],
  serviceEventDetails,
});

describe('what an operator does', () => {
  it('is recorded, with who it was for the operating system', async () => {
    const { records, accessKeyId } = await recordsOf(() => createAdministrator(configuration, 'grace'));
    const [record, ...more] = records;
    assert.deepEqual(more, []);
    assert.ok(record !== undefined);
    assert.deepEqual(summaryOf(record), {
      eventName: 'CreateAdministrator',
      recipientAccountId: ACCOUNT,
      resources: [['AWS::IAM::User', `arn:aws:iam::${ACCOUNT}:user/grace`]],
      serviceEventDetails: { userName: 'grace', accessKeyId },
    });
    const { userIdentity, eventType, eventSource, readOnly } = record;
    assert.match(Object(userIdentity).userName, /^.+@.+$/);
    assert.equal(Object(userIdentity).invokedBy, 'QKMS operator');
    assert.deepEqual([eventType, eventSource, readOnly], ['AwsServiceEvent', 'qkms.amazonaws.com', false]);
  });

  it('is recorded of services, of root users and of accounts', async () => {
    const service = [['AWS::IAM::ServicePrincipal', 's3.amazonaws.com']];
    const registered = await recordsOf(() => registerService(configuration, 's3.amazonaws.com', [ACCOUNT]));
    assert.deepEqual(registered.records.map(summaryOf), [
      {
        eventName: 'RegisterService',
        recipientAccountId: ACCOUNT,
        resources: service,
        serviceEventDetails: {
          serviceName: 's3.amazonaws.com',
          actsFor: [ACCOUNT],
          accessKeyId: registered.accessKeyId,
        },
      },
    ]);
    const removed = await recordsOf(() => removeService(configuration, 's3.amazonaws.com'));
    assert.deepEqual(removed.records.map(summaryOf), [
      {
        eventName: 'RemoveService',
        recipientAccountId: ACCOUNT,
        resources: service,
        serviceEventDetails: { serviceName: 's3.amazonaws.com' },
      },
    ]);
    const account = [['AWS::Organizations::Account', `arn:aws:iam::${OTHER_ACCOUNT}:root`]];
    const created = await recordsOf(() => createAccount(configuration, OTHER_ACCOUNT, 'other'));
    assert.deepEqual(
      created.records.map(summaryOf),
      [ACCOUNT, OTHER_ACCOUNT].map((recipientAccountId) => ({
        eventName: 'CreateAccount',
        recipientAccountId,
        resources: account,
        serviceEventDetails: {
          accountId: OTHER_ACCOUNT,
          accountName: 'other',
          accessKeyId: created.accessKeyId,
        },
      })),
    );
    const reset = await recordsOf(() => resetRootCredentials({ ...configuration, accountId: OTHER_ACCOUNT }));
    assert.deepEqual(reset.records.map(summaryOf), [
      {
        eventName: 'ResetRootCredentials',
        recipientAccountId: OTHER_ACCOUNT,
        resources: account,
        serviceEventDetails: { accessKeyId: reset.accessKeyId },
      },
    ]);
  });

  it('is not recorded when it is refused, and what is recorded verifies', async () => {
    const { records } = await recordsOf(async () => {
      await assert.rejects(removeService(configuration, 'unknown.amazonaws.com'));
      await assert.rejects(createAccount(configuration, OTHER_ACCOUNT, 'again'));
      return [];
    });
    assert.deepEqual(records, []);
    assert.deepEqual((await exportAndVerify(dataDirectory)).verification.faults, []);
  });

  it('is recorded when other root credentials are configured', async () => {
    const flags = { dataDirectory, workers: '1', ...(await engineFlags(dataDirectory)) };
    const prepare = (accessKeyId: string) =>
      prepareService(
        readConfiguration('production', flags, {
          QKMS_ROOT_ACCESS_KEY_ID: accessKeyId,
          QKMS_ROOT_SECRET_ACCESS_KEY: 'another-secret-access-key',
        }),
      );
    const { records } = await recordsOf(async () => (await prepare('AKIAANOTHER')).notices);
    assert.deepEqual(
      records.map((record) => summaryOf(record).serviceEventDetails),
      [{ accessKeyId: 'AKIAANOTHER' }],
    );
    assert.deepEqual((await recordsOf(async () => (await prepare('AKIAANOTHER')).notices)).records, []);
  });
});

describe('what a seed file creates', () => {
  it('is recorded account by account, once', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'qkms-seeded-'));
    const seedFile = join(directory, 'seed.yaml');
    await writeFile(
      seedFile,
      `accounts:
  - id: "${ACCOUNT}"
    users:
      - name: ada
        accessKeys:
          - accessKeyId: AKIASEEDED0000000000
            secretAccessKey: seeded-secret-access-key
    keys:
      - id: 11111111-2222-4333-8444-555555555555
  - id: "${OTHER_ACCOUNT}"
`,
    );
    const dataDirectory = join(directory, 'data');
    const flags = {
      dataDirectory,
      seedFile,
      auditDurability: 'strict',
      ...(await engineFlags(dataDirectory)),
    };
    for (let start = 0; start < 2; start += 1)
      await prepareService(readConfiguration('development', flags, {}));
    const records = await auditRecords(dataDirectory);
    const seed = { seed: seedFile };
    assert.deepEqual(records.map(summaryOf), [
      {
        eventName: 'ApplySeed',
        recipientAccountId: ACCOUNT,
        resources: [
          ['AWS::Organizations::Account', `arn:aws:iam::${ACCOUNT}:root`],
          ['AWS::IAM::User', `arn:aws:iam::${ACCOUNT}:user/ada`],
          ['AWS::KMS::Key', `arn:aws:kms:us-east-1:${ACCOUNT}:key/11111111-2222-4333-8444-555555555555`],
        ],
        serviceEventDetails: seed,
      },
      {
        eventName: 'ApplySeed',
        recipientAccountId: OTHER_ACCOUNT,
        resources: [['AWS::Organizations::Account', `arn:aws:iam::${OTHER_ACCOUNT}:root`]],
        serviceEventDetails: seed,
      },
    ]);
    assert.ok(!JSON.stringify(records).includes('seeded-secret-access-key'));
    await rm(directory, { recursive: true });
  });
});
