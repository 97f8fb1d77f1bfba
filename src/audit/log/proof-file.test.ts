import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { signCheckpoint } from './checkpoint.ts';
import { privateKey, publicKey, type WrittenLog, writeLog } from './exports.test-support.ts';
import { consistencyProof, GrowingTree, hashLeaf, inclusionProof, subtreeHashes } from './merkle.ts';
import { type ProofVerification, readProof, verifyProof, writeProof } from './proof-file.ts';

const SIZE = 21;
const LOG = writeLog(SIZE, 1);
const RECORDS = recordsOf(LOG);

function recordsOf({ lines }: WrittenLog): readonly string[] {
  return lines.filter((line) => !line.startsWith('{"checkpoint":'));
}

/** The checkpoint of that many records. */
function noteOf(size: number, log = LOG): string {
  const empty = () => signCheckpoint(log.origin, new GrowingTree(), privateKey);
  return (size === 0 ? empty() : log.checkpoints[size - 1])?.note ?? '';
}

const hashOf = subtreeHashes(
  { size: 0, subtrees: [] },
  RECORDS.map((text) => hashLeaf(text)),
);

function inclusion(index: number, size: number) {
  const record = Buffer.from(RECORDS[index] ?? '');
  const hashes = inclusionProof(index, size, hashOf);
  return { kind: 'inclusion', record, index, hashes, note: noteOf(size) } as const;
}

function consistency(oldSize: number, size: number) {
  const hashes = consistencyProof(oldSize, size, hashOf);
  return { kind: 'consistency', hashes, oldNote: noteOf(oldSize), note: noteOf(size) } as const;
}

const messageOf = (verified: ProofVerification) =>
  verified.kind === 'fault' ? verified.message : verified.kind;
const verify = (text: string, record?: Buffer) => messageOf(verifyProof(text, publicKey, record));

describe('a proof as a file', () => {
  it('shows of each record that it is in the log of each checkpoint that covers it', () => {
    for (let size = 1; size <= SIZE; size += 1)
      for (let index = 0; index < size; index += 1) {
        const verified = verifyProof(writeProof(inclusion(index, size)), publicKey);
        assert.ok(verified.kind === 'inclusion', `${index} of ${size}`);
        assert.deepEqual([verified.record.text, verified.checkpoint.size], [RECORDS[index], size]);
      }
  });

  it('shows that the log goes on from each older checkpoint', () => {
    for (let size = 0; size <= SIZE; size += 1)
      for (let oldSize = 0; oldSize <= size; oldSize += 1)
        assert.equal(verify(writeProof(consistency(oldSize, size))), 'consistency', `${oldSize} to ${size}`);
  });

  it('shows nothing when any of its bytes is another, or missing', () => {
    for (const proof of [inclusion(13, SIZE), consistency(13, SIZE)]) {
      const bytes = Buffer.from(writeProof(proof));
      for (const [position, byte] of bytes.entries()) {
        const altered = Buffer.from(bytes);
        altered[position] = byte ^ (1 << (position % 8));
        assert.notEqual(verify(altered.toString()), proof.kind, `byte ${position}: ${altered}`);
        const cut = Buffer.concat([bytes.subarray(0, position), bytes.subarray(position + 1)]);
        assert.notEqual(verify(cut.toString()), proof.kind, `without byte ${position}: ${cut}`);
        assert.notEqual(verify(bytes.subarray(0, position).toString()), proof.kind, `${position} bytes`);
      }
    }
  });

  it('says what is wrong with it', () => {
    const [proof, growth] = [inclusion(5, 8), consistency(5, 8)];
    const other = writeLog(8, 1, 'node-2.0');
    const stranger = generateKeyPairSync('ed25519').publicKey;
    const notAll = 'not a proof of inclusion or of consistency, or not all of one';
    const altered = 'the checkpoint was altered, or signed with another key';
    assert.equal(verify(''), notAll);
    assert.equal(verify(LOG.lines.join('\n')), notAll);
    assert.equal(verify(writeProof({ ...growth, oldNote: '' })), notAll);
    assert.equal(verify(writeProof({ ...proof, note: 'not a note\n' })), altered);
    for (const each of [proof, growth])
      assert.equal(messageOf(verifyProof(writeProof(each), stranger)), altered);
    assert.equal(
      verify(writeProof({ ...growth, oldNote: growth.oldNote.replace('\n5\n', '\n6\n') })),
      'the older checkpoint was altered, or signed with another key',
    );
    assert.equal(
      verify(writeProof({ ...growth, oldNote: noteOf(5, other) })),
      `the checkpoints are of two logs, ${other.origin} and ${LOG.origin}`,
    );
    assert.equal(
      verify(writeProof({ ...growth, hashes: growth.hashes.slice(1) })),
      'the log of 8 records is not shown to go on from that of 5: the proof was altered, or the log written anew',
    );
    assert.equal(
      verify(writeProof({ ...consistency(5, 8), oldNote: noteOf(6) })).slice(0, 39),
      'the log of 8 records is not shown to go',
    );
    assert.equal(
      verify(writeProof({ ...proof, note: noteOf(4) })),
      'record 5 is not among the 4 records of the checkpoint',
    );
    assert.equal(
      verify(writeProof({ ...proof, note: noteOf(9) })),
      'record 5, or the proof, was altered: the checkpoint is of a log with another one',
    );
    const forged = Buffer.from(String(proof.record).replace('Decrypt', 'Encrypt'));
    assert.equal(
      verify(writeProof({ ...proof, record: forged })),
      'record 5, or the proof, was altered: the checkpoint is of a log with another one',
    );
    assert.equal(
      verify(writeProof({ ...proof, index: 4 })),
      `the proof is of record 4 of ${LOG.origin}, the record is 5 of ${LOG.origin}`,
    );
    assert.equal(
      verify(writeProof({ ...proof, record: Buffer.from('{}') })),
      'what the proof is to be of is not a record',
    );
  });

  it('is of the record that it is given, in place of its own', () => {
    const proof = inclusion(5, 8);
    const alone = writeProof({ ...proof, record: undefined });
    assert.equal(verify(alone), 'no record');
    assert.equal(verify(alone, proof.record), 'inclusion');
    const other = Buffer.from(RECORDS[6] ?? '');
    for (const file of [alone, writeProof(proof)])
      assert.match(verify(file, other), /^the proof is of record 5 of .*, the record is 6 of /);
  });

  it('of a log that was signed twice is refused by the other history', () => {
    const fork = new GrowingTree();
    for (const each of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) fork.append(hashLeaf(each));
    const { note } = signCheckpoint(LOG.origin, fork, privateKey);
    assert.match(verify(writeProof({ ...inclusion(5, 8), note })), /^record 5, or the proof, was altered/);
    assert.match(verify(writeProof({ ...consistency(5, 8), note })), /or the log written anew$/);
  });

  it('is read as it was written, and whatever else is read, is', () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .array(fc.constantFrom('c2sp.org/tlog-proof@v1', 'index 1', '', 'extra eA==', noteOf(3)))
        .map((lines) => lines.join('\n')),
    );
    fc.assert(
      fc.property(text, (text) => {
        const proof = readProof(text);
        if (proof !== undefined) assert.equal(writeProof(proof), text);
      }),
    );
  });
});
