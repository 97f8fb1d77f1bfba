import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { allow, deny, keyPolicy, rootOf } from './support/key-policies.ts';
import { createKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, startTestServer, type TestServer } from './support/server.ts';

/* What a key policy may be when it is written (policies.md sections 1 and 2). */

let server: TestServer;
let kms: KMS;
let KeyId: string;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  ({ keyId: KeyId } = await createKey(kms));
});
after(() => server.close());

function put(Policy: string, BypassPolicyLockoutSafetyCheck?: boolean) {
  return kms.putKeyPolicy({ KeyId, Policy, BypassPolicyLockoutSafetyCheck });
}

/** A policy with a statement that gives the account everything, followed by one that is to be looked at, on line 3. */
function withStatement(members: string): string {
  return `{"Statement": [\n${JSON.stringify(allow())},\n  {${members}}\n]}`;
}

const EFFECT = '"Effect": "Allow"';
const PRINCIPAL = '"Principal": "*"';
const ACTION = '"Action": "kms:*"';
const RESOURCE = '"Resource": "*"';
const SOUND = `${EFFECT}, ${PRINCIPAL}, ${ACTION}, ${RESOURCE}`;

/** Where a text stands on the third line of `withStatement`. */
function columnOf(members: string, text: string): number {
  const at = members.indexOf(text);
  assert.notEqual(at, -1, `${text} is not in ${members}`);
  return at + '  {'.length + 1;
}

interface Fault {
  readonly title: string;
  /** The members of the second statement. */
  readonly members: string;
  /** What AWS answers. */
  readonly text: string;
  /** What exactly is wrong, after that. */
  readonly detail: RegExp;
  /** What the place given in the message points at; the statement itself, when absent. */
  readonly at?: string;
}

const NO_PRINCIPAL = 'Policy contains a statement with no principal.';
const INVALID_PRINCIPAL = 'Policy contains a statement with one or more invalid principals.';
const SYNTAX = 'Syntax errors in policy.';

function invalidPrincipal(title: string, value: string, at?: string): Fault {
  return {
    title,
    members: `${EFFECT}, "Principal": ${value}, ${ACTION}, ${RESOURCE}`,
    text: INVALID_PRINCIPAL,
    detail: /^statement 2: Principal /,
    at: at ?? value,
  };
}

