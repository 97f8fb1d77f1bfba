// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { createUserWithKey, identityPolicy, trustPolicy, type UserWithKey } from './support/identities.ts';
import { allow, deny, keyPolicy, rootOf } from './support/key-policies.ts';
import { createKey, encrypt, enterState } from './support/keys.ts';
import { callOwn, refusalOfOwn } from './support/own-operations.ts';
import { assertRefused } from './support/refusal.ts';
import {
  ACCOUNT,
  type Credentials,
  OTHER_ACCOUNT,
  startTestServer,
  type TestServer,
} from './support/server.ts';

/* ComparePolicies, an operation of our own. */

interface Reference {
  readonly Statement: number;
  readonly Sid?: string;
  readonly Line: number;
  readonly Column: number;
}
interface Change {
  readonly Direction: string;
  readonly Principals: readonly string[];
  readonly Actions: readonly string[];
  readonly Conditions: readonly {
    readonly Key: string;
    readonly Text: string;
    readonly Examples: readonly { readonly Value?: string; readonly Values?: readonly string[] }[];
  }[];
  readonly Before: string;
  readonly After: string;
  readonly StatementsBefore: readonly Reference[];
  readonly StatementsAfter: readonly Reference[];
}
interface Comparison {
  readonly KeyId: string;
  readonly Unchanged: boolean;
  readonly Complete: boolean;
  readonly Omitted: readonly string[];
  readonly Changes: readonly Change[];
  readonly Vocabulary: {
    readonly Principals: readonly string[];
    readonly Actions: readonly string[];
    readonly ConditionKeys: readonly string[];
  };
}

const OUTSIDER: Credentials = { accessKeyId: OTHER_ACCOUNT, secretAccessKey: 'any' };
const UNKNOWN_KEY = '00000000-0000-4000-8000-000000000000';
const ROOT_POLICY = keyPolicy(allow({ Sid: 'account' }));

let server: TestServer;
let kms: KMS;
let ada: UserWithKey;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  ada = await createUserWithKey(server.iam(), 'ada');
});
after(() => server.close());

async function compare(body: object, credentials?: Credentials): Promise<Comparison> {
  const { status, body: answer } = await callOwn(server, 'ComparePolicies', body, credentials);
  assert.equal(status, 200, JSON.stringify(answer));
  return answer;
}

function refusal(body: object, credentials?: Credentials): Promise<string> {
  return refusalOfOwn(server, 'ComparePolicies', body, credentials);
}

async function newKey(Policy = ROOT_POLICY): Promise<string> {
  return (await createKey(kms, { Policy, BypassPolicyLockoutSafetyCheck: true })).keyId;
}

/** Who gains or loses what, and when, in a line each. */
function linesOf({ Changes }: Comparison): readonly string[] {
  return Changes.map(({ Direction, Principals, Actions, Conditions, Before, After }) => {
    const when = Conditions.length === 0 ? '' : ` when ${Conditions.map(({ Text }) => Text).join(' and ')}`;
    return `${Principals.join(', ')} ${Direction} ${Actions.join(', ')}${when}: ${Before} > ${After}`;
  });
}

