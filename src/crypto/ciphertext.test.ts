import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { openAes256Gcm } from './aes-256-gcm.ts';
import {
  CIPHERTEXT_OVERHEAD,
  type CiphertextHeader,
  parseCiphertext,
  SymmetricKeyMaterial,
} from './ciphertext.ts';
import { encodeEncryptionContext } from './encryption-context.ts';

const DOCUMENT = new URL('../../docs/ciphertext-format.md', import.meta.url);

const HEADER_LENGTH = 50;
const header: CiphertextHeader = {
  keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  keyMaterialId: 'c0'.repeat(32),
};
const key = randomBytes(32);
const material = new SymmetricKeyMaterial(header, key);
const plaintext = Buffer.from('a secret');
const context = { tenant: 'acme', purpose: 'test' };

/** What a request to decrypt `blob` gets from `handle`. */
function decrypt(
  handle: SymmetricKeyMaterial,
  blob: Uint8Array,
  encryptionContext?: Readonly<Record<string, string>>,
): Buffer | undefined {
  const ciphertext = parseCiphertext(blob);
  return ciphertext === undefined ? undefined : handle.decrypt(ciphertext, encryptionContext);
}

/** The vectors of the document: blocks of lines "name   value", names separated from values by two spaces or more. */
function readVectors(): Map<string, string>[] {
  const [, section = ''] = readFileSync(DOCUMENT, 'utf8').split('## Test vectors');
  return [...section.matchAll(/```text\n(.*?)```/gs)].map(([, block = '']) => {
    const lines = block.trimEnd().split('\n');
    return new Map(
      lines.map((line) => {
        const [name = '', value = ''] = line.split(/ {2,}/);
        return [name, value];
      }),
    );
  });
}

describe('the ciphertext format', () => {
  const vectors = readVectors();

  it('is documented with test vectors', () => {
    assert.equal(vectors.length, 2);
  });

  for (const [index, vector] of vectors.entries()) {
    const text = (name: string): string => {
      const value = vector.get(name);
      assert(value !== undefined, `vector ${index + 1} has a line "${name}"`);
      return value;
    };
    const hex = (name: string) => Buffer.from(text(name), 'hex');
    const vectorContext: Record<string, string> = JSON.parse(text('encryption context'));
    const vectorHeader = { keyId: text('key id'), keyMaterialId: text('key material id') };

    it(`is what documented vector ${index + 1} says`, () => {
      const handle = new SymmetricKeyMaterial(vectorHeader, hex('key'), { take: () => hex('nonce') });
      const blob = handle.encrypt(hex('plaintext'), vectorContext);
      assert.equal(blob.toString('hex'), text('ciphertext blob'));
      assert.deepEqual(decrypt(handle, blob, vectorContext), hex('plaintext'));
    });

    it(`has the intermediate values of documented vector ${index + 1}`, () => {
      const blob = hex('ciphertext blob');
      const canonicalContext = encodeEncryptionContext(vectorContext);
      assert.deepEqual(canonicalContext, hex('canonical context'));
      assert.deepEqual(
        Buffer.concat([blob.subarray(0, HEADER_LENGTH), canonicalContext]),
        hex('additional data'),
      );
      assert.deepEqual(blob.subarray(HEADER_LENGTH, HEADER_LENGTH + 24), hex('nonce'));
      assert.deepEqual(hex('nonce').subarray(12), hex('message nonce'));
      const sealed = blob.subarray(HEADER_LENGTH + 24);
      const opened = openAes256Gcm(hex('message key'), hex('message nonce'), sealed, hex('additional data'));
      assert.deepEqual(opened, hex('plaintext'));
    });
  }
});

describe('parseCiphertext', () => {
  const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
  const uuid = fc
    .tuple(digits(8), digits(4), digits(4), digits(4), digits(12))
    .map((groups) => groups.join('-'));
  const anyKeyId = fc.oneof(
    uuid,
    digits(32).map((hex) => `mrk-${hex}`),
  );

  it('names key and key material of every blob', () => {
    fc.assert(
      fc.property(
        anyKeyId,
        digits(64),
        fc.uint8Array({ maxLength: 100 }),
        (keyId, keyMaterialId, message) => {
          const blob = new SymmetricKeyMaterial({ keyId, keyMaterialId }, key).encrypt(message, undefined);
          const parsed = parseCiphertext(blob);
          assert.equal(parsed?.keyId, keyId);
          assert.equal(parsed?.keyMaterialId, keyMaterialId);
        },
      ),
    );
  });

  it('reads a blob that lies inside a larger buffer', () => {
    const blob = material.encrypt(plaintext, undefined);
    const larger = new Uint8Array(blob.length + 20);
    larger.set(blob, 7);
    assert.deepEqual(decrypt(material, larger.subarray(7, 7 + blob.length)), plaintext);
  });

  it('knows no blob that is too short', () => {
    const blob = material.encrypt(Buffer.alloc(0), undefined);
    assert.equal(blob.length, CIPHERTEXT_OVERHEAD);
    assert.notEqual(parseCiphertext(blob), undefined);
    for (let length = 0; length < blob.length; length++) {
      assert.equal(parseCiphertext(blob.subarray(0, length)), undefined);
    }
  });

  it('knows no other version and no other form of key id', () => {
    const blob = material.encrypt(plaintext, undefined);
    for (let value = 0; value < 256; value++) {
      const otherVersion = Buffer.from(blob);
      otherVersion.writeUInt8(value, 0);
      assert.equal(parseCiphertext(otherVersion) !== undefined, value === 1);
      const otherForm = Buffer.from(blob);
      otherForm.writeUInt8(value, 1);
      assert.equal(parseCiphertext(otherForm) !== undefined, value <= 1);
    }
  });

  it('takes any bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const looksLikeOurs = Buffer.concat([Buffer.of(1, 0), bytes]);
        for (const blob of [bytes, looksLikeOurs]) assert.equal(decrypt(material, blob), undefined);
      }),
    );
  });
});

