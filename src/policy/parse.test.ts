import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PolicyDocumentError } from './fault.ts';
import { ALLOW, policyText } from './fixtures.test-support.ts';
import { parsePolicy } from './parse.ts';

/** The faults of a text: message, detail, line and column. */
function faultsOf(
  text: string,
): (readonly [message: string, detail: string, line: number, column: number])[] {
  try {
    parsePolicy(text);
  } catch (error) {
    assert.ok(error instanceof PolicyDocumentError);
    return error.faults.map(({ message, detail, line, column }) => [message, detail, line, column]);
  }
  return [];
}

const detailsOf = (text: string): string[] => faultsOf(text).map(([, detail]) => detail);
const withStatement = (statement: object): string => JSON.stringify({ Statement: statement });

describe('parsePolicy: the top level', () => {
  it('reads a whole policy into frozen data with positions', () => {
    const document = parsePolicy(`{
  "Version": "2012-10-17",
  "Id": "key-default-1",
  "Statement": [
    {
      "Sid": "Enable IAM User Permissions",
      "Effect": "Allow",
      "Principal": {"AWS": ["arn:aws:iam::111122223333:root", "444455556666"], "Service": "s3.amazonaws.com"},
      "Action": "kms:*",
      "Resource": ["*"],
      "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": [3600, "60"]}, "Bool": {"aws:SecureTransport": true}}
    }
  ]
}`);
    assert.deepEqual(document, {
      version: '2012-10-17',
      id: 'key-default-1',
      statements: [
        {
          sid: 'Enable IAM User Permissions',
          effect: 'Allow',
          principal: {
            negated: false,
            entries: [
              { type: 'AWS', value: 'arn:aws:iam::111122223333:root', position: { line: 8, column: 29 } },
              { type: 'AWS', value: '444455556666', position: { line: 8, column: 63 } },
              { type: 'Service', value: 's3.amazonaws.com', position: { line: 8, column: 91 } },
            ],
            position: { line: 8, column: 7 },
          },
          action: { negated: false, values: ['kms:*'], position: { line: 9, column: 7 } },
          resource: { negated: false, values: ['*'], position: { line: 10, column: 7 } },
          conditions: [
            {
              operator: 'NumericLessThan',
              key: 'aws:MultiFactorAuthAge',
              values: ['3600', '60'],
              position: { line: 11, column: 41 },
            },
            {
              operator: 'Bool',
              key: 'aws:SecureTransport',
              values: ['true'],
              position: { line: 11, column: 91 },
            },
          ],
          position: { line: 5, column: 5 },
        },
      ],
    });
    const isFrozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(isFrozen));
    assert.ok(isFrozen(document));
  });

  it('Version: 2012-10-17 and 2008-10-17 are the languages there are', () => {
    assert.equal(parsePolicy(policyText([ALLOW], '2012-10-17')).version, '2012-10-17');
    assert.equal(parsePolicy(policyText([ALLOW], '2008-10-17')).version, '2008-10-17');
  });

  it('Version: absent means 2008-10-17', () => {
    assert.equal(parsePolicy(withStatement(ALLOW)).version, '2008-10-17');
  });

  for (const [version, found] of [
    ['"2012-10-18"', '"2012-10-18"'],
    ['20121017', 'a number'],
    ['null', 'null'],
  ]) {
    it(`Version: ${version} is refused`, () => {
      assert.deepEqual(faultsOf(`{"Version": ${version}, "Statement": ${JSON.stringify(ALLOW)}}`), [
        [
          'The policy must contain a valid version string.',
          `Version must be "2012-10-17" or "2008-10-17", not ${found}`,
          1,
          13,
        ],
      ]);
    });
  }

  it('Statement: one object or a list of them', () => {
    assert.equal(parsePolicy(withStatement(ALLOW)).statements.length, 1);
    assert.equal(parsePolicy(withStatement([ALLOW, ALLOW])).statements.length, 2);
  });

  it('Statement: missing or an empty list is refused', () => {
    assert.deepEqual(faultsOf('{}'), [
      ['Missing required field Statement', 'the policy has no Statement', 1, 1],
    ]);
    assert.deepEqual(faultsOf('{"Statement":[]}'), [
      ['Missing required field Statement', 'Statement is an empty list', 1, 14],
    ]);
  });

  it('Statement: an empty one lacks its Effect', () => {
    assert.deepEqual(faultsOf('{"Statement":[{}]}'), [
      ['Missing required field Effect', 'statement 1 has no Effect', 1, 15],
    ]);
  });

  it('a text that is not JSON is refused where it stops being JSON', () => {
    assert.deepEqual(faultsOf('{"Statement": [\n  oops]}'), [
      ['The policy is not valid JSON.', 'expected a value, found "o"', 2, 3],
    ]);
    assert.deepEqual(faultsOf(''), [
      ['The policy is not valid JSON.', 'expected a value, found the end of the text', 1, 1],
    ]);
  });

  for (const [text, found] of [
    ['"policy"', 'a string'],
    ['[]', 'an array'],
    ['7', 'a number'],
    ['true', 'a boolean'],
    ['null', 'null'],
  ] as const) {
    it(`a policy that is ${found} is refused`, () => {
      assert.deepEqual(faultsOf(text), [
        ['Syntax errors in policy.', `the policy must be an object, not ${found}`, 1, 1],
      ]);
    });
  }

  it('unknown members are refused, at both levels', () => {
    const text = JSON.stringify({ Statement: { ...ALLOW, Condtion: {} }, statement: [], version: '' });
    assert.deepEqual(detailsOf(text), [
      'the policy has the unknown member "statement"; known are Version, Id, Statement',
      'the policy has the unknown member "version"; known are Version, Id, Statement',
      'statement 1 has the unknown member "Condtion"; known are Sid, Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource, Condition',
    ]);
  });

  it('duplicate keys are refused, wherever they are', () => {
    const text = '{"Statement":{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}}';
    assert.deepEqual(faultsOf(text), [
      ['The policy is not valid JSON.', 'the key "Effect" appears twice', 1, 31],
    ]);
  });

  it('characters: only tab, line feed, carriage return and U+0020 to U+00FF', () => {
    assert.deepEqual(detailsOf(`${withStatement(ALLOW)}\r\n\t `), []);
    assert.deepEqual(detailsOf(withStatement({ ...ALLOW, Sid: 'café' })), []);
    assert.deepEqual(faultsOf('{\n "Id": "€"}'), [
      [
        'Syntax errors in policy.',
        'the character U+20AC is not allowed in a policy; write it as a \\u escape',
        2,
        9,
      ],
    ]);
    assert.match(detailsOf('{"Id": "\u0000"}')[0] ?? '', /^the character U\+0000 is not allowed/);
    assert.match(detailsOf('{"Id": "\ud800"}')[0] ?? '', /^the character U\+D800 is not allowed/);
  });

  it('characters: others may be written as escapes, but not NUL and not half a pair', () => {
    assert.equal(parsePolicy(`{"Id":"\\u20ac","Statement":${JSON.stringify(ALLOW)}}`).id, '€');
    assert.deepEqual(detailsOf('{"Id":"\\u0000"}'), ['a string that contains the character U+0000']);
    assert.deepEqual(detailsOf('{"Id":"\\ud800"}'), ['a string that contains half of a surrogate pair']);
  });
});

