import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  consistencyProof,
  GrowingTree,
  hashLeaf,
  inclusionProof,
  provesConsistency,
  provesInclusion,
  type SubtreeHash,
  subtreeHashes,
} from './merkle.ts';

/** The leaves and the roots of the trees of 0 to 8 of them that the Certificate Transparency log's own tests have. */
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => hash('sha256', Buffer.concat([Buffer.of(0), Buffer.from(hex, 'hex')]), 'buffer'));
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const NOTHING = { size: 0, subtrees: [] };
const hashOf = subtreeHashes(NOTHING, LEAVES);
const hex = (hashes: readonly Buffer[]) => hashes.map((each) => each.toString('hex'));

function treeOf(leaves: readonly Buffer[]): GrowingTree {
  const tree = new GrowingTree();
  for (const leaf of leaves) tree.append(leaf);
  return tree;
}

function headOf(leaves: readonly Buffer[]): { readonly size: number; readonly root: Buffer } {
  const tree = treeOf(leaves);
  return { size: tree.size, root: tree.root() };
}

/** The root by its definition (RFC 9162, section 2.1.1), as plainly as can be. */
function naiveRoot(leaves: readonly Buffer[]): Buffer {
  const [leaf] = leaves;
  if (leaf === undefined) return hash('sha256', '', 'buffer');
  if (leaves.length === 1) return leaf;
  let middle = 1;
  while (middle * 2 < leaves.length) middle *= 2;
  const parts = [Buffer.of(1), naiveRoot(leaves.slice(0, middle)), naiveRoot(leaves.slice(middle))];
  return hash('sha256', Buffer.concat(parts), 'buffer');
}

const leaves = (constraints: { minLength: number; maxLength?: number }) =>
  fc.array(
    fc.string().map((text) => hashLeaf(text)),
    { maxLength: 70, ...constraints },
  );

/** One of the hashes changed, left out, or there twice. */
function damaged(proof: readonly Buffer[], position: number): readonly (readonly Buffer[])[] {
  const at = position % proof.length;
  const wrong = Buffer.from(proof[at] ?? '');
  wrong[0] = (wrong[0] ?? 0) ^ 1;
  return [proof.with(at, wrong), proof.toSpliced(at, 1), proof.toSpliced(at, 0, wrong)];
}

describe('Merkle trees', () => {
  it('have the published roots', () => {
    for (const [size, root] of ROOTS.entries())
      assert.equal(treeOf(LEAVES.slice(0, size)).root().toString('hex'), root, `${size} leaves`);
  });

  it('hash a text as the leaf of its UTF-8 bytes', () => {
    assert.deepEqual(hashLeaf(''), LEAVES[0]);
    assert.deepEqual(hashLeaf(' !'), LEAVES[3]);
    assert.deepEqual(
      hashLeaf('Ünïcödé 🔑'),
      hash('sha256', Buffer.concat([Buffer.of(0), Buffer.from('Ünïcödé 🔑')]), 'buffer'),
    );
  });

  it('give the published proofs', () => {
    assert.deepEqual(hex(inclusionProof(0, 1, hashOf)), []);
    assert.deepEqual(hex(inclusionProof(0, 8, hashOf)), [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    assert.deepEqual(hex(inclusionProof(2, 3, hashOf)), [
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    ]);
    assert.deepEqual(hex(consistencyProof(1, 8, hashOf)), [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    assert.deepEqual(hex(consistencyProof(6, 8, hashOf)), [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    assert.deepEqual(hex(consistencyProof(8, 8, hashOf)), []);
  });

  it('have the root of the definition, whole or resumed', () => {
    fc.assert(
      fc.property(leaves({ minLength: 0 }), fc.nat(70), (all, cut) => {
        const before = treeOf(all.slice(0, cut));
        const resumed = GrowingTree.from(before.size, before.subtrees);
        for (const leaf of all.slice(cut)) resumed?.append(leaf);
        assert.deepEqual(resumed?.root(), naiveRoot(all));
      }),
    );
  });

  it('cannot be resumed with the wrong number of subtrees', () => {
    const { subtrees } = treeOf(LEAVES.slice(0, 5));
    assert.equal(GrowingTree.from(4, subtrees), undefined);
    assert.equal(GrowingTree.from(5, subtrees.slice(1)), undefined);
    assert.equal(GrowingTree.from(0, subtrees), undefined);
  });

  it('prove each leaf, and nothing else', () => {
    fc.assert(
      fc.property(leaves({ minLength: 1 }), fc.nat(), fc.nat(), (all, where, position) => {
        const index = where % all.length;
        const tree = headOf(all);
        const proof = inclusionProof(index, all.length, subtreeHashes(NOTHING, all));
        const leaf = { index, hash: all[index] ?? Buffer.alloc(0) };
        assert.ok(provesInclusion(proof, leaf, tree));
        assert.ok(!provesInclusion(proof, { index, hash: hashLeaf('another') }, tree));
        assert.ok(!provesInclusion(proof, leaf, { ...tree, root: hashLeaf('another') }));
        assert.ok(!provesInclusion(proof, { ...leaf, index: all.length }, tree));
        if (proof.length > 0)
          for (const wrong of damaged(proof, position)) assert.ok(!provesInclusion(wrong, leaf, tree));
      }),
    );
  });

  it('prove that they go on from each of their beginnings, and from nothing else', () => {
    fc.assert(
      fc.property(leaves({ minLength: 1 }), fc.nat(), fc.nat(), (all, where, position) => {
        const oldSize = where % (all.length + 1);
        const [old, tree] = [headOf(all.slice(0, oldSize)), headOf(all)];
        const proof = consistencyProof(oldSize, all.length, subtreeHashes(NOTHING, all));
        assert.ok(provesConsistency(proof, old, tree));
        assert.ok(!provesConsistency(proof, { ...old, root: hashLeaf('another') }, tree));
        assert.ok(!provesConsistency(proof, old, { ...tree, root: hashLeaf('another') }) || oldSize === 0);
        assert.ok(!provesConsistency([...proof, hashLeaf('one more')], old, tree));
        assert.ok(!provesConsistency(proof, { ...old, size: all.length + 1 }, tree));
        if (proof.length > 0)
          for (const wrong of damaged(proof, position)) assert.ok(!provesConsistency(wrong, old, tree));
      }),
    );
  });

  it('prove that they go on without the leaves of before', () => {
    fc.assert(
      fc.property(leaves({ minLength: 1 }), fc.nat(), fc.nat(), (all, cut, where) => {
        const known = cut % (all.length + 1);
        const before = treeOf(all.slice(0, known));
        const fromBefore: SubtreeHash = subtreeHashes(before, all.slice(known));
        const oldSize = known + (where % (all.length - known + 1));
        const proof = consistencyProof(oldSize, all.length, fromBefore);
        assert.deepEqual(proof, consistencyProof(oldSize, all.length, subtreeHashes(NOTHING, all)));
      }),
    );
  });

  it('refuse to prove what is not so', () => {
    assert.throws(() => inclusionProof(8, 8, hashOf), RangeError);
    assert.throws(() => inclusionProof(-1, 8, hashOf), RangeError);
    assert.throws(() => consistencyProof(8, 7, hashOf), RangeError);
    assert.throws(() => hashOf(0, 9), RangeError);
  });
});