describe('SymmetricKeyMaterial', () => {
  const anyContext = fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 });

  it('decrypts what it encrypted under the same context', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096 }), anyContext, (message, encryptionContext) => {
        const blob = material.encrypt(message, encryptionContext);
        assert.deepEqual(decrypt(material, blob, { ...encryptionContext }), Buffer.from(message));
      }),
    );
  });

  it('adds 90 bytes, fewer than AWS KMS does', () => {
    assert.equal(material.encrypt(plaintext, context).length, plaintext.length + 90);
    assert.equal(CIPHERTEXT_OVERHEAD, 90);
  });

  it('takes an absent and an empty context for the same', () => {
    assert.deepEqual(decrypt(material, material.encrypt(plaintext, undefined), {}), plaintext);
    assert.deepEqual(decrypt(material, material.encrypt(plaintext, {}), undefined), plaintext);
  });

  it('never encrypts the same message to the same blob', () => {
    const blobs = Array.from({ length: 200 }, () => material.encrypt(plaintext, context).toString('hex'));
    assert.equal(new Set(blobs).size, blobs.length);
  });

  it('refuses another, a smaller or a larger context', () => {
    const blob = material.encrypt(plaintext, context);
    assert.deepEqual(decrypt(material, blob, { purpose: 'test', tenant: 'acme' }), plaintext);
    const others = [
      undefined,
      {},
      { tenant: 'acme' },
      { ...context, more: '' },
      { ...context, tenant: 'ACME' },
      { tenant: 'test', purpose: 'acme' },
    ];
    for (const other of others) assert.equal(decrypt(material, blob, other), undefined);
    assert.equal(decrypt(material, material.encrypt(plaintext, undefined), context), undefined);
  });

  it('refuses a blob of which any bit was flipped', () => {
    const blob = material.encrypt(plaintext, context);
    for (let bit = 0; bit < 8 * blob.length; bit++) {
      const altered = Buffer.from(blob);
      altered.writeUInt8(altered.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      assert.equal(decrypt(material, altered, context), undefined, `bit ${bit}`);
    }
  });

  it('refuses a blob with bytes missing or added', () => {
    const blob = material.encrypt(plaintext, context);
    for (let length = 0; length < blob.length; length++) {
      assert.equal(decrypt(material, blob.subarray(0, length), context), undefined);
    }
    assert.equal(decrypt(material, Buffer.concat([blob, Buffer.of(0)]), context), undefined);
  });

  it('refuses a blob that names another key or material, though the bytes of the key be the same', () => {
    const others: CiphertextHeader[] = [
      { ...header, keyId: '1234abcd-12ab-34cd-56ef-1234567890ac' },
      { ...header, keyId: 'mrk-1234abcd12ab34cd56ef1234567890ab' },
      { ...header, keyMaterialId: 'c1'.repeat(32) },
    ];
    for (const other of others) {
      const blob = new SymmetricKeyMaterial(other, key).encrypt(plaintext, context);
      assert.equal(decrypt(material, blob, context), undefined);
    }
  });

  it('refuses a blob made under other key bytes', () => {
    const blob = new SymmetricKeyMaterial(header, randomBytes(32)).encrypt(plaintext, context);
    assert.equal(decrypt(material, blob, context), undefined);
  });

  it('tells a context of one empty pair from no context', () => {
    assert.equal(decrypt(material, material.encrypt(plaintext, undefined), { '': '' }), undefined);
    assert.equal(decrypt(material, material.encrypt(plaintext, { '': '' }), undefined), undefined);
  });

  it('is made for well-formed ids and 256-bit keys only', () => {
    const keyIds = ['', 'alias/x', '1234ABCD-12ab-34cd-56ef-1234567890ab', 'mrk-12', `${header.keyId}\n`];
    for (const keyId of keyIds) {
      assert.throws(() => new SymmetricKeyMaterial({ ...header, keyId }, key), /^RangeError: key id /);
    }
    for (const keyMaterialId of ['', 'c0', 'C0'.repeat(32)]) {
      assert.throws(
        () => new SymmetricKeyMaterial({ ...header, keyMaterialId }, key),
        /^RangeError: key material id /,
      );
    }
    assert.throws(() => new SymmetricKeyMaterial(header, randomBytes(16)), /^RangeError: .*32 bytes, not 16/);
  });

  it('is unaffected by the caller wiping the key', () => {
    const wiped = Buffer.from(key);
    const handle = new SymmetricKeyMaterial(header, wiped);
    wiped.fill(0);
    assert.deepEqual(decrypt(material, handle.encrypt(plaintext, context), context), plaintext);
  });
});
