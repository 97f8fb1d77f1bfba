import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { ROOT, run, temporaryDirectory } from '../support/qkms-process.ts';

/* The commands that read policies from files. */

const account = { AWS: 'arn:aws:iam::111122223333:root' };
const MANAGEABLE = { Effect: 'Allow', Principal: account, Action: 'kms:*', Resource: '*' };
const USE = {
  ...MANAGEABLE,
  Principal: { AWS: 'arn:aws:iam::111122223333:user/ada' },
  Action: 'kms:Decrypt',
};

/** Runs `qkms policy` in a directory with these files. */
async function policy(t: TestContext, files: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const directory = temporaryDirectory(t);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const paths = args.map((arg) => (arg.endsWith('.json') ? join(directory, arg) : arg));
  const { code, stdout, stderr } = await run(t, process.execPath, [
    join(ROOT, 'src/cli/qkms.ts'),
    'policy',
    ...paths,
  ]).ended;
  const short = (text: string) => text.replaceAll(`${directory}/`, '');
  return { code, stdout: short(stdout), stderr: short(stderr) };
}

const textOf = (...statements: readonly unknown[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements }, null, 2);

/** The blocks of the page in a language, in order. */
function blocks(language: string): readonly string[] {
  const page = readFileSync(join(ROOT, 'docs/policies.md'), 'utf8');
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, block = '']) => block,
  );
}

describe('docs/policies.md', () => {
  const [before = '', after = ''] = blocks('json');
  const [diff, check] = blocks('text');

  it('shows what diff writes', async (t) => {
    const ending = await policy(
      t,
      { 'before.json': before, 'after.json': after },
      'diff',
      'before.json',
      'after.json',
    );
    assert.deepEqual(ending, { code: 1, stdout: diff, stderr: '' });
  });

  it('shows what check writes', async (t) => {
    const ending = await policy(t, { 'after.json': after }, 'check', 'after.json');
    assert.deepEqual(ending, { code: 1, stdout: check, stderr: '' });
  });
});

describe('qkms policy check', () => {
  it('ends with 0 when there is nothing to report', async (t) => {
    const ending = await policy(t, { 'a.json': textOf(MANAGEABLE, USE) }, 'check', 'a.json');
    assert.deepEqual(ending, { code: 0, stdout: 'a.json: nothing to report\n', stderr: '' });
  });

  it('ends with 0 when there are only warnings and notes', async (t) => {
    const full = { ...USE, Action: 'kms:*' };
    const { code, stdout } = await policy(t, { 'a.json': textOf(MANAGEABLE, full, full) }, 'check', 'a.json');
    assert.equal(code, 0);
    assert.match(stdout, /^a\.json:\d+:\d+: note: statement 2: .* \[full-access\]$/m);
    assert.match(stdout, /^a\.json: 1 warning, 2 notes$/m);
  });

  it('reports faults with their place, and ends with 1', async (t) => {
    const bad = { ...USE, Principal: { AWS: 'ada' }, Action: 'kms:Decrpyt' };
    const { code, stdout } = await policy(t, { 'a.json': textOf(MANAGEABLE, bad) }, 'check', 'a.json');
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^a\.json:15:16: error: Policy contains .* Principal "ada" is not a principal .*\[malformed\]$/m,
    );
    assert.match(stdout, /^a\.json:17:7: error: statement 2: there is no action .*\[unknown-action\]$/m);
    const broken = await policy(t, { 'a.json': '{\n"Statement": ]' }, 'check', 'a.json');
    assert.deepEqual([broken.code, broken.stderr], [1, '']);
    assert.match(broken.stdout, /^a\.json:2:14: error: The policy is not valid JSON\. /);
  });

  it('checks identity policies and trust policies', async (t) => {
    const { Principal, ...identity } = USE;
    const { Resource, ...trust } = { ...USE, Action: 'sts:AssumeRole' };
    for (const [kind, statement] of [
      ['identity-policy', identity],
      ['trust-policy', trust],
    ] as const) {
      const files = { 'a.json': textOf(statement) };
      assert.equal((await policy(t, files, 'check', '--kind', kind, 'a.json')).code, 0);
      assert.equal((await policy(t, files, 'check', 'a.json')).code, 1);
    }
    const { code, stderr } = await policy(t, {}, 'check', '--kind', 'bucket-policy', 'a.json');
    assert.equal(code, 1);
    assert.match(stderr, /Allowed choices are key-policy, identity-policy, trust-policy/);
  });

  it('writes JSON', async (t) => {
    const open = { ...USE, Principal: '*' };
    const { code, stdout } = await policy(
      t,
      { 'a.json': textOf(MANAGEABLE, open) },
      'check',
      '--json',
      'a.json',
    );
    assert.equal(code, 1);
    const { kind, findings } = JSON.parse(stdout);
    assert.equal(kind, 'key-policy');
    assert.deepEqual(
      findings.map(({ code: name, severity, statement, line }: Record<string, unknown>) => [
        name,
        severity,
        statement,
        line,
      ]),
      [['public-access', 'error', 'statement 2', 14]],
    );
  });

  it('says in a line that there is no such file', async (t) => {
    const { code, stdout, stderr } = await policy(t, {}, 'check', 'a.json');
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(
      stderr,
      /^qkms: cannot read the policy a\.json \(ENOENT.*\); give the path of a JSON file\n$/,
    );
  });
});

describe('qkms policy diff', () => {
  const files = { 'a.json': textOf(MANAGEABLE), 'b.json': textOf(MANAGEABLE, USE), 'bad.json': '{' };

  it('ends with 0 when nobody gains or loses anything', async (t) => {
    const { code, stdout, stderr } = await policy(t, files, 'diff', 'a.json', 'a.json');
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^nobody gains or loses anything\ncomplete for what the policies name: /);
  });

  it('ends with 1 when somebody does, and writes JSON', async (t) => {
    const { code, stdout } = await policy(t, files, 'diff', '--json', 'b.json', 'a.json');
    assert.equal(code, 1);
    const { unchanged, complete, changes } = JSON.parse(stdout);
    assert.deepEqual([unchanged, complete], [false, true]);
    assert.deepEqual(
      [changes[0].direction, changes[0].before, changes[0].after],
      ['loses', 'allows', 'delegates'],
    );
  });

  it('ends with 2 when a policy cannot be read', async (t) => {
    const { code, stdout, stderr } = await policy(t, files, 'diff', 'a.json', 'bad.json');
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^qkms: bad\.json is not a valid key policy\n {2}bad\.json:1:2: error: /);
    const missing = await policy(t, files, 'diff', 'a.json', 'c.json');
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /cannot read the policy c\.json/);
  });

  it('ends with 2 when nothing was found, but not everything could be tried', async (t) => {
    const keys = Array.from({ length: 20 }, (_, index) => [`kms:EncryptionContext:${index}`, 'x']);
    const wide = { ...USE, Condition: { StringEquals: Object.fromEntries(keys) } };
    const reworded = { ...USE, Condition: { StringLike: Object.fromEntries(keys) } };
    const both = { 'a.json': textOf(MANAGEABLE, wide), 'b.json': textOf(MANAGEABLE, reworded) };
    const { code, stdout } = await policy(t, both, 'diff', 'a.json', 'b.json');
    assert.equal(code, 2);
    assert.match(
      stdout,
      /^nobody gains or loses anything\nnot complete for what the policies name .*:\n {2}\d+ of \d+ combinations of kms:/,
    );
    assert.equal((await policy(t, both, 'diff', 'a.json', 'a.json')).code, 0);
  });
});
