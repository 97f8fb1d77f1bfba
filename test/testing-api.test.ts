import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { IAMClient, ListUsersCommand } from '@aws-sdk/client-iam';
import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  KMSClient,
  ListKeysCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { ManualClock, type Qkms, type QkmsOptions, startQkms } from '../src/testing/index.ts';
import { assertRefused } from './support/refusal.ts';

const DAY = 24 * 60 * 60 * 1000;
const ADA = 'AKIAADAADAADAADAADAA';
const SEED = {
  accounts: [
    {
      id: '111122223333',
      users: [
        {
          name: 'ada',
          accessKeys: [{ accessKeyId: ADA, secretAccessKey: 'a secret of the tests' }],
          attachedPolicies: ['arn:aws:iam::aws:policy/PowerUserAccess'],
        },
      ],
    },
  ],
};

async function start(t: TestContext, options?: QkmsOptions): Promise<Qkms> {
  const qkms = await startQkms(options);
  t.after(() => qkms.stop());
  return qkms;
}

async function arnOf(qkms: Qkms, ...options: Parameters<Qkms['configuration']>): Promise<string | undefined> {
  return (await qkms.client(STSClient, ...options).send(new GetCallerIdentityCommand({}))).Arn;
}

describe('startQkms', () => {
  it('serves the stock clients of the AWS SDK, as the root user of the account', async (t) => {
    const qkms = await start(t, { accountId: '000000000001', region: 'eu-central-1' });
    assert.match(qkms.endpoint, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(await arnOf(qkms), 'arn:aws:iam::000000000001:root');
    const kms = qkms.client(KMSClient);
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    assert.match(KeyMetadata?.Arn ?? '', /^arn:aws:kms:eu-central-1:000000000001:key\//);
    const Plaintext = Buffer.from('two apples');
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: KeyMetadata?.KeyId, Plaintext }));
    const decrypted = await kms.send(new DecryptCommand({ CiphertextBlob }));
    assert.deepEqual(Buffer.from(decrypted.Plaintext ?? []), Plaintext);
  });

  it('makes clients of other accounts, Regions, access keys of the seed, and any credentials', async (t) => {
    const qkms = await start(t, { seed: SEED });
    assert.equal(await arnOf(qkms, { accountId: '444455556666' }), 'arn:aws:iam::444455556666:root');
    assert.equal(await arnOf(qkms, { accessKeyId: ADA }), 'arn:aws:iam::111122223333:user/ada');
    const credentials = { accessKeyId: ADA, secretAccessKey: 'a secret of the tests' };
    assert.equal(await arnOf(qkms, { credentials }), 'arn:aws:iam::111122223333:user/ada');
    assert.equal(qkms.configuration({ region: 'eu-west-1' }).region, 'eu-west-1');
    const { Users } = await new IAMClient(qkms.configuration()).send(new ListUsersCommand({}));
    assert.deepEqual(
      Users?.map(({ UserName }) => UserName),
      ['ada'],
    );
  });

  it('enforces the policies of seeded users', async (t) => {
    const qkms = await start(t, { seed: SEED });
    const iam = qkms.client(IAMClient, { accessKeyId: ADA });
    await assertRefused(iam.send(new ListUsersCommand({})), 'AccessDenied');
    await qkms.client(KMSClient, { accessKeyId: ADA }).send(new CreateKeyCommand({}));
  });

  it('refuses an access key that the seed does not have', async (t) => {
    const qkms = await start(t);
    assert.throws(() => qkms.configuration({ accessKeyId: ADA }), /the seed has no access key "AKIA/);
  });

  it('refuses a seed with mistakes, and one that is given twice', async () => {
    await assert.rejects(startQkms({ seed: { accounts: [{ id: 1 }] } }), {
      name: 'OperatorError',
      message: /\nseed\.accounts\[0\]\.id: this must be a text, not a number/,
    });
    await assert.rejects(startQkms({ seed: '', seedFile: 'seed.yaml' }), /both seed and seedFile are given/);
  });

  it('takes no notice of the variables of the environment', async (t) => {
    process.env['QKMS_ACCOUNT_ID'] = 'nonsense';
    t.after(() => {
      delete process.env['QKMS_ACCOUNT_ID'];
    });
    assert.equal((await start(t)).accountId, '111122223333');
  });

  it('starts any number at once, of which none knows of the others', async (t) => {
    const all = await Promise.all([start(t), start(t), start(t)]);
    assert.equal(new Set(all.map(({ endpoint }) => endpoint)).size, all.length);
    const [one, ...others] = all;
    assert.ok(one);
    await one.client(KMSClient).send(new CreateKeyCommand({}));
    for (const other of others)
      assert.deepEqual((await other.client(KMSClient).send(new ListKeysCommand({}))).Keys, []);
    await one.stop();
    for (const other of others) await other.client(KMSClient).send(new ListKeysCommand({}));
  });
});

