import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { IAM } from '@aws-sdk/client-iam';
import { readConfiguration } from '../src/config.ts';
import { listAccessKeys, loadCredential } from '../src/iam/index.ts';
import { prepareService } from '../src/service.ts';
import { engineFlags } from './support/engine.ts';
import { createUserWithKey, identityPolicy, trustPolicy, type UserWithKey } from './support/identities.ts';
import { openInside, tamper } from './support/inside.ts';
import { assertRefused } from './support/refusal.ts';
import {
  ACCOUNT,
  type Credentials,
  ROOT_CREDENTIALS,
  startTestServer,
  type TestServer,
} from './support/server.ts';

/* Credentials on a server that checks them. */

const INVALID = 'The security token included in the request is invalid.';
const LIST = identityPolicy({ Effect: 'Allow', Action: ['kms:ListKeys', 'iam:*'], Resource: '*' });

let dataDirectory: string;
let server: TestServer;
let iam: IAM;
let ada: UserWithKey;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-credentials-'));
  server = await startTestServer({ dataDirectory });
  iam = server.iam();
  ada = await createUserWithKey(iam, 'ada', { list: LIST });
});
after(async () => {
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

async function assume(of: TestServer = server): Promise<Credentials> {
  const by = of.iam();
  const user = await createUserWithKey(by, `user-${Math.random().toString(36).slice(2)}`);
  const RoleName = `role-${Math.random().toString(36).slice(2)}`;
  const trust = trustPolicy({ Effect: 'Allow', Principal: { AWS: user.arn }, Action: 'sts:AssumeRole' });
  await by.createRole({ RoleName, AssumeRolePolicyDocument: trust });
  await by.putRolePolicy({ RoleName, PolicyName: 'list', PolicyDocument: JSON.stringify(LIST) });
  const { Credentials } = await of.sts({ credentials: user.credentials }).assumeRole({
    RoleArn: `arn:aws:iam::${ACCOUNT}:role/${RoleName}`,
    RoleSessionName: 'session',
  });
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
}

function list(credentials: Credentials): Promise<unknown> {
  return server.client({ credentials }).listKeys();
}

async function assertInvalid(credentials: Credentials): Promise<void> {
  await assertRefused(list(credentials), 'UnrecognizedClientException', INVALID);
  const error = await assertRefused(
    server.sts({ credentials }).getCallerIdentity(),
    'InvalidClientTokenId',
    INVALID,
  );
  assert.equal(error.$metadata.httpStatusCode, 403);
}

describe('an access key', () => {
  it('is refused by the very next request when it is deactivated, and accepted when it is active again', async () => {
    const AccessKeyId = ada.credentials.accessKeyId;
    await list(ada.credentials);
    await iam.updateAccessKey({ UserName: 'ada', AccessKeyId, Status: 'Inactive' });
    await assertInvalid(ada.credentials);
    const { AccessKeyMetadata } = await iam.listAccessKeys({ UserName: 'ada' });
    assert.deepEqual(
      AccessKeyMetadata?.map(({ Status }) => Status),
      ['Inactive'],
    );
    await iam.updateAccessKey({ UserName: 'ada', AccessKeyId, Status: 'Active' });
    await list(ada.credentials);
  });

  it('is refused when it is deleted, and when its user is', async () => {
    const user = await createUserWithKey(iam, 'leaver', { list: LIST });
    await list(user.credentials);
    await iam.deleteAccessKey({ UserName: 'leaver', AccessKeyId: user.credentials.accessKeyId });
    await assertInvalid(user.credentials);
  });

  it('is one of two that a user may have', async () => {
    await createUserWithKey(iam, 'two');
    const { AccessKey } = await iam.createAccessKey({ UserName: 'two' });
    const error = await assertRefused(
      iam.createAccessKey({ UserName: 'two' }),
      'LimitExceededException',
      'Cannot exceed quota for AccessKeysPerUser: 2',
    );
    assert.equal(error.$metadata.httpStatusCode, 409);
    await assertRefused(
      iam.deleteUser({ UserName: 'two' }),
      'DeleteConflictException',
      'Cannot delete entity, must delete access keys first.',
    );
    await iam.deleteAccessKey({ UserName: 'two', AccessKeyId: AccessKey?.AccessKeyId });
  });

  it('is managed by nobody but its user’s administrators', async () => {
    const other = await createUserWithKey(iam, 'someone');
    for (const call of [
      () =>
        iam.updateAccessKey({
          UserName: 'ada',
          AccessKeyId: other.credentials.accessKeyId,
          Status: 'Inactive',
        }),
      () => iam.deleteAccessKey({ UserName: 'ada', AccessKeyId: other.credentials.accessKeyId }),
      () => iam.deleteAccessKey({ UserName: 'ada', AccessKeyId: 'AKIAIOSFODNN7EXAMPL0' }),
    ])
      await assertRefused(call(), 'NoSuchEntityException', /^The Access Key with id \w+ cannot be found\.$/);
    await assertRefused(
      server.iam({ credentials: other.credentials }).createAccessKey(),
      'AccessDenied',
      `User: ${other.arn} is not authorized to perform: iam:CreateAccessKey on resource: ${other.arn} because no identity-based policy allows the iam:CreateAccessKey action`,
    );
  });

  it('tells when it was used last', async () => {
    const user = await createUserWithKey(iam, 'used', { list: LIST });
    const AccessKeyId = user.credentials.accessKeyId;
    const lastUse = async () => (await iam.getAccessKeyLastUsed({ AccessKeyId })).AccessKeyLastUsed;
    assert.deepEqual(await lastUse(), { ServiceName: 'N/A', Region: 'N/A' });
    const LastUsedDate = new Date(Math.floor(server.clock.now() / 1000) * 1000);
    await server.client({ credentials: user.credentials, region: 'eu-west-1' }).listKeys();
    assert.deepEqual(await lastUse(), { LastUsedDate, ServiceName: 'kms', Region: 'eu-west-1' });
    server.clock.advance(16 * 60_000);
    await server.iam({ credentials: user.credentials }).listUsers();
    assert.equal((await lastUse())?.ServiceName, 'iam');
    await assertRefused(
      iam.getAccessKeyLastUsed({ AccessKeyId: 'AKIAIOSFODNN7EXAMPL0' }),
      'NoSuchEntityException',
    );
  });

  it('can be a second one of the root user', async () => {
    const { AccessKey } = await iam.createAccessKey({});
    const credentials = {
      accessKeyId: AccessKey?.AccessKeyId ?? '',
      secretAccessKey: AccessKey?.SecretAccessKey ?? '',
    };
    assert.equal((await server.iam({ credentials }).getUser({})).User?.Arn, `arn:aws:iam::${ACCOUNT}:root`);
    await server.iam({ credentials }).deleteAccessKey({ AccessKeyId: credentials.accessKeyId });
    await assertInvalid(credentials);
  });

  it('keeps its secret out of the database', async () => {
    const secret = Buffer.from(ada.credentials.secretAccessKey);
    for (const row of await tamper(dataDirectory, 'select * from access_keys')) {
      for (const value of Object.values(row)) {
        const bytes = value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value));
        assert.equal(bytes.includes(secret), false);
      }
    }
  });
});

