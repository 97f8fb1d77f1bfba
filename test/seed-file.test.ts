import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { IAM } from '@aws-sdk/client-iam';
import { KMS } from '@aws-sdk/client-kms';
import { STS } from '@aws-sdk/client-sts';
import { readConfiguration } from '../src/config.ts';
import { prepareService } from '../src/service.ts';
import { type Qkms, startQkms } from '../src/testing/index.ts';
import { runQkms } from './support/qkms-process.ts';
import { assertRefused } from './support/refusal.ts';

const manual = await readFile(new URL('../docs/seed-file.md', import.meta.url), 'utf8');
const [, EXAMPLE = ''] = /^```yaml\n(.*?)^```/ms.exec(manual) ?? [];
const ADA = 'AKIAIOSFODNN7EXAMPLE';
const SHARED_KEY = '0987dcba-09fe-87dc-65ba-ab0987654321';
const AUDITORS = '444455556666';
const Plaintext = Buffer.from('two apples');

async function seedFile(t: TestContext, text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'qkms-seed-'));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, 'seed.yaml');
  await writeFile(path, text);
  return path;
}

async function start(t: TestContext, seed: string | object): Promise<Qkms> {
  const qkms = await startQkms({ seed });
  t.after(() => qkms.stop());
  return qkms;
}

/** The mistakes of a seed that is refused for what it refers to. */
async function mistakesIn(text: string): Promise<readonly string[]> {
  try {
    await (await startQkms({ seed: text })).stop();
  } catch (error) {
    assert.ok(error instanceof Error && error.name === 'OperatorError', String(error));
    return error.message.split('\n').slice(1);
  }
  return [];
}

describe('a grant of a seed is refused', () => {
  const grants = (grant: string) =>
    `accounts: [{ id: "111122223333", keys: [{ id: 1234abcd-12ab-34cd-56ef-1234567890ab, grants: [${grant}] }] }]`;
  for (const [title, grant, mistake] of [
    [
      'to somebody who does not exist',
      '{ grantee: "arn:aws:iam::111122223333:user/nobody", operations: [Encrypt] }',
      /there is no principal "arn:aws:iam::111122223333:user\/nobody"; name one that exists, or an account$/,
    ],
    [
      'for what the key is not',
      '{ grantee: "arn:aws:iam::111122223333:root", operations: [Sign] }',
      /Operation Sign is not supported by grants of arn:aws:kms:/,
    ],
    [
      'with two kinds of constraints',
      '{ grantee: "arn:aws:iam::111122223333:root", operations: [Encrypt], encryptionContextEquals: { a: b }, encryptionContextSubset: { a: b } }',
      /Specify either EncryptionContextEquals or EncryptionContextSubset, not both/,
    ],
  ] as const) {
    it(title, async () => {
      const mistakes = await mistakesIn(grants(grant));
      assert.equal(mistakes.length, 1, mistakes.join('\n'));
      assert.match(mistakes[0] ?? '', mistake);
    });
  }
});