describe('parsePolicy: statements', () => {
  it('Sid: optional, may hold spaces, and an empty one is none', () => {
    assert.equal(parsePolicy(withStatement({ ...ALLOW, Sid: 'two words' })).statements[0]?.sid, 'two words');
    assert.equal(parsePolicy(withStatement({ ...ALLOW, Sid: '' })).statements[0]?.sid, undefined);
  });

  it('Sid: unique in the document', () => {
    const named = { ...ALLOW, Sid: 'A' };
    assert.deepEqual(faultsOf(policyText([named, ALLOW, named])), [
      [
        'Statement IDs (SID) in a single policy must be unique.',
        'statement 3 ("A") repeats the Sid of an earlier statement',
        1,
        150,
      ],
    ]);
    assert.deepEqual(
      faultsOf(
        policyText([
          { ...ALLOW, Sid: '' },
          { ...ALLOW, Sid: '' },
        ]),
      ),
      [],
    );
  });

  for (const [effect, found] of [
    ['"allow"', '"allow"'],
    ['"ALLOW"', '"ALLOW"'],
    ['["Allow"]', 'an array'],
  ]) {
    it(`Effect: ${effect} is refused`, () => {
      assert.deepEqual(faultsOf(`{"Statement":{"Effect":${effect}}}`), [
        ['Syntax errors in policy.', `statement 1: Effect must be "Allow" or "Deny", not ${found}`, 1, 24],
      ]);
    });
  }

  it('Action and Resource: a string or a list, and their Not forms', () => {
    const [statement] = parsePolicy(
      withStatement({ Effect: 'Deny', NotAction: ['a:b', 'c:d'], NotResource: 'arn' }),
    ).statements;
    assert.deepEqual([statement?.action?.negated, statement?.action?.values], [true, ['a:b', 'c:d']]);
    assert.deepEqual([statement?.resource?.negated, statement?.resource?.values], [true, ['arn']]);
  });

  it('at most one of each pair', () => {
    const both = {
      ...ALLOW,
      Principal: '*',
      NotPrincipal: '*',
      NotAction: '*',
      NotResource: '*',
    };
    assert.deepEqual(detailsOf(withStatement(both)), [
      'statement 1 has both Principal and NotPrincipal; keep one of them',
      'statement 1 has both Action and NotAction; keep one of them',
      'statement 1 has both Resource and NotResource; keep one of them',
    ]);
  });

  it('an absent Action, Resource or Principal is left to the rules of the kind of policy', () => {
    const [statement] = parsePolicy(withStatement({ Effect: 'Allow' })).statements;
    assert.deepEqual(statement, { effect: 'Allow', conditions: [], position: { line: 1, column: 14 } });
  });

  it('Principal: "*" reads as {"AWS": "*"}', () => {
    const entries = (principal: unknown) =>
      parsePolicy(withStatement({ ...ALLOW, Principal: principal })).statements[0]?.principal?.entries.map(
        ({ type, value }) => [type, value],
      );
    assert.deepEqual(entries('*'), [['AWS', '*']]);
    assert.deepEqual(entries({ AWS: '*' }), [['AWS', '*']]);
    assert.deepEqual(entries({ AWS: [], Service: [] }), []);
    assert.deepEqual(entries({}), []);
  });

  it('Principal: any other bare string is not a principal', () => {
    assert.deepEqual(faultsOf(withStatement({ ...ALLOW, NotPrincipal: '111122223333' })), [
      [
        'Policy contains a statement with one or more invalid principals.',
        'statement 1: NotPrincipal must be "*" or an object such as {"AWS": "111122223333"}, not "111122223333"',
        1,
        79,
      ],
    ]);
  });

  it('Condition: strings, numbers, booleans and lists of them', () => {
    const text = '{"StringEquals":{"a":"x","b":[1.50,true,"y"]},"Bool":{}}';
    const [statement] = parsePolicy(`{"Statement":{"Effect":"Deny","Condition":${text}}}`).statements;
    assert.deepEqual(
      statement?.conditions.map(({ operator, key, values }) => [operator, key, values]),
      [
        ['StringEquals', 'a', ['x']],
        ['StringEquals', 'b', ['1.50', 'true', 'y']],
      ],
    );
  });

  it('wrong types are refused, each with its place', () => {
    const text = `{"Statement": [
      7,
      {"Sid": 1, "Effect": "Allow", "Action": 5, "Resource": ["*", {}],
       "Principal": {"AWS": [1]},
       "Condition": {"Bool": "x", "StringEquals": {"k": [], "l": null, "m": [["n"]]}}},
      {"Effect": "Allow", "Condition": [], "Principal": 1}
    ], "Id": {}}`;
    assert.deepEqual(
      faultsOf(text).map(([, detail, line, column]) => [detail, line, column]),
      [
        ['Id must be a string, not an object', 7, 14],
        ['statement 1 must be an object, not a number', 2, 7],
        ['statement 2: Sid must be a string, not a number', 3, 15],
        ['statement 2: Principal "AWS" must be a string or a list of strings, not a number', 4, 30],
        ['statement 2: Action must be a string or a list of strings, not a number', 3, 47],
        ['statement 2: Resource must be a string or a list of strings, not an object', 3, 68],
        ['statement 2: Condition "Bool" must be an object, not a string', 5, 30],
        ['statement 2: Condition "StringEquals" "k" has no values', 5, 57],
        [
          'statement 2: Condition "StringEquals" "l" must be a string, a number, a boolean or a list of them, not null',
          5,
          66,
        ],
        [
          'statement 2: Condition "StringEquals" "m" must be a string, a number, a boolean or a list of them, not an array',
          5,
          78,
        ],
        [
          'statement 3: Principal must be "*" or an object such as {"AWS": "111122223333"}, not a number',
          6,
          57,
        ],
        ['statement 3: Condition must be an object, not an array', 6, 40],
      ],
    );
  });
});