describe('a session token', () => {
  it('is refused when it was changed, cut, swapped with another or left out', async () => {
    const [one, other] = [await assume(), await assume()];
    await list(one);
    const token = Buffer.from(one.sessionToken ?? '', 'base64');
    for (let place = 0; place < token.length; place += 7) {
      const changed = Buffer.from(token);
      changed[place] = (changed[place] ?? 0) ^ 0x80;
      await assertInvalid({ ...one, sessionToken: changed.toString('base64') });
    }
    for (const sessionToken of [
      token.subarray(0, 30).toString('base64'),
      `${one.sessionToken}====`,
      other.sessionToken ?? '',
      'AAAA',
    ])
      await assertInvalid({ ...one, sessionToken });
    const { sessionToken: _, ...without } = one;
    await assertInvalid(without);
  });

  it('is refused with a long-term access key', async () => {
    const { sessionToken = '' } = await assume();
    await assertInvalid({ ...ada.credentials, sessionToken });
  });

  it('of another deployment is refused', async () => {
    const otherDirectory = await mkdtemp(join(tmpdir(), 'qkms-credentials-other-'));
    const other = await startTestServer({ dataDirectory: otherDirectory });
    try {
      await assertInvalid(await assume(other));
    } finally {
      await other.close();
      await rm(otherDirectory, { recursive: true });
    }
  });

  it('is good after a restart, and on any process that has the store', async () => {
    const credentials = await assume();
    const second = await startTestServer({ dataDirectory });
    second.clock.advance(server.clock.now() - second.clock.now());
    try {
      await second.client({ credentials }).listKeys();
    } finally {
      await second.close();
    }
  });
});

