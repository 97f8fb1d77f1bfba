import { hash } from 'node:crypto';

/*
 * Merkle trees as RFC 9162, section 2.1, has them (those of RFC 6962): SHA-256, a zero byte before what a leaf hashes, a
 * one byte before what a node hashes. Sizes and indexes are exact up to 2^53, so nothing here uses 32-bit operators.
 */

/** The bytes of a hash. */
export const HASH_LENGTH = 32;

const NODE_PREFIX = Buffer.of(1);

/** The hash of the tree that has no leaves. */
const EMPTY_ROOT: Buffer = hash('sha256', '', 'buffer');

/** The hash of a leaf that holds the UTF-8 bytes of a text. */
export function hashLeaf(text: string): Buffer {
  return hash('sha256', `\0${text}`, 'buffer');
}

function hashNode(left: Uint8Array, right: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([NODE_PREFIX, left, right]), 'buffer');
}

/** The size of the left subtree of a tree of more than one leaf: the largest power of two below its size. */
function leftSize(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** The sizes of the perfect trees that a tree of that size is made of, from left to right: its powers of two. */
function perfectSizes(size: number): readonly number[] {
  const sizes: number[] = [];
  for (let rest = size; rest > 0; ) {
    const power = rest === 1 ? 1 : leftSize(rest + 1);
    sizes.push(power);
    rest -= power;
  }
  return sizes;
}

/**
 * A growing tree, of which only the roots of its perfect subtrees are kept: one for each binary digit 1 of its size. It is
 * enough to go on from there.
 */
export class GrowingTree {
  #size = 0;
  readonly #subtrees: Buffer[] = [];

  /**
   * The tree of that size with these perfect subtrees, from left to right; `undefined` when so many are not what a tree of
   * that size has.
   */
  static from(size: number, subtrees: readonly Buffer[]): GrowingTree | undefined {
    if (subtrees.length !== perfectSizes(size).length) return undefined;
    const tree = new GrowingTree();
    tree.#size = size;
    tree.#subtrees.push(...subtrees);
    return tree;
  }

  /** The number of leaves. */
  get size(): number {
    return this.#size;
  }

  /** The roots of the perfect subtrees, from left to right. */
  get subtrees(): readonly Buffer[] {
    return [...this.#subtrees];
  }

  /** Another tree of the same leaves: what is appended there is not appended here. */
  copy(): GrowingTree {
    const tree = new GrowingTree();
    tree.#size = this.#size;
    tree.#subtrees.push(...this.#subtrees);
    return tree;
  }

  append(leafHash: Buffer): void {
    let subtree = leafHash;
    for (let count = this.#size; count % 2 === 1; count = (count - 1) / 2) {
      const left = this.#subtrees.pop();
      if (left === undefined) throw new Error('a tree of odd size has a subtree');
      subtree = hashNode(left, subtree);
    }
    this.#subtrees.push(subtree);
    this.#size += 1;
  }

  root(): Buffer {
    return this.#subtrees.length === 0
      ? EMPTY_ROOT
      : this.#subtrees.reduceRight((right, left) => hashNode(left, right));
  }
}

/** The hash of the tree of the leaves from `start` to before `end`. */
export type SubtreeHash = (start: number, end: number) => Buffer;

/**
 * Hashes subtrees of which all leaves are known from an index on, and before it the perfect subtrees of a tree of that size.
 *
 * @param before the perfect subtrees of the tree of the leaves before those, from left to right
 * @param leafHashes of the leaves that follow
 */
export function subtreeHashes(
  before: { readonly size: number; readonly subtrees: readonly Buffer[] },
  leafHashes: readonly Buffer[],
): SubtreeHash {
  const known = new Map<string, Buffer>();
  let start = 0;
  for (const [position, size] of perfectSizes(before.size).entries()) {
    const subtree = before.subtrees[position];
    if (subtree !== undefined) known.set(`${start}-${start + size}`, subtree);
    start += size;
  }
  const hashOf: SubtreeHash = (start, end) => {
    const subtree = known.get(`${start}-${end}`);
    if (subtree !== undefined) return subtree;
    if (end - start === 1) {
      const leaf = leafHashes[start - before.size];
      if (leaf === undefined) throw new RangeError(`the leaf ${start} is not known`);
      return leaf;
    }
    const middle = start + leftSize(end - start);
    return hashNode(hashOf(start, middle), hashOf(middle, end));
  };
  return hashOf;
}

/**
 * The proof that a leaf is in the tree of a size, from the leaf's neighbour upwards (RFC 9162, section 2.1.3.1).
 *
 * @throws RangeError when there is no such leaf
 */
export function inclusionProof(index: number, size: number, hashOf: SubtreeHash): readonly Buffer[] {
  if (index < 0 || index >= size) throw new RangeError(`a tree of ${size} leaves has no leaf ${index}`);
  const path: Buffer[] = [];
  const descend = (start: number, end: number): void => {
    if (end - start === 1) return;
    const middle = start + leftSize(end - start);
    if (index < middle) {
      descend(start, middle);
      path.push(hashOf(middle, end));
    } else {
      descend(middle, end);
      path.push(hashOf(start, middle));
    }
  };
  descend(0, size);
  return path;
}

/** Whether a proof shows that the tree of a size and a root has this leaf at that index (RFC 9162, section 2.1.3.2). */
export function provesInclusion(
  proof: readonly Buffer[],
  leaf: { readonly index: number; readonly hash: Buffer },
  tree: { readonly size: number; readonly root: Buffer },
): boolean {
  if (leaf.index < 0 || leaf.index >= tree.size) return false;
  const rest = [...proof];
  const climb = (index: number, size: number): Buffer | undefined => {
    if (size === 1) return leaf.hash;
    const sibling = rest.pop();
    if (sibling === undefined) return undefined;
    const left = leftSize(size);
    if (index < left) {
      const subtree = climb(index, left);
      return subtree && hashNode(subtree, sibling);
    }
    const subtree = climb(index - left, size - left);
    return subtree && hashNode(sibling, subtree);
  };
  const root = climb(leaf.index, tree.size);
  return root !== undefined && rest.length === 0 && root.equals(tree.root);
}

/**
 * The proof that the tree of a size goes on from that of a smaller size (RFC 9162, section 2.1.4.1); empty when the smaller
 * has no leaves, or they are the same.
 *
 * @throws RangeError when the old size is the larger one
 */
export function consistencyProof(oldSize: number, size: number, hashOf: SubtreeHash): readonly Buffer[] {
  if (oldSize > size) throw new RangeError(`a tree of ${size} leaves does not go on from one of ${oldSize}`);
  const path: Buffer[] = [];
  const descend = (start: number, end: number, isOldRoot: boolean): void => {
    if (oldSize === end) {
      if (!isOldRoot) path.push(hashOf(start, end));
      return;
    }
    const middle = start + leftSize(end - start);
    if (oldSize <= middle) {
      descend(start, middle, isOldRoot);
      path.push(hashOf(middle, end));
    } else {
      descend(middle, end, false);
      path.push(hashOf(start, middle));
    }
  };
  if (oldSize > 0) descend(0, size, true);
  return path;
}

/** A tree as a checkpoint states it. */
export interface TreeHead {
  readonly size: number;
  readonly root: Buffer;
}

/** Whether a proof shows that a tree goes on from an older one (RFC 9162, section 2.1.4.2). */
export function provesConsistency(proof: readonly Buffer[], old: TreeHead, tree: TreeHead): boolean {
  if (old.size > tree.size) return false;
  if (old.size === 0) return proof.length === 0 && old.root.equals(EMPTY_ROOT);
  const rest = [...proof];
  /** The roots that the proof gives for the old part of a subtree, and for all of it. */
  const climb = (
    oldSize: number,
    size: number,
    isOldRoot: boolean,
  ): readonly [Buffer, Buffer] | undefined => {
    if (oldSize === size) {
      const root = isOldRoot ? old.root : rest.pop();
      return root && [root, root];
    }
    const sibling = rest.pop();
    if (sibling === undefined) return undefined;
    const left = leftSize(size);
    if (oldSize <= left) {
      const roots = climb(oldSize, left, isOldRoot);
      return roots && [roots[0], hashNode(roots[1], sibling)];
    }
    const roots = climb(oldSize - left, size - left, false);
    return roots && [hashNode(sibling, roots[0]), hashNode(sibling, roots[1])];
  };
  const roots = climb(old.size, tree.size, true);
  return roots !== undefined && rest.length === 0 && roots[0].equals(old.root) && roots[1].equals(tree.root);
}
