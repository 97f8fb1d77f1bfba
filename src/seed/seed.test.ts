import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { OperatorError } from '../errors.ts';
import { type NamedSeed, parseSeed, readSeedFile, seedOfObject } from './index.ts';

const manual = readFileSync(new URL('../../docs/seed-file.md', import.meta.url), 'utf8');
const [, EXAMPLE = ''] = /^```yaml\n(.*?)^```/ms.exec(manual) ?? [];

/** The mistakes that a seed is refused for, without the line above them. */
function mistakesOf(read: () => NamedSeed): readonly string[] {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof OperatorError, String(error));
    const [summary = '', ...mistakes] = error.message.split('\n');
    assert.match(summary, /^seed.* has (?:a mistake|\d+ mistakes), and nothing of it was created:$/);
    return mistakes;
  }
  return [];
}

function mistakesIn(text: string): readonly string[] {
  return mistakesOf(() => parseSeed('seed.yaml', text));
}

/** A seed of one account with these lines in it. */
function account(...lines: readonly string[]): string {
  return ['accounts:', '  - id: "111122223333"', ...lines.map((line) => `    ${line}`)].join('\n');
}

const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';

describe('a seed', () => {
  it('means the same in YAML, in JSON and as an object', () => {
    const object: object = parse(EXAMPLE);
    const json = JSON.stringify(object, null, '\t');
    const shapes = [parseSeed('a', EXAMPLE), parseSeed('b', json), seedOfObject('c', object)].map(
      ({ seed }) => JSON.stringify(seed, (name, value) => (name === 'place' ? undefined : value)),
    );
    assert.equal(shapes[1], shapes[0]);
    assert.equal(shapes[2], shapes[0]);
    assert.ok(shapes[0]?.includes('"ada"'));
  });

  it('may say a thing once and mean it twice, by anchor and alias', () => {
    const text = account(
      'policies:',
      '  - { name: one, document: &all { Version: "2012-10-17", Statement: { Effect: Allow, Action: "*", Resource: "*" } } }',
      '  - { name: two, document: *all }',
    );
    const policies = parseSeed('seed.yaml', text).seed.accounts[0]?.policies ?? [];
    assert.equal(policies.length, 2);
    assert.equal(policies[1]?.document.text, policies[0]?.document.text);
  });

  it('may have members without a value, which count as absent', () => {
    const [first] = parseSeed('seed.yaml', account('users:', 'name:')).seed.accounts;
    assert.deepEqual({ users: first?.users, name: first?.name }, { users: [], name: undefined });
  });
});

