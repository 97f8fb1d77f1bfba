// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ALLOW, policyText, type RawStatement } from './fixtures.test-support.ts';
import { parsePolicy } from './parse.ts';
import {
  type KeyPolicyRules,
  validateIdentityPolicy,
  validateKeyPolicy,
  validateTrustPolicy,
} from './validate.ts';

const NO_PRINCIPAL = 'Policy contains a statement with no principal.';
const INVALID_PRINCIPAL = 'Policy contains a statement with one or more invalid principals.';
const KEY_STATEMENT: RawStatement = { ...ALLOW, Principal: { AWS: '111122223333' } };

function without(statement: RawStatement, member: string): RawStatement {
  return Object.fromEntries(Object.entries(statement).filter(([name]) => name !== member));
}

function keyPolicyFaults(statement: RawStatement, rules: KeyPolicyRules = { partition: 'aws' }): string[][] {
  const document = parsePolicy(policyText([statement]));
  return validateKeyPolicy(document, rules).map(({ message, detail }) => [message, detail]);
}

const messages = (statement: RawStatement, rules?: KeyPolicyRules): (string | undefined)[] =>
  keyPolicyFaults(statement, rules).map(([message]) => message);

describe('validateKeyPolicy: missing elements', () => {
  it('accepts the default policy', () => {
    assert.deepEqual(keyPolicyFaults(KEY_STATEMENT), []);
  });

  it('Principal or NotPrincipal', () => {
    assert.deepEqual(keyPolicyFaults({ ...ALLOW, Sid: 'S' }), [
      [NO_PRINCIPAL, 'statement 1 ("S") has neither Principal nor NotPrincipal'],
    ]);
  });

  for (const principal of [{}, { AWS: [] }, { AWS: [], Service: [] }]) {
    it(`an empty list of principals: ${JSON.stringify(principal)}`, () => {
      assert.deepEqual(keyPolicyFaults({ ...ALLOW, Principal: principal }), [
        [NO_PRINCIPAL, 'statement 1: Principal names nobody'],
      ]);
      assert.deepEqual(messages({ ...ALLOW, NotPrincipal: principal }), [NO_PRINCIPAL]);
    });
  }

  it('Action', () => {
    assert.deepEqual(keyPolicyFaults(without(KEY_STATEMENT, 'Action')), [
      ['Missing required field Action', 'statement 1 has no Action'],
    ]);
    assert.deepEqual(messages({ ...KEY_STATEMENT, Action: [] }), ['Missing required field Action']);
  });

  it('Resource', () => {
    assert.deepEqual(keyPolicyFaults(without(KEY_STATEMENT, 'Resource')), [
      ['Missing required field Resource', 'statement 1 has no Resource'],
    ]);
    assert.deepEqual(messages({ ...KEY_STATEMENT, Resource: [] }), ['Missing required field Resource']);
  });

  it('all of them: every fault is reported, where it is', () => {
    const text = '{"Statement":[\n{"Effect":"Allow"},\n {"Effect":"Deny","Action":[]}]}';
    const faults = validateKeyPolicy(parsePolicy(text), { partition: 'aws' });
    assert.deepEqual(
      faults.map(({ message, line, column }) => [message, line, column]),
      [
        [NO_PRINCIPAL, 2, 1],
        ['Missing required field Action', 2, 1],
        ['Missing required field Resource', 2, 1],
        [NO_PRINCIPAL, 3, 2],
        ['Missing required field Action', 3, 19],
        ['Missing required field Resource', 3, 2],
      ],
    );
    assert.ok(Object.isFrozen(faults));
  });
});

