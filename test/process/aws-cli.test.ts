import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { REGION, startTestServer, type TestServer } from '../support/server.ts';

/* The AWS CLI as it is installed, where the machine has one. */

const hasCli = spawnSync('aws', ['--version']).status === 0;

let directory: string;
let server: TestServer;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'qkms-aws-cli-'));
  server = await startTestServer();
});
after(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

const run = promisify(execFile);

/** What a command of the AWS CLI prints. */
async function aws(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('aws', ['--endpoint-url', server.endpoint, '--output', 'text', ...args], {
    env: {
      ...process.env,
      AWS_ACCESS_KEY_ID: '111122223333',
      AWS_SECRET_ACCESS_KEY: 'any',
      AWS_DEFAULT_REGION: REGION,
      AWS_MAX_ATTEMPTS: '1',
    },
  });
  return stdout.trim();
}

describe('the AWS CLI', { skip: !hasCli && 'there is no AWS CLI' }, () => {
  it('encrypts and decrypts a file', async () => {
    const keyId = await aws('kms', 'create-key', '--query', 'KeyMetadata.KeyId');
    await aws('kms', 'create-alias', '--alias-name', 'alias/cli', '--target-key-id', keyId);
    const [plain, sealed] = [join(directory, 'plain'), join(directory, 'sealed')];
    await writeFile(plain, 'some text');
    const context = ['--encryption-context', 'department=sales'];
    const ciphertext = await aws(
      ...['kms', 'encrypt', '--key-id', 'alias/cli', '--plaintext', `fileb://${plain}`],
      ...[...context, '--query', 'CiphertextBlob'],
    );
    await writeFile(sealed, Buffer.from(ciphertext, 'base64'));
    const plaintext = await aws(
      ...['kms', 'decrypt', '--ciphertext-blob', `fileb://${sealed}`, ...context, '--query', 'Plaintext'],
    );
    assert.equal(Buffer.from(plaintext, 'base64').toString(), 'some text');
  });

  it('reads a policy, and tells why something is refused', async () => {
    const keyId = await aws('kms', 'create-key', '--query', 'KeyMetadata.KeyId');
    const policy = await aws('kms', 'get-key-policy', '--key-id', keyId, '--query', 'Policy');
    assert.match(policy, /Enable IAM User Permissions/);
    await aws('kms', 'disable-key', '--key-id', keyId);
    await assert.rejects(
      aws('kms', 'generate-data-key', '--key-id', keyId, '--key-spec', 'AES_256'),
      /\(DisabledException\).*is disabled/s,
    );
  });
});