const FAULTS: readonly Fault[] = [
  {
    title: 'a statement without Principal and NotPrincipal',
    members: `${EFFECT}, ${ACTION}, ${RESOURCE}`,
    text: NO_PRINCIPAL,
    detail: /^statement 2 has neither Principal nor NotPrincipal/,
  },
  {
    title: 'a Principal that names nobody',
    members: `${EFFECT}, "Principal": {}, ${ACTION}, ${RESOURCE}`,
    text: NO_PRINCIPAL,
    detail: /^statement 2: Principal names nobody/,
    at: '"Principal"',
  },
  {
    title: 'an empty list of principals',
    members: `${EFFECT}, "NotPrincipal": {"AWS": []}, ${ACTION}, ${RESOURCE}`,
    text: NO_PRINCIPAL,
    detail: /^statement 2: NotPrincipal names nobody/,
    at: '"NotPrincipal"',
  },
  invalidPrincipal('a group as principal', `{"AWS": "arn:aws:iam::${ACCOUNT}:group/all"}`, '"arn:'),
  invalidPrincipal('a wildcard inside a principal', `{"AWS": "arn:aws:iam::${ACCOUNT}:user/*"}`, '"arn:'),
  invalidPrincipal('a wildcard for the account', '{"AWS": "arn:aws:iam::*:root"}', '"arn:'),
  invalidPrincipal('an account of 11 digits', '{"AWS": "11112222333"}', '"11112222333"'),
  invalidPrincipal(
    'a principal of another partition',
    '{"AWS": "arn:aws-cn:iam::111122223333:root"}',
    '"arn:',
  ),
  invalidPrincipal('a canonical user of S3', '{"CanonicalUser": "0123456789abcdef"}', '"0123'),
  invalidPrincipal('an unknown type of principal', '{"Robot": "R2"}', '"R2"'),
  invalidPrincipal('a name that is no ARN', '{"AWS": "alice"}', '"alice"'),
  invalidPrincipal('an account that is not in an object', `"${ACCOUNT}"`),
  {
    title: 'one invalid principal among valid ones',
    members: `${EFFECT}, "Principal": {"AWS": ["${ACCOUNT}", "nobody"]}, ${ACTION}, ${RESOURCE}`,
    text: INVALID_PRINCIPAL,
    detail: /^statement 2: Principal "nobody" is not a principal/,
    at: '"nobody"',
  },
  {
    title: 'a statement without Action and NotAction',
    members: `${EFFECT}, ${PRINCIPAL}, ${RESOURCE}`,
    text: 'Missing required field Action',
    detail: /^statement 2 has no Action/,
  },
  {
    title: 'an empty list of actions',
    members: `${EFFECT}, ${PRINCIPAL}, "Action": [], ${RESOURCE}`,
    text: 'Missing required field Action',
    detail: /^statement 2 has no Action/,
    at: '"Action"',
  },
  {
    title: 'a statement without Resource and NotResource',
    members: `${EFFECT}, ${PRINCIPAL}, ${ACTION}`,
    text: 'Missing required field Resource',
    detail: /^statement 2 has no Resource/,
  },
  {
    title: 'ForAllValues with one pair of the encryption context',
    members: `${SOUND}, "Condition": {"ForAllValues:StringEquals": {"kms:EncryptionContext:team": "a"}}`,
    text: 'OverlyPermissiveCondition:EncryptionContext: Using the ForAllValues set operator with a single-valued condition key matches requests without the specified encryption context or with an unspecified encryption context. To fix, remove ForAllValues.',
    detail: /^statement 2: "ForAllValues:StringEquals" with "kms:EncryptionContext:team"/,
    at: '"kms:EncryptionContext:team"',
  },
  {
    title: 'ForAllValues with one tag of the request',
    members: `${SOUND}, "Condition": {"ForAllValues:StringLike": {"aws:RequestTag/team": "a"}}`,
    text: 'OverlyPermissiveCondition: Using the ForAllValues set operator with a single-valued condition key matches requests without the specified tag or with an unspecified tag. To fix, remove ForAllValues.',
    detail: /^statement 2: "ForAllValues:StringLike" with "aws:RequestTag\/team"/,
    at: '"aws:RequestTag/team"',
  },
  {
    title: 'both Principal and NotPrincipal',
    members: `${SOUND}, "NotPrincipal": "*"`,
    text: SYNTAX,
    detail: /^statement 2 has both Principal and NotPrincipal/,
    at: '"NotPrincipal"',
  },
  {
    title: 'both Action and NotAction',
    members: `${SOUND}, "NotAction": "kms:Encrypt"`,
    text: SYNTAX,
    detail: /^statement 2 has both Action and NotAction/,
    at: '"NotAction"',
  },
  {
    title: 'both Resource and NotResource',
    members: `${SOUND}, "NotResource": "*"`,
    text: SYNTAX,
    detail: /^statement 2 has both Resource and NotResource/,
    at: '"NotResource"',
  },
  {
    title: 'an unknown member of a statement',
    members: `${SOUND}, "Actions": "kms:Encrypt"`,
    text: SYNTAX,
    detail: /^statement 2 has the unknown member "Actions"/,
    at: '"Actions"',
  },
  {
    title: 'a member that is spelled in lower case',
    members: `"effect": "Allow", ${SOUND}`,
    text: SYNTAX,
    detail: /^statement 2 has the unknown member "effect"/,
    at: '"effect"',
  },
  {
    title: 'a member that appears twice',
    members: `${SOUND}, "Action": "kms:Encrypt"`,
    text: 'The policy is not valid JSON.',
    detail: /^the key "Action" appears twice/,
    at: '"Action": "kms:Encrypt"',
  },
  {
    title: 'a statement without Effect',
    members: `${PRINCIPAL}, ${ACTION}, ${RESOURCE}`,
    text: 'Missing required field Effect',
    detail: /^statement 2 has no Effect/,
  },
  {
    title: 'an Effect in lower case',
    members: `"Effect": "allow", ${PRINCIPAL}, ${ACTION}, ${RESOURCE}`,
    text: SYNTAX,
    detail: /^statement 2: Effect must be "Allow" or "Deny", not "allow"/,
    at: '"allow"',
  },
  {
    title: 'an Action that is not a string',
    members: `${EFFECT}, ${PRINCIPAL}, "Action": 1, ${RESOURCE}`,
    text: SYNTAX,
    detail: /^statement 2: Action must be a string or a list of strings, not a number/,
    at: '1',
  },
  {
    title: 'an Action without the name of a service',
    members: `${EFFECT}, ${PRINCIPAL}, "Action": "Encrypt", ${RESOURCE}`,
    text: 'Actions must be "*" or a service name, a colon and an action name.',
    detail: /^statement 2: Action "Encrypt" has no service name/,
    at: '"Action"',
  },
  {
    title: 'a Resource that is no ARN',
    members: `${EFFECT}, ${PRINCIPAL}, ${ACTION}, "Resource": "key/1"`,
    text: 'Resources must be "*" or in ARN format.',
    detail: /^statement 2: Resource "key\/1" is neither "\*" nor an ARN/,
    at: '"Resource"',
  },
  {
    title: 'an unknown condition operator',
    members: `${SOUND}, "Condition": {"StringSounds": {"aws:userid": "a"}}`,
    text: 'Invalid condition operator.',
    detail: /^statement 2: "StringSounds" is not a condition operator/,
    at: '"aws:userid"',
  },
  {
    title: 'a condition value of the wrong kind',
    members: `${SOUND}, "Condition": {"IpAddress": {"aws:SourceIp": "localhost"}}`,
    text: 'Invalid condition value.',
    detail: /^statement 2: "localhost" for "IpAddress" "aws:SourceIp" is not /,
    at: '"aws:SourceIp"',
  },
  {
    title: 'a condition without values',
    members: `${SOUND}, "Condition": {"StringEquals": {"aws:userid": []}}`,
    text: SYNTAX,
    detail: /^statement 2: Condition "StringEquals" "aws:userid" has no values/,
    at: '[]',
  },
  {
    title: 'a condition that is not an object',
    members: `${SOUND}, "Condition": "always"`,
    text: SYNTAX,
    detail: /^statement 2: Condition must be an object, not /,
    at: '"always"',
  },
  {
    title: 'a Sid that is not a string',
    members: `"Sid": 7, ${SOUND}`,
    text: SYNTAX,
    detail: /^statement 2: Sid must be a string, not a number/,
    at: '7',
  },
];

