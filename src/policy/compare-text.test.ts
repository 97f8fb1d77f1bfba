import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ALICE, compare, ROOT, when } from './compare.test-support.ts';
import { renderComparison } from './compare-text.ts';

describe('renderComparison', () => {
  it('writes a paragraph for each change, and what the answer is worth', () => {
    assert.deepEqual(
      renderComparison(compare([ROOT], [ROOT, when('Bool', 'kms:GrantIsForAWSResource', true)])),
      [
        `${ALICE}, federated users of ${ALICE} gain kms:Decrypt`,
        '  when Bool kms:GrantIsForAWSResource "true"',
        "  before: left to the account's identity policies by statement 1, line 1",
        '  after: allowed by statement 2, line 1',
        'complete for what the policies name: 8 principals, 46 actions and 1 condition key',
      ],
    );
  });

  it('says that nothing changed', () => {
    assert.deepEqual(renderComparison(compare([ROOT], [ROOT])), [
      'nobody gains or loses anything',
      'complete for what the policies name: 6 principals, 46 actions and 0 condition keys',
    ]);
  });

  it('is short where almost every action is meant', () => {
    const [line] = renderComparison(
      compare([ROOT], [{ ...ROOT, NotAction: 'kms:Decrypt', Action: undefined }]),
    );
    assert.match(line ?? '', /loses kms:Decrypt$/);
    const [other] = renderComparison(compare([ROOT], [{ ...ROOT, Action: 'kms:Decrypt' }]));
    assert.match(other ?? '', / every action but kms:Decrypt$/);
  });
});
