import type { KeyObject } from 'node:crypto';
import { GrowingTree, HASH_LENGTH, type TreeHead } from './merkle.ts';
import { decodeBase64, isSignedBy, readNote, signNote } from './note.ts';

/*
 * Checkpoints (https://c2sp.org/tlog-checkpoint): the size and the root of a log at one time, signed by the audit key under
 * the origin of the log.
 */

/** What a log is called everywhere: `qkms-audit/<store id>/<name of the log>`. */
const ORIGIN = /^qkms-audit\/[A-Za-z0-9._-]{1,64}\/[A-Za-z0-9._-]{1,64}$/;

/** How lines that hold a checkpoint begin, and no record does. */
export const CHECKPOINT_LINE_BEGINNING = '{"checkpoint":';

/** A number that JavaScript holds exactly, without leading zeros. */
const SIZE = /^(0|[1-9]\d{0,14})$/;

/** A checkpoint whose signature has been verified. */
export interface Checkpoint extends TreeHead {
  readonly origin: string;
  /** The signed note. */
  readonly note: string;
}

/** A checkpoint with all that it takes to go on from there: the roots of the perfect subtrees, from left to right. */
export interface ResumableCheckpoint extends Checkpoint {
  readonly tree: GrowingTree;
}

/** The origin of a log of a store. */
export function originOf(storeId: string, logName: string): string {
  const origin = `qkms-audit/${storeId}/${logName}`;
  if (!ORIGIN.test(origin)) throw new RangeError(`${origin} cannot be the origin of a log`);
  return origin;
}

/** The checkpoint of a log as it is now. */
export function signCheckpoint(origin: string, tree: GrowingTree, privateKey: KeyObject): Checkpoint {
  const { size } = tree;
  const root = tree.root();
  const text = `${origin}\n${size}\n${root.toString('base64')}\n`;
  return { origin, size, root, note: signNote(text, origin, privateKey) };
}

/**
 * The checkpoint in a note; `undefined` when it is not one that the key has signed. What witnesses have signed besides is
 * not looked at.
 */
export function openCheckpoint(note: string, publicKey: KeyObject): Checkpoint | undefined {
  const opened = readNote(note);
  if (opened === undefined) return undefined;
  const [origin = '', sizeText = '', rootText = '', ...more] = opened.text.split('\n');
  const root = decodeBase64(rootText);
  const isForm = ORIGIN.test(origin) && SIZE.test(sizeText) && root?.length === HASH_LENGTH;
  // After the last newline there is nothing, and before it no line that QKMS does not write.
  if (!isForm || root === undefined || more.length !== 1 || more[0] !== '') return undefined;
  return isSignedBy(opened, origin, publicKey) ? { origin, size: Number(sizeText), root, note } : undefined;
}

/** A line of an export that holds a checkpoint. */
export function checkpointLine({ note }: Pick<Checkpoint, 'note'>, { subtrees }: GrowingTree): string {
  return JSON.stringify({
    checkpoint: note,
    subtrees: subtrees.map((subtree) => subtree.toString('base64')),
  });
}

/** The checkpoint in a line that `checkpointLine` made; `undefined` for any other line. */
export function readCheckpointLine(line: string, publicKey: KeyObject): ResumableCheckpoint | undefined {
  const read = parseObject(line);
  const { checkpoint: note, subtrees } = read ?? {};
  if (typeof note !== 'string' || !Array.isArray(subtrees)) return undefined;
  const checkpoint = openCheckpoint(note, publicKey);
  if (checkpoint === undefined) return undefined;
  const hashes = subtrees.map((subtree) => (typeof subtree === 'string' ? decodeBase64(subtree) : undefined));
  const known = hashes.filter((each) => each?.length === HASH_LENGTH).filter((each) => each !== undefined);
  const tree = known.length === hashes.length ? GrowingTree.from(checkpoint.size, known) : undefined;
  if (tree === undefined || !tree.root().equals(checkpoint.root)) return undefined;
  return checkpointLine(checkpoint, tree) === line ? { ...checkpoint, tree } : undefined;
}

/** The members of a JSON object; `undefined` for any other text. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
