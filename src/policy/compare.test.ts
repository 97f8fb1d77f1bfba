import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ALICE, added, compare, decryptFor, ROLE, ROOT } from './compare.test-support.ts';
import { ANY_OTHER_ACTION } from './compare-requests.ts';
import {
  ACCOUNT,
  ALLOW,
  DENY,
  federatedOf,
  KEY_ARN,
  OTHER_ACCOUNT,
  OTHER_KEY_ARN,
  sessionOf,
} from './fixtures.test-support.ts';
import { KMS_KEY_ACTIONS } from './vocabulary.ts';

const OTHERS = ['user', 'role', 'federated user'].map((kind) => `any other ${kind} of ${ACCOUNT}`);

describe('comparePolicies: who', () => {
  it('finds nothing where nothing changed, and says that it looked at everything', () => {
    const comparison = compare([ROOT, decryptFor(ALICE)], [decryptFor(ALICE), ROOT, ROOT]);
    assert.deepEqual([comparison.unchanged, comparison.complete], [true, true]);
    assert.deepEqual([comparison.changes, comparison.omitted], [[], []]);
  });

  it('names the user that gains a permission, and what decided before and after', () => {
    const { changes, unchanged } = compare([ROOT], [ROOT, { Sid: 'use', ...decryptFor(ALICE) }]);
    assert.equal(unchanged, false);
    assert.equal(changes.length, 1);
    const { statementsBefore, statementsAfter, ...change } = changes[0] ?? assert.fail();
    assert.deepEqual(change, {
      direction: 'gains',
      principals: [ALICE, `federated users of ${ALICE}`],
      actions: ['kms:Decrypt'],
      resources: [],
      conditions: [],
      before: 'delegates',
      after: 'allows',
    });
    assert.deepEqual(
      [statementsBefore, statementsAfter].map(([statement]) => [
        statement?.index,
        statement?.sid,
        statement?.line,
      ]),
      [
        [0, undefined, 1],
        [1, 'use', 1],
      ],
    );
  });

  it('tells the root user of an account, which is allowed, from the others, to whom it is delegated', () => {
    assert.deepEqual(added(decryptFor(ACCOUNT), `the root user of ${ACCOUNT}`), [
      'gains kms:Decrypt: nothing > allows',
    ]);
    for (const other of OTHERS) {
      assert.deepEqual(added(decryptFor(ACCOUNT), other), ['gains kms:Decrypt: nothing > delegates']);
    }
    assert.deepEqual(added(decryptFor(ACCOUNT), 'anyone else'), []);
  });

  it('tells a role, which a permissions boundary limits, from its session, which it does not', () => {
    const session = sessionOf(ACCOUNT).arn;
    assert.deepEqual(added(decryptFor(ROLE), ROLE), ['gains kms:Decrypt: nothing > allows-within-boundary']);
    assert.deepEqual(added(decryptFor(session), session), ['gains kms:Decrypt: nothing > allows']);
    assert.deepEqual(added(decryptFor(session), session, [decryptFor(ROLE)]), [
      'gains kms:Decrypt: allows-within-boundary > allows',
    ]);
  });

  it('knows services, federated sessions, providers and unique ids', () => {
    const service = { ...ALLOW, Principal: { Service: 's3.amazonaws.com' }, Action: 'kms:Decrypt' };
    assert.deepEqual(added(service, 's3.amazonaws.com'), ['gains kms:Decrypt: nothing > allows']);
    assert.deepEqual(added(service, 'any other AWS service'), []);
    const guest = federatedOf(ACCOUNT).arn;
    assert.deepEqual(added(decryptFor(guest), guest), ['gains kms:Decrypt: nothing > allows']);
    assert.equal(
      added({ ...DENY, Principal: { AWS: ALICE }, Action: 'kms:Decrypt' }, `${guest}, started by ${ALICE}`, [
        decryptFor(guest),
      ]).length,
      1,
    );
    const provider = `arn:aws:iam::${ACCOUNT}:oidc-provider/issuer.example.com`;
    const federated = { ...ALLOW, Principal: { Federated: provider }, Action: 'kms:Decrypt' };
    assert.equal(added(federated, `bearers of tokens of ${provider}`).length, 1);
    assert.equal(added(decryptFor('AIDA1234'), 'AIDA1234 of another account').length, 1);
    assert.deepEqual(added(decryptFor('AROA1234'), `AROA1234 of ${ACCOUNT}`, [ROOT]), [
      'gains kms:Decrypt: delegates > allows-within-boundary',
    ]);
  });

  it('counts everybody: those of a named account and anyone else', () => {
    for (const principal of [`the root user of ${OTHER_ACCOUNT}`, 'anyone else']) {
      assert.deepEqual(
        added(decryptFor('*'), principal, [decryptFor(OTHER_ACCOUNT, { Action: 'kms:Encrypt' })]),
        ['gains kms:Decrypt: nothing > allows'],
      );
    }
    assert.deepEqual(added(decryptFor('*'), 'any other AWS service'), []);
    const denial = { ...DENY, Principal: '*', Action: 'kms:Decrypt' };
    assert.deepEqual(added(denial, 'any other AWS service'), ['loses kms:Decrypt: nothing > denies']);
  });

  it('tells callers with a permissions boundary apart where NotPrincipal in a Deny does', () => {
    const denial = { ...DENY, NotPrincipal: { AWS: ALICE }, Action: 'kms:Decrypt' };
    assert.deepEqual(added(denial, ALICE, [decryptFor(ALICE)]), []);
    assert.deepEqual(added(denial, `${ALICE}, with a permissions boundary`, [decryptFor(ALICE)]), [
      'loses kms:Decrypt: allows > denies',
    ]);
  });
});

