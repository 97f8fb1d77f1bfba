// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { PolicyVersion } from './document.ts';
import {
  ACCOUNT,
  ALLOW,
  DENY,
  KEY_ARN,
  policyText,
  type RawStatement,
  rootOf,
  sessionOf,
  userOf,
} from './fixtures.test-support.ts';
import { lintPolicy, type PolicyKind } from './lint.ts';
import { parsePolicy } from './parse.ts';

const ROOT = { ...ALLOW, Principal: { AWS: rootOf(ACCOUNT).arn } };
const ALICE = { AWS: userOf(ACCOUNT).arn };
const USE = { ...ALLOW, Principal: ALICE, Action: 'kms:Decrypt' };
const NETWORK = { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } };

function lint(statements: readonly RawStatement[], kind: PolicyKind = 'key-policy', version?: PolicyVersion) {
  return lintPolicy(parsePolicy(policyText(statements, version)), kind);
}

/** The findings about a statement beside one that keeps the key manageable: `severity code`. */
function codes(
  statement: RawStatement,
  kind: PolicyKind = 'key-policy',
  version?: PolicyVersion,
): readonly string[] {
  const statements = kind === 'key-policy' ? [ROOT, statement] : [statement];
  return lint(statements, kind, version).map(({ severity, code }) => `${severity} ${code}`);
}

function message(statement: RawStatement, kind: PolicyKind = 'key-policy'): string {
  const [warning] = lint(kind === 'key-policy' ? [ROOT, statement] : [statement], kind);
  return warning?.message ?? assert.fail('no warning');
}

const conditioned = (Condition: unknown): RawStatement => ({ ...USE, Condition });

