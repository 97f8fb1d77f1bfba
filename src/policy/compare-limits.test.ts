// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ALICE, compare, decryptFor, ROOT, when } from './compare.test-support.ts';
import { comparePolicies, comparePoliciesInSlices } from './compare.ts';
import { ACCOUNT, ALLOW, DENY, policyText, type RawStatement } from './fixtures.test-support.ts';
import { hostilePolicies } from './hostile.test-support.ts';
import { parsePolicy } from './parse.ts';

/* What comparePolicies leaves out, and that it says so. */

/** What a server allows. */
const STRICT = { steps: 2_000_000, characters: 400_000 };
const SIZE = 32_768;

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** As many of these as a policy of 32 kB holds. */
function fill(make: (index: number) => RawStatement): readonly RawStatement[] {
  const statements: RawStatement[] = [];
  let room = SIZE - policyText([]).length;
  for (let next = make(0); room > JSON.stringify(next).length; next = make(statements.length)) {
    statements.push(next);
    room -= JSON.stringify(next).length + 1;
  }
  return statements;
}

/** A statement with as many of these in a list as a policy of 32 kB holds. */
function fillList(make: (list: readonly string[]) => RawStatement, entry: (index: number) => string) {
  const entries: string[] = [];
  let room = SIZE - policyText([make([])]).length;
  for (let next = entry(0); room > next.length + 3; next = entry(entries.length)) {
    entries.push(next);
    room -= next.length + 3;
  }
  return [make(entries)];
}

const everybody = { ...ALLOW, Principal: '*', Action: '*' };
const account = (index: number) => String(100_000_000_000 + index);
const onKey = (operator: string, key: string, value: unknown) => ({
  ...everybody,
  Condition: { [operator]: { [key]: value } },
});

describe('comparePolicies: what was left out', () => {
  const many = (value: string) => {
    const keys = numbers(8).map((index) => [`a:Key${index}`, value] as const);
    return decryptFor(ALICE, { Condition: { StringEquals: Object.fromEntries(keys) } });
  };

  it('says so when there are too many combinations, and still finds what single statements do', () => {
    const { complete, omitted, changes } = compare([many('x')], [many('y')], { steps: 150_000 });
    assert.equal(complete, false);
    assert.match(omitted[0] ?? '', /^\d+ of 6561 combinations of a:Key0, .*a:Key7 were tried$/);
    assert.deepEqual([...new Set(changes.map(({ direction }) => direction))], ['loses', 'gains']);
    assert.ok(compare([many('x')], [many('y')]).complete);
  });

  it('says so when there are too many lists of values', () => {
    const statements = ['a', 'b', 'c', 'd', 'e', 'f'].map((value) =>
      when('ForAnyValue:StringEquals', 'aws:TagKeys', value),
    );
    const { complete, omitted, unchanged } = compare(statements, statements.slice(1));
    assert.deepEqual([complete, unchanged], [false, false]);
    assert.deepEqual(omitted, ['of the values of aws:TagKeys only some were tried']);
  });

  it('says so when there are too many patterns to try each with each other', () => {
    const like = (count: number) =>
      when(
        'StringLike',
        'a:Text',
        numbers(count).map((index) => `*${index}*`),
      );
    assert.ok(compare([like(8)], [like(9)]).complete);
    assert.deepEqual(compare([like(16)], [like(17)]).omitted, [
      'of the values of a:Text only some were tried',
    ]);
  });

  it('needs not try what both policies say in the same words', () => {
    const wide = { ...many('x'), Principal: '*' };
    const few = { steps: 150_000 };
    assert.deepEqual(compare([ROOT, wide], [wide, ROOT, ROOT], few).omitted, []);
    assert.deepEqual(
      compare([ROOT, wide], [wide, ROOT, decryptFor(ALICE, { Action: 'kms:Sign' })], few).omitted,
      [],
    );
    const denial = { ...DENY, Principal: '*' };
    assert.deepEqual(compare([ROOT, denial], [wide, denial], few).omitted, []);
  });

  it('tells the first changes when there are too many, and always one', () => {
    const after = [{ ...ROOT, Action: 'none:none' }];
    const { complete, changes } = compare([ROOT], after);
    assert.deepEqual([complete, changes.length], [true, 2]);
    const [first = 0, second = 0] = changes.map((change) => JSON.stringify(change).length);
    assert.ok(compare([ROOT], after, { characters: first + second }).complete);
    for (const characters of [first + second - 1, first, first - 1]) {
      const cut = compare([ROOT], after, { characters });
      assert.deepEqual(cut.changes, changes.slice(0, 1));
      assert.deepEqual(cut.omitted, ['changes beyond the first 1 are left out']);
    }
  });

  it('is the same each time, and in slices', () => {
    const one = fill((index) => onKey('StringEquals', `a:${index % 7}`, `${index}`));
    const other = fill((index) => ({
      ...onKey('StringLike', `a:${index % 5}`, `*${index}`),
      Effect: 'Deny',
    }));
    const whole = compare(one, other, STRICT);
    assert.deepEqual(compare(one, other, STRICT), whole);
    const documents = [one, other].map((statements) => parsePolicy(policyText(statements)));
    const [before, after] = documents;
    const work = comparePoliciesInSlices(before ?? assert.fail(), after ?? assert.fail(), STRICT);
    let slices = 1;
    let last = work.next();
    for (; !last.done; last = work.next()) slices += 1;
    assert.deepEqual(last.value, whole);
    assert.ok(slices > 5);
  });
});