describe('a mistake in a seed is told with its place and what to do', () => {
  /** A § stands before what the mistake is in. */
  const users = (user: string) => account('users:', `  - ${user}`);
  const keys = (key: string) => account('keys:', `  - ${key}`);
  const statement = (text: string) =>
    account('policies:', '  - name: use', `    document: { Version: "2012-10-17", Statement: ${text} }`);
  const cases: Readonly<Record<string, readonly [text: string, mistake: string | RegExp]>> = {
    'no account': ['§', 'a seed must be a mapping, not nothing'],
    'an account id that is a number': [
      'accounts:\n  - id: §111122223333',
      'this must be a text, not a number; put it in quotes',
    ],
    'an account id of eleven digits': [
      'accounts:\n  - id: §"11112222333"',
      '"11112222333" will not do; give 12 digits in quotes',
    ],
    'an unknown member': [account('§user: []'), 'an account has no such member; did you mean "users"?'],
    'an unknown member of a key': [
      keys(`{ id: ${KEY_ID}, §owner: x }`),
      /^a key has no such member; there are id, region/,
    ],
    'an operation that no grant is for': [
      keys(
        `{ id: ${KEY_ID}, grants: [{ grantee: 'arn:aws:iam::111122223333:root', operations: [§Encript] }] }`,
      ),
      /^"Encript" will not do; give one of CreateGrant, /,
    ],
    'a grantee that is no principal': [
      keys(`{ id: ${KEY_ID}, grants: [{ grantee: §ada, operations: [Encrypt] }] }`),
      '"ada" will not do; give the ARN of an account, user, role or session',
    ],
    'a missing member': [users('§path: /'), 'a user needs a name; add it'],
    'a mapping where there should be a list': [
      account('users: §{ ada: {} }'),
      'this must be a list, not a mapping',
    ],
    'a list where there should be a mapping': [
      account('roles: []', 'users: [§[]]'),
      'a user must be a mapping, not a list',
    ],
    'a text where there should be a truth value': [
      keys(`{ id: ${KEY_ID}, enabled: §"yes" }`),
      'this must be true or false, not a text',
    ],
    'a duration out of bounds': [
      account('roles:', '  - { name: a, trustPolicy: "{}", maxSessionDuration: §60 }'),
      'this must be a whole number from 3600 to 43200',
    ],
    'a user name that the API would refuse': [
      users('name: §"a b"'),
      '"a b" will not do; give 1 to 64 letters, digits and any of _+=,.@-',
    ],
    'a path without its last slash': [
      users('{ name: a, path: §/b }'),
      '"/b" will not do; give a path such as / or /division/team/',
    ],
    'a key id that is not a UUID': [
      keys('id: §mrk-1234abcd12ab34cd56ef1234567890ab'),
      /^"mrk-.*" will not do; give a UUID in lower case/,
    ],
    'key material that is too short': [
      keys(`{ id: ${KEY_ID}, material: §MDEyMzQ1Njc4OWFiY2RlZg== }`),
      'this will not do; give 32 bytes in base64',
    ],
    'key material that is not base64': [
      keys(`{ id: ${KEY_ID}, material: §"${'é'.repeat(44)}" }`),
      'this will not do; give 32 bytes in base64',
    ],
    'a reserved alias': [
      keys(`{ id: ${KEY_ID}, aliases: [§alias/aws/s3] }`),
      'The alias name for a customer managed CMK cannot begin with alias/aws/.',
    ],
    'a reserved tag': [
      keys(`{ id: ${KEY_ID}, tags: §{ "aws:x": a } }`),
      /^Tags beginning with aws: are reserved$/,
    ],
    'tags of a user that differ only in case': [
      users('{ name: a, tags: §{ b: "1", B: "2" } }'),
      /^Duplicate tag keys found/,
    ],
    'more access keys than a user can have': [
      users(
        `{ name: a, accessKeys: §[${['A', 'B', 'C'].map((c) => `{ accessKeyId: ${c.repeat(16)}, secretAccessKey: ${'s'.repeat(16)} }`)}] }`,
      ),
      'these are 3; there may be at most 2',
    ],
    'an issuer with a query': [
      account('openIdConnectProviders:', '  - url: §https://example.com/?a'),
      /^Invalid Open ID Connect Provider URL/,
    ],
    'a policy that is a list': [
      account('policies: [{ name: a, document: §[] }]'),
      'a policy must be a mapping or a text of JSON, not a list',
    ],
    'a wrong effect in a policy': [
      statement('{ Effect: §Alow, Action: "*", Resource: "*" }'),
      'statement 1: Effect must be "Allow" or "Deny", not "Alow"',
    ],
    'a principal in a policy that has none': [
      statement('[{ Effect: Allow, §Principal: "*", Action: "*", Resource: "*" }]'),
      'statement 1 has a Principal',
    ],
    'a number in a policy that JSON does not know': [
      statement(
        '{ Effect: Allow, Action: "*", Resource: "*", Condition: { StringEquals: { "aws:x": §012 } } }',
      ),
      'put this number in quotes',
    ],
    'a policy text that is not JSON': [
      account('policies: [{ name: a, document: §"{" }]'),
      /^.* \(line 1, column 2 of the text\)$/,
    ],
    'inline policies that are too large together': [
      users(
        `{ name: a, inlinePolicies: §{ b: '{"Statement":{"Effect":"Allow","Action":"${'a'.repeat(2000)}:b","Resource":"*"}}' } }`,
      ),
      /^Maximum policy size of 2048 bytes exceeded for user/,
    ],
    'an account that is there twice': [
      'accounts:\n  - id: "111122223333"\n  - id: §"111122223333"',
      'the account 111122223333 is there twice, first at seed.yaml:2:9; remove one of them',
    ],
    'users whose names differ only in case': [
      users('{ name: ada }\n      - { name: §Ada }'),
      'the user "Ada" is there twice, first at seed.yaml:4:17; remove one of them',
    ],
    'an alias of two keys': [
      keys(
        `{ id: ${KEY_ID}, aliases: [alias/a] }\n      - { id: ${KEY_ID.replace('1', '2')}, aliases: [§alias/a] }`,
      ),
      'the alias "alias/a" in us-east-1 is there twice, first at seed.yaml:4:63; remove one of them',
    ],
    'an access key of two users': [
      users(
        ['', '§']
          .map(
            (mark) =>
              `{ name: a${mark.length}, accessKeys: [{ accessKeyId: ${mark}${'A'.repeat(16)}, secretAccessKey: ${'s'.repeat(16)} }] }`,
          )
          .join('\n      - '),
      ),
      'this access key id is there twice, first at seed.yaml:4:49; remove one of them',
    ],
    'a member that is there twice': [
      account('name: a', '§name: b'),
      'this key is there twice in its mapping; keep one of them',
    ],
    'what is not YAML': ['accounts:\n§\t- id: 1', /^this is not YAML: tabs are not allowed/],
    'a second document': ['accounts: []\n§---\naccounts: []', 'a second document begins here; a seed is one'],
    'a tag of YAML': ['accounts: §!new []', /^tags \(!name\) mean nothing here; remove it$/],
    'an alias without anchor': ['accounts: §*others', 'nothing above has this anchor; add it there'],
    'a list that contains itself': ['accounts: &a §[*a]', /^.* more than 64 levels deep; make it flatter$/],
  };
  for (const [name, [text, mistake]] of Object.entries(cases)) {
    it(name, () => {
      const above = text.slice(0, text.indexOf('§')).split('\n');
      const place = `seed.yaml:${above.length}:${(above.at(-1)?.length ?? 0) + 1}: `;
      const [first = '', ...others] = mistakesIn(text.replace('§', ''));
      assert.equal(first.slice(0, place.length), place, first);
      if (typeof mistake === 'string') assert.equal(first.slice(place.length), mistake);
      else assert.match(first.slice(place.length), mistake);
      assert.deepEqual(others, []);
    });
  }

  it('together with all others, in the order of the file', () => {
    const text = account('user: []', 'users:', '  - { name: "a b" }', '  - { name: c, path: d }', 'keys: {}');
    assert.deepEqual(
      mistakesIn(text).map((line) => line.split(':')[1]),
      ['3', '5', '6', '7'],
    );
  });

  it('up to twenty of them', () => {
    const lines = mistakesIn(account('users:', ...Array.from({ length: 30 }, () => '  - {}')));
    assert.equal(lines.length, 21);
    assert.equal(lines.at(-1), 'and 10 more');
  });

  it('by its path where the seed is an object', () => {
    const object = { accounts: [{ id: '111122223333', users: [{ name: 'ada', tags: { 'a b': 1 } }] }] };
    assert.deepEqual(
      mistakesOf(() => seedOfObject('seed', object)),
      ['seed.accounts[0].users[0].tags["a b"]: this must be a text, not a number; put it in quotes'],
    );
  });

  it('where an object holds what JSON cannot say, or itself', () => {
    const looped: { accounts: unknown[] } = { accounts: [] };
    looped.accounts.push(looped);
    for (const object of [{ accounts: () => {} }, looped]) {
      assert.match(mistakesOf(() => seedOfObject('seed', object)).join('\n'), /; give what JSON can say/);
    }
  });
});