describe('lintPolicy', () => {
  it('has nothing to say of what AWS itself writes', () => {
    const role = { AWS: sessionOf(ACCOUNT).roleArn };
    const console = [
      ROOT,
      {
        ...ALLOW,
        Principal: role,
        Action: ['kms:Create*', 'kms:Describe*', 'kms:TagResource', 'kms:Delete*'],
      },
      { ...ALLOW, Principal: ALICE, Action: ['kms:Encrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'] },
      {
        ...ALLOW,
        Principal: ALICE,
        Action: ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
        Condition: { Bool: { 'kms:GrantIsForAWSResource': true } },
      },
    ];
    assert.deepEqual(lint(console), []);
    assert.deepEqual(codes({ ...ALLOW, Action: '*' }, 'identity-policy'), []);
    const trust = { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' };
    assert.deepEqual(codes(trust, 'trust-policy'), []);
  });

  it('says where, in the order of the text, and is frozen', () => {
    const text = `{"Statement":[\n${JSON.stringify(ROOT)},\n{"Sid":"all","Effect":"Allow","Principal":"*",\n"Action":"kms:Decrpyt","Resource":"*"}]}`;
    const warnings = lintPolicy(parsePolicy(text), 'key-policy');
    assert.deepEqual(
      warnings.map(({ code, statement, line, column }) => [code, statement, line, column]),
      [
        ['public-access', 'statement 2 ("all")', 3, 43],
        ['unknown-action', 'statement 2 ("all")', 4, 1],
      ],
    );
    assert.ok(Object.isFrozen(warnings) && Object.isFrozen(warnings[0]));
  });

  it('does not hold everything against everything in a policy that names more than 1,000 things, and says so', () => {
    /** With the account's statement four principals and actions, and conditions on so many values. */
    const contradictory = (values: number) =>
      conditioned({
        StringEquals: { 'aws:userid': new Array(values - 1).fill('x') },
        StringNotEquals: { 'aws:userid': 'x' },
      });
    assert.deepEqual(codes(contradictory(996)), ['error contradictory-conditions']);
    assert.deepEqual(codes(contradictory(997)), ['note too-large']);
    const variables = { StringEquals: { 'aws:userid': '${aws:username}'.repeat(1_000) } };
    assert.deepEqual(codes({ ...ALLOW, Condition: variables }, 'identity-policy'), ['note too-large']);
  });

  it('never throws, whatever a policy holds', () => {
    const text = fc.constantFrom('*', 'kms:*', '', 'a', KEY_ARN, '${x}', 'arn:*', 'true', '10.0.0.0/8', '2');
    const property = fc.property(
      fc.record({
        Effect: fc.constantFrom('Allow', 'Deny'),
        Principal: fc.oneof(fc.constant('*'), fc.record({ AWS: text })),
        Action: fc.array(text),
        Resource: text,
        Condition: fc.dictionary(
          fc.constantFrom(
            'StringLike',
            'Bool',
            'IpAddress',
            'ForAllValues:ArnLike',
            'NumericLessThan',
            'Null',
            'X',
          ),
          fc.dictionary(
            fc.constantFrom('kms:ViaService', 'x', 'aws:TagKeys'),
            fc.array(text, { minLength: 1 }),
          ),
        ),
      }),
      fc.constantFrom<PolicyKind>('key-policy', 'identity-policy', 'trust-policy'),
      (statement, kind) => {
        for (const warning of lint([statement, statement], kind)) assert.match(warning.code, /^[a-z-]+$/);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});

describe('lintPolicy: who', () => {
  it('public-access', () => {
    for (const Principal of ['*', { AWS: '*' }, { AWS: [ACCOUNT, '*'] }]) {
      assert.deepEqual(codes({ ...USE, Principal }), ['error public-access']);
    }
    assert.match(
      message({ ...USE, Principal: '*' }),
      /a condition that has to match on one of aws:PrincipalArn, /,
    );
    assert.deepEqual(codes({ ...DENY, Principal: '*', Action: 'kms:Sign', Condition: NETWORK }), []);
  });

  it('public-access is restricted by conditions that have to match, on who or where the caller is', () => {
    const open = (Condition: unknown) => codes({ ...USE, Principal: '*', Condition });
    for (const Condition of [
      NETWORK,
      { StringEquals: { 'kms:CallerAccount': ACCOUNT } },
      { StringLike: { 'aws:PrincipalOrgID': 'o-*' } },
      { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/*` } },
      { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-1/r-1/*' } },
    ]) {
      assert.deepEqual(open(Condition), []);
    }
    for (const Condition of [
      { IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } },
      { NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
      { StringEqualsIfExists: { 'aws:SourceVpc': 'vpc-1' } },
      { StringLike: { 'aws:PrincipalAccount': '*' } },
      { ArnLike: { 'aws:PrincipalArn': 'arn:*:*:*:*:*' } },
      { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } },
      { Null: { 'aws:SourceVpc': 'false' } },
    ]) {
      assert.ok(open(Condition).includes('error public-access'), JSON.stringify(Condition));
    }
  });

  it('confused-deputy', () => {
    const service = { ...ALLOW, Principal: { Service: 's3.amazonaws.com' }, Action: 'kms:Decrypt' };
    assert.deepEqual(codes(service), ['warning confused-deputy']);
    for (const Condition of [
      { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
      { ArnLike: { 'aws:SourceArn': `arn:aws:s3:::bucket` } },
    ]) {
      assert.deepEqual(codes({ ...service, Condition }), []);
    }
    assert.deepEqual(codes({ ...service, Condition: NETWORK }), ['warning confused-deputy']);
    assert.deepEqual(codes({ ...service, Effect: 'Deny' }), []);
  });

  it('open-federation, and providers in key policies', () => {
    const Principal = { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/issuer.example.com` };
    const trust = { Effect: 'Allow', Principal, Action: 'sts:AssumeRoleWithWebIdentity' };
    assert.deepEqual(codes(trust, 'trust-policy'), ['error open-federation']);
    const Condition = { StringEquals: { 'issuer.example.com:sub': 'repo:a' } };
    assert.deepEqual(codes({ ...trust, Condition }, 'trust-policy'), []);
    assert.deepEqual(codes({ ...USE, Principal }), ['warning provider-in-key-policy']);
  });

  it('not-principal-allow', () => {
    const { Principal, ...rest } = USE;
    assert.deepEqual(codes({ ...rest, NotPrincipal: Principal }), ['error not-principal-allow']);
    assert.deepEqual(codes({ ...rest, NotPrincipal: Principal, Effect: 'Deny', Condition: NETWORK }), []);
  });

  it('wildcard-in-principal', () => {
    assert.ok(
      codes({ ...USE, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/*` } }).includes(
        'error wildcard-in-principal',
      ),
    );
  });

  it('full-access', () => {
    assert.deepEqual(codes({ ...USE, Action: 'kms:*' }), ['note full-access']);
    assert.deepEqual(codes({ ...USE, Action: ['kms:Decrypt', 'kms:Get*'] }), []);
  });
});

describe('lintPolicy: what', () => {
  for (const [Action, expected, hint] of [
    ['kms:Decrpyt', 'error unknown-action', 'did you mean "kms:Decrypt"?'],
    ['kms:GenrateDataKey*', 'error unknown-action', 'did you mean "kms:GenerateDataKey*"?'],
    ['km:Decrypt', 'error unknown-action', 'did you mean "kms:Decrypt"?'],
    ['kms:ReEncrypt', 'error unknown-action', 'did you mean "kms:ReEncrypt*"?'],
    ['kms:Frobnicate', 'error unknown-action', 'see the list'],
    [' kms:Decrypt', 'error unknown-action', 'space or a comma'],
    ['kms:Decrypt,kms:Encrypt', 'error unknown-action', 'space or a comma'],
    ['kms:CreateKey', 'warning action-not-for-keys', 'identity policies'],
    ['s3:GetObject', 'warning foreign-action', 'another service'],
  ] as const) {
    it(`${expected}: ${JSON.stringify(Action)}`, () => {
      assert.deepEqual(codes({ ...USE, Action }), [expected]);
      assert.ok(message({ ...USE, Action }).includes(hint), message({ ...USE, Action }));
    });
  }

  it('takes actions in any case and as patterns', () => {
    assert.deepEqual(codes({ ...USE, Action: ['KMS:decrypt', 'kms:*crypt', 'k*:Sign', 'kms:?erify'] }), []);
  });

  it('knows in identity policies only what belongs to KMS, in trust policies only what makes sessions', () => {
    const identity = (Action: string) => codes({ ...ALLOW, Action }, 'identity-policy');
    assert.deepEqual(identity('s3:GetObject'), []);
    assert.deepEqual(identity('kms:CreateKey'), []);
    assert.deepEqual(identity('kms:Creatkey'), ['error unknown-action']);
    const trust = (Action: string) => codes({ Effect: 'Allow', Principal: ALICE, Action }, 'trust-policy');
    assert.deepEqual(trust('sts:TagSession'), []);
    assert.deepEqual(trust('sts:AsumeRole'), ['error unknown-action']);
  });

  it('not-action-allow', () => {
    const { Action, ...rest } = USE;
    assert.deepEqual(codes({ ...rest, NotAction: Action }), ['warning not-action-allow']);
    assert.deepEqual(codes({ ...rest, Effect: 'Deny', NotAction: 'kms:*' }), []);
  });

  it('foreign-resource and resource-not-star', () => {
    for (const Resource of [
      'arn:aws:s3:::bucket',
      'arn:aws:s3:us-east-1:111122223333:key/x',
      'arn:aws:s3:::*',
    ]) {
      assert.deepEqual(codes({ ...USE, Resource }), ['error foreign-resource']);
    }
    assert.deepEqual(codes({ ...USE, Resource: `arn:aws:kms:us-east-1:${ACCOUNT}:alias/x` }), [
      'error foreign-resource',
    ]);
    for (const Resource of [KEY_ARN, 'arn:aws:kms:*', 'arn:aws:kms:*:*:key/*', 'arn:aws:kms:*:*:*']) {
      assert.deepEqual(codes({ ...USE, Resource }), ['note resource-not-star'], Resource);
    }
  });

  it('alias-as-resource and action-without-resource', () => {
    const identity = (Action: unknown, Resource: string) =>
      codes({ Effect: 'Allow', Action, Resource }, 'identity-policy');
    const alias = `arn:aws:kms:us-east-1:${ACCOUNT}:alias/x`;
    assert.deepEqual(identity('kms:Decrypt', alias), ['error alias-as-resource']);
    assert.deepEqual(identity(['kms:CreateAlias', 'kms:DeleteAlias'], alias), []);
    assert.deepEqual(identity('kms:ListKeys', KEY_ARN), ['error action-without-resource']);
    assert.deepEqual(identity('kms:ListKeys', '*'), []);
    assert.deepEqual(identity('kms:Decrypt', KEY_ARN), []);
  });
});

describe('lintPolicy: under which conditions', () => {
  for (const [Condition, ...expected] of [
    [
      { StringEquals: { 'kms:ViaServce': 'x' } },
      'error unknown-condition-key',
      'did you mean "kms:ViaService"?',
    ],
    [{ StringEquals: { 'kms:Nonsense': 'x' } }, 'error unknown-condition-key', 'see the list'],
    [{ StringEquals: { 'aws:Nonsense': 'x' } }, 'warning unknown-condition-key', 'see the list'],
    [
      { StringEquals: { 'aws:RequestTag:team': 'x' } },
      'error unknown-condition-key',
      '"aws:RequestTag/team"',
    ],
    [
      { StringEquals: { 'kms:EncryptionContext': 'x' } },
      'error encryption-context-key',
      '"kms:EncryptionContext:name"',
    ],
    [
      { StringEquals: { 'kms:EncryptionContext/a': 'x' } },
      'error encryption-context-key',
      '"kms:EncryptionContext:a"',
    ],
    [
      { StringEquals: { 'aws:EncryptionContext:a': 'x' } },
      'error encryption-context-key',
      '"kms:EncryptionContext:a"',
    ],
    [
      { StringEquals: { 'EncryptionContext:a': 'x' } },
      'error encryption-context-key',
      '"kms:EncryptionContext:a"',
    ],
    [{ StringEquals: { 'aws:SourceIp': '10.0.0.0' } }, 'error operator-for-other-type', 'use IpAddress'],
    [{ NumericEquals: { 'kms:KeySpec': '1' } }, 'error operator-for-other-type', 'use StringEquals'],
    [
      { StringEquals: { 'aws:TagKeys': 'a' } },
      'error missing-set-operator',
      'never holds; write ForAnyValue:StringEquals',
    ],
    [
      { StringNotEquals: { 'aws:TagKeys': 'a' } },
      'error missing-set-operator',
      'only where the key is absent',
    ],
    [
      { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' } },
      'warning for-all-values',
      'add "Null": {"aws:TagKeys": "false"}',
    ],
    [
      { 'ForAllValues:StringEquals': { 'kms:ViaService': 'a' } },
      'warning for-all-values',
      'leave ForAllValues away',
    ],
    [{ StringEquals: { 'kms:ViaService': 's3.*' } }, 'warning wildcard-taken-literally', 'use StringLike'],
    [{ StringLike: { 'kms:ViaService': 's3' } }, 'note string-like-without-wildcard', 'is StringEquals'],
    [{ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/x' } }, 'warning wildcard-account', 'fifth field'],
    [
      { StringLike: { 'kms:ViaService': '*' }, Null: { 'kms:ViaService': true } },
      'error contradictory-conditions',
      'never applies',
    ],
    [
      {
        NumericLessThan: { 'kms:RotationPeriodInDays': 90 },
        NumericGreaterThan: { 'kms:RotationPeriodInDays': 90 },
      },
      'error contradictory-conditions',
      'kms:RotationPeriodInDays',
    ],
    [
      { StringLikeIfExists: { 'kms:ViaService': '*' } },
      'warning condition-without-effect',
      'restricts nothing',
    ],
  ] as const) {
    it(`${expected[0]}: ${JSON.stringify(Condition)}`, () => {
      assert.deepEqual(codes(conditioned(Condition)), [expected[0]]);
      const text = message(conditioned(Condition));
      assert.ok(text.includes(expected[1]), text);
    });
  }

  for (const Condition of [
    {
      StringEquals: {
        'KMS:viaservice': 'x',
        'kms:EncryptionContext:Team': 'a',
        'aws:PrincipalTag/team': 'a',
      },
    },
    { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' }, Null: { 'aws:TagKeys': 'false' } },
    { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' }, 'ForAnyValue:StringLike': { 'aws:TagKeys': '*' } },
    { StringLike: { 'kms:EncryptionContext:Team': ['a', 'b*'] } },
    { ArnLike: { 'aws:SourceArn': `arn:aws:s3:*:${ACCOUNT}:*` } },
    { StringEquals: { 'cognito-identity.amazonaws.com:sub': 'x' } },
    {
      NumericLessThan: { 'kms:RotationPeriodInDays': 90 },
      NumericGreaterThan: { 'kms:RotationPeriodInDays': 89 },
    },
    { DateLessThan: { 'aws:CurrentTime': '2030-01-01' }, Bool: { 'aws:SecureTransport': 'true' } },
    { StringEquals: { 'kms:EncryptionContext:Owner': '${aws:username}' } },
    { StringEquals: { 'kms:RecipientAttestation:PCR0': 'aa', 'kms:RecipientAttestation:ImageSha384': 'aa' } },
  ]) {
    it(`nothing: ${JSON.stringify(Condition)}`, () => assert.deepEqual(codes(conditioned(Condition)), []));
  }

  it('a Deny may use wide patterns, and is told of ForAllValues as a note', () => {
    const deny = (Condition: unknown) => codes({ ...DENY, Principal: ALICE, Action: 'kms:Sign', Condition });
    assert.deepEqual(deny({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/x' } }), []);
    assert.deepEqual(deny({ 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' } }), ['note for-all-values']);
  });

  it('knows in identity policies only condition keys of KMS and those of all services', () => {
    const identity = (key: string) =>
      codes({ ...ALLOW, Condition: { StringEquals: { [key]: 'x' } } }, 'identity-policy');
    assert.deepEqual(identity('s3:prefix'), []);
    assert.deepEqual(identity('kms:Nonsense'), ['error unknown-condition-key']);
  });

  it('variable-in-old-version', () => {
    const owner = conditioned({ StringEquals: { 'kms:EncryptionContext:Owner': '${aws:username}' } });
    assert.deepEqual(codes(owner, 'key-policy', '2008-10-17'), ['warning variable-in-old-version']);
    const own = { ...ALLOW, Action: 'kms:Sign', Resource: 'arn:aws:kms:*:*:key/${aws:username}' };
    assert.deepEqual(codes(own, 'identity-policy', '2008-10-17'), ['warning variable-in-old-version']);
    assert.deepEqual(codes(own, 'identity-policy'), []);
  });
});

describe('lintPolicy: statements together', () => {
  const overlaps = (statements: readonly RawStatement[], kind?: PolicyKind) =>
    lint([...(kind === undefined ? [ROOT] : []), ...statements], kind).map(
      ({ code, statement, message: text }) => `${statement} ${code}: ${/statement [0-9]+/.exec(text)?.[0]}`,
    );

  it('allow-covered-by-deny', () => {
    const denial = { ...DENY, Principal: '*', Action: 'kms:*crypt' };
    assert.deepEqual(overlaps([USE, denial]), ['statement 2 allow-covered-by-deny: statement 3']);
    assert.deepEqual(
      overlaps([
        { ...USE, Condition: NETWORK },
        { ...denial, Condition: NETWORK },
      ]),
      ['statement 2 allow-covered-by-deny: statement 3'],
    );
    assert.deepEqual(overlaps([USE, { ...denial, Condition: NETWORK }]), []);
    assert.deepEqual(overlaps([{ ...USE, Action: ['kms:Decrypt', 'kms:Sign'] }, denial]), []);
    assert.deepEqual(overlaps([USE, { ...denial, Principal: { AWS: ACCOUNT } }]), [
      'statement 2 allow-covered-by-deny: statement 3',
    ]);
    assert.deepEqual(overlaps([USE, { ...denial, Principal: { AWS: sessionOf(ACCOUNT).roleArn } }]), []);
  });

  it('redundant-statement', () => {
    assert.deepEqual(overlaps([USE, USE]), ['statement 3 redundant-statement: statement 2']);
    assert.deepEqual(overlaps([USE, { ...USE, Action: ['kms:Decrypt', 'kms:Sign'] }]), [
      'statement 2 redundant-statement: statement 3',
    ]);
    const team = (value: string) => ({
      ...USE,
      Condition: { StringLike: { 'kms:EncryptionContext:Team': value } },
    });
    assert.deepEqual(overlaps([team('a*'), team('ab*')]), ['statement 3 redundant-statement: statement 2']);
    assert.deepEqual(overlaps([team('a*'), team('b*')]), []);
    assert.deepEqual(
      overlaps([
        { ...DENY, Principal: '*', Action: 'kms:Sign', Condition: NETWORK },
        { ...DENY, Principal: ALICE, Action: 'kms:Sign', Condition: NETWORK },
      ]),
      ['statement 3 redundant-statement: statement 2'],
    );
  });

  it('an Allow to the account does not cover one to its users: the one delegates, the other allows', () => {
    assert.deepEqual(overlaps([{ ...USE, Principal: ALICE }]), []);
    assert.deepEqual(overlaps([{ ...USE, Principal: { AWS: ACCOUNT } }]), [
      'statement 2 redundant-statement: statement 1',
    ]);
  });

  it('identity policies too, as far as they speak of KMS', () => {
    const one = { ...ALLOW, Action: 'kms:ListKeys' };
    assert.deepEqual(overlaps([one, { ...ALLOW, Action: 'kms:List*' }], 'identity-policy'), [
      'statement 1 redundant-statement: statement 2',
    ]);
    assert.deepEqual(overlaps([one, { ...ALLOW, Action: 'kms:Decrypt' }], 'identity-policy'), []);
    assert.deepEqual(
      overlaps(
        [
          { ...one, Action: ['kms:Sign', 's3:*'] },
          { ...ALLOW, Action: 'kms:*' },
        ],
        'identity-policy',
      ),
      [],
    );
    assert.deepEqual(overlaps([one, { ...one, Resource: 'arn:aws:kms:*:*:*' }], 'identity-policy').length, 2);
  });

  it('lockout', () => {
    const whole = (statements: readonly RawStatement[]) =>
      lint(statements).flatMap(({ severity, code, statement, message: text }) =>
        /lockout|account-statement/.test(code) ? `${severity} ${code} of ${statement}: ${text}` : [],
      );
    assert.deepEqual(whole([USE]), [
      'error lockout of the policy: nobody can call kms:PutKeyPolicy, so the key can never be managed again; allow kms:* to the account',
    ]);
    assert.match(
      whole([ROOT, { ...DENY, Principal: '*', Action: 'kms:Put*' }])[0] ?? '',
      /statement 2 denies it, also/,
    );
    assert.match(
      whole([{ ...USE, Principal: { Service: 's3.amazonaws.com' }, Action: 'kms:*' }])[0] ?? '',
      /^error lockout/,
    );
    assert.match(
      whole([{ ...USE, Action: 'kms:Put*' }])[0] ?? '',
      /^warning no-account-statement of the policy/,
    );
    assert.deepEqual(whole([ROOT]), []);
    assert.deepEqual(whole([ROOT, { ...DENY, Principal: '*', Action: 'kms:Put*', Condition: NETWORK }]), []);
  });
});
