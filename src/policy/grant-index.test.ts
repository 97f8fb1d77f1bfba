import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { authorize } from './authorize.ts';
import { ACCOUNT, contextOf, NO_POLICIES, requestOf, userOf } from './fixtures.test-support.ts';
import { GRANT_OPERATIONS } from './grant.ts';
import { indexGrants } from './grant-index.ts';
import type { ConditionValue, Grant, GrantConstraints } from './request.ts';

const user = userOf(ACCOUNT);

function grantOf(
  grantId: string,
  constraints?: GrantConstraints,
  operations: readonly string[] = ['Decrypt'],
): Grant {
  return { grantId, granteePrincipal: user.arn, operations, ...(constraints && { constraints }) };
}

/** What a request carries with an encryption context, and other keys. */
function carrying(
  pairs: Readonly<Record<string, string>>,
  more: Readonly<Record<string, ConditionValue>> = {},
) {
  return contextOf({
    'kms:EncryptionContextKeys': Object.keys(pairs),
    ...Object.fromEntries(
      Object.entries(pairs).map(([key, value]) => [`kms:EncryptionContext:${key}`, value]),
    ),
    ...more,
  });
}

const ids = (grants: readonly Grant[]): readonly string[] => grants.map(({ grantId }) => grantId);

describe('indexGrants', () => {
  const volumes = Array.from({ length: 1_000 }, (_, index) =>
    grantOf(`${index}`, { encryptionContextSubset: { Volume: `vol-${index}` } }),
  );

  it('finds those of thousands of grants that ask for what a request carries', () => {
    const index = indexGrants([...volumes, grantOf('free')]);
    const found = (pairs: Readonly<Record<string, string>>) =>
      ids(index.candidates('kms:Decrypt', carrying(pairs)));
    assert.deepEqual(found({ volume: 'vol-7' }), ['7', 'free']);
    assert.deepEqual(found({ other: 'vol-7', VOLUME: 'vol-999' }), ['999', 'free']);
    assert.deepEqual(found({ volume: 'vol-x' }), ['free']);
    assert.deepEqual(found({}), ['free']);
    assert.deepEqual(index.candidates('kms:Encrypt', carrying({ volume: 'vol-7' })), []);
    assert.deepEqual(index.candidates('s3:Decrypt', carrying({ volume: 'vol-7' })), []);
  });

  it('finds them all where constraints do not count', () => {
    const grants = volumes.map((grant) => ({ ...grant, operations: ['DescribeKey', 'RetireGrant'] }));
    for (const action of ['kms:DescribeKey', 'kms:RetireGrant'])
      assert.equal(indexGrants(grants).candidates(action, carrying({})).length, 1_000);
  });

  it('finds those for a source', () => {
    const arn = 'arn:aws:s3:::bucket';
    const index = indexGrants([
      grantOf('for', { sourceArn: arn }),
      grantOf('other', { sourceArn: `${arn}-2` }),
    ]);
    assert.deepEqual(ids(index.candidates('kms:Decrypt', carrying({}, { 'aws:SourceArn': arn }))), ['for']);
    assert.deepEqual(index.candidates('kms:Decrypt', carrying({})), []);
  });

  it('leaves out none that would permit a request', () => {
    const key = fc.constantFrom('a', 'A', 'b');
    const value = fc.constantFrom('1', '2');
    const pairs = fc.dictionary(key, value, { maxKeys: 2 });
    const source = fc.constantFrom('arn:aws:s3:::one', 'arn:aws:s3:::two');
    const operation = fc.constantFrom(...GRANT_OPERATIONS, 'CreateGrant', 'Decrypt', 'Decrypt');
    const grant = fc.record(
      {
        granteePrincipal: fc.constantFrom(user.arn, user.uniqueId, userOf(ACCOUNT, 'Bob').arn),
        operations: fc.array(operation, { minLength: 1, maxLength: 4 }),
        constraints: fc.record(
          { encryptionContextEquals: pairs, encryptionContextSubset: pairs, sourceArn: source },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: ['granteePrincipal', 'operations'] },
    );
    const more = fc.record(
      {
        'aws:SourceArn': source,
        'kms:GrantOperations': fc.array(operation, { minLength: 1, maxLength: 2 }),
        'kms:GrantConstraintType': fc.constantFrom('EncryptionContextEquals', 'EncryptionContextSubset'),
        'kms:GrantConstraintSourceArn': source,
        'kms:EncryptionContext:a': fc.array(value, { maxLength: 2 }),
      },
      { requiredKeys: [] },
    );
    const property = fc.property(
      fc.array(grant, { maxLength: 8 }),
      operation,
      pairs,
      more,
      (drafts, name, carried, others) => {
        const grants = drafts.map((draft, place) => ({ ...draft, grantId: `${place}` }));
        const action = `kms:${name}`;
        const context = carrying(carried, others);
        const request = requestOf(user, { action, context });
        const found = indexGrants(grants).candidates(action, context);
        assert.deepEqual(
          authorize(request, { ...NO_POLICIES, grants: found }),
          authorize(request, { ...NO_POLICIES, grants }),
        );
        assert.deepEqual(
          found,
          grants.filter((each) => found.includes(each)),
        );
      },
    );
    fc.assert(property, { numRuns: 20_000 });
  });
});