describe('a seed that means harm', () => {
  it('is refused when its aliases stand for too much', () => {
    const ten = (name: string) => `[${Array.from({ length: 10 }, () => name)}]`;
    const lines = [
      'a0: &a0 [x]',
      ...Array.from({ length: 9 }, (_, level) => `a${level + 1}: &a${level + 1} ${ten(`*a${level}`)}`),
    ];
    assert.match(
      mistakesIn(lines.join('\n')).join('\n'),
      /the aliases stand for too much; write out what is meant/,
    );
  });

  it('is refused when it is deeper than any seed', () => {
    assert.notDeepEqual(mistakesIn(`accounts: ${'['.repeat(100_000)}`), []);
    assert.match(mistakesIn(`accounts: ${'['.repeat(80)}${']'.repeat(80)}`).join('\n'), /levels deep/);
  });

  it('never has its secrets repeated, whatever is wrong with it', () => {
    const secrets = [
      'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
    ];
    const wrong = [
      users('{ name: a, accessKeys: [{ accessKeyId: SECRET, secretAccessKey: short }] }'),
      users('{ name: a, accessKeys: [{ SECRET }] }'),
      users('{ name: a, accessKeys: [SECRET] }'),
      users('{ name: a, accessKeys: { SECRET: a } }'),
      users('{ name: a, accessKeys: [{ accessKeyId: a, secretAccessKey: |SECRET }] }'),
      account(
        'users:',
        '  - name: a',
        '    accessKeys:',
        '      - accessKeyId: a',
        '     secretAccessKey: SECRET',
      ),
      account(
        'keys:',
        '  - material: SECRETSECRET',
        '  - { id: a, material: "SECRET\\q" }',
        '  - material: |SECRET',
      ),
      'SECRET',
      'SECRET:',
      '- a\nb: SECRET',
    ];
    for (const secret of secrets) {
      for (const text of wrong) {
        const mistakes = mistakesIn(text.replaceAll('SECRET', secret)).join('\n');
        assert.notEqual(mistakes, '', text);
        assert.ok(!mistakes.includes(secret), mistakes);
      }
    }

    function users(user: string): string {
      return account('users:', `  - ${user}`);
    }
  });

  it('is read or refused, and nothing else, whatever is changed in it', () => {
    const change = fc.record({
      at: fc.nat({ max: EXAMPLE.length }),
      deleted: fc.nat({ max: 12 }),
      inserted: fc.constantFrom(
        '',
        ' ',
        '\n',
        ':',
        '-',
        '"',
        '{',
        '}',
        '[',
        ']',
        '&a ',
        '*a',
        '|',
        '\t',
        '#',
        'é',
        '\0',
      ),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        let text = EXAMPLE;
        for (const { at, deleted, inserted } of changes)
          text = text.slice(0, at) + inserted + text.slice(at + deleted);
        mistakesIn(text);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a seed file', () => {
  async function assertRefused(path: string, message: RegExp): Promise<void> {
    await assert.rejects(readSeedFile(path), { name: 'OperatorError', message });
  }

  it('that cannot be read is refused', async () => {
    await assertRefused(
      join(tmpdir(), 'qkms-no-such-seed.yaml'),
      /^cannot read the seed file \(ENOENT: .*; give the path/,
    );
    await assertRefused(tmpdir(), /^cannot read the seed file \(EISDIR/);
  });

  it('over 10 MB is refused', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'qkms-seed-'));
    t.after(() => rm(directory, { recursive: true }));
    const path = join(directory, 'seed.yaml');
    await writeFile(path, `accounts: [] #${' '.repeat(10 * 1024 * 1024)}`);
    await assertRefused(path, /^the seed file .*seed\.yaml is larger than 10 MB; leave out/);
  });
});