describe('validateKeyPolicy: principal forms', () => {
  const accepted: readonly unknown[] = [
    '*',
    { AWS: '*' },
    { AWS: '111122223333' },
    { AWS: 'arn:aws:iam::111122223333:root' },
    { AWS: 'arn:aws:iam::111122223333:user/Alice' },
    { AWS: 'arn:aws:iam::111122223333:user/division/team/Alice' },
    { AWS: 'arn:aws:iam::111122223333:role/Admin' },
    { AWS: 'arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRole' },
    { AWS: 'arn:aws:sts::111122223333:assumed-role/Admin/session@example.com' },
    { AWS: 'arn:aws:sts::111122223333:federated-user/Guest' },
    { AWS: 'AIDAEXAMPLE' },
    { AWS: ['AIDACKCEVSQ6C2EXAMPLE', 'AROADBQP57FF2AEXAMPLE'] },
    { Service: 's3.amazonaws.com' },
    { Service: ['dynamodb.us-west-2.amazonaws.com', 'logs.amazonaws.com'] },
    { Federated: 'cognito-identity.amazonaws.com' },
    { Federated: 'accounts.google.com' },
    { Federated: 'arn:aws:iam::111122223333:saml-provider/Corporate' },
    { Federated: 'arn:aws:iam::111122223333:oidc-provider/token.example.com' },
    { AWS: ['111122223333', '444455556666'], Service: 's3.amazonaws.com' },
  ];
  for (const principal of accepted) {
    it(`accepts ${JSON.stringify(principal)}`, () => {
      assert.deepEqual(keyPolicyFaults({ ...ALLOW, Principal: principal }), []);
      assert.deepEqual(keyPolicyFaults({ ...ALLOW, Effect: 'Deny', NotPrincipal: principal }), []);
    });
  }

  const refused: readonly (readonly [type: string, value: string])[] = [
    ['AWS', ''],
    ['AWS', '11112222333'],
    ['AWS', '1111222233334'],
    ['AWS', 'Alice'],
    ['AWS', 'arn:aws:iam::111122223333:*'],
    ['AWS', 'arn:aws:iam::*:root'],
    ['AWS', 'arn:aws:iam::111122223333:user/*'],
    ['AWS', 'arn:aws:iam::111122223333:user/A?ice'],
    ['AWS', 'arn:aws:iam::111122223333:role/*/Admin'],
    ['AWS', 'arn:aws:iam::111122223333:user/'],
    ['AWS', 'arn:aws:iam::111122223333:user'],
    ['AWS', 'arn:aws:iam::111122223333:role//Admin'],
    ['AWS', 'arn:aws:iam::111122223333:group/Admins'],
    ['AWS', 'arn:aws:iam::111122223333:instance-profile/P'],
    ['AWS', 'arn:aws:iam::111122223333:policy/P'],
    ['AWS', 'arn:aws:iam:us-east-1:111122223333:root'],
    ['AWS', 'arn:aws:iam::111122223333:root/x'],
    ['AWS', 'arn:aws:sts::111122223333:root'],
    ['AWS', 'arn:aws:sts::111122223333:assumed-role/Admin'],
    ['AWS', 'arn:aws:sts::111122223333:assumed-role/Admin/*'],
    ['AWS', 'arn:aws:sts::111122223333:assumed-role/path/Admin/s'],
    ['AWS', 'arn:aws:sts::111122223333:federated-user/*'],
    ['AWS', 'arn:aws:iam::111122223333:federated-user/Guest'],
    ['AWS', 'arn:aws:s3:::bucket'],
    ['AWS', 's3.amazonaws.com'],
    ['AWS', 'AIPAEXAMPLE'],
    ['AWS', 'AIDAexample'],
    ['AWS', ' 111122223333'],
    ['AWS', '**'],
    ['Service', '*'],
    ['Service', 's3'],
    ['Service', 's3.amazonaws.com/x'],
    ['Federated', '*'],
    ['Federated', 'arn:aws:iam::111122223333:user/Alice'],
    ['CanonicalUser', '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be'],
    ['aws', '111122223333'],
    ['Everyone', '*'],
  ];
  for (const [type, value] of refused) {
    it(`refuses ${type}: ${JSON.stringify(value)}`, () => {
      assert.deepEqual(keyPolicyFaults({ ...ALLOW, Principal: { [type]: value } }), [
        [
          INVALID_PRINCIPAL,
          `statement 1: Principal ${JSON.stringify(value)} is not a principal of type ${JSON.stringify(type)}`,
        ],
      ]);
    });
  }

  it('refuses principals of another partition', () => {
    const principal = { AWS: ['arn:aws-cn:iam::111122223333:root', '111122223333'] };
    assert.deepEqual(keyPolicyFaults({ ...ALLOW, Principal: principal }), [
      [
        INVALID_PRINCIPAL,
        'statement 1: Principal "arn:aws-cn:iam::111122223333:root" is not in the partition "aws"',
      ],
    ]);
    assert.deepEqual(keyPolicyFaults({ ...ALLOW, Principal: principal }, { partition: 'aws-cn' }), []);
  });

  it('asks whether users, roles, sessions, unique ids and providers exist, as written, and for nobody else', () => {
    const asked: string[] = [];
    const rules: KeyPolicyRules = {
      partition: 'aws',
      principalExists(arn) {
        asked.push(arn);
        return arn.endsWith('Alice');
      },
    };
    const principal = {
      AWS: [
        'arn:aws:iam::111122223333:user/Alice',
        'arn:aws:iam::111122223333:role/path/Gone',
        'arn:aws:iam::444455556666:root',
        '444455556666',
        'arn:aws:sts::111122223333:federated-user/Guest',
        'arn:aws:sts::111122223333:assumed-role/Gone/session',
        'AIDAEXAMPLE',
        '*',
      ],
      Service: 's3.amazonaws.com',
      Federated: ['arn:aws:iam::111122223333:oidc-provider/gone.example.com', 'accounts.google.com'],
    };
    const gone = [
      'arn:aws:iam::111122223333:role/path/Gone',
      'arn:aws:sts::111122223333:federated-user/Guest',
      'arn:aws:sts::111122223333:assumed-role/Gone/session',
      'AIDAEXAMPLE',
      'arn:aws:iam::111122223333:oidc-provider/gone.example.com',
    ];
    assert.deepEqual(
      keyPolicyFaults({ ...ALLOW, NotPrincipal: principal, Effect: 'Deny' }, rules),
      gone.map((name) => [INVALID_PRINCIPAL, `statement 1: NotPrincipal "${name}" does not exist`]),
    );
    assert.deepEqual(asked, ['arn:aws:iam::111122223333:user/Alice', ...gone]);
  });

  it('asks for no principal that is refused anyway', () => {
    const rules: KeyPolicyRules = {
      partition: 'aws',
      principalExists: () => assert.fail('asked'),
    };
    const principal = {
      AWS: ['arn:aws:iam::111122223333:user/*', 'arn:aws-cn:iam::111122223333:user/Alice'],
      Federated: 'arn:aws-cn:iam::111122223333:oidc-provider/issuer.example.com',
    };
    assert.deepEqual(
      messages({ ...ALLOW, Principal: principal }, rules),
      new Array(3).fill(INVALID_PRINCIPAL),
    );
  });

  it('reports each invalid principal at its own place', () => {
    const text =
      '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*",\n"Principal":{"AWS":["x",\n"y"]}}}';
    const faults = validateKeyPolicy(parsePolicy(text), { partition: 'aws' });
    assert.deepEqual(
      faults.map(({ line, column }) => [line, column]),
      [
        [2, 21],
        [3, 1],
      ],
    );
  });
});