describe('parsePolicy: hostile input', () => {
  it('nesting of 10,000 levels is one fault', () => {
    for (const open of ['[', '{"Statement":']) {
      assert.deepEqual(detailsOf(open.repeat(10_000)), ['nested deeper than 64 levels']);
    }
  });

  it('one string of 32,768 bytes is quoted only in part', () => {
    const [detail = ''] = detailsOf(withStatement({ ...ALLOW, Effect: 'x'.repeat(32_000) }));
    assert.ok(detail.length < 300, `${detail.length} characters`);
  });

  it('10,000 statements are all read', () => {
    assert.equal(parsePolicy(policyText(new Array(10_000).fill(ALLOW))).statements.length, 10_000);
  });

  for (const [name, statement, detail] of [
    ['without Effect', '{}', /^statement \d+ has no Effect$/],
    ['that are numbers', '1', /^statement \d+ must be an object, not a number$/],
    ['of one Sid', '{"Sid":"S","Effect":"Deny"}', /^statement \d+ \("S"\) repeats the Sid/],
  ] as const) {
    it(`of 10,000 statements ${name} the first 100 faults are told`, () => {
      const faults = faultsOf(`{"Statement":[${new Array(10_000).fill(statement).join()}]}`);
      assert.equal(faults.length, 100);
      for (const [, each] of faults) assert.match(each, detail);
    });
  }

  it('of 10,000 unknown members the first 100 are told', () => {
    const text = `{${Array.from({ length: 10_000 }, (_, index) => `"${index}":0`).join()}}`;
    assert.equal(faultsOf(text).length, 100);
  });

  it('a member called __proto__ is an unknown member like any other', () => {
    const text = '{"Statement":{"__proto__":{"Effect":"Allow"}}}';
    assert.match(detailsOf(text)[0] ?? '', /^statement 1 has the unknown member "__proto__"/);
    assert.equal(detailsOf(text)[1], 'statement 1 has no Effect');
  });
});

