import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { documentedVector } from './documented-vectors.test-support.ts';
import { createKeyring, type Keyring, KeyringError, type WrapPurpose } from './keyring.ts';

const STORE_ID = 'store-1';
const PURPOSES: readonly WrapPurpose[] = ['key-material', 'secret'];
const rootKey = randomBytes(32);
const keyring = createKeyring(rootKey, STORE_ID);
const strangers: Readonly<Record<string, Keyring>> = {
  'another root key': createKeyring(randomBytes(32), STORE_ID),
  'another store': createKeyring(rootKey, 'store-2'),
};

/** Every copy of `bytes` in which one bit is flipped. */
function* flipped(bytes: Uint8Array): Generator<Buffer> {
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    yield copy;
  }
}

const identity = fc.array(fc.constantFrom('', 'a', 'b', 'ab', '\0'), { maxLength: 4 });

describe('the keyring, documented', () => {
  const documented = createKeyring(
    Buffer.from(documentedVector('root key'), 'hex'),
    documentedVector('store id'),
  );
  const keyId = '1234abcd-12ab-34cd-56ef-1234567890ab';
  const hex = (name: string) => Buffer.from(documentedVector(name), 'hex');

  it('has the root key id and key material id of docs/keyring.md', () => {
    assert.equal(documented.rootKeyId, documentedVector('root key id'));
    assert.equal(
      documented.identifyKeyMaterial(keyId, Buffer.alloc(32, 0xaa)),
      documentedVector('key material id'),
    );
  });

  it('opens the wrapped values and the marker of docs/keyring.md', () => {
    const place = ['111122223333', 'us-east-1', keyId, documentedVector('key material id')];
    assert.deepEqual(
      documented.unwrap('key-material', hex('wrapped key material'), place),
      Buffer.alloc(32, 0xaa),
    );
    assert.equal(documented.unwrap('secret', hex('wrapped secret'), ['AKIAEXAMPLE']).toString(), 'example');
    assert.equal(documented.openMarker(['ListKeys', '111122223333'], documentedVector('marker')), 'position');
  });
});

