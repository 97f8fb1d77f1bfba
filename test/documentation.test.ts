import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
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

function withoutCode(text: string): string {
  return text.replaceAll(/^```.*?^```/gms, '');
}

/** What links can name in a page, as GitHub makes it of its headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...withoutCode(text).matchAll(/^#+ (.+)$/gm)];
  return new Set(
    headings.map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/g, '-'),
    ),
  );
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

  /** Runs the commands of a page, one block after the other in one shell. */
  async function runPage(page: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
    // The last command may be one that is refused, as the page says.
    const script = `${(await blocks(page, 'sh')).join('\n')}\ntrue`;
    return run('bash', ['-c', script], {
      cwd: directory,
      env: { ...environment, AWS_ENDPOINT_URL: server.endpoint, AWS_DEFAULT_REGION: 'us-east-1' },
    });
  }

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

  it('docs/grants.md runs in a shell with the AWS CLI', {
    skip: hasAwsCli ? false : 'this machine has no AWS CLI',
  }, async () => {
    const { stdout, stderr } = await runPage('docs/grants.md');
    assert.deepEqual(stdout.trim().split('\n'), [
      'arn:aws:iam::111122223333:user/nightly',
      'tonight\tDecrypt,Encrypt,RetireGrant',
      'SYMMETRIC_DEFAULT',
      '0',
    ]);
    assert.equal(stderr.match(/\(AccessDeniedException\)/g)?.length, 2);
  });

  it('docs/key-policies.md runs in a shell with the AWS CLI', {
    skip: hasAwsCli ? false : 'this machine has no AWS CLI',
  }, async () => {
    const { stdout, stderr } = await runPage('docs/key-policies.md');
    const lines = stdout.trim().split('\n');
    assert.equal(lines.at(-1), 'SYMMETRIC_DEFAULT');
    assert.ok(stdout.includes('"Enable IAM User Permissions"'));
    assert.match(stderr, /\(AccessDeniedException\).*with an explicit deny in a resource-based policy/);
    assert.equal(stderr.match(/An error occurred/g)?.length, 1);
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

  it('docs/operations.md backs a store up and restores it', async () => {
    const before = await startTestServer({ dataDirectory: join(directory, 'backups/data') });
    const { KeyMetadata } = await before.client().createKey({});
    const { CiphertextBlob } = await before
      .client()
      .encrypt({ KeyId: KeyMetadata?.KeyId, Plaintext: Buffer.from('hello') });
    await before.close();
    const script = `set -e\n${(await blocks('docs/operations.md', 'sh')).join('\n')}`;
    await run('bash', ['-c', script], { cwd: join(directory, 'backups') });
    assert.ok(!(await readdir(join(directory, 'backups/backup-of-data'))).includes('root.key'));
    const after = await startTestServer({ dataDirectory: join(directory, 'backups/restored') });
    const { Plaintext } = await after.client().decrypt({ CiphertextBlob });
    await after.close();
    assert.equal(Buffer.from(Plaintext ?? '').toString(), 'hello');
  });

  it('links to what is there', async () => {
    const root = new URL('../', import.meta.url);
    const guides = (await readdir(new URL('docs/', root))).filter((name) => name.endsWith('.md'));
    const broken = [];
    for (const page of [
      'README.md',
      'CONTRIBUTING.md',
      'CHANGELOG.md',
      ...guides.map((name) => `docs/${name}`),
    ]) {
      const text = withoutCode(await readFile(new URL(page, root), 'utf8'));
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? new URL(page, root) : new URL(path, new URL(page, root));
        if (!existsSync(file)) broken.push(`${page}: ${target}`);
        else if (anchor !== undefined && !anchorsOf(await readFile(file, 'utf8')).has(anchor))
          broken.push(`${page}: ${target}`);
      }
    }
    assert.deepEqual(broken, []);
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
