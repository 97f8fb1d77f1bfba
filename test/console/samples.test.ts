import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { samplesOf } from '../../console/src/reference/samples/samples.ts';
import { fullSample } from '../../scripts/reference/members.ts';
import type { OperationPage } from '../../scripts/reference/model.ts';
import { reference } from '../../scripts/reference/page.ts';
import { ROOT } from '../support/qkms-process.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const run = promisify(execFile);
const pages = reference().operations;

function pageOf(name: string): OperationPage {
  const page = pages.find((each) => each.name === name);
  assert.ok(page);
  return page;
}

/** A request with every member, as JSON. */
function pageSample({ input }: OperationPage): Readonly<Record<string, unknown>> {
  return JSON.parse(
    JSON.stringify(fullSample(input), function (this: Record<string, unknown>, name, value) {
      const original = this[name];
      if (original instanceof Uint8Array) return Buffer.from(original).toString('base64');
      return original instanceof Date ? original.getTime() / 1000 : value;
    }),
  );
}

/** The code of a call, by language. */
function codeOf(name: string, input: Readonly<Record<string, unknown>>, endpoint = 'http://127.0.0.1:8600') {
  const samples = samplesOf({ page: pageOf(name), input, region: 'us-east-1', endpoint });
  return Object.fromEntries(samples.map(({ id, code }) => [id, code]));
}

/** A call with values of most kinds, some of which have to be escaped. */
const TRICKY = {
  KeyId: "alias/it's",
  Plaintext: 'aGVsbG8=',
  EncryptionContext: { 'de"part\\ment': "sa$les\n'" },
  DryRun: false,
};

describe('a call as code', () => {
  let directory: string;
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
    directory = await mkdtemp(join(tmpdir(), 'qkms-samples-'));
    await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  });
  after(async () => {
    await server.close();
    await rm(directory, { recursive: true });
  });

  it('is there in every language for every operation that AWS has, and for each of its examples', () => {
    for (const page of pages) {
      const full = pageSample(page);
      for (const input of [{}, full, ...page.examples.map(({ request }) => request)]) {
        const samples = samplesOf({ page, input, region: 'us-east-1', endpoint: 'http://127.0.0.1:8600' });
        assert.deepEqual(
          samples.map(({ label }) => label),
          page.service === 'qkms'
            ? ['curl']
            : ['AWS CLI', 'curl', 'JavaScript', 'Python', 'Go', 'Java', 'Rust'],
        );
        for (const { code } of samples) assert.doesNotMatch(code, /undefined|\[object|NaN/);
      }
    }
  });

  it('runs in JavaScript, whatever its values', async () => {
    const { KeyMetadata } = await server.client().createKey({});
    await server.client().createAlias({ AliasName: 'alias/its', TargetKeyId: KeyMetadata?.KeyId });
    const { javascript = '' } = codeOf('Encrypt', { ...TRICKY, KeyId: 'alias/its' }, server.endpoint);
    await writeFile(join(directory, 'call.mjs'), javascript.replace('console.log(response)', PRINT));
    const { stdout } = await run(process.execPath, ['call.mjs'], {
      cwd: directory,
      env: { ...process.env, AWS_ACCESS_KEY_ID: '111122223333', AWS_SECRET_ACCESS_KEY: 'any' },
    });
    const { Plaintext } = await server.client().decrypt({
      CiphertextBlob: Buffer.from(stdout.trim(), 'base64'),
      EncryptionContext: TRICKY.EncryptionContext,
    });
    assert.equal(Buffer.from(Plaintext ?? '').toString(), 'hello');
  });

  it('is a command of a shell, whatever its values', async () => {
    const { cli = '', curl = '' } = codeOf('Encrypt', TRICKY);
    const script = `aws() { printf '%s\\0' "$@"; }; curl() { printf '%s\\0' "$@"; }`;
    const words = async (code: string) =>
      (await run('sh', ['-c', `${script}\n${code}`])).stdout.split('\0').slice(0, -1);
    assert.deepEqual(await words(cli), [
      'kms',
      'encrypt',
      '--key-id',
      TRICKY.KeyId,
      '--plaintext',
      'aGVsbG8=',
      '--encryption-context',
      JSON.stringify(TRICKY.EncryptionContext),
      '--no-dry-run',
      '--endpoint-url',
      'http://127.0.0.1:8600',
      '--region',
      'us-east-1',
    ]);
    const sent = await words(curl);
    assert.equal(sent.at(-1), JSON.stringify(TRICKY));
    assert.ok(sent.includes('aws:amz:us-east-1:kms'));
    assert.ok(sent.includes('x-amz-target: TrentService.Encrypt'));
  });

  it('is written in Python, Go, Java and Rust as these have it', () => {
    const code = codeOf('CreateGrant', {
      KeyId: 'k',
      GranteePrincipal: 'p',
      Operations: ['Decrypt', 'Encrypt'],
      Constraints: { EncryptionContextSubset: { department: 'sales' } },
      DryRun: true,
    });
    assert.match(
      code['python'] ?? '',
      /client\.create_grant\(\n {4}KeyId="k",\n {4}GranteePrincipal="p",\n {4}Operations=\["Decrypt", "Encrypt"\],\n {4}Constraints=\{"EncryptionContextSubset": \{"department": "sales"\}\},\n {4}DryRun=True,\n\)/,
    );
    assert.match(
      code['go'] ?? '',
      /Operations: +\[\]types\.GrantOperation\{"Decrypt", "Encrypt"\},\n\t\tConstraints: &types\.GrantConstraints\{EncryptionContextSubset: map\[string\]string\{"department": "sales"\}\},\n\t\tDryRun: aws\.Bool\(true\),/,
    );
    assert.match(
      code['java'] ?? '',
      /createGrant\(request -> request\n {4}\.keyId\("k"\)\n {4}\.granteePrincipal\("p"\)\n {4}\.operationsWithStrings\("Decrypt", "Encrypt"\)\n {4}\.constraints\(GrantConstraints\.builder\(\)\.encryptionContextSubset\(Map\.of\("department", "sales"\)\)\.build\(\)\)/,
    );
    assert.match(
      code['rust'] ?? '',
      /\.create_grant\(\)\n +\.key_id\("k"\)\n +\.grantee_principal\("p"\)\n +\.operations\("Decrypt"\.into\(\)\)\n +\.operations\("Encrypt"\.into\(\)\)/,
    );
  });
});

const PRINT = 'process.stdout.write(Buffer.from(response.CiphertextBlob).toString("base64"))';