describe('validateKeyPolicy: actions and resources', () => {
  for (const action of [
    '*',
    '**',
    'kms:*',
    'kms:Encrypt',
    'KMS:Enc?ypt*',
    's3:GetObject',
    '*:*',
    ' kms:Encrypt',
    'kms:A,kms:B',
  ]) {
    it(`accepts the action ${JSON.stringify(action)}`, () => {
      assert.deepEqual(keyPolicyFaults({ ...KEY_STATEMENT, Action: action }), []);
    });
  }

  for (const action of ['', 'Encrypt', 'k*:Encrypt', 'k?s:*', ':Encrypt', 'kms Encrypt']) {
    it(`refuses the action ${JSON.stringify(action)}`, () => {
      assert.deepEqual(keyPolicyFaults({ ...KEY_STATEMENT, Action: ['kms:*', action] }), [
        [
          'Actions must be "*" or a service name, a colon and an action name.',
          `statement 1: Action ${JSON.stringify(action)} has no service name`,
        ],
      ]);
    });
  }

  for (const resource of [
    '*',
    'arn:aws:kms:us-east-1:111122223333:key/1234',
    'arn:aws:kms:*:*:key/*',
    'arn:aws:kms:*',
    'arn:*',
    'arn:${aws:PrincipalAccount}:kms:*',
  ]) {
    it(`accepts the resource ${JSON.stringify(resource)}`, () => {
      assert.deepEqual(keyPolicyFaults({ ...KEY_STATEMENT, Resource: resource }), []);
    });
  }

  for (const resource of [
    '',
    '1234abcd-12ab-34cd-56ef-1234567890ab',
    'alias/x',
    'key/*',
    'arn:aws:kms',
    '*:kms:*',
    '?',
  ]) {
    it(`refuses the resource ${JSON.stringify(resource)}`, () => {
      assert.deepEqual(keyPolicyFaults({ ...without(KEY_STATEMENT, 'Resource'), NotResource: resource }), [
        [
          'Resources must be "*" or in ARN format.',
          `statement 1: NotResource ${JSON.stringify(resource)} is neither "*" nor an ARN`,
        ],
      ]);
    });
  }
});

