import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { auditRecords, memberOf } from './support/audit.ts';
import { allow, keyPolicy } from './support/key-policies.ts';
import { createKey, encrypt } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, startTestServer, type TestServer } from './support/server.ts';
import { codeOf, sendRequest } from './support/signed-request.ts';
import { until } from './support/until.ts';

/* Requests over a quota, as clients see them, by a clock that stands still unless it is moved. */

const KMS_TEXT = 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.';
const SELDOM = 0.02;
/** How long it takes at that rate until one more is let through, in milliseconds. */
const PAUSE = 50_000;
const CONNECTIONS = 10;

const QUOTAS = {
  requestRates: {
    'Cryptographic operations (symmetric)': 2,
    'Cryptographic operations (RSA)': SELDOM,
    'Cryptographic operations (ECC and SM2)': SELDOM,
    'GenerateDataKeyPair (ECC_NIST_P256)': SELDOM,
    CreateAlias: SELDOM,
    DescribeKey: SELDOM,
    GetKeyPolicy: SELDOM,
    ListKeys: SELDOM,
    ListGrants: SELDOM,
    UpdatePrimaryRegion: SELDOM,
    'AWS STS': SELDOM,
    'AWS CloudTrail': SELDOM,
  },
  accounts: { [OTHER_ACCOUNT]: { requestRates: { ListKeys: 'unlimited' } } },
};

let directory: string;
let quotasFile: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'qkms-request-quotas-'));
  quotasFile = join(directory, 'quotas.json');
  await writeFile(quotasFile, JSON.stringify(QUOTAS));
});
after(() => rm(directory, { recursive: true }));

async function assertThrottled(call: Promise<unknown>, text = KMS_TEXT, code = 'ThrottlingException') {
  const error = await assertRefused(call, code, text);
  assert.equal(error.$metadata.httpStatusCode, 400);
}

