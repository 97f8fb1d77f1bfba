import type { AuditCheckpoint } from '../../store/index.ts';
import type { StoredRecord } from '../reading.ts';

/** What is delivered together. */
export interface DeliveryBatch {
  /** In the order of the log; may be empty when there are checkpoints. */
  readonly records: readonly StoredRecord[];
  /** Those that were signed since the last batch, up to the end of the last record, in the order of their sizes. */
  readonly checkpoints: readonly AuditCheckpoint[];
}

/** Somewhere that audit records are delivered to, in order, each at least once. */
export interface AuditSink {
  readonly name: string;
  /** How many records are delivered together at most. */
  readonly mostRecords: number;
  /** How long records wait at most for others to be delivered with, in milliseconds. */
  readonly longestWait: number;
  /** Whether checkpoints are delivered, too, when no record is. */
  readonly takesCheckpoints: boolean;
  /**
   * Delivers records. When it resolves they are where they belong, and stay there.
   *
   * @param signal aborts the delivery
   * @throws Error when not all of them were delivered; they come again
   */
  deliver(batch: DeliveryBatch, signal: AbortSignal): Promise<void>;
}
