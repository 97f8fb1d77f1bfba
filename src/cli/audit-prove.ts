import { createPublicKey } from 'node:crypto';
import {
  type AuditKey,
  consistencyProofFile,
  eventLookup,
  findCheckpointFrom,
  inclusionProofFile,
  openAuditKey,
} from '../audit/index.ts';
import { cosignedTime } from '../audit/log/index.ts';
import type { Configuration } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { type AuditCheckpoint, findAuditCheckpoint, readAuditHead, type Store } from '../store/index.ts';
import { LATEST_TIME } from './audit-arguments.ts';
import { readWitnessKeyFile } from './audit-files.ts';
import { signLog, withStore } from './audit-store.ts';

/** Which record is to be proven to be in the log, and against which checkpoint. */
export interface InclusionOptions {
  readonly eventId?: string;
  readonly index?: number;
  /** Of the checkpoint; by default it is the first one that covers the record, and is signed if there is none. */
  readonly size?: number;
  /** Path of the file of the verifier key of a witness who has to have cosigned the checkpoint. */
  readonly witnessKey?: string;
}

/**
 * A proof that a record is in the audit log.
 *
 * @returns the text of a file that `verifyProofFile` verifies
 * @throws OperatorError when there is no such record or checkpoint
 */
export function proveInclusion(
  configuration: Configuration,
  { eventId, index: typedIndex, size, witnessKey }: InclusionOptions,
): Promise<string> {
  return onLog(configuration, async (store, key) => {
    if ((eventId === undefined) === (typedIndex === undefined))
      throw new OperatorError('give either --event-id or --index: the record that is to be proven');
    const index = typedIndex ?? (await indexOf(store, eventId ?? ''));
    const { size: recordCount } = await store.read(readAuditHead);
    if (index >= recordCount)
      throw new OperatorError(`there is no record ${index}; the log has ${recordCount} records, from 0 on`);
    const checkpoint =
      size === undefined
        ? await checkpointOver(store, key, index, witnessKey)
        : await checkpointOf(store, size, witnessKey);
    if (index >= checkpoint.size)
      throw new OperatorError(
        `record ${index} is not among the ${checkpoint.size} of that checkpoint; give --size of a later one, or leave it out`,
      );
    return inclusionProofFile(store, index, checkpoint, createPublicKey(key.privateKey));
  });
}

/**
 * A proof that the audit log of a checkpoint goes on from that of an older one.
 *
 * @param options.from size of the older checkpoint
 * @param options.to size of the newer checkpoint; by default that is signed now
 * @returns the text of a file that `verifyProofFile` verifies
 * @throws OperatorError when there is no such checkpoint, or the first is larger
 */
export function proveConsistency(
  configuration: Configuration,
  { from, to }: { readonly from: number; readonly to?: number },
): Promise<string> {
  return onLog(configuration, async (store, key) => {
    if (to !== undefined && to < from)
      throw new OperatorError(
        `a log of ${to} records cannot go on from one of ${from}; swap --from and --to`,
      );
    const old = await checkpointOf(store, from);
    if (to === undefined) await signLog(store, key);
    const newer = await checkpointOf(store, to);
    return consistencyProofFile(store, old, newer, createPublicKey(key.privateKey));
  });
}

function onLog(
  configuration: Configuration,
  work: (store: Store, key: AuditKey) => Promise<string>,
): Promise<string> {
  return withStore(configuration, async ({ store, keyring }) => {
    try {
      return await work(store, await openAuditKey(store, keyring));
    } catch (error) {
      // What is not kept any more cannot be proven.
      throw error instanceof RangeError ? new OperatorError(error.message, { cause: error }) : error;
    }
  });
}

async function indexOf(store: Store, eventId: string): Promise<number> {
  const lookUp = eventLookup(store);
  const filter = {
    accountId: undefined,
    region: undefined,
    from: 0,
    to: LATEST_TIME,
    attributes: [{ key: 'EventId' as const, value: eventId }],
  };
  for (let beforeIndex: number | undefined = Number.MAX_SAFE_INTEGER; beforeIndex !== undefined; ) {
    const { events, next }: Awaited<ReturnType<typeof lookUp>> = await lookUp(filter, {
      beforeIndex,
      limit: 1,
    });
    if (events[0] !== undefined) return events[0].index;
    beforeIndex = next;
  }
  throw new OperatorError(`there is no event ${eventId} in the audit log`);
}

/** The first checkpoint that covers a record, or the first that the witness has cosigned. */
async function checkpointOver(
  store: Store,
  key: AuditKey,
  index: number,
  witnessKey: string | undefined,
): Promise<AuditCheckpoint> {
  const witness = witnessKey === undefined ? undefined : await readWitnessKeyFile(witnessKey);
  const find = () =>
    findCheckpointFrom(
      store,
      index + 1,
      (note) => witness === undefined || cosignedTime(note, witness) !== undefined,
    );
  const present = await find();
  if (present !== undefined) return present;
  if (witness !== undefined)
    throw new OperatorError(
      `${witness.name} has cosigned no checkpoint yet that covers record ${index}; try again later`,
    );
  await signLog(store, key);
  const signed = await find();
  if (signed === undefined) throw new OperatorError(`no checkpoint covers record ${index}`);
  return signed;
}

/** @param size the newest one by default */
async function checkpointOf(
  store: Store,
  size: number | undefined,
  witnessKey?: string,
): Promise<AuditCheckpoint> {
  const checkpoint = await store.read((reader) =>
    findAuditCheckpoint(reader, size === undefined ? {} : { size }),
  );
  if (checkpoint === undefined || checkpoint.size !== (size ?? checkpoint.size)) {
    const nearest = checkpoint === undefined ? '' : `; the last one before is of ${checkpoint.size}`;
    throw new OperatorError(`there is no checkpoint of ${size} records${nearest}`);
  }
  if (witnessKey === undefined) return checkpoint;
  const witness = await readWitnessKeyFile(witnessKey);
  if (cosignedTime(checkpoint.note, witness) !== undefined) return checkpoint;
  throw new OperatorError(`${witness.name} has not cosigned the checkpoint of ${size} records`);
}