describe('stop', () => {
  it('may be called again, also before it is done', async () => {
    const qkms = await startQkms();
    await Promise.all([qkms.stop(), qkms.stop()]);
    await qkms.stop();
    await assert.rejects(fetch(qkms.endpoint));
  });

  it('destroys the clients that the server made, once', async () => {
    const destroyed: string[] = [];
    class Client {
      readonly endpoint: string;
      constructor({ endpoint }: { readonly endpoint: string }) {
        this.endpoint = endpoint;
      }
      destroy() {
        destroyed.push(this.endpoint);
      }
    }
    const qkms = await startQkms();
    qkms.client(Client);
    await qkms.stop();
    await qkms.stop();
    assert.deepEqual(destroyed, [qkms.endpoint]);
  });

  it('comes by itself at the end of a block with await using', async () => {
    let endpoint: string;
    {
      await using qkms = await startQkms();
      ({ endpoint } = qkms);
      assert.equal((await fetch(`${endpoint}/health/ready`)).status, 200);
    }
    await assert.rejects(fetch(endpoint));
  });
});

describe('a manual clock', () => {
  it('moves the time of the service, and clients of the SDK follow', async (t) => {
    const clock = new ManualClock();
    const qkms = await start(t, { clock, seed: SEED });
    const kms = qkms.client(KMSClient, { accessKeyId: ADA });
    const root = qkms.client(KMSClient);
    const { KeyMetadata } = await root.send(new CreateKeyCommand({}));
    const KeyId = KeyMetadata?.KeyId;
    await root.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    await kms.send(new DescribeKeyCommand({ KeyId }));
    clock.advance(6 * DAY);
    await kms.send(new DescribeKeyCommand({ KeyId }));
    clock.advance(2 * DAY);
    // Deleting takes a moment; what is asked in the meantime is answered by the key as it was.
    for (;;) {
      try {
        await kms.send(new DescribeKeyCommand({ KeyId }));
      } catch (error) {
        assert.equal(error instanceof Error && error.name, 'NotFoundException');
        break;
      }
    }
  });

  it('may begin far away from the time of the machine', async (t) => {
    const qkms = await start(t, { clock: new ManualClock(Date.UTC(2040, 0, 1)), seed: SEED });
    assert.match((await arnOf(qkms, { accessKeyId: ADA })) ?? '', /ada$/);
  });
});

describe('the example of the manual', () => {
  it('is a test that passes', async (t) => {
    const manual = await readFile(new URL('../docs/testing.md', import.meta.url), 'utf8');
    const [, example = ''] = /^```js\n(.*?)^```/ms.exec(manual) ?? [];
    const directory = await mkdtemp(join(tmpdir(), 'qkms-testing-'));
    t.after(() => rm(directory, { recursive: true }));
    const source = new URL('../src/testing/index.ts', import.meta.url).href;
    await writeFile(join(directory, 'orders.test.mjs'), example.replace("'qkms/testing'", `'${source}'`));
    await symlink(
      fileURLToPath(new URL('../node_modules', import.meta.url)),
      join(directory, 'node_modules'),
    );
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { status, stdout } = spawnSync(process.execPath, ['--test'], {
      cwd: directory,
      env,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout);
    assert.match(stdout, /pass 1\b/);
  });
});