describe('wrap and unwrap', () => {
  const place = ['keys', '111122223333', 'key-1'];
  const secret = randomBytes(32);

  it('give back what was wrapped', () => {
    const anyPurpose = fc.constantFrom(...PURPOSES);
    fc.assert(
      fc.property(anyPurpose, fc.uint8Array({ maxLength: 3000 }), identity, (purpose, plaintext, parts) => {
        const wrapped = keyring.wrap(purpose, plaintext, parts);
        assert.equal(wrapped.length, plaintext.length + 41);
        assert.deepEqual(keyring.unwrap(purpose, wrapped, [...parts]), Buffer.from(plaintext));
      }),
    );
  });

  it('work across processes that share root key and store', () => {
    const other = createKeyring(rootKey, STORE_ID);
    assert.deepEqual(other.unwrap('secret', keyring.wrap('secret', secret, place), place), secret);
  });

  it('never wrap a value to the same bytes twice', () => {
    const wrapped = Array.from({ length: 200 }, () => keyring.wrap('secret', secret, place).toString('hex'));
    assert.equal(new Set(wrapped).size, wrapped.length);
  });

  it('refuse a value of which any bit was flipped', () => {
    const wrapped = keyring.wrap('key-material', secret, place);
    for (const altered of flipped(wrapped)) {
      assert.throws(() => keyring.unwrap('key-material', altered, place), KeyringError);
    }
  });

  it('refuse a value with bytes missing or added', () => {
    const wrapped = keyring.wrap('secret', secret, place);
    for (let length = 0; length < wrapped.length; length++) {
      assert.throws(() => keyring.unwrap('secret', wrapped.subarray(0, length), place), KeyringError);
    }
    const longer = Buffer.concat([wrapped, Buffer.of(0)]);
    assert.throws(() => keyring.unwrap('secret', longer, place), KeyringError);
  });

  it('refuse a value under any other identity', () => {
    fc.assert(
      fc.property(identity, identity, (mine, other) => {
        const wrapped = keyring.wrap('secret', secret, mine);
        if (JSON.stringify(mine) === JSON.stringify(other)) {
          assert.deepEqual(keyring.unwrap('secret', wrapped, other), secret);
        } else {
          assert.throws(() => keyring.unwrap('secret', wrapped, other), KeyringError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('refuse a value that was wrapped for another purpose', () => {
    assert.throws(
      () => keyring.unwrap('secret', keyring.wrap('key-material', secret, place), place),
      KeyringError,
    );
    assert.throws(
      () => keyring.unwrap('key-material', keyring.wrap('secret', secret, place), place),
      KeyringError,
    );
  });

  for (const [name, stranger] of Object.entries(strangers)) {
    it(`refuse a value that was wrapped under ${name}`, () => {
      const wrapped = stranger.wrap('secret', secret, place);
      assert.throws(() => keyring.unwrap('secret', wrapped, place), KeyringError);
    });
  }

  it('say in a refusal what was to be unwrapped, and nothing secret', () => {
    const wrapped = keyring.wrap('key-material', secret, place);
    assert.throws(() => keyring.unwrap('key-material', wrapped, ['keys', '111122223333', 'key-2']), {
      name: 'KeyringError',
      message:
        `the wrapped key-material of keys/111122223333/key-2 does not open under root key ${keyring.rootKeyId}: ` +
        'it was altered, moved from another record, or wrapped under another root key',
    });
  });
});

describe('authenticateRecord and verifyRecord', () => {
  const row = { id: 'key-1', state: 'Disabled', version: 3, wrapped: randomBytes(40), note: null };
  const mac = keyring.authenticateRecord('keys', row);

  it('accept the row that was authenticated', () => {
    assert.equal(mac.length, 32);
    assert.equal(keyring.verifyRecord('keys', row, mac), true);
    assert.equal(keyring.verifyRecord('keys', { ...row }, Uint8Array.from(mac)), true);
  });

  it('refuse any change to the row, and another table', () => {
    const { version: _, ...withoutVersion } = row;
    const changed = [
      { ...row, state: 'Enabled' },
      { ...row, version: 4 },
      { ...row, version: '3' },
      { ...row, version: null },
      { ...row, note: '' },
      { ...row, id: 'key-2' },
      withoutVersion,
    ];
    for (const other of changed) assert.equal(keyring.verifyRecord('keys', other, mac), false);
    for (const wrapped of flipped(row.wrapped)) {
      assert.equal(keyring.verifyRecord('keys', { ...row, wrapped }, mac), false);
    }
    assert.equal(keyring.verifyRecord('grants', row, mac), false);
  });

  it('refuse a code of which any bit was flipped, or of another length', () => {
    for (const altered of flipped(mac)) assert.equal(keyring.verifyRecord('keys', row, altered), false);
    for (const other of [Buffer.alloc(0), mac.subarray(0, 31), Buffer.concat([mac, Buffer.of(0)])]) {
      assert.equal(keyring.verifyRecord('keys', row, other), false);
    }
  });

  for (const [name, stranger] of Object.entries(strangers)) {
    it(`refuse a code made under ${name}`, () => {
      assert.equal(keyring.verifyRecord('keys', row, stranger.authenticateRecord('keys', row)), false);
    });
  }
});

describe('identifyKeyMaterial', () => {
  const material = randomBytes(32);
  const id = keyring.identifyKeyMaterial('key-1', material);

  it('names the same material of the same key alike', () => {
    assert.match(id, /^[0-9a-f]{64}$/);
    assert.equal(createKeyring(rootKey, STORE_ID).identifyKeyMaterial('key-1', Buffer.from(material)), id);
  });

  it('names other material, other keys and other roots differently', () => {
    const others = [
      keyring.identifyKeyMaterial('key-1', randomBytes(32)),
      keyring.identifyKeyMaterial('key-2', material),
      // The same bytes in a row, cut elsewhere.
      keyring.identifyKeyMaterial('key-', Buffer.concat([Buffer.from('1'), material])),
      ...Object.values(strangers).map((stranger) => stranger.identifyKeyMaterial('key-1', material)),
    ];
    assert.equal(new Set([id, ...others]).size, others.length + 1);
  });
});

describe('sealMarker and openMarker', () => {
  const scope = ['ListKeys', '111122223333', 'us-east-1'];

  it('give back the position, in the same scope', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), identity, (position, parts) => {
        const marker = keyring.sealMarker(parts, position);
        assert.match(marker, /^[A-Za-z0-9_-]+$/);
        assert.equal(keyring.openMarker(parts, marker), position);
      }),
    );
  });

  it('show nothing of the position, and differ each time', () => {
    const markers = Array.from({ length: 50 }, () => keyring.sealMarker(scope, 'key-1'));
    assert.equal(new Set(markers).size, markers.length);
    assert(markers.every((marker) => !Buffer.from(marker, 'base64url').includes('key-1')));
  });

  it('refuse another scope', () => {
    const marker = keyring.sealMarker(scope, 'key-1');
    for (const other of [
      [],
      ['ListAliases', ...scope.slice(1)],
      [...scope, ''],
      scope.slice(1),
      [scope.join('')],
    ]) {
      assert.equal(keyring.openMarker(other, marker), undefined);
    }
  });

  it('refuse a marker in which any character was changed, removed or added', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= \n\0';
    // A position of each length modulo 3, for markers whose last character has unused bits.
    for (const position of ['k', 'ke', 'key']) {
      const marker = keyring.sealMarker(scope, position);
      for (let index = 0; index < marker.length; index++) {
        const [before, after] = [marker.slice(0, index), marker.slice(index + 1)];
        assert.equal(keyring.openMarker(scope, before + after), undefined);
        for (const character of alphabet) {
          if (character === marker[index]) continue;
          assert.equal(keyring.openMarker(scope, before + character + after), undefined);
        }
      }
      for (const character of alphabet)
        assert.equal(keyring.openMarker(scope, marker + character), undefined);
    }
  });

  it('refuse what never was a marker', () => {
    fc.assert(fc.property(fc.string(), (text) => assert.equal(keyring.openMarker(scope, text), undefined)));
    const wrapped = keyring.wrap('secret', Buffer.from('key-1'), scope);
    assert.equal(keyring.openMarker(scope, wrapped.toString('base64url')), undefined);
  });

  it('refuse a position that UTF-8 has no form for', () => {
    assert.throws(() => keyring.sealMarker(scope, '\ud800'), TypeError);
  });
});

describe('sealImportToken and openImportToken', () => {
  const key = ['111122223333', 'us-east-1', 'key-1'];
  const secret = randomBytes(100);

  it('give back what was sealed, for the same key', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), identity, (plaintext, parts) => {
        const token = keyring.sealImportToken(parts, plaintext);
        assert.deepEqual(keyring.openImportToken([...parts], token), Buffer.from(plaintext));
      }),
    );
  });

  it('refuse a token of another key, purpose or root, and one that was altered', () => {
    const token = keyring.sealImportToken(key, secret);
    assert.equal(keyring.openImportToken([...key.slice(0, 2), 'key-2'], token), undefined);
    assert.equal(keyring.openImportToken(key, keyring.sealSessionToken(key, secret)), undefined);
    assert.equal(keyring.openImportToken(key, keyring.wrap('key-material', secret, key)), undefined);
    for (const stranger of Object.values(strangers))
      assert.equal(keyring.openImportToken(key, stranger.sealImportToken(key, secret)), undefined);
    for (const altered of flipped(token)) assert.equal(keyring.openImportToken(key, altered), undefined);
    for (let length = 0; length < token.length; length++)
      assert.equal(keyring.openImportToken(key, token.subarray(0, length)), undefined);
  });
});

