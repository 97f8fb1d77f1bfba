import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isSignedBy, readNote, signNote, verifierKey } from './note.ts';

/* The key and the note of the package documentation of golang.org/x/mod/sumdb/note. */
const NAME = 'PeterNeumann';
const VERIFIER_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const SEED = 'AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const NOTE = `${TEXT}
— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

function ed25519Key(seed: Buffer): KeyObject {
  const header = Buffer.from('302e020100300506032b657004220420', 'hex');
  return createPrivateKey({ key: Buffer.concat([header, seed]), format: 'der', type: 'pkcs8' });
}

const privateKey = ed25519Key(Buffer.from(SEED, 'base64').subarray(1));
const publicKey = createPublicKey(privateKey);

function isSigned(note: string): boolean {
  const read = readNote(note);
  return read !== undefined && isSignedBy(read, NAME, publicKey);
}

describe('signed notes', () => {
  it('agree with the published key and note', () => {
    assert.equal(verifierKey(NAME, publicKey), VERIFIER_KEY);
    assert.equal(signNote(TEXT, NAME, privateKey), NOTE);
    assert.equal(readNote(NOTE)?.text, TEXT);
    assert.ok(isSigned(NOTE));
  });

  it('hold what is not changed in any byte', () => {
    const bytes = Buffer.from(NOTE);
    for (const [position, byte] of bytes.entries()) {
      for (const bit of [1, 2, 4, 16, 32, 128]) {
        const altered = Buffer.from(bytes);
        altered[position] = byte ^ bit;
        assert.ok(!isSigned(altered.toString()), `bit ${bit} of byte ${position}`);
      }
    }
  });

  it('may have signatures of others, which do not count', () => {
    const other = generateKeyPairSync('ed25519').privateKey;
    const [, theirs = ''] = signNote(TEXT, 'witness.example', other).split('\n\n');
    assert.ok(isSigned(NOTE + theirs));
    assert.ok(!isSigned(`${TEXT}\n${theirs}`));
  });

  it('are not believed when one signature of the key is wrong', () => {
    const [, ofAnotherText = ''] = signNote('another text\n', NAME, privateKey).split('\n\n');
    assert.ok(!isSigned(NOTE + ofAnotherText));
  });

  it('are refused in any other form', () => {
    const forms = {
      'without a signature': `${TEXT}\n`,
      'without the last newline': NOTE.slice(0, -1),
      'with a control character': NOTE.replace('If', 'I\u001b'),
      'with half a surrogate pair': NOTE.replace('If', 'I\ud800'),
      'with another dash': NOTE.replace('—', '-'),
      'with base64 that has bits to spare': NOTE.replace('nAM=', 'nAN='),
      'with a signature that is too short': `${TEXT}\n— PeterNeumann x08gow==\n`,
      'that are too long': `${'x'.repeat(70_000)}\n${NOTE}`,
      'that are empty': '',
    };
    for (const [form, note] of Object.entries(forms)) assert.equal(readNote(note), undefined, form);
  });

  it('are refused or read, whatever they are', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.ok(!isSigned(text));
        assert.ok(!isSigned(`${text}\n\n— ${NAME} ${text}\n`));
      }),
    );
  });
});
