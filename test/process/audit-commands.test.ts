import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createKey, encrypt } from '../support/keys.ts';
import { ROOT, run, temporaryDirectory } from '../support/qkms-process.ts';
import { startTestServer } from '../support/server.ts';

/* The commands on audit logs: on the example of the page about their format, and on the log of a store. */

const page = readFileSync(join(ROOT, 'docs/audit-log-format.md'), 'utf8');

/** The last block of the page in a language. */
function lastBlock(language: string): string {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].at(-1)?.[1] ?? '';
}

const PUBLIC_KEY = lastBlock('text');
const LOG = lastBlock('json');
const ORIGIN = 'qkms-audit/00000000-0000-4000-8000-000000000000/example.0';
const [first = '', second = '', third = '', checkpoint = ''] = LOG.split('\n');

/** Runs `qkms audit verify` in a directory with these files, which may be named in the arguments. */
async function verify(t: TestContext, files: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const directory = temporaryDirectory(t);
  const all: Readonly<Record<string, string>> = { 'key.pem': PUBLIC_KEY, ...files };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(directory, name), text);
  const paths = args.map((arg) => (arg.includes('.') ? join(directory, arg) : arg));
  const command = [join(ROOT, 'src/cli/qkms.ts'), 'audit', 'verify', ...paths];
  const { code, stdout, stderr } = await run(t, process.execPath, command).ended;
  const short = (text: string) => text.replaceAll(`${directory}/`, '');
  return { code, stdout: short(stdout), stderr: short(stderr) };
}

const KEY = ['--public-key', 'key.pem'];

describe('qkms audit verify', () => {
  it('finds the example of docs/audit-log-format.md as it was signed', async (t) => {
    assert.deepEqual(await verify(t, { 'log.jsonl': LOG }, 'log.jsonl', ...KEY), {
      code: 0,
      stdout: `${ORIGIN}: records 0 to 2 are as they were signed\n`,
      stderr: '',
    });
  });

  it('reads a log that goes on in another file, and names the line of a record that was altered', async (t) => {
    const files = {
      'a.jsonl': `${first}\n${second}\n`,
      'b.jsonl': `${third.replace('Dec', 'Enc')}\n${checkpoint}\n`,
    };
    assert.deepEqual(await verify(t, files, 'a.jsonl', 'b.jsonl', ...KEY), {
      code: 1,
      stdout: `b.jsonl:1: ${ORIGIN}: records 0 to 2 are not those that were there when the log was signed\n`,
      stderr: '',
    });
    const other = {
      ...files,
      'a.jsonl': `${first}\n${second.replace('Enc', 'Dec')}\n`,
      'b.jsonl': `${third}\n${checkpoint}\n`,
    };
    assert.deepEqual(await verify(t, other, 'a.jsonl', 'b.jsonl', ...KEY), {
      code: 1,
      stdout: `a.jsonl:2: ${ORIGIN}: record 1 was altered\n`,
      stderr: '',
    });
  });

  it('says which records no checkpoint covers', async (t) => {
    assert.deepEqual(await verify(t, { 'log.jsonl': `${first}\n${second}\n` }, 'log.jsonl', ...KEY), {
      code: 2,
      stdout: `${ORIGIN}: records 0 to 1 are linked to each other; no checkpoint covers those from 0 on\n`,
      stderr: '',
    });
  });

  it('notices with the checkpoints of a witness that the end is missing', async (t) => {
    const files = {
      'log.jsonl': `${first}\n`,
      'lines.txt': `${checkpoint}\n`,
      'note.txt': JSON.parse(checkpoint).checkpoint,
    };
    for (const witness of ['lines.txt', 'note.txt']) {
      assert.deepEqual(await verify(t, files, 'log.jsonl', ...KEY, '--witness', witness), {
        code: 1,
        stdout: `${ORIGIN}: the end is missing: the log had 3 records when it was signed, and ends before record 1\n`,
        stderr: '',
      });
    }
  });

  it('takes part of a log only when asked to', async (t) => {
    const files = { 'log.jsonl': `${second}\n${third}\n${checkpoint}\n` };
    const { code, stdout } = await verify(t, files, 'log.jsonl', ...KEY);
    assert.deepEqual(
      [code, stdout],
      [1, `log.jsonl:1: ${ORIGIN}: the log begins with record 1, where no checkpoint is\n`],
    );
    assert.equal((await verify(t, files, 'log.jsonl', ...KEY, '--part')).code, 2);
  });

  it('writes its report as JSON', async (t) => {
    const { code, stdout } = await verify(t, { 'log.jsonl': `${LOG}{}\n` }, 'log.jsonl', ...KEY, '--json');
    assert.equal(code, 1);
    assert.deepEqual(JSON.parse(stdout), {
      logs: [{ origin: ORIGIN, first: 0, end: 3, coveredEnd: 3 }],
      faults: [{ file: 'log.jsonl', line: 5, message: 'neither a record nor a checkpoint' }],
    });
  });

  it('tells what it cannot read', async (t) => {
    const files = { 'log.jsonl': LOG, 'none.txt': 'not a checkpoint', 'x.pem': 'not a key' };
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [
        ['missing.jsonl', ...KEY],
        /^qkms: cannot read the export missing\.jsonl \(ENOENT.*\); give the path of a file\n$/,
      ],
      [['log.jsonl', '--public-key', 'missing.pem'], /^qkms: cannot read the public key missing\.pem/],
      [['log.jsonl', '--public-key', 'x.pem'], /^qkms: x\.pem is not a public key; give the PEM file/],
      [
        ['log.jsonl', ...KEY, '--witness', 'none.txt'],
        /^qkms: none\.txt is not a checkpoint that the audit key signed/,
      ],
    ];
    for (const [args, expected] of cases) {
      const { code, stdout, stderr } = await verify(t, files, ...args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, expected);
    }
  });
});