describe('createKeyring', () => {
  it('does not need the root key any longer', () => {
    const wiped = Buffer.from(rootKey);
    const other = createKeyring(wiped, STORE_ID);
    wiped.fill(0);
    assert.equal(other.openMarker(['s'], keyring.sealMarker(['s'], 'p')), 'p');
    assert.deepEqual(other.authenticateRecord('t', { a: 1 }), keyring.authenticateRecord('t', { a: 1 }));
  });

  it('tells root keys apart by their ids', () => {
    assert.match(keyring.rootKeyId, /^[0-9a-f]{32}$/);
    assert.equal(createKeyring(rootKey, STORE_ID).rootKeyId, keyring.rootKeyId);
    for (const stranger of Object.values(strangers)) assert.notEqual(stranger.rootKeyId, keyring.rootKeyId);
  });

  it('refuses a root key of another length and a missing store id', () => {
    for (const length of [0, 16, 31, 33, 64]) {
      assert.throws(
        () => createKeyring(Buffer.alloc(length), STORE_ID),
        /^RangeError: a root key has 32 bytes, not/,
      );
    }
    assert.throws(() => createKeyring(rootKey, ''), /^RangeError: a keyring needs the id of the store/);
  });
});

describe('a destroyed keyring', () => {
  it('does nothing any more, and can be destroyed again', () => {
    const destroyed = createKeyring(rootKey, STORE_ID);
    const wrapped = destroyed.wrap('secret', Buffer.from('x'), []);
    const marker = destroyed.sealMarker([], 'x');
    const mac = destroyed.authenticateRecord('t', { a: 1 });
    destroyed.destroy();
    destroyed.destroy();
    const uses: readonly (() => unknown)[] = [
      () => destroyed.wrap('secret', Buffer.from('x'), []),
      () => destroyed.unwrap('secret', wrapped, []),
      () => destroyed.authenticateRecord('t', { a: 1 }),
      () => destroyed.verifyRecord('t', { a: 1 }, mac),
      () => destroyed.identifyKeyMaterial('k', Buffer.alloc(32)),
      () => destroyed.sealMarker([], 'x'),
      () => destroyed.openMarker([], marker),
      () => destroyed.sealImportToken([], Buffer.from('x')),
      () => destroyed.openImportToken([], wrapped),
    ];
    for (const use of uses) assert.throws(use, /^KeyringError: the keyring was destroyed/);
  });
});
