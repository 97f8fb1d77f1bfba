import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { removeService } from '../src/cli/identities.ts';
import { createUserWithKey, identityPolicy } from './support/identities.ts';
import { allow, keyPolicy, rootOf } from './support/key-policies.ts';
import { createKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, type Credentials, REGION, startTestServer, type TestServer } from './support/server.ts';
import {
  clientOnBehalfOf,
  clientWithHeaders,
  operatorConfiguration,
  registerTestService,
} from './support/services.ts';

const SERVICE = 's3.amazonaws.com';
const BUCKET = 'arn:aws:s3:::orders';

let dataDirectory: string;
let server: TestServer;
let credentials: Credentials;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-services-'));
  server = await startTestServer({ dataDirectory });
  credentials = await register(SERVICE, [ACCOUNT]);
});
after(async () => {
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

function register(name: string, actsFor: readonly string[]): Promise<Credentials> {
  return registerTestService(dataDirectory, name, actsFor);
}

function clientWith(headers: Readonly<Record<string, string>>, by = credentials): KMS {
  return clientWithHeaders(server, by, headers);
}

function onBehalfOf(arn: string, by = credentials): KMS {
  return clientOnBehalfOf(server, by, arn);
}

describe('a service principal', () => {
  it('is who its access key says, and may use a key whose policy names it', async () => {
    const { Arn } = await server.sts({ credentials }).getCallerIdentity();
    assert.equal(Arn, SERVICE);
    const { arn: KeyId } = await createKey(server.client(), {
      Policy: keyPolicy(
        allow(),
        allow({
          Principal: { Service: SERVICE },
          Action: 'kms:Encrypt',
          Condition: {
            ArnLike: { 'aws:SourceArn': BUCKET },
            StringEquals: { 'aws:SourceAccount': ACCOUNT, 'kms:CallerAccount': ACCOUNT },
          },
        }),
      ),
    });
    const headers = { 'x-amz-source-arn': BUCKET, 'x-amz-source-account': ACCOUNT };
    const Plaintext = Buffer.of(1);
    await clientWith(headers).encrypt({ KeyId, Plaintext });
    await assertRefused(clientWith({}).encrypt({ KeyId, Plaintext }), 'AccessDeniedException');
    await assertRefused(
      clientWith({ ...headers, 'x-amz-source-arn': `${BUCKET}-2` }).encrypt({ KeyId, Plaintext }),
      'AccessDeniedException',
    );
    await assertRefused(
      clientWith(headers).decrypt({ KeyId, CiphertextBlob: Buffer.alloc(100) }),
      'AccessDeniedException',
    );
  });

  it('is told by the organization of the account for which it asks', async () => {
    const { arn: KeyId } = await createKey(server.client(), {
      Policy: keyPolicy(
        allow(),
        allow({
          Principal: { Service: SERVICE },
          Action: 'kms:DescribeKey',
          Condition: { StringEquals: { 'aws:SourceOrgID': `o-${ACCOUNT}` } },
        }),
      ),
    });
    await clientWith({ 'x-amz-source-account': ACCOUNT }).describeKey({ KeyId });
    for (const headers of [{ 'x-amz-source-account': '999988887777' }, {}])
      await assertRefused(clientWith(headers).describeKey({ KeyId }), 'AccessDeniedException');
  });

  it('is nobody to a policy that allows everybody, and has no permissions of its own', async () => {
    const { arn: KeyId } = await createKey(server.client(), { Policy: keyPolicy(allow({ Principal: '*' })) });
    const kms = server.client({ credentials });
    await assertRefused(kms.describeKey({ KeyId }), 'AccessDeniedException');
    await assertRefused(kms.listKeys(), 'AccessDeniedException');
    await assertRefused(server.iam({ credentials }).listUsers(), 'AccessDenied');
  });

  it('cannot say for others what only services can say', async () => {
    const { arn: KeyId } = await createKey(server.client(), {
      Policy: keyPolicy(
        allow(),
        allow({
          Principal: '*',
          Condition: { StringEquals: { 'kms:ViaService': `s3.${REGION}.amazonaws.com` } },
        }),
      ),
    });
    const user = await createUserWithKey(server.iam(), 'pretender');
    const headers = { 'x-amz-forward-access-principal': rootOf(ACCOUNT), 'x-amz-source-account': ACCOUNT };
    await assertRefused(
      clientWith(headers, user.credentials).describeKey({ KeyId }),
      'AccessDeniedException',
    );
  });
});

describe('a service on behalf of a user', () => {
  it('may do what the user may, through the service', async () => {
    const iam = server.iam();
    const user = await createUserWithKey(iam, 'reader', {
      p: identityPolicy({
        Effect: 'Allow',
        Action: 'kms:DescribeKey',
        Resource: '*',
        Condition: {
          StringEquals: { 'kms:ViaService': `s3.${REGION}.amazonaws.com`, 'kms:CallerAccount': ACCOUNT },
          Bool: { 'aws:ViaAWSService': true },
          'ForAnyValue:StringEquals': { 'aws:CalledVia': [SERVICE] },
        },
      }),
    });
    const { keyId: KeyId } = await createKey(server.client());
    await onBehalfOf(user.arn).describeKey({ KeyId });
    await assertRefused(
      onBehalfOf(user.arn).encrypt({ KeyId, Plaintext: Buffer.of(1) }),
      'AccessDeniedException',
    );
    await assertRefused(
      server.client({ credentials: user.credentials }).describeKey({ KeyId }),
      'AccessDeniedException',
    );
    await onBehalfOf(rootOf(ACCOUNT)).describeKey({ KeyId });
  });

  it('is refused for nobody, for groups, and for accounts that it may not act for', async () => {
    const limited = await register('logs.amazonaws.com', []);
    const { arn: KeyId } = await createKey(server.client());
    for (const [by, arn] of [
      [limited, rootOf(ACCOUNT)],
      [credentials, rootOf('999988887777')],
      [credentials, `arn:aws:iam::${ACCOUNT}:user/nobody`],
      [credentials, `arn:aws:iam::${ACCOUNT}:group/readers`],
      [credentials, `arn:aws:sts::${ACCOUNT}:assumed-role/nothing/session`],
      [credentials, 'x'],
    ] as const)
      await assertRefused(
        onBehalfOf(arn, by).describeKey({ KeyId }),
        'AccessDeniedException',
        /may not make requests on behalf of/,
      );
  });

  it('is over when the service is removed', async () => {
    const by = await register('backup.amazonaws.com', [ACCOUNT]);
    await onBehalfOf(rootOf(ACCOUNT), by).listKeys();
    await removeService(await operatorConfiguration(dataDirectory), 'backup.amazonaws.com');
    await assertRefused(onBehalfOf(rootOf(ACCOUNT), by).listKeys(), 'UnrecognizedClientException');
    await assert.rejects(
      removeService(await operatorConfiguration(dataDirectory), 'backup.amazonaws.com'),
      /there is no service/,
    );
  });
});