describe('a request over its quota', () => {
  let server: TestServer;
  let kms: KMS;
  before(async () => {
    server = await startTestServer({ requestQuotas: 'generous', quotasFile });
    kms = server.client();
  });
  after(() => server.close());

  it('is refused, until enough time has passed', async () => {
    await kms.listKeys({});
    await assertThrottled(kms.listKeys({}));
    await assertThrottled(kms.listKeys({ Limit: 1 }));
    server.clock.advance(PAUSE);
    await kms.listKeys({});
    await assertThrottled(kms.listKeys({}));
  });

  it('leaves other operations, Regions and accounts alone', async () => {
    const { keyId: KeyId } = await createKey(kms);
    await kms.describeKey({ KeyId });
    await assertThrottled(kms.describeKey({ KeyId }));
    await kms.getKeyPolicy({ KeyId });
    await assertRefused(server.client({ region: 'eu-west-1' }).describeKey({ KeyId }), 'NotFoundException');
    await assertRefused(
      server.client({ account: OTHER_ACCOUNT }).describeKey({ KeyId }),
      'NotFoundException',
    );
  });

  it('is one by the quota of its account, where that has its own', async () => {
    const other = server.client({ account: OTHER_ACCOUNT });
    for (let count = 0; count < 5; count += 1) await other.listKeys({});
  });

  it('counts with those of all operations that share the quota, and not with those of other algorithms', async () => {
    const region = 'eu-central-1';
    const here = server.client({ region });
    const { keyId: KeyId } = await createKey(here);
    const rsa = await createKey(here, { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
    const signing = await createKey(here, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    const CiphertextBlob = await encrypt(here, KeyId);
    await here.generateRandom({ NumberOfBytes: 8 });
    await assertThrottled(here.decrypt({ CiphertextBlob }));
    await assertThrottled(here.generateDataKey({ KeyId, KeySpec: 'AES_256' }));

    const underRsa = {
      KeyId: rsa.keyId,
      EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      Plaintext: Buffer.of(1),
    } as const;
    await here.encrypt(underRsa);
    await assertThrottled(here.encrypt(underRsa));
    const message = {
      KeyId: signing.keyId,
      Message: Buffer.of(1),
      SigningAlgorithm: 'ECDSA_SHA_256',
    } as const;
    const { Signature } = await here.sign(message);
    await assertThrottled(here.verify({ ...message, Signature }));
    await here.generateDataKeyPair({ KeyId, KeyPairSpec: 'ECC_NIST_P384' });
    await here.generateDataKeyPairWithoutPlaintext({ KeyId, KeyPairSpec: 'ECC_NIST_P256' });
    await assertThrottled(here.generateDataKeyPair({ KeyId, KeyPairSpec: 'ECC_NIST_P256' }));
  });

  it('counts against the caller, whosever key it is about', async () => {
    const key = await createKey(kms, {
      Policy: keyPolicy(allow(), allow({ Principal: { AWS: OTHER_ACCOUNT } })),
    });
    const other = server.client({ account: OTHER_ACCOUNT });
    await other.listGrants({ KeyId: key.arn });
    await assertThrottled(other.listGrants({ KeyId: key.arn }));
    await kms.listGrants({ KeyId: key.arn });
  });

  it('counts when nothing can be read of it, or nothing comes of it', async () => {
    const TargetKeyId = 'no-such-key';
    await assertRefused(kms.createAlias({ AliasName: 'alias/orders', TargetKeyId }), 'NotFoundException');
    await assertThrottled(kms.createAlias({ AliasName: 'alias/orders', TargetKeyId }));
    server.clock.advance(PAUSE);
    await assertRefused(kms.createAlias({ AliasName: '', TargetKeyId }), 'ValidationException');
    await assertThrottled(kms.createAlias({ AliasName: 'alias/orders', TargetKeyId }));
  });

  it('counts in both Regions, when it is about two', async () => {
    const { keyId: KeyId } = await createKey(kms, { MultiRegion: true });
    const update = () => kms.updatePrimaryRegion({ KeyId, PrimaryRegion: 'us-west-2' });
    await assertRefused(update(), 'NotFoundException');
    const there = server.client({ region: 'us-west-2' });
    await assertThrottled(there.updatePrimaryRegion({ KeyId, PrimaryRegion: 'eu-west-3' }));
  });

  it('goes by the name that it has in each protocol', async () => {
    await server.sts().getCallerIdentity({});
    await assertThrottled(server.sts().getCallerIdentity({}), 'Rate exceeded', 'Throttling');
  });

  it('is answered late', async () => {
    const here = server.client({ region: 'eu-north-1' });
    await here.listKeys({});
    const begin = performance.now();
    await assertThrottled(here.listKeys({}));
    // Timers may be early by what is left of a millisecond.
    assert.ok(performance.now() - begin >= 99);
  });
});

describe('requests of nobody known', () => {
  it('are refused as what they are, up to a thousand a second from an address', async () => {
    const server = await startTestServer({ requestQuotas: 'generous' });
    try {
      const answers = new Map<string, number>();
      const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
      const rawHeaders = [
        ...['Host', new URL(server.endpoint).host],
        ...['Content-Type', 'application/x-amz-json-1.1'],
        ...['X-Amz-Target', 'TrentService.ListKeys'],
      ];
      const keepAsking = async () => {
        for (let last = ''; last !== 'ThrottlingException'; ) {
          last =
            codeOf(await sendRequest({ endpoint: server.endpoint, agent, rawHeaders, body: '{}' })) ?? '';
          answers.set(last, (answers.get(last) ?? 0) + 1);
        }
      };
      const asking = Array.from({ length: CONNECTIONS }, keepAsking);
      await Promise.all(asking);
      agent.destroy();
      assert.deepEqual(
        [...answers],
        [
          ['MissingAuthenticationTokenException', 1_000],
          ['ThrottlingException', CONNECTIONS],
        ],
      );
      // Whoever signs rightly is not held responsible for their neighbours.
      await server.client().listKeys({});
    } finally {
      await server.close();
    }
  });
});

describe('the audit log', () => {
  it('has the first calls over a quota, then the last with how many there were between', async () => {
    const dataDirectory = join(directory, 'audited');
    const server = await startTestServer({
      dataDirectory,
      auditDurability: 'strict',
      requestQuotas: 'generous',
      quotasFile,
    });
    try {
      const kms = server.client();
      await kms.listKeys({});
      const calls = Array.from({ length: 130 }, () => kms.listKeys({}));
      const outcomes = await Promise.allSettled(calls);
      assert.ok(outcomes.every(({ status }) => status === 'rejected'));
      const throttled = async () =>
        (await auditRecords(dataDirectory)).filter(({ errorCode }) => errorCode === 'ThrottlingException');
      assert.equal((await throttled()).length, 100);
      const [first] = await throttled();
      assert.equal(first?.['errorMessage'], KMS_TEXT);
      assert.equal(memberOf(first, 'userIdentity', 'accountId'), ACCOUNT);

      server.clock.advance(10_000);
      await until('the last is recorded', async () => (await throttled()).length === 101);
      const last = (await throttled()).at(-1);
      assert.equal(memberOf(last, 'additionalEventData', 'similarCallsNotRecorded'), '29');
      // Then it begins anew.
      await assertThrottled(kms.listKeys({}));
      assert.equal((await throttled()).length, 102);
    } finally {
      await server.close();
    }
  });

  it('has what was only counted, when the server ends', async () => {
    const dataDirectory = join(directory, 'ended');
    const options = { dataDirectory, auditDurability: 'strict' } as const;
    const server = await startTestServer(options);
    const wrong = server.client({
      credentials: { accessKeyId: 'AKIANOBODY', secretAccessKey: 'x'.repeat(40) },
    });
    for (let number = 0; number < 105; number += 1)
      await assertRefused(wrong.listKeys({}), 'UnrecognizedClientException');
    await server.close();
    const refused = (await auditRecords(dataDirectory)).filter(
      ({ errorCode }) => errorCode === 'UnrecognizedClientException',
    );
    assert.equal(refused.length, 101);
    assert.equal(memberOf(refused.at(-1), 'additionalEventData', 'similarCallsNotRecorded'), '4');
  });
});