/** Faults of the document as a whole. */
const DOCUMENTS: readonly (readonly [title: string, policy: string, message: RegExp])[] = [
  ['no JSON', 'Allow', /^The policy is not valid JSON\. .*\(line 1, column 1\)$/],
  ['JSON that ends too soon', '{"Statement":\n [', /^The policy is not valid JSON\. .*\(line 2, column 3\)$/],
  ['something after the JSON', '{}{', /^The policy is not valid JSON\. .*\(line 1, column 3\)$/],
  ['a list', '[]', /^Syntax errors in policy\. the policy must be an object.*\(line 1, column 1\)$/],
  [
    'no Statement',
    '{}',
    /^Missing required field Statement the policy has no Statement \(line 1, column 1\)$/,
  ],
  [
    'an empty Statement',
    '{"Statement":[]}',
    /^Missing required field Statement Statement is an empty list \(line 1, column 14\)$/,
  ],
  ['a Statement that is text', '{"Statement":"all"}', /^Syntax errors in policy\. .*\(line 1, column 14\)$/],
  [
    'an unknown member',
    '{"Statements":[]}',
    /^Syntax errors in policy\. the policy has the unknown member "Statements"; known are Version, Id, Statement \(line 1, column 2\)/,
  ],
  [
    'a Version of its own',
    `{"Version":"2024-01-01","Statement":${JSON.stringify(allow())}}`,
    /^The policy must contain a valid version string\. Version must be "2012-10-17" or "2008-10-17", not "2024-01-01" \(line 1, column 12\)$/,
  ],
  [
    'an Id that is no string',
    `{"Id":1,"Statement":${JSON.stringify(allow())}}`,
    /^Syntax errors in policy\. Id must be a string, not a number \(line 1, column 7\)$/,
  ],
  [
    'two statements of one Sid',
    keyPolicy(allow({ Sid: 'all' }), allow({ Sid: 'all' })),
    /^Statement IDs \(SID\) in a single policy must be unique\. statement 2 \("all"\) repeats the Sid of an earlier statement \(line 1, column \d+\)$/,
  ],
];

