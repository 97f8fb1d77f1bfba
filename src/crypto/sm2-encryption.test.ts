import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hasOpenssl, openssl } from '../../test/support/openssl.ts';
import { deriveSharedSecret, readPeerKey } from './key-agreement.ts';
import { generatePair, KeyPair, loadPair } from './key-pair.ts';
import { sm2Decrypt, sm2Encrypt } from './sm2-encryption.ts';

/** As keys are when they come from the store: OpenSSL tells them from new ones. */
async function storedPair(): Promise<KeyPair> {
  return loadPair('SM2', (await generatePair('SM2')).exportPrivateKey());
}

/** DER of a ciphertext's members, their lengths in the short form. */
function der(tag: number, ...members: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(members);
  return Buffer.concat([Buffer.of(tag, content.length), content]);
}

describe('SM2PKE', () => {
  it('agrees with the example of GM/T 0003.5-2012', () => {
    // Annex C there: the key, and the ciphertext of “encryption standard”.
    const key = [
      '308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420',
      '3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8',
      'a14403420004',
      '09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020',
      'ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13',
    ].join('');
    const { privateKey } = loadPair('SM2', Buffer.from(key, 'hex'));
    const [x, y, hash, masked] = [
      '04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73',
      'e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0',
      '59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766',
      '21886ca989ca9c7d58087307ca93092d651efa',
    ].map((hex) => Buffer.from(hex, 'hex'));
    assert.ok(x && y && hash && masked);
    const ciphertext = der(
      0x30,
      der(0x02, x),
      der(0x02, Buffer.of(0), y),
      der(0x04, hash),
      der(0x04, masked),
    );
    assert.equal(Buffer.from(sm2Decrypt(privateKey, ciphertext) ?? []).toString(), 'encryption standard');
  });

  it('decrypts whatever it encrypted, never to the same ciphertext', async () => {
    const { publicKey, privateKey } = await storedPair();
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 1024 }), (plaintext) => {
        const ciphertext = sm2Encrypt(publicKey, plaintext);
        assert.deepEqual(Buffer.from(sm2Decrypt(privateKey, ciphertext) ?? []), Buffer.from(plaintext));
        assert.notDeepEqual(sm2Encrypt(publicKey, plaintext), ciphertext);
      }),
      { numRuns: 20 },
    );
  });

  it('decrypts nothing that was altered, cut off or added to, nor for another key', async () => {
    const { publicKey, privateKey } = await storedPair();
    const ciphertext = sm2Encrypt(publicKey, Buffer.from('secret'));
    const altered = Array.from(ciphertext, (_, at) =>
      ciphertext.map((byte, index) => (index === at ? byte ^ 1 : byte)),
    );
    const others = [
      ciphertext.subarray(1),
      ciphertext.subarray(0, -1),
      Buffer.concat([ciphertext, Buffer.of(0)]),
      Buffer.concat([Buffer.of(0x30, 0x81), ciphertext.subarray(1)]),
      Buffer.alloc(0),
      Buffer.alloc(300, 0x30),
      der(0x30, der(0x02, Buffer.of(0)), der(0x02, Buffer.of(0)), der(0x04), der(0x04)),
    ];
    for (const other of [...altered, ...others]) assert.equal(sm2Decrypt(privateKey, other), undefined);
    assert.equal(sm2Decrypt((await storedPair()).privateKey, ciphertext), undefined);
  });

  it('takes any bytes without failing', async () => {
    const { privateKey } = await storedPair();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        assert.equal(sm2Decrypt(privateKey, bytes), undefined);
      }),
    );
  });

  it('exchanges ciphertexts with OpenSSL', async (t) => {
    if (!hasOpenssl()) return t.skip('there is no openssl on this machine');
    const folder = mkdtempSync(join(tmpdir(), 'qkms-sm2-'));
    try {
      const { publicKey, privateKey } = await storedPair();
      const plaintext = Buffer.from('between the two');
      const work = (option: string, key: KeyObject, input: Uint8Array) => {
        const keyFile = join(folder, 'key.pem');
        writeFileSync(
          keyFile,
          key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }),
        );
        const publicOption = key.type === 'public' ? ['-pubin'] : [];
        return openssl(['pkeyutl', option, '-inkey', keyFile, ...publicOption], input);
      };
      const theirs = work('-encrypt', publicKey, plaintext);
      assert.deepEqual(Buffer.from(sm2Decrypt(privateKey, theirs) ?? []), plaintext);
      assert.deepEqual(work('-decrypt', privateKey, sm2Encrypt(publicKey, plaintext)), plaintext);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('key agreement with SM2', () => {
  it('has both sides come to the same 32 bytes', async () => {
    const [one, other] = [await storedPair(), await storedPair()];
    const peers = [
      readPeerKey(one, other.subjectPublicKeyInfo),
      readPeerKey(other, one.subjectPublicKeyInfo),
    ];
    const [toOther, toOne] = peers;
    assert.ok(toOther !== undefined && toOne !== undefined);
    const secret = await deriveSharedSecret(one, toOther);
    assert.equal(secret.length, 32);
    assert.deepEqual(await deriveSharedSecret(other, toOne), secret);
  });

  it('takes no point that is not on the curve', async () => {
    const { keySpec, privateKey, subjectPublicKeyInfo } = await storedPair();
    const offCurve = Buffer.from(subjectPublicKeyInfo);
    offCurve.writeUInt8(offCurve.readUInt8(offCurve.length - 1) ^ 1, offCurve.length - 1);
    assert.equal(readPeerKey(new KeyPair(keySpec, privateKey), offCurve), undefined);
  });
});
