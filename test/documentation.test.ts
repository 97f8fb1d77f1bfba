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
const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');

/** The code blocks of the README in a language, in order. */
function blocks(language: string): readonly string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, block = '']) => block,
  );
}

/** A block with the endpoint and the credentials of the test server in place of the README's. */
function adapt(block: string, { endpoint }: TestServer): string {
  return block.replaceAll('http://127.0.0.1:8600', endpoint).replace(/^export AWS_ACCESS_KEY_ID=.*$/m, '');
}

const hasAwsCli = spawnSync('aws', ['--version']).status === 0;

describe('the five minutes of the README', () => {
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

  it('run in a shell with the AWS CLI', {
    skip: hasAwsCli ? false : 'this machine has no AWS CLI',
  }, async () => {
    const [, encryptAndDecrypt = '', forbid = ''] = blocks('sh');
    const script = `set -e\n${adapt(encryptAndDecrypt, server)}\nset +e\n${adapt(forbid, server)}`;
    const { stdout, stderr } = await run('bash', ['-c', script], { cwd: directory, env: environment }).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    assert.equal(stdout.trim(), 'arn:aws:iam::111122223333:root\nhello world');
    assert.match(stderr, /\(AccessDeniedException\).*with an explicit deny in a resource-based policy/);
  });

  it('run in JavaScript with the AWS SDK', async () => {
    const [script = ''] = blocks('js');
    await symlink(
      fileURLToPath(new URL('../node_modules', import.meta.url)),
      join(directory, 'node_modules'),
    );
    await writeFile(join(directory, 'tour.mjs'), adapt(script, server));
    const { stdout } = await run(process.execPath, ['tour.mjs'], { cwd: directory, env: environment });
    assert.equal(stdout.trim(), 'hello world');
  });
});