describe('a malformed policy is refused with what AWS says, what exactly is wrong, and where', () => {
  for (const { title, members, text, detail, at } of FAULTS) {
    it(title, async () => {
      const { message } = await assertRefused(
        put(withStatement(members), true),
        'MalformedPolicyDocumentException',
      );
      assert.ok(message.startsWith(`${text} `), message);
      assert.match(message.slice(text.length + 1), detail);
      const column = at === undefined ? '  {'.length : columnOf(members, at);
      assert.ok(
        message.endsWith(` (line 3, column ${column})`),
        `${message} does not end at column ${column}`,
      );
    });
  }

  for (const [title, policy, message] of DOCUMENTS) {
    it(title, async () => {
      await assertRefused(put(policy, true), 'MalformedPolicyDocumentException', message);
    });
  }

  it('all that is wrong is told at once', async () => {
    const { message } = await assertRefused(
      put(withStatement('"Effect": "Allow"'), true),
      'MalformedPolicyDocumentException',
    );
    assert.equal(
      message,
      `${NO_PRINCIPAL} statement 2 has neither Principal nor NotPrincipal (line 3, column 3); ` +
        'statement 2 has no Action (line 3, column 3); statement 2 has no Resource (line 3, column 3)',
    );
  });

  it('a statement is called by its Sid, when it has one', async () => {
    await assertRefused(
      put(withStatement(`"Sid": "for use", ${EFFECT}, ${ACTION}, ${RESOURCE}`), true),
      'MalformedPolicyDocumentException',
      `${NO_PRINCIPAL} statement 2 ("for use") has neither Principal nor NotPrincipal (line 3, column 3)`,
    );
  });

  it('by CreateKey too', async () => {
    const message = `${NO_PRINCIPAL} statement 1 has neither Principal nor NotPrincipal (line 1, column 14)`;
    const Policy = `{"Statement":{${EFFECT}, ${ACTION}, ${RESOURCE}}}`;
    await assertRefused(kms.createKey({ Policy }), 'MalformedPolicyDocumentException', message);
  });
});

