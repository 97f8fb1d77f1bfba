import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CONDITION_KEY_NAMES, findConditionKey, nearestName } from './vocabulary.ts';

describe('findConditionKey', () => {
  it('finds every key in any case, with its type', () => {
    assert.deepEqual(findConditionKey('KMS:viaservice'), {
      name: 'kms:ViaService',
      type: 'String',
      isMultiValued: false,
    });
    assert.equal(findConditionKey('aws:TagKeys')?.isMultiValued, true);
    assert.equal(
      new Set(CONDITION_KEY_NAMES.map((name) => name.toLowerCase())).size,
      CONDITION_KEY_NAMES.length,
    );
  });

  it('finds keys that name one thing of the request, which have to name it', () => {
    assert.equal(findConditionKey('kms:EncryptionContext:Team')?.type, 'String');
    assert.equal(findConditionKey('aws:RequestTag/team')?.name, 'aws:RequestTag/');
    assert.equal(findConditionKey('aws:RequestTag/'), undefined);
    assert.equal(findConditionKey('kms:Nonsense'), undefined);
  });
});

describe('nearestName', () => {
  it('finds what a few letters make the difference to, and nothing that is farther', () => {
    const names = ['kms:Encrypt', 'kms:Decrypt', 'kms:Sign'];
    assert.equal(nearestName('kms:Decrpyt', names), 'kms:Decrypt');
    assert.equal(nearestName('KMS:ENCRYPT', names), 'kms:Encrypt');
    assert.equal(nearestName('kms:Verify', names), undefined);
    assert.equal(nearestName('a', names), undefined);
  });
});
