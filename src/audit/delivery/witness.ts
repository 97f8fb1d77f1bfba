import { readFile } from 'node:fs/promises';
import type { FileWitnessUrl, HttpWitnessUrl, WitnessUrl } from '../../sink-url.ts';
import {
  type AuditCheckpoint,
  changeAuditCheckpoint,
  findAuditCheckpoint,
  listAuditCheckpoints,
  type Reader,
  type Transactions,
} from '../../store/index.ts';
import { addSignatures, cosignedTime, readWitnessKey } from '../log/cosignature.ts';
import { proveConsistency } from '../proofs.ts';
import { storedCheckpointLine } from '../reading.ts';
import type { Delivery } from './delivery.ts';
import { post } from './http.ts';
import { appendLines, readLineFile } from './line-file.ts';

/** By how many records a witness is brought on at most in one step: so many are hashed for the proof. */
const LONGEST_STEP = 100_000;
const CONFLICT = 409;

/**
 * Shows a checkpoint to a witness.
 *
 * @param oldSize the size of the last one that it has been shown; 0 when there was none
 * @returns signature lines of the witness, if it gives any
 */
type Show = (checkpoint: AuditCheckpoint, oldSize: number, signal: AbortSignal) => Promise<string>;

/** The delivery of the newest checkpoint to a witness, now and then. The cosignatures that it gives are kept. */
export function witnessDelivery(url: WitnessUrl, store: Transactions): Delivery {
  const show = url.kind === 'file' ? fileWitness(url) : httpWitness(url, store);
  let lastDate = Number.NEGATIVE_INFINITY;
  return {
    name: url.name,
    async next(reader, position, now) {
      if (now - lastDate < url.intervalSeconds * 1000) return undefined;
      const checkpoint = await nextCheckpoint(reader, position.checkpointSize);
      if (checkpoint === undefined) return undefined;
      const { size } = checkpoint;
      return {
        firstIndex: undefined,
        position: { ...position, nextIndex: size, checkpointSize: size },
        async deliver(signal) {
          const signatures = await show(checkpoint, position.checkpointSize, signal);
          const newest = await store.read((reader) => findAuditCheckpoint(reader));
          // Whoever is far behind gets on at once.
          if (newest?.size === size) lastDate = now;
          if (signatures === '') return undefined;
          return (writer) => changeAuditCheckpoint(writer, size, (note) => addSignatures(note, signatures));
        },
      };
    },
  };
}

/** The newest checkpoint that a witness can be shown; `undefined` when it has been shown that. */
async function nextCheckpoint(reader: Reader, shownSize: number): Promise<AuditCheckpoint | undefined> {
  const size = shownSize === 0 ? undefined : shownSize + LONGEST_STEP;
  const newest = await findAuditCheckpoint(reader, size === undefined ? {} : { size });
  if (newest !== undefined && newest.size > shownSize) return newest;
  const [next] = await listAuditCheckpoints(reader, shownSize + 1, 1);
  return next;
}

/** A list of checkpoints, as in an export. */
function fileWitness({ path }: FileWitnessUrl): Show {
  return async (checkpoint) => {
    const { size } = await readLineFile(path);
    await appendLines(path, size, [storedCheckpointLine(checkpoint)]);
    return '';
  };
}

/** A witness that is shown checkpoints by `add-checkpoint` of https://c2sp.org/tlog-witness. */
function httpWitness(
  { url, headerFile, verifierKeyFile, ...tls }: HttpWitnessUrl,
  store: Transactions,
): Show {
  const add = async ({ note, size }: AuditCheckpoint, oldSize: number, signal: AbortSignal) => {
    const proof = await proveConsistency(store, oldSize, size);
    const hashes = proof.map((hash) => `${hash.toString('base64')}\n`).join('');
    const body = `old ${oldSize}\n${hashes}\n${ownNote(note)}`;
    return post(`${url}/add-checkpoint`, { contentType: 'text/plain', headerFile, body, tls, signal });
  };
  return async (checkpoint, oldSize, signal) => {
    const witness = readWitnessKey(await readFile(verifierKeyFile, 'utf8'));
    if (witness === undefined)
      throw new Error(`${verifierKeyFile} does not hold the verifier key of a witness`);
    let answer = await add(checkpoint, oldSize, signal);
    if (answer.status === CONFLICT) {
      const seen = sizeIn(answer.body);
      if (seen > checkpoint.size)
        throw new Error(
          `the witness has seen a log of ${seen} records, and this one had ${checkpoint.size} when it was signed; the store was reset, or records were cut off`,
        );
      answer = await add(checkpoint, seen, signal);
    }
    if (answer.status !== 200)
      throw new Error(`the witness answered with status ${answer.status}${meaningOf(answer.status)}`);
    const signatures = answer.body.endsWith('\n') ? answer.body : `${answer.body}\n`;
    if (cosignedTime(addSignatures(ownNote(checkpoint.note), signatures), witness) === undefined)
      throw new Error('the witness answered without a cosignature that its verifier key verifies');
    return signatures;
  };
}

/** The note with its first signature, the log's own. */
function ownNote(note: string): string {
  const end = note.indexOf('\n', note.lastIndexOf('\n\n') + 2);
  return note.slice(0, end + 1);
}

/** The size in an answer of 409 Conflict, of type `text/x.tlog.size`. */
function sizeIn(body: string): number {
  if (/^(0|[1-9]\d{0,14})\n?$/.test(body)) return Number(body);
  throw new Error('the witness answered with status 409 without the size of the log that it has seen');
}

function meaningOf(status: number): string {
  const meaning = {
    403: 'it does not know the audit key',
    404: 'it does not know the log',
    422: 'it does not take this log for the one that it has seen',
  }[status];
  return meaning === undefined ? '' : `: ${meaning}`;
}