describe('a sound policy is accepted and kept as it was written', () => {
  before(async () => {
    const iam = server.iam();
    await iam.createUser({ UserName: 'alice', Path: '/path/to/' });
    const trust = keyPolicy({ ...allow({ Action: 'sts:AssumeRole' }), Resource: undefined });
    await iam.createRole({ RoleName: 'backup', Path: '/operators/', AssumeRolePolicyDocument: trust });
  });

  for (const [title, policy] of [
    ['one statement that is not in a list', `{"Statement":${JSON.stringify(allow())}}`],
    ['of the legacy version', `{"Version":"2008-10-17","Statement":[${JSON.stringify(allow())}]}`],
    ['with an Id, and Sids with spaces', keyPolicy(allow({ Sid: 'Enable IAM User Permissions' }))],
    ['with comments of white space', `\t{\r\n "Statement" :\n [ ${JSON.stringify(allow())} ] }\n`],
    ['with a Principal of everybody', keyPolicy(allow({ Principal: '*' }))],
    ['with a Principal of everybody in AWS form', keyPolicy(allow({ Principal: { AWS: '*' } }))],
    ['with an account by its number', keyPolicy(allow({ Principal: { AWS: [ACCOUNT, OTHER_ACCOUNT] } }))],
    [
      'with principals of every kind',
      keyPolicy(
        allow(),
        allow({
          Principal: {
            AWS: [
              `arn:aws:iam::${ACCOUNT}:user/path/to/alice`,
              `arn:aws:iam::${ACCOUNT}:role/operators/backup`,
              `arn:aws:sts::${ACCOUNT}:assumed-role/backup/session`,
              `arn:aws:sts::${ACCOUNT}:federated-user/guest`,
            ],
            Service: ['s3.amazonaws.com', 'logs.eu-west-1.amazonaws.com'],
            Federated: 'cognito-identity.amazonaws.com',
          },
        }),
      ),
    ],
    ['with characters up to ÿ', keyPolicy(allow({ Sid: 'Schlüssel für ÿ' }))],
    [
      'with conditions that hold numbers and booleans',
      keyPolicy(
        allow(),
        deny({
          Condition: { Bool: { 'aws:SecureTransport': [true] }, NumericLessThan: { 'aws:EpochTime': 7 } },
        }),
      ),
    ],
    [
      'with NotAction and NotResource',
      `{"Statement":[${JSON.stringify(allow())},{"Effect":"Deny","NotPrincipal":{"AWS":"${rootOf(ACCOUNT)}"},"NotAction":"kms:Describe*","NotResource":"arn:aws:kms:*:*:key/x"}]}`,
    ],
  ] as const) {
    it(title, async () => {
      await put(policy);
      assert.equal((await kms.getKeyPolicy({ KeyId })).Policy, policy);
    });
  }
});

describe('the characters and the length of a policy', () => {
  const constraint = (value: string, text: string) =>
    `1 validation error detected: Value '${value}' at 'policy' failed to satisfy constraint: ${text}`;
  const PATTERN = 'Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+';

  for (const [name, character] of [
    ['U+0000', '\0'],
    ['U+0008', '\b'],
    ['U+001F', '\u001f'],
    ['U+0100', 'Ā'],
    ['U+20AC', '€'],
    ['U+1F511, beyond 16 bits', '🔑'],
  ] as const) {
    it(`the character ${name} is refused`, async () => {
      const policy = `{"Statement": "${character}"}`;
      await assertRefused(put(policy), 'ValidationException', constraint(policy, PATTERN));
      await assertRefused(
        kms.createKey({ Policy: policy }),
        'ValidationException',
        constraint(policy, PATTERN),
      );
    });
  }

  it('an empty policy is refused', async () => {
    // The pattern, too, asks for at least one character.
    await assertRefused(
      put(''),
      'ValidationException',
      `2 validation errors detected: Value '' at 'policy' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'policy' failed to satisfy constraint: ${PATTERN}`,
    );
  });

  it('131,072 characters are too many for a key policy, 131,073 for the member', async () => {
    const longest = ' '.repeat(131_072);
    await assertRefused(
      put(longest),
      'LimitExceededException',
      'The key policy is 131072 bytes long; a key policy can have at most 32768 bytes.',
    );
    await assertRefused(
      put(`${longest} `),
      'ValidationException',
      constraint(`${longest} `, 'Member must have length less than or equal to 131072'),
    );
  });

  it('bytes count, not characters, by CreateKey as well', async () => {
    const policyOf = (sid: string) => keyPolicy(allow({ Sid: sid }));
    const spare = 32_768 - policyOf('').length;
    const policy = policyOf('é'.repeat(spare / 2)) + ' '.repeat(spare % 2);
    assert.equal(Buffer.byteLength(policy), 32_768);
    await createKey(kms, { Policy: policy });
    await put(policy);
    await assertRefused(kms.createKey({ Policy: `${policy} ` }), 'LimitExceededException');
    await assertRefused(put(`${policy} `), 'LimitExceededException');
  });
});