describe('PolicyDocumentError', () => {
  it('says the first message, then each detail with its place', () => {
    assert.throws(() => parsePolicy('{"Statement":[{"Effect":"Maybe","Sid":"S"},{"Sid":"T"}]}'), {
      name: 'PolicyDocumentError',
      message:
        'Syntax errors in policy. statement 1 ("S"): Effect must be "Allow" or "Deny", not "Maybe" (line 1, column 25); statement 2 ("T") has no Effect (line 1, column 44)',
    });
  });

  it('spells out no more than ten', () => {
    assert.throws(
      () => parsePolicy(`{"Statement":[${new Array(12).fill('{}').join()}]}`),
      (error: Error) =>
        error.message.includes('statement 10 has no Effect') && error.message.endsWith('; and 2 more'),
    );
  });

  it('does not claim to have counted what it did not look for', () => {
    const statements = (count: number) => `{"Statement":[${new Array(count).fill('{}').join()}]}`;
    assert.throws(
      () => parsePolicy(statements(99)),
      (error: Error) => error.message.endsWith('; and 89 more'),
    );
    for (const count of [100, 10_000]) {
      assert.throws(
        () => parsePolicy(statements(count)),
        (error: Error) => error.message.endsWith('; and at least 90 more'),
      );
    }
  });
});