describe('the example of the manual', () => {
  let qkms: Qkms;
  before(async () => {
    qkms = await startQkms({ seed: EXAMPLE });
  });
  after(() => qkms.stop());

  it('gives a user with a known access key, whose signature is checked', async () => {
    const { Arn } = await qkms.client(STS, { accessKeyId: ADA }).getCallerIdentity({});
    assert.equal(Arn, 'arn:aws:iam::111122223333:user/engineering/ada');
    const credentials = { accessKeyId: ADA, secretAccessKey: 'another secret' };
    await assertRefused(qkms.client(KMS, { credentials }).listKeys({}), 'InvalidSignatureException');
  });

  it('gives the user what its groups may do, and nothing else', async () => {
    const ada = qkms.client(KMS, { accessKeyId: ADA });
    const { CiphertextBlob } = await ada.encrypt({ KeyId: 'alias/orders', Plaintext });
    assert.deepEqual(Buffer.from((await ada.decrypt({ CiphertextBlob })).Plaintext ?? []), Plaintext);
    await assertRefused(ada.describeKey({ KeyId: 'alias/orders' }), 'AccessDeniedException');
  });

  it('gives roles that those may assume whom their trust policies name, within their boundaries', async () => {
    const RoleArn = 'arn:aws:iam::111122223333:role/backup';
    const { Credentials } = await qkms
      .client(STS, { accessKeyId: ADA })
      .assumeRole({ RoleArn, RoleSessionName: 'nightly', DurationSeconds: 7200 });
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    };
    const backup = qkms.client(KMS, { credentials });
    await backup.encrypt({ KeyId: 'alias/orders', Plaintext });
    await assertRefused(backup.listKeys({}), 'AccessDeniedException', /permissions boundary/);
  });

  it('gives keys with everything that belongs to them', async () => {
    const kms = qkms.client(KMS);
    const { KeyMetadata } = await kms.describeKey({ KeyId: 'alias/orders' });
    assert.equal(
      KeyMetadata?.Arn,
      'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    );
    assert.equal(KeyMetadata?.Description, 'orders database');
    const { Tags } = await kms.listResourceTags({ KeyId: KeyMetadata?.KeyId });
    assert.deepEqual(Tags, [{ TagKey: 'team', TagValue: 'orders' }]);
    assert.equal((await kms.describeKey({ KeyId: SHARED_KEY })).KeyMetadata?.KeyState, 'Disabled');
  });

  it('gives grants', async () => {
    const kms = qkms.client(KMS);
    const KeyId = '1234abcd-12ab-34cd-56ef-1234567890ab';
    const { Grants: [grant] = [] } = await kms.listGrants({ KeyId });
    assert.equal(grant?.GranteePrincipal, 'arn:aws:iam::111122223333:role/backup');
    assert.deepEqual(grant?.Operations, ['Decrypt', 'DescribeKey']);
    assert.deepEqual(grant?.Constraints, { EncryptionContextSubset: { department: 'sales' } });
  });

  it('gives accounts, which policies of other accounts may name', async () => {
    const iam = qkms.client(IAM, { accountId: AUDITORS });
    const { Role } = await iam.getRole({ RoleName: 'auditor' });
    const { Policy = '' } = await qkms.client(KMS).getKeyPolicy({ KeyId: SHARED_KEY });
    assert.ok(Role?.Arn && Policy.includes(Role.Arn), Policy);
  });

  it('gives an OpenID Connect provider', async () => {
    const iam = qkms.client(IAM);
    const { OpenIDConnectProviderList: [provider] = [] } = await iam.listOpenIDConnectProviders({});
    assert.equal(provider?.Arn, 'arn:aws:iam::111122223333:oidc-provider/token.actions.example.com');
  });

  it('decrypts on one server what was encrypted on another', async (t) => {
    const other = await start(t, EXAMPLE);
    const { CiphertextBlob } = await qkms.client(KMS).encrypt({ KeyId: 'alias/orders', Plaintext });
    const { Plaintext: decrypted } = await other.client(KMS).decrypt({ CiphertextBlob });
    assert.deepEqual(Buffer.from(decrypted ?? []), Plaintext);
  });
});

