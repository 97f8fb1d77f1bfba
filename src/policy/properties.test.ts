import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { authorize } from './authorize.ts';
import type { Decision } from './decision.ts';
import { explain } from './explain.ts';
import {
  ACTION_PATTERNS,
  compiledSet,
  condition,
  INERT,
  oneOrMore,
  policySet,
  principalElement,
  REQUESTS_A_SET,
  RESOURCE_PATTERNS,
  requests,
  statement,
} from './generated-requests.test-support.ts';
import { naiveDecision, type RawPolicies, type RawPolicy, type RawStatement } from './naive.test-support.ts';
import type { AuthorizationRequest } from './request.ts';

/** How many requests are judged by both evaluators; a set of policies is used for `REQUESTS_A_SET` of them. */
const CASES = Number(process.env['QKMS_PROPERTY_RUNS'] ?? 100_000);

function outcome({ outcome: answer, layer, grantId }: Decision): string {
  return `${answer} by ${layer}${grantId === undefined ? '' : ` ${grantId}`}`;
}

/** Some requests against some policies, with as many sets as the number of cases asks for. */
function check(
  cases: number,
  predicate: (policies: RawPolicies, asked: readonly AuthorizationRequest[]) => void,
): void {
  fc.assert(fc.property(policySet, requests, predicate), { numRuns: Math.ceil(cases / REQUESTS_A_SET) });
}

/** Every policy of the set, changed. */
function mapPolicies(policies: RawPolicies, change: (policy: RawPolicy) => RawPolicy): RawPolicies {
  const { keyPolicy, identityPolicies, permissionsBoundary, sessionPolicies } = policies;
  return {
    ...policies,
    identityPolicies: identityPolicies.map(change),
    ...(keyPolicy && { keyPolicy: change(keyPolicy) }),
    ...(permissionsBoundary && { permissionsBoundary: change(permissionsBoundary) }),
    ...(sessionPolicies && { sessionPolicies: sessionPolicies.map(change) }),
  };
}

describe('the engine and the naive evaluator', () => {
  it(`agree on ${CASES.toLocaleString('en')} requests: outcome, layer and grant`, () => {
    const seen = new Map<string, number>();
    let count = 0;
    check(CASES, (raw, asked) => {
      const policies = compiledSet(raw);
      for (const question of asked) {
        const expected = naiveDecision(question, raw);
        assert.equal(outcome(authorize(question, policies)), expected);
        seen.set(expected, (seen.get(expected) ?? 0) + 1);
        count += 1;
      }
    });
    // The comparison is worth something only if every answer is common enough.
    const answers = [
      ...['allow by key-policy', 'allow by identity-policy', 'allow by root-user', 'allow by grant g-1'],
      ...['identity-policy', 'permissions-boundary', 'session-policy', 'key-policy'].flatMap((layer) => [
        `explicit-deny by ${layer}`,
        `implicit-deny by ${layer}`,
      ]),
    ];
    for (const answer of answers) {
      assert.ok((seen.get(answer) ?? 0) > count / 2_000, `${answer}: ${seen.get(answer)} of ${count}`);
    }
  });
});