describe('the root user', () => {
  async function inDirectory(use: (dataDirectory: string) => Promise<void>): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'qkms-credentials-root-'));
    try {
      await use(directory);
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  it('has credentials that are made once: who deletes them keeps them deleted', () =>
    inDirectory(async (directory) => {
      const first = await startTestServer({ dataDirectory: directory });
      await first.iam().deleteAccessKey({ AccessKeyId: ROOT_CREDENTIALS.accessKeyId });
      await assertRefused(first.client().listKeys(), 'UnrecognizedClientException');
      await first.close();
      const configuration = readConfiguration(
        'production',
        { dataDirectory: directory, ...(await engineFlags(directory)) },
        {},
      );
      assert.deepEqual((await prepareService(configuration)).notices, []);
      const second = await startTestServer({ dataDirectory: directory });
      await assertRefused(second.client().listKeys(), 'UnrecognizedClientException');
      await second.close();
    }));

  it('keeps the other access key, and the status of the configured one, over a restart', () =>
    inDirectory(async (directory) => {
      const first = await startTestServer({ dataDirectory: directory });
      const { AccessKey } = await first.iam().createAccessKey({});
      const credentials = {
        accessKeyId: AccessKey?.AccessKeyId ?? '',
        secretAccessKey: AccessKey?.SecretAccessKey ?? '',
      };
      const { accessKeyId: AccessKeyId } = ROOT_CREDENTIALS;
      await first.iam({ credentials }).updateAccessKey({ AccessKeyId, Status: 'Inactive' });
      await first.close();
      const second = await startTestServer({ dataDirectory: directory });
      await second.client({ credentials }).listKeys();
      await assertRefused(second.client().listKeys(), 'UnrecognizedClientException');
      await second.close();
      const environment = {
        QKMS_ROOT_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
        QKMS_ROOT_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
      };
      const configuration = readConfiguration(
        'production',
        { dataDirectory: directory, ...(await engineFlags(directory)) },
        environment,
      );
      const { notices } = await prepareService(configuration);
      assert.match(notices.join(), /not in use: they were replaced, deactivated or deleted$/);
    }));

  it('gets what is newly configured in place of all others', () =>
    inDirectory(async (directory) => {
      await (await startTestServer({ dataDirectory: directory })).close();
      const secretAccessKey = 'another secret of the operator';
      for (const accessKeyId of [ROOT_CREDENTIALS.accessKeyId, 'AKIAANOTHEREXAMPLE00']) {
        const environment = {
          QKMS_ROOT_ACCESS_KEY_ID: accessKeyId,
          QKMS_ROOT_SECRET_ACCESS_KEY: secretAccessKey,
        };
        await prepareService(
          readConfiguration(
            'production',
            { dataDirectory: directory, ...(await engineFlags(directory)) },
            environment,
          ),
        );
        const service = await openInside(directory);
        const { keys, secrets } = await service.kms.store.read(async (reader) => ({
          keys: await listAccessKeys(reader, ACCOUNT),
          secrets: await loadCredential(reader, accessKeyId),
        }));
        await service.close();
        assert.deepEqual(
          keys.map((key) => key.accessKeyId),
          [accessKeyId],
        );
        assert.equal(secrets?.secretAccessKey, secretAccessKey);
      }
    }));
});