describe('a seed file', () => {
  it('starts a server by --seed-file', async (t) => {
    const server = runQkms(t, ['dev', '--port', '0', '--seed-file', await seedFile(t, EXAMPLE)]);
    const kms = new KMS({
      endpoint: `http://127.0.0.1:${await server.port()}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    });
    t.after(() => kms.destroy());
    assert.equal((await kms.describeKey({ KeyId: 'alias/orders' })).KeyMetadata?.Enabled, true);
  });

  it('ends the start with a line for each mistake, and with 1', async (t) => {
    const path = await seedFile(t, 'accounts:\n  - id: 111122223333\n    user: []\n');
    const { code, stderr } = await runQkms(t, ['dev', '--port', '0', '--seed-file', path]).ended;
    assert.equal(code, 1);
    assert.deepEqual(stderr.split('\n'), [
      `qkms: ${path} has 2 mistakes, and nothing of it was created:`,
      `  ${path}:2:9: this must be a text, not a number; put it in quotes`,
      `  ${path}:3:5: an account has no such member; did you mean "users"?`,
      '',
    ]);
  });

  it('is for development only', () => {
    assert.throws(() => readConfiguration('production', { seedFile: 'seed.yaml' }, {}), {
      name: 'OperatorError',
      message:
        /^--seed-file \(QKMS_SEED_FILE\): .*for development mode only; use qkms dev, or leave it unset$/,
    });
  });
});

describe('a seed in a data directory', () => {
  it('is left as it is when it is there already', async (t) => {
    const path = await seedFile(t, EXAMPLE);
    const dataDirectory = join(path, '..', 'data');
    const prepare = () =>
      prepareService(readConfiguration('development', { dataDirectory, seedFile: path }, {}));
    const serve = () =>
      runQkms(t, [
        'dev',
        '--port',
        '0',
        '--data-dir',
        dataDirectory,
        '--seed-file',
        path,
        '--log-level',
        'warn',
      ]);
    await prepare();
    await prepare();

    const server = serve();
    const settings = { region: 'us-east-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' } };
    const kms = new KMS({ ...settings, endpoint: `http://127.0.0.1:${await server.port()}` });
    await kms.updateKeyDescription({ KeyId: SHARED_KEY, Description: 'changed' });
    kms.destroy();
    server.child.kill('SIGTERM');
    assert.equal((await server.ended).code, 0);

    const again = new KMS({ ...settings, endpoint: `http://127.0.0.1:${await serve().port()}` });
    t.after(() => again.destroy());
    assert.equal((await again.describeKey({ KeyId: SHARED_KEY })).KeyMetadata?.Description, 'changed');
  });

  it('creates nothing when anything is wrong', async (t) => {
    const path = await seedFile(t, EXAMPLE.replace('groups: [operators]', 'groups: [operator]'));
    const configuration = readConfiguration(
      'development',
      { dataDirectory: join(path, '..', 'data'), seedFile: path },
      {},
    );
    await assert.rejects(
      prepareService(configuration),
      /has no group "operator"; did you mean "operators"\?/,
    );
    // Had the key been created, this would be refused: another account's key would have its id.
    const other = `accounts: [{ id: "000000000001", keys: [{ id: ${SHARED_KEY} }] }]`;
    await writeFile(path, other);
    await prepareService(configuration);
    await writeFile(path, other.replace('000000000001', '000000000002'));
    await assert.rejects(prepareService(configuration), /belongs to another account; give another id$/);
  });

  it('does not give an access key of one user to another', async (t) => {
    const path = await seedFile(t, EXAMPLE);
    const configuration = readConfiguration(
      'development',
      { dataDirectory: join(path, '..', 'data'), seedFile: path },
      {},
    );
    await prepareService(configuration);
    await writeFile(
      path,
      EXAMPLE.replace('- name: ada', '- name: bob').replace('user/engineering/ada', 'root'),
    );
    await assert.rejects(
      prepareService(configuration),
      /this access key exists already and belongs to somebody else/,
    );
  });
});

describe('what a seed refers to', () => {
  const TRUST_NOBODY =
    '{ Version: "2012-10-17", Statement: { Effect: Deny, Principal: "*", Action: "sts:AssumeRole" } }';

  it('may come after it, and refer back', async (t) => {
    const trust = (role: string) =>
      `{ Version: "2012-10-17", Statement: { Effect: Allow, Principal: { AWS: "arn:aws:iam::111122223333:role/${role}" }, Action: "sts:AssumeRole" } }`;
    const qkms = await start(
      t,
      `accounts: [{ id: "111122223333", roles: [{ name: a, trustPolicy: ${trust('b')} }, { name: b, trustPolicy: ${trust('a')} }] }]`,
    );
    const { Role } = await qkms.client(IAM).getRole({ RoleName: 'a' });
    assert.match(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''), /:role\/b"/);
  });

  it('is told with its place where it does not exist, all of it at once', async () => {
    const text = `accounts:
  - id: "111122223333"
    users:
      - name: ada
        groups: [nobodies]
        permissionsBoundary: arn:aws:iam::111122223333:policy/none
        attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAcces"]
    roles:
      - name: backup
        trustPolicy:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Principal: { AWS: ["arn:aws:iam::111122223333:user/ada", "arn:aws:iam::111122223333:user/bob"] }
              Action: sts:AssumeRole
    keys:
      - id: 1234abcd-12ab-34cd-56ef-1234567890ab
        policy:
          Version: "2012-10-17"
          Statement: { Effect: Allow, Principal: { AWS: "arn:aws:iam::111122223333:role/none" }, Action: "kms:*", Resource: "*" }
`;
    assert.deepEqual(
      await mistakesIn(text),
      [
        'seed:5:18: the account 111122223333 has no group "nobodies"; add it to the groups',
        'seed:6:30: Policy arn:aws:iam::111122223333:policy/none does not exist or is not attachable',
        'seed:7:28: Policy arn:aws:iam::aws:policy/AdministratorAcces does not exist or is not attachable; did you mean "arn:aws:iam::aws:policy/AdministratorAccess"?',
        'seed:14:72: statement 1: Principal "arn:aws:iam::111122223333:user/bob" does not exist',
        'seed:20:57: statement 1: Principal "arn:aws:iam::111122223333:role/none" does not exist',
      ].toSorted((one, other) => Number(one.split(':')[1]) - Number(other.split(':')[1])),
    );
  });

  it('may not be a policy of another account', async () => {
    const text = `accounts:
  - { id: "444455556666", policies: [{ name: p, document: { Version: "2012-10-17", Statement: { Effect: Allow, Action: "*", Resource: "*" } } }] }
  - id: "111122223333"
    roles: [{ name: a, trustPolicy: ${TRUST_NOBODY}, attachedPolicies: ["arn:aws:iam::444455556666:policy/p"] }]`;
    const [mistake = '', ...others] = await mistakesIn(text);
    assert.match(mistake, /^seed:4:\d+: Policy arn:aws:iam::444455556666:policy\/p does not exist/);
    assert.deepEqual(others, []);
  });
});