describe('the engine and the naive evaluator, on one element at a time', () => {
  const everything: RawStatement = { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' };
  /** Whether a statement with the given elements applies, by both evaluators. */
  function compare(elements: fc.Arbitrary<Partial<RawStatement>>): void {
    const effect = fc.constantFrom('Allow' as const, 'Deny' as const);
    const version = fc.constantFrom('2012-10-17', '2008-10-17');
    const property = fc.property(effect, elements, version, requests, (Effect, members, Version, asked) => {
      const { Resource, Action, Principal, ...rest } = { ...everything, ...members, Effect };
      const target: RawStatement = {
        ...rest,
        ...(members.NotResource === undefined && Resource !== undefined && { Resource }),
        ...(members.NotAction === undefined && Action !== undefined && { Action }),
        ...(members.NotPrincipal === undefined && Principal !== undefined && { Principal }),
      };
      const Statement = Effect === 'Allow' ? [target] : [everything, target];
      const raw: RawPolicies = {
        keyPolicy: { Version, Statement },
        identityPolicies: [{ Statement: [INERT] }],
      };
      const policies = compiledSet(raw);
      for (const question of asked) {
        assert.equal(outcome(authorize(question, policies)), naiveDecision(question, raw));
      }
    });
    fc.assert(property, { numRuns: CASES / REQUESTS_A_SET / 8 });
  }

  it('agree on conditions', () => compare(condition.map((Condition) => ({ Condition }))));
  it('agree on principals', () => compare(principalElement.map((Principal) => ({ Principal }))));
  it('agree on excluded principals', () =>
    compare(principalElement.map((NotPrincipal) => ({ NotPrincipal }))));
  it('agree on actions', () => compare(oneOrMore(ACTION_PATTERNS).map((Action) => ({ Action }))));
  it('agree on excluded actions', () =>
    compare(oneOrMore(ACTION_PATTERNS).map((NotAction) => ({ NotAction }))));
  it('agree on resources', () => compare(oneOrMore(RESOURCE_PATTERNS).map((Resource) => ({ Resource }))));
  it('agree on excluded resources', () =>
    compare(oneOrMore(RESOURCE_PATTERNS).map((NotResource) => ({ NotResource }))));
});

describe('laws', () => {
  const LAW_CASES = Math.ceil(CASES / 5);

  it('adding a Deny, to any policy, never allows what was not allowed', () => {
    const added = fc.tuple(statement(true), fc.boolean());
    const property = fc.property(policySet, requests, added, (raw, asked, [extra, isFirst]) => {
      const denial: RawStatement = { ...extra, Effect: 'Deny' };
      const before = compiledSet(raw);
      const after = compiledSet(
        mapPolicies(raw, (policy) => ({
          ...policy,
          Statement: isFirst ? [denial, ...policy.Statement] : [...policy.Statement, denial],
        })),
      );
      for (const question of asked) {
        if (authorize(question, after).allowed) assert.ok(authorize(question, before).allowed);
      }
    });
    fc.assert(property, { numRuns: LAW_CASES / REQUESTS_A_SET });
  });

  it('removing an Allow, from any policy, never allows what was not allowed', () => {
    const property = fc.property(policySet, requests, fc.nat({ max: 3 }), (raw, asked, victim) => {
      const before = compiledSet(raw);
      const after = compiledSet(
        mapPolicies(raw, (policy) => ({
          ...policy,
          // A policy cannot be empty: something that never applies takes the place.
          Statement: policy.Statement.map((each, index) =>
            each.Effect === 'Allow' && index === victim ? INERT : each,
          ),
        })),
      );
      for (const question of asked) {
        if (authorize(question, after).allowed) assert.ok(authorize(question, before).allowed);
      }
    });
    fc.assert(property, { numRuns: LAW_CASES / REQUESTS_A_SET });
  });

  it('order and repetition of statements do not matter', () => {
    check(LAW_CASES, (raw, asked) => {
      const one = compiledSet(raw);
      const other = compiledSet(
        mapPolicies(raw, (policy) => ({
          ...policy,
          Statement: [...policy.Statement].reverse().concat(policy.Statement),
        })),
      );
      for (const question of asked) {
        assert.equal(outcome(authorize(question, other)), outcome(authorize(question, one)));
      }
    });
  });

  it('the decision that is explained is the decision', () => {
    check(LAW_CASES, (raw, asked) => {
      const policies = compiledSet(raw);
      for (const question of asked) {
        assert.deepEqual(explain(question, policies).decision, authorize(question, policies));
      }
    });
  });

  it('nothing is allowed without an Allow, a grant or the root user, and nothing with an applying Deny', () => {
    check(LAW_CASES, (raw, asked) => {
      const policies = compiledSet(raw);
      for (const question of asked) {
        const { decision, statements } = explain(question, policies);
        const applying = statements.filter(({ applies }) => applies);
        const isDenied = applying.some(({ effect }) => effect === 'Deny');
        assert.equal(decision.outcome === 'explicit-deny', isDenied);
        if (decision.allowed && decision.layer !== 'root-user' && decision.layer !== 'grant') {
          assert.ok(applying.some(({ effect }) => effect === 'Allow'));
        }
        for (const { layer, policyIndex, statementIndex } of decision.statements) {
          assert.ok(
            applying.some(
              (each) =>
                each.layer === layer &&
                each.policyIndex === policyIndex &&
                each.statementIndex === statementIndex,
            ),
            'a cited statement applies',
          );
        }
      }
    });
  });
});