describe('comparePolicies: what', () => {
  it('knows all actions that can be asked of a key, and one that nobody knows', () => {
    const { changes, vocabulary } = compare([ROOT], [{ ...ROOT, Action: 'kms:D*' }]);
    assert.deepEqual(vocabulary.actions.toSorted(), [...KMS_KEY_ACTIONS, ANY_OTHER_ACTION].toSorted());
    const lost = new Set(changes.flatMap(({ actions }) => actions));
    const kept = KMS_KEY_ACTIONS.filter((action) => action.startsWith('kms:D'));
    assert.deepEqual(
      [...lost].toSorted(),
      vocabulary.actions.filter((action) => !kept.includes(action)).toSorted(),
    );
  });

  it('knows actions that only the policies name', () => {
    assert.deepEqual(added(decryptFor(ALICE, { Action: 'kms:NewThing' }), ALICE), [
      'gains kms:newthing: nothing > allows',
    ]);
  });

  it('tells keys apart that a Resource names', () => {
    const except = { Principal: { AWS: ALICE }, Action: 'kms:Decrypt' };
    assert.deepEqual(added(decryptFor(ALICE, { Resource: OTHER_KEY_ARN }), ALICE), [
      `gains kms:Decrypt on ${OTHER_KEY_ARN}: nothing > allows`,
    ]);
    assert.deepEqual(added({ ...except, Effect: 'Allow', NotResource: OTHER_KEY_ARN }, ALICE), [
      'gains kms:Decrypt on any other key: nothing > allows',
    ]);
  });

  it('counts the fields that a Resource leaves off behind a final star', () => {
    const [change] = added(decryptFor(ALICE, { Resource: 'arn:aws:kms:eu-*' }), ALICE);
    assert.match(change ?? '', /^gains kms:Decrypt on arn:aws:kms:eu-.*: nothing > allows$/);
    const everywhere = decryptFor(ALICE);
    assert.equal(compare([everywhere], [{ ...everywhere, Resource: 'arn:aws:kms:us-*' }]).unchanged, false);
    assert.ok(compare([everywhere], [{ ...everywhere, Resource: 'arn:aws:kms:*' }]).unchanged);
  });

  it('asks for one key alone if it is known', () => {
    const other = decryptFor(ALICE, { Resource: OTHER_KEY_ARN });
    assert.ok(compare([ROOT], [ROOT, other], { key: KEY_ARN }).unchanged);
    const { changes, complete } = compare([ROOT], [ROOT, other], { key: OTHER_KEY_ARN });
    assert.ok(complete);
    assert.deepEqual(
      changes.map(({ actions, resources }) => [actions, resources]),
      [[['kms:Decrypt'], []]],
    );
  });
});
