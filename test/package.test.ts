import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const project = fileURLToPath(new URL('../', import.meta.url));

/** What `npm pack` works from; generated and private things stay behind, as in a clean clone. */
const SOURCES = [
  'bin',
  'console',
  'docs',
  'scripts',
  'src',
  'package-lock.json',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
];

describe('the npm package', () => {
  let directory: string;
  let installed: string;
  let command: string;

  /** Packs a copy of the project, and unpacks the tarball into another project that has the dependencies. */
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'qkms-package-'));
    const clone = join(directory, 'clone');
    for (const name of SOURCES) await cp(join(project, name), join(clone, name), { recursive: true });
    await symlink(join(project, 'node_modules'), join(clone, 'node_modules'));
    await run('npm', ['pack', '--offline', '--pack-destination', directory], { cwd: clone });
    const [tarball = ''] = (await readdir(directory)).filter((name) => name.endsWith('.tgz'));
    const modules = join(directory, 'elsewhere', 'node_modules');
    installed = join(modules, 'qkms');
    await mkdir(join(modules, '.bin'), { recursive: true });
    await mkdir(installed);
    await run('tar', ['-xzf', join(directory, tarball), '-C', installed, '--strip-components', '1']);
    for (const name of await readdir(join(project, 'node_modules'))) {
      if (!name.startsWith('.')) await symlink(join(project, 'node_modules', name), join(modules, name));
    }
    command = join(modules, '.bin', 'qkms');
    await symlink('../qkms/bin/qkms.cjs', command);
    await chmod(command, 0o755);
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it('holds the built command and its documents, and no sources, tests or benchmarks', async () => {
    const names = (await readdir(installed)).sort();
    assert.deepEqual(names, ['CHANGELOG.md', 'LICENSE', 'README.md', 'bin', 'dist', 'docs', 'package.json']);
    const built = await readdir(join(installed, 'dist'), { recursive: true });
    assert.ok(built.includes(join('cli', 'qkms.js')));
    assert.deepEqual(
      built.filter((name) => name.includes('.test')),
      [],
    );
  });

  it('gives a command that starts a server and stops it on SIGTERM', async () => {
    const server = spawn(command, ['start', '--port', '0', '--workers', '1'], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let ready = '';
    for await (const line of createInterface({ input: server.stdout })) {
      ready = line;
      if (line.startsWith('qkms ready on ')) break;
    }
    const endpoint = ready.replace('qkms ready on ', '');
    assert.equal((await fetch(`${endpoint}/health/ready`)).status, 200);
    assert.match(await (await fetch(`${endpoint}/console`)).text(), /<div id="root">/);
    const ended = new Promise((resolve) => server.once('exit', (code, signal) => resolve(code ?? signal)));
    server.kill('SIGTERM');
    assert.equal(await ended, 0);
  });

  it('exports the policy engine as a library of its own', async () => {
    const script = `
      import { compilePolicy, parsePolicy } from 'qkms/policy';
      console.log(typeof compilePolicy(parsePolicy('{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}')));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: join(directory, 'elsewhere'),
    });
    assert.equal(stdout.trim(), 'object');
  });

  it('exports a server for test suites, with types', async () => {
    const directoryOfUser = join(directory, 'elsewhere');
    const script = `
      import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
      import { ManualClock, type Qkms, startQkms } from 'qkms/testing';
      const qkms: Qkms = await startQkms({ clock: new ManualClock(), seed: { accounts: [] } });
      const { Keys } = await qkms.client(KMSClient).send(new ListKeysCommand({}));
      console.log(Keys?.length);
      new KMSClient(qkms.configuration()).destroy();
      // @ts-expect-error There is no such option.
      qkms.client(KMSClient, { user: 'ada' });
      await qkms.stop();`;
    await writeFile(join(directoryOfUser, 'suite.mts'), script);
    const compiler = join(project, 'node_modules', '.bin', 'tsc');
    const options = [
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'esnext',
      '--types',
      'node',
      '--skipLibCheck',
    ];
    await run(compiler, [...options, 'suite.mts'], { cwd: directoryOfUser }).catch(({ stdout }) =>
      assert.fail(String(stdout)),
    );
    const { stdout } = await run(process.execPath, ['suite.mjs'], { cwd: directoryOfUser });
    assert.equal(stdout.trim(), '0');
  });
});