describe('comparePolicies: policies of 32 kB that are made to take long', () => {
  const nothing = [{ ...everybody, Action: 'none:none' }];
  const named = (entry: (index: number) => string, type = 'AWS') =>
    fillList((list) => ({ ...everybody, Principal: { [type]: list } }), entry);
  const cases: readonly (readonly [string, readonly RawStatement[], readonly RawStatement[], RegExp])[] = [
    [
      'each statement about a key of its own',
      fill((index) => onKey('StringEquals', `a:${index}`, 'x')),
      fill((index) => ({ ...onKey('StringEquals', `a:${index}`, 'y'), Effect: 'Deny' })),
      /^\d+ of more than 10\^\d+ combinations of a:0, a:1, .* and \d+ more were tried$/,
    ],
    [
      'thousands of accounts',
      named(account),
      named((index) => account(index + 5000)),
      /^of the principals that the policies tell apart only \d+ were tried$/,
    ],
    [
      'users times federated users',
      named((index) => `arn:aws:iam::${ACCOUNT}:user/${index}`),
      named((index) => `arn:aws:sts::${ACCOUNT}:federated-user/${index}`),
      /^of the principals /,
    ],
    [
      'unique ids times accounts',
      named((index) => (index % 2 === 0 ? account(index) : `AIDA${index}`)),
      nothing,
      /^of the principals /,
    ],
    [
      'accounts times actions times keys',
      [
        ...numbers(100).map((index) => ({ ...everybody, Principal: { AWS: account(index) } })),
        ...[...'abcdefghijklmnopqrstuvwxyz'].map((letter) => ({ ...everybody, Action: `kms:*${letter}*` })),
        ...numbers(12).map((index) => ({ ...everybody, Resource: `arn:aws:kms:*:*:key/${index}*` })),
      ],
      nothing,
      /^\d+ of \d+ combinations of principals, actions and keys were tried$/,
    ],
    [
      'thousands of patterns of actions',
      fillList(
        (list) => ({ ...everybody, Action: list }),
        (index) => `kms:*a?${index}*`,
      ),
      nothing,
      /^\d+ of \d+ (?:patterns of actions were read|actions were tried)$/,
    ],
    [
      'thousands of keys',
      fillList(
        (list) => ({ ...everybody, Resource: list }),
        (index) => `arn:aws:kms:a:b:key/${index}`,
      ),
      nothing,
      /^of the keys that Resource elements tell apart only \d+ were tried$/,
    ],
    [
      'thousands of values of one key',
      fillList(
        (list) => onKey('StringLike', 'a:key', list),
        (index) => `*${index}?`,
      ),
      nothing,
      /^of the values of a:key only some were tried$/,
    ],
    [
      'patterns of which each matches only long texts of the others',
      [
        onKey(
          'StringLike',
          'a:key',
          numbers(8).map((index) => `${index}*`.repeat(1900)),
        ),
      ],
      nothing,
      /^of the values of a:key only some were tried$/,
    ],
    [
      'a variable thousands of times in one value',
      [onKey('StringLike', 'a:key', '${a:other}*'.repeat(2900))],
      [onKey('StringLike', 'a:other', '*${a:key}'.repeat(3400))],
      /^of the values of a:(?:key|other) only some were tried$/,
    ],
    [
      'a chain of variables',
      fill((index) => onKey('StringEquals', `a:${index}`, `\${a:${index + 1}}`)),
      nothing,
      /^\d+ of more than 10\^\d+ combinations /,
    ],
    [
      'variables in thousands of keys',
      fillList(
        (list) => ({ ...everybody, Resource: list }),
        (index) => `arn:aws:kms:a:b:key/\${a:${index}}`,
      ),
      fill((index) => onKey('StringEquals', `a:${index}`, 'x')),
      /^of the keys /,
    ],
    [
      'address ranges',
      fillList(
        (list) => onKey('IpAddress', 'aws:SourceIp', list),
        (index) => `2001:db8:${index.toString(16)}::/48`,
      ),
      nothing,
      /^of the values of aws:SourceIp only some were tried$/,
    ],
    [
      'lists of many keys',
      fill((index) => onKey('ForAnyValue:StringLike', `a:${index % 30}`, `*${index}*`)),
      fill((index) => onKey('ForAllValues:StringLike', `a:${index % 30}`, `*${index}`)),
      /^\d+ of more than 10\^\d+ combinations |^of the values of a:\d+ only some were tried$/,
    ],
  ];
  for (const [name, before, after, expected] of cases) {
    it(name, () => {
      const { complete, omitted, vocabulary, changes } = compare(before, after, STRICT);
      assert.equal(complete, false);
      assert.ok(
        omitted.some((note) => expected.test(note)),
        omitted.join('\n'),
      );
      assert.ok(omitted.length <= 21);
      assert.ok(JSON.stringify([vocabulary, changes]).length < 3 * STRICT.characters);
    });
  }

  it('are compared with the default limits, too', () => {
    const [before, after] = [fill((index) => onKey('Bool', `a:${index}`, 'true')), nothing];
    const { complete, changes } = compare(before, after, { steps: 20_000_000 });
    assert.equal(complete, false);
    assert.ok(changes.length > 0);
  });
});

describe('comparePolicies: hostile policies', () => {
  const account = parsePolicy(policyText([ROOT]));
  for (const { title, text, refusal } of hostilePolicies('key-policy')) {
    if (refusal !== undefined) continue;
    it(title, () => {
      const policy = parsePolicy(text);
      for (const [before, after] of [
        [account, policy],
        [policy, account],
        [policy, policy],
      ] as const) {
        const comparison = comparePolicies(before, after, STRICT);
        assert.equal(comparison.complete, comparison.omitted.length === 0);
        assert.ok(JSON.stringify(comparison).length < 3 * STRICT.characters);
        if (before === after) assert.equal(comparison.unchanged, true);
      }
    });
  }
});
