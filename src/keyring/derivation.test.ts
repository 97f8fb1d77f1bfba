import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { deriveKey, type Purpose } from './derivation.ts';
import { documentedVector } from './documented-vectors.test-support.ts';

// Written once more rather than exported by the source: a purpose that changes its label must fail here.
const PURPOSES: readonly Purpose[] = [
  'wrap-key-material',
  'wrap-secrets',
  'authenticate-records',
  'seal-markers',
  'seal-import-tokens',
  'identify-key-material',
  'identify-root-key',
];

describe('deriveKey', () => {
  const rootKey = Buffer.from(documentedVector('root key'), 'hex');
  const storeId = documentedVector('store id');

  for (const purpose of PURPOSES) {
    it(`derives the documented key for ${purpose}`, () => {
      assert.equal(deriveKey(rootKey, storeId, purpose).toString('hex'), documentedVector(purpose));
    });
  }

  it('is HKDF-SHA256 with the store id as salt and the label as info', () => {
    const hmac = (key: string | Buffer, data: string | Buffer) =>
      createHmac('sha256', key).update(data).digest();
    const extracted = hmac(storeId, rootKey);
    assert.deepEqual(
      deriveKey(rootKey, storeId, 'wrap-secrets'),
      hmac(extracted, 'qkms/v1/wrap-secrets\u0001'),
    );
  });

  it('gives each purpose, store and root key a key of its own', () => {
    const otherRootKey = Buffer.from(rootKey).fill(0xff, 31);
    const keys = [rootKey, otherRootKey].flatMap((root) =>
      [storeId, `${storeId}-2`].flatMap((store) =>
        PURPOSES.map((purpose) => deriveKey(root, store, purpose).toString('hex')),
      ),
    );
    assert.equal(new Set(keys).size, 4 * PURPOSES.length);
  });
});