describe('ComparePolicies', () => {
  it('tells who gains what, and by which statements', async () => {
    const { keyId: KeyId, arn } = await createKey(kms, { Policy: ROOT_POLICY });
    const use = JSON.stringify(allow({ Sid: 'use', Principal: { AWS: ada.arn }, Action: 'kms:Decrypt' }));
    const Policy = ROOT_POLICY.replace(/\]\}$/, `,\n  ${use}$&`);
    const comparison = await compare({ KeyId, Policy });
    assert.deepEqual([comparison.KeyId, comparison.Unchanged, comparison.Complete], [arn, false, true]);
    assert.deepEqual(linesOf(comparison), [
      `${ada.arn}, federated users of ${ada.arn} gains kms:Decrypt: delegates > allows`,
    ]);
    const [change] = comparison.Changes;
    const sids = [change?.StatementsBefore, change?.StatementsAfter].map((all) =>
      all?.map(({ Statement, Sid }) => [Statement, Sid]),
    );
    assert.deepEqual(sids, [[[1, 'account']], [[2, 'use']]]);
    const { Line, Column } = change?.StatementsAfter[0] ?? assert.fail();
    assert.deepEqual([Line, Column], [2, 3]);
  });

  it('tells who loses what, down to a Deny that comes in', async () => {
    const use = allow({ Principal: { AWS: ada.arn }, Action: ['kms:Decrypt', 'kms:Encrypt'] });
    const KeyId = await newKey(keyPolicy(allow(), use));
    const denial = deny({ Principal: { AWS: ada.arn }, Action: 'kms:Encrypt' });
    assert.deepEqual(linesOf(await compare({ KeyId, Policy: keyPolicy(allow(), denial) })), [
      `${ada.arn}, federated users of ${ada.arn} loses kms:Decrypt: allows > delegates`,
      `${ada.arn}, federated users of ${ada.arn} loses kms:Encrypt: allows > denies`,
    ]);
  });

  it('tells under which conditions, with examples of what requests carry', async () => {
    const KeyId = await newKey();
    const tenant = { StringEquals: { 'kms:EncryptionContext:tenant': 'red' } };
    const statement = allow({ Principal: '*', Action: 'kms:Decrypt', Condition: tenant });
    const { Changes, Complete, Vocabulary } = await compare({ KeyId, Policy: keyPolicy(allow(), statement) });
    assert.equal(Complete, true);
    assert.deepEqual(Vocabulary.ConditionKeys, ['kms:EncryptionContext:tenant']);
    assert.deepEqual(
      Changes.find(({ Principals }) => Principals.includes('anyone else')),
      {
        Direction: 'gains',
        Principals: ['anyone else'],
        Actions: ['kms:Decrypt'],
        Conditions: [
          {
            Key: 'kms:EncryptionContext:tenant',
            Text: 'StringEquals kms:EncryptionContext:tenant "red"',
            Examples: [{ Value: 'red' }],
          },
        ],
        Before: 'nothing',
        After: 'allows',
        StatementsBefore: [],
        StatementsAfter: [{ Statement: 2, Line: 1, Column: Changes[0]?.StatementsAfter[0]?.Column }],
      },
    );
    const lists = {
      'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt', 'Encrypt'] },
      Null: { 'kms:ViaService': true },
    };
    const granting = allow({ Principal: { AWS: ada.arn }, Action: 'kms:CreateGrant', Condition: lists });
    const [granted] = (await compare({ KeyId, Policy: keyPolicy(allow(), granting) })).Changes;
    assert.deepEqual(
      granted?.Conditions.map(({ Key, Examples }) => [Key, Examples]),
      [
        ['kms:GrantOperations', [{ Values: ['Decrypt'] }]],
        ['kms:ViaService', [{}]],
      ],
    );
  });

  it('finds nothing in the same policy in other words', async () => {
    const statements = [
      allow({ Sid: 'one', Principal: { AWS: ada.arn }, Action: ['kms:Encrypt', 'kms:Decrypt'] }),
      deny({ Sid: 'two', Principal: '*', Action: 'kms:Sign' }),
    ];
    const KeyId = await newKey(keyPolicy(allow(), ...statements));
    const reworded = keyPolicy(
      deny({ Principal: { AWS: '*' }, Action: 'kms:S?gn' }),
      allow({ Principal: { AWS: ada.arn }, Action: 'kms:Decrypt' }),
      allow({ Principal: { AWS: [ACCOUNT, ada.arn] }, Action: ['kms:Encrypt', 'KMS:DECRYPT'] }),
      allow(),
    );
    const { Unchanged, Complete, Changes, Omitted, Vocabulary } = await compare({ KeyId, Policy: reworded });
    assert.deepEqual([Unchanged, Complete, Changes, Omitted], [true, true, [], []]);
    assert.ok(Vocabulary.Principals.includes(ada.arn) && Vocabulary.Actions.includes('kms:Sign'));
  });

  it('takes statements about other keys for what they are', async () => {
    const KeyId = await newKey();
    const { arn } = await createKey(kms);
    const other = { ...allow({ Principal: { AWS: ada.arn } }), Resource: arn };
    assert.equal((await compare({ KeyId, Policy: keyPolicy(allow(), other) })).Unchanged, true);
    assert.equal((await compare({ KeyId: arn, Policy: keyPolicy(allow(), other) })).Unchanged, false);
  });

  it('says what then happens, and lets nothing happen itself', async () => {
    const KeyId = await newKey();
    const CiphertextBlob = await encrypt(kms, KeyId);
    const adas = server.client({ credentials: ada.credentials });
    const Policy = keyPolicy(allow(), allow({ Principal: { AWS: ada.arn }, Action: 'kms:Decrypt' }));
    const gained = await compare({ KeyId, Policy });
    await assertRefused(adas.decrypt({ CiphertextBlob }), 'AccessDeniedException');
    assert.equal((await kms.getKeyPolicy({ KeyId })).Policy, ROOT_POLICY);
    await kms.putKeyPolicy({ KeyId, Policy });
    await adas.decrypt({ CiphertextBlob });
    assert.deepEqual(linesOf(gained), [
      `${ada.arn}, federated users of ${ada.arn} gains kms:Decrypt: delegates > allows`,
    ]);
    assert.equal((await compare({ KeyId, Policy })).Unchanged, true);
    const { body } = await callOwn(server, 'ListKeyPolicyVersions', { KeyId });
    assert.equal(body.Versions.length, 2);
  });

  it('compares with a policy that the key had before', async () => {
    const KeyId = await newKey();
    const use = allow({ Principal: { AWS: ada.arn }, Action: 'kms:Decrypt' });
    await kms.putKeyPolicy({ KeyId, Policy: keyPolicy(allow(), use) });
    assert.deepEqual(linesOf(await compare({ KeyId, Version: 1 })), [
      `${ada.arn}, federated users of ${ada.arn} loses kms:Decrypt: allows > delegates`,
    ]);
    assert.equal((await compare({ KeyId, Version: 2 })).Unchanged, true);
    assert.match(await refusal({ KeyId, Version: 3 }), /^NotFoundException/);
  });

  it('tells users who are gone from new ones of the same name', async () => {
    const iam = server.iam();
    const first = await createUserWithKey(iam, 'grace');
    const Policy = keyPolicy(allow(), allow({ Principal: { AWS: first.arn }, Action: 'kms:Decrypt' }));
    const KeyId = await newKey(Policy);
    await iam.deleteAccessKey({ UserName: 'grace', AccessKeyId: first.credentials.accessKeyId });
    await iam.deleteUser({ UserName: 'grace' });
    await createUserWithKey(iam, 'grace');
    const lines = linesOf(await compare({ KeyId, Policy }));
    assert.ok(lines.some((line) => line.startsWith(`${first.arn}, `) && line.includes(' gains kms:Decrypt')));
    assert.ok(
      lines.some((line) => line.startsWith(`${first.uniqueId} of `) && line.includes(' loses kms:Decrypt')),
    );
  });

  it('works in each state of the key', async () => {
    for (const state of ['Disabled', 'PendingDeletion'] as const) {
      const KeyId = await newKey();
      await enterState(kms, KeyId, state);
      assert.equal((await compare({ KeyId, Policy: ROOT_POLICY })).Unchanged, true);
    }
  });
});

