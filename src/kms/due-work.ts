import type { KeyRecord, Reader, Transactions, Writer } from '../store/index.ts';
import type { Kms } from './kms.ts';

/** What was done because it was due; names as in CloudTrail's service events (audit.md). */
export interface DueEvent {
  readonly name: 'DeleteKey' | 'DeleteExpiredKeyMaterial' | 'RotateKey' | 'SynchronizeMultiRegionKey';
  readonly key: KeyRecord;
}

/** The KMS domain as far as work needs it that no request asks for; the scheduler watches over its transactions. */
export type KmsAtWork = Pick<Kms, 'keyring' | 'clock' | 'recordEvents'> & { readonly store: Transactions };

/** What the service has done with a key on its own, in the words of CloudTrail's `serviceEventDetails`. */
export interface KeyEvent extends DueEvent {
  readonly details?: Readonly<Record<string, string | undefined>>;
}

/** Puts events on record in the transaction of what they tell of. */
export type RecordKeyEvents = (writer: Writer, events: readonly KeyEvent[]) => Promise<void>;

/** A kind of work that becomes due by time. */
export interface DueWork {
  /** When something is due next, in milliseconds since the Unix epoch; `undefined` when nothing is. */
  readonly nextDate: (reader: Reader) => Promise<number | undefined>;
  /** Does all that is due, each thing in a transaction of its own. */
  readonly run: (kms: KmsAtWork) => Promise<readonly DueEvent[]>;
}