describe('validateKeyPolicy: conditions', () => {
  const conditionFaults = (condition: object, version?: '2008-10-17'): string[][] =>
    validateKeyPolicy(parsePolicy(policyText([{ ...KEY_STATEMENT, Condition: condition }], version)), {
      partition: 'aws',
    }).map(({ message, detail }) => [message, detail]);

  it('refuses an unknown operator', () => {
    const [[message, detail] = []] = conditionFaults({ StringMatches: { 'aws:username': 'x' } });
    assert.equal(message, 'Invalid condition operator.');
    assert.match(
      detail ?? '',
      /^statement 1: "StringMatches" is not a condition operator; there are StringEquals, /,
    );
  });

  for (const operator of [
    'ForEachValue:StringEquals',
    'NullIfExists',
    'ForAnyValue:Null',
    'IfExists',
    'StringEqualsIfExistsIfExists',
    '',
  ]) {
    it(`refuses the operator ${JSON.stringify(operator)}`, () => {
      assert.equal(conditionFaults({ [operator]: { k: 'true' } })[0]?.[0], 'Invalid condition operator.');
    });
  }

  it('OverlyPermissiveCondition: ForAllValues with kms:EncryptionContext:<key>', () => {
    assert.deepEqual(
      conditionFaults({ 'ForAllValues:StringEquals': { 'kms:EncryptionContext:Team': 'x' } }),
      [
        [
          'OverlyPermissiveCondition:EncryptionContext: Using the ForAllValues set operator with a single-valued condition key matches requests without the specified encryption context or with an unspecified encryption context. To fix, remove ForAllValues.',
          'statement 1: "ForAllValues:StringEquals" with "kms:EncryptionContext:Team"',
        ],
      ],
    );
  });

  it('OverlyPermissiveCondition: ForAllValues with aws:RequestTag/<key>', () => {
    assert.deepEqual(
      conditionFaults({ 'forallvalues:StringLikeIfExists': { 'AWS:requesttag/Team': 'x' } }).map(
        ([message]) => message,
      ),
      [
        'OverlyPermissiveCondition: Using the ForAllValues set operator with a single-valued condition key matches requests without the specified tag or with an unspecified tag. To fix, remove ForAllValues.',
      ],
    );
  });

  it('accepts ForAllValues with multi-valued keys, and ForAnyValue with any', () => {
    assert.deepEqual(
      conditionFaults({ 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': 'x' } }),
      [],
    );
    assert.deepEqual(conditionFaults({ 'ForAllValues:StringEquals': { 'aws:TagKeys': 'x' } }), []);
    assert.deepEqual(
      conditionFaults({ 'ForAnyValue:StringEquals': { 'kms:EncryptionContext:Team': 'x' } }),
      [],
    );
  });

  const unreadable: readonly (readonly [operator: string, value: string, wants: string])[] = [
    ['NumericLessThan', 'ten', 'a number'],
    ['NumericEquals', '0x10', 'a number'],
    ['DateGreaterThan', 'tomorrow', 'a date such as 2030-12-31T23:59:59Z, or seconds since 1970'],
    ['IpAddress', '10.0.0.0/33', 'an IP address or a CIDR range'],
    ['NotIpAddress', 'localhost', 'an IP address or a CIDR range'],
    ['Bool', 'yes', 'true or false'],
    ['Null', 'maybe', 'true or false'],
    ['BinaryEquals', 'a$==', 'base64'],
    ['ArnLike', '*', 'an ARN pattern of six fields (arn:partition:service:region:account:resource)'],
    [
      'ArnEquals',
      'arn:aws:iam::role/x',
      'an ARN pattern of six fields (arn:partition:service:region:account:resource)',
    ],
  ];
  for (const [operator, value, wants] of unreadable) {
    it(`refuses ${JSON.stringify(value)} for ${operator}`, () => {
      assert.deepEqual(conditionFaults({ [operator]: { 'k:K': ['true', value].slice(-1) } }), [
        [
          'Invalid condition value.',
          `statement 1: ${JSON.stringify(value)} for "${operator}" "k:K" is not ${wants}`,
        ],
      ]);
    });
  }

  it('leaves values with variables to the evaluation, where the operator and the version know them', () => {
    assert.deepEqual(conditionFaults({ Bool: { k: '${aws:x}' }, ArnLike: { k: '${aws:SourceArn}' } }), []);
    assert.equal(conditionFaults({ NumericEquals: { k: '${aws:x}' } }).length, 1);
    assert.equal(conditionFaults({ Bool: { k: '${aws:x}' } }, '2008-10-17').length, 1);
  });
});

describe('validation of hostile documents', () => {
  it('looks for no more than 100 faults, and asks for no more principals', () => {
    const users = Array.from({ length: 10_000 }, (_, index) => `arn:aws:iam::111122223333:user/${index}`);
    let asked = 0;
    const principalExists = (): boolean => {
      asked += 1;
      return false;
    };
    const document = parsePolicy(policyText([{ ...KEY_STATEMENT, Principal: { AWS: users } }]));
    const faults = validateKeyPolicy(document, { partition: 'aws', principalExists });
    assert.equal(faults.length, 100);
    assert.match(faults[99]?.detail ?? '', /"arn:aws:iam::111122223333:user\/99" does not exist$/);
    assert.equal(asked, 100);
  });

  for (const [element, value] of [
    ['Action', 'Encrypt'],
    ['Resource', 'key'],
    ['Condition', { Numeric: { 'aws:EpochTime': 1 } }],
  ] as const) {
    it(`tells the first 100 faults of 10,000 statements with a wrong ${element}`, () => {
      const document = parsePolicy(
        policyText(new Array(10_000).fill({ ...KEY_STATEMENT, [element]: value })),
      );
      for (const faults of [
        validateKeyPolicy(document, { partition: 'aws' }),
        validateIdentityPolicy(document),
        validateTrustPolicy(document, { partition: 'aws' }),
      ])
        assert.equal(faults.length, 100);
    });
  }
});

describe('validateIdentityPolicy', () => {
  const faults = (statement: RawStatement): string[] =>
    validateIdentityPolicy(parsePolicy(policyText([statement]))).map(({ message }) => message);

  it('accepts a policy without principals', () => assert.deepEqual(faults(ALLOW), []));

  it('refuses a principal', () => {
    assert.deepEqual(faults({ ...ALLOW, Principal: '*' }), [
      'Policy document should not specify a principal.',
    ]);
    assert.deepEqual(faults({ ...ALLOW, NotPrincipal: '*' }), [
      'Policy document should not specify a principal.',
    ]);
  });

  it('refuses a missing Action and a missing Resource', () => {
    assert.deepEqual(faults({ Effect: 'Allow' }), [
      'Missing required field Action',
      'Missing required field Resource',
    ]);
  });

  it('refuses unknown operators, but not ForAllValues with an encryption context', () => {
    assert.deepEqual(faults({ ...ALLOW, Condition: { Equals: { k: 'v' } } }), [
      'Invalid condition operator.',
    ]);
    const condition = { 'ForAllValues:StringEquals': { 'kms:EncryptionContext:k': 'v' } };
    assert.deepEqual(faults({ ...ALLOW, Condition: condition }), []);
  });
});