describe('ComparePolicies refuses', () => {
  it('whoever may not read the key policy, and nobody else', async () => {
    const KeyId = await newKey();
    const asked = { KeyId, Policy: ROOT_POLICY };
    assert.match(
      await refusal(asked, ada.credentials),
      /^AccessDeniedException: .*user\/ada is not authorized to perform: kms:GetKeyPolicy on resource: /,
    );
    const reading = identityPolicy({ Effect: 'Allow', Action: 'kms:GetKeyPolicy', Resource: '*' });
    const reader = await createUserWithKey(server.iam(), 'reader', { reading });
    assert.equal((await compare(asked, reader.credentials)).Unchanged, true);
  });

  it('keys of other accounts, whether or not they exist, and whatever their policies say', async () => {
    const { arn } = await createKey(kms, {
      Policy: keyPolicy(allow(), allow({ Principal: { AWS: rootOf(OTHER_ACCOUNT) } })),
    });
    const there = await refusal({ KeyId: arn, Policy: ROOT_POLICY }, OUTSIDER);
    const notThere = arn.replace(/[^/]+$/, UNKNOWN_KEY);
    assert.equal(there, await refusal({ KeyId: notThere, Policy: ROOT_POLICY }, OUTSIDER));
    assert.match(there, /^AccessDeniedException/);
    assert.match(await refusal({ KeyId: UNKNOWN_KEY, Policy: ROOT_POLICY }), /^NotFoundException/);
    assert.match(
      await refusal({ KeyId: 'alias/orders', Policy: ROOT_POLICY }),
      /^(?:NotFound|Validation|InvalidArn)Exception/,
    );
  });

  it('a policy for the reasons for which PutKeyPolicy would, in the same words', async () => {
    const KeyId = await newKey();
    const bad = [
      '{',
      '{"Version":"2012-10-17","Statement":[]}',
      keyPolicy(allow(), allow({ Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/nobody` } })),
      keyPolicy(allow({ Action: 'Decrypt' }), allow({ Condition: { StringIs: { 'aws:username': 'ada' } } })),
      keyPolicy(allow({ Sid: 'x'.repeat(33_000) })),
    ];
    const seen = new Set<string>();
    for (const Policy of bad) {
      const refused = await refusal({ KeyId, Policy });
      const [, code = '', message = ''] = /^(\w+): (.*)$/s.exec(refused) ?? [];
      await assertRefused(kms.putKeyPolicy({ KeyId, Policy }), code, message);
      seen.add(code);
    }
    assert.deepEqual([...seen], ['MalformedPolicyDocumentException', 'LimitExceededException']);
    assert.match(
      await refusal({ KeyId, Policy: bad[3] }),
      /statement 1: .*\(line 1, column 109\); statement 2: .*\(line 1, column 272\)$/,
    );
    assert.match(await refusal({ KeyId, Policy: '' }), /^ValidationException/);
  });

  it('both a policy and a version, and neither', async () => {
    const KeyId = await newKey();
    for (const asked of [{ KeyId }, { KeyId, Policy: ROOT_POLICY, Version: 1 }])
      assert.equal(await refusal(asked), 'ValidationException: Specify either Policy or Version.');
    for (const asked of [{ KeyId, Version: 0 }, { Policy: ROOT_POLICY }, { KeyId, Version: '1' }])
      assert.match(await refusal(asked), /^(?:Validation|Serialization)Exception/);
  });
});

describe('ComparePolicies and policies that are made to take long', () => {
  const everybody = { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' };
  /** As many of these statements as a policy holds, behind one that keeps the key manageable. */
  function fill(make: (index: number) => object): string {
    const statements = [allow()];
    for (let room = 32_000; room > 0; room -= JSON.stringify(statements.at(-1)).length + 1)
      statements.push(make(statements.length));
    return keyPolicy(...statements.slice(0, -1));
  }
  const cases: readonly (readonly [string, string, string, RegExp])[] = [
    [
      'a condition key for each statement',
      fill((index) => ({ ...everybody, Condition: { StringEquals: { [`a:${index}`]: 'x' } } })),
      fill((index) => ({
        ...everybody,
        Effect: 'Deny',
        Condition: { StringEquals: { [`a:${index}`]: 'y' } },
      })),
      /^\d+ of more than 10\^\d+ combinations of a:1, .* and \d+ more were tried$/,
    ],
    [
      'thousands of principals',
      keyPolicy(
        allow(),
        allow({
          Principal: { AWS: Array.from({ length: 2100 }, (_, index) => String(100_000_000_000 + index)) },
        }),
      ),
      keyPolicy(
        allow(),
        allow({
          Principal: { AWS: Array.from({ length: 2100 }, (_, index) => String(200_000_000_000 + index)) },
        }),
      ),
      /^of the principals that the policies tell apart only \d+ were tried$/,
    ],
    [
      'patterns and variables',
      fill((index) => ({
        ...everybody,
        Condition: { StringLike: { [`a:${index % 9}`]: `*${index}?\${a:${index % 7}}*` } },
      })),
      ROOT_POLICY,
      /^of the values of a:\d only some were tried$/,
    ],
  ];
  for (const [name, present, proposed, expected] of cases) {
    it(`says what it left out: ${name}`, async () => {
      const comparison = await compare({ KeyId: await newKey(present), Policy: proposed });
      assert.equal(comparison.Complete, false);
      assert.ok(
        comparison.Omitted.some((note) => expected.test(note)),
        comparison.Omitted.join('\n'),
      );
      assert.ok(JSON.stringify(comparison).length < 1_000_000);
      assert.deepEqual(await compare({ KeyId: comparison.KeyId, Policy: proposed }), comparison);
    });
  }
});

describe('docs/policies.md', () => {
  it('shows a change that ComparePolicies tells of', async () => {
    const page = await readFile(new URL('../docs/policies.md', import.meta.url), 'utf8');
    const blocks = (language: string) =>
      [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
        ([, block = '']) => block,
      );
    const [present = '', Policy = ''] = blocks('json');
    const AssumeRolePolicyDocument = trustPolicy({
      ...allow(),
      Resource: undefined,
      Action: 'sts:AssumeRole',
    });
    await server.iam().createRole({ RoleName: 'orders', AssumeRolePolicyDocument });
    const { Changes } = await compare({ KeyId: await newKey(present.trim()), Policy: Policy.trim() });
    const [shown = ''] = blocks('json change');
    assert.deepEqual(
      Changes.find(({ Principals }) => Principals.includes('anyone else')),
      JSON.parse(shown),
    );
  });
});
