import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ROOT_CREDENTIALS, startTestServer, type TestServer } from './support/server.ts';

const run = promisify(execFile);
/** The code blocks of a page in a language, in order. */
async function blocks(page: string, language: string): Promise<readonly string[]> {
  const text = await readFile(new URL(`../${page}`, import.meta.url), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, block = '']) => block,
  );
}

/** A block with the endpoint and the credentials of the test server in place of the README's. */
function adapt(block: string, { endpoint }: TestServer): string {
  return block.replaceAll('http://127.0.0.1:8600', endpoint).replace(/^export AWS_ACCESS_KEY_ID=.*$/m, '');
}

const hasAwsCli = spawnSync('aws', ['--version']).status === 0;
const hasImportTools = ['openssl version', 'jq --version'].every(
  (command) => spawnSync('bash', ['-c', command]).status === 0,
);

describe('the documentation', () => {
  let directory: string;
  let server: TestServer;
  let environment: NodeJS.ProcessEnv;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'qkms-readme-'));
    server = await startTestServer({ dataDirectory: join(directory, 'data') });
    // The shell signs with the machine's clock, and takes no credentials from the machine.
    server.clock.advance(Date.now() - server.clock.now());
    environment = {
      ...process.env,
      AWS_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
      AWS_CONFIG_FILE: join(directory, 'none'),
      AWS_SHARED_CREDENTIALS_FILE: join(directory, 'none'),
    };
  });
  after(async () => {
    await server.close();
    await rm(directory, { recursive: true });
  });

  it('README.md: its five minutes run in a shell with the AWS CLI', {
    skip: hasAwsCli ? false : 'this machine has no AWS CLI',
  }, async () => {
    const [, encryptAndDecrypt = '', forbid = ''] = await blocks('README.md', 'sh');
    const script = `set -e\n${adapt(encryptAndDecrypt, server)}\nset +e\n${adapt(forbid, server)}`;
    const { stdout, stderr } = await run('bash', ['-c', script], { cwd: directory, env: environment }).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    assert.equal(stdout.trim(), 'arn:aws:iam::111122223333:root\nhello world');
    assert.match(stderr, /\(AccessDeniedException\).*with an explicit deny in a resource-based policy/);
  });

  it('docs/identities.md runs in a shell with the AWS CLI', {
    skip: hasAwsCli ? false : 'this machine has no AWS CLI',
  }, async () => {
    const all = await blocks('docs/identities.md', 'sh');
    // The operator's commands are run elsewhere (test/process/identity-commands.test.ts).
    const script = all.filter((block) => !block.startsWith('qkms ')).join('\n');
    const { stdout, stderr } = await run('bash', ['-c', script], {
      cwd: directory,
      env: { ...environment, AWS_ENDPOINT_URL: server.endpoint, AWS_DEFAULT_REGION: 'us-east-1' },
    });
    const lines = stdout.split('\n').filter((line) => /^[A-Za-z0-9]/.test(line));
    assert.deepEqual(lines, [
      'SUCCEEDED',
      'operator\torders',
      'arn:aws:iam::111122223333:user/ada',
      String((await server.client().listKeys()).Keys?.length),
      'arn:aws:iam::111122223333:role/backup',
      'arn:aws:sts::111122223333:assumed-role/backup/nightly',
      'workload',
      'kms:ListKeys\tallowed',
      'kms:CreateKey\timplicitDeny',
    ]);
    assert.match(
      stderr,
      /\(AccessDeniedException\).*no identity-based policy allows the kms:ListKeys action/,
    );
  });

  it('docs/key-rotation.md runs in a shell with the AWS CLI', {
    skip: hasAwsCli ? false : 'this machine has no AWS CLI',
  }, async () => {
    const [script = ''] = await blocks('docs/key-rotation.md', 'sh');
    const { stdout } = await run('bash', ['-c', script], {
      cwd: directory,
      env: { ...environment, AWS_ENDPOINT_URL: server.endpoint, AWS_DEFAULT_REGION: 'us-east-1' },
    });
    const [keyArn, ...lines] = stdout.trim().split('\n');
    assert.match(keyArn ?? '', /^arn:aws:kms:us-east-1:111122223333:key\//);
    assert.deepEqual(lines, ['ON_DEMAND\tCURRENT', '180']);
  });

  it('docs/import.md runs in a shell with the AWS CLI, openssl and jq', {
    skip: hasAwsCli && hasImportTools ? false : 'this machine has no AWS CLI, openssl or jq',
  }, async () => {
    const script = `set -e\n${(await blocks('docs/import.md', 'sh')).join('\n')}`;
    const { stdout } = await run('bash', ['-c', script], {
      cwd: directory,
      env: { ...environment, AWS_ENDPOINT_URL: server.endpoint, AWS_DEFAULT_REGION: 'us-east-1' },
    });
    const [symmetric, again, rotated, states, signing, ...publicKeys] = stdout
      .replaceAll(/-----.* PUBLIC KEY-----\n/g, '')
      .trim()
      .split('\n');
    assert.match(symmetric ?? '', /^arn:aws:kms:us-east-1:111122223333:key\/[0-9a-f-]+$/);
    assert.deepEqual([again, rotated], [symmetric, symmetric]);
    assert.equal(states, 'NON_CURRENT\tCURRENT');
    assert.match(signing ?? '', /^arn:aws:kms:/);
    const answered = publicKeys.pop();
    assert.equal(answered, publicKeys.join(''));
  });

  it('README.md: its five minutes run in JavaScript with the AWS SDK', async () => {
    const [script = ''] = await blocks('README.md', 'js');
    await symlink(
      fileURLToPath(new URL('../node_modules', import.meta.url)),
      join(directory, 'node_modules'),
    );
    await writeFile(join(directory, 'tour.mjs'), adapt(script, server));
    const { stdout } = await run(process.execPath, ['tour.mjs'], { cwd: directory, env: environment });
    assert.equal(stdout.trim(), 'hello world');
  });
});