describe('the commands on the log of a store', () => {
  it('write what can be verified, beside a server and without it', async (t) => {
    const directory = temporaryDirectory(t);
    const dataDirectory = join(directory, 'data');
    const audit = (...args: readonly string[]) =>
      run(t, process.execPath, [join(ROOT, 'src/cli/qkms.ts'), 'audit', ...args]).ended;
    const onStore = (...args: readonly string[]) => audit(...args, '--data-dir', dataDirectory);
    const server = await startTestServer({ dataDirectory, auditDurability: 'strict' });
    try {
      const { keyId } = await createKey(server.client());
      for (let round = 0; round < 20; round += 1) await encrypt(server.client(), keyId);
      const { stdout } = await onStore('tail', '-n', '2');
      const names = stdout.split('\n').map((line) => line && JSON.parse(line).eventName);
      assert.deepEqual(names, ['Encrypt', 'Encrypt', '']);
    } finally {
      await server.close();
    }
    writeFileSync(join(directory, 'audit.pem'), (await onStore('public-key')).stdout);
    for (const [range, records] of [
      [[], 'records 0 to 20'],
      [['--from', '5', '--to', '7'], 'records 1 to 20'],
    ] as const) {
      const { code, stdout, stderr } = await onStore('export', ...range);
      assert.deepEqual([code, stderr], [0, '']);
      writeFileSync(join(directory, 'log.jsonl'), stdout);
      const verified = await audit(
        'verify',
        join(directory, 'log.jsonl'),
        '--public-key',
        join(directory, 'audit.pem'),
      );
      assert.deepEqual([verified.code, verified.stderr], [0, '']);
      assert.match(verified.stdout, new RegExp(`: ${records} are as they were signed\\n$`));
    }
    for (const [what, proven] of [
      [['inclusion', '--index', '20'], /: record 20 is among the 21 that were signed:\n\{/],
      [['consistency', '--from', '21'], /: the log of 21 records goes on from that of 21\n$/],
    ] as const) {
      const { code, stdout } = await onStore('prove', ...what);
      assert.equal(code, 0);
      writeFileSync(join(directory, 'proof'), stdout);
      const key = ['--public-key', join(directory, 'audit.pem')];
      const verified = await audit('verify-proof', join(directory, 'proof'), ...key);
      assert.deepEqual([verified.code, verified.stderr], [0, '']);
      assert.match(verified.stdout, proven);
    }
    const unproven = await onStore('prove', 'inclusion', '--index', '21');
    assert.deepEqual(
      [unproven.code, unproven.stdout, unproven.stderr],
      [1, '', 'qkms: there is no record 21; the log has 21 records, from 0 on\n'],
    );
    const both = await onStore('prove', 'inclusion', '--index', '1', '--event-id', 'x');
    assert.match(both.stderr, /'--event-id <id>' cannot be used with option '--index/);
    const refused = await onStore('export', '--from', '-1');
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /Give a whole number from 0/);
    const nowhere = await audit('public-key', '--data-dir', join(directory, 'none'));
    assert.match(nowhere.stderr, /^qkms: there is no store in /);
  });
});
