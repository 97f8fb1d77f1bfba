import type { Clock } from '../clock.ts';
import type { Keyring } from '../keyring/index.ts';
import type { Store, Writer } from '../store/index.ts';
import { findAuditKey } from './audit-key.ts';
import { eventOfOperator, type OperatorAction } from './events/operator-event.ts';
import { AuditTrail } from './trail.ts';

/** Puts what an operator does on record, in the transaction that does it; where a log has been begun. */
export type RecordOperatorAction = (writer: Writer, action: OperatorAction) => Promise<void>;

/** Records what operators do in the audit log of a store. */
export function operatorRecorder({
  store,
  keyring,
  clock,
}: {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
}): RecordOperatorAction {
  return async (writer, action) => {
    const key = await findAuditKey(writer, keyring);
    if (key === undefined) return;
    const trail = new AuditTrail({ store, clock, key, durability: 'strict' });
    await trail.append(writer, [eventOfOperator(action, clock.now())]);
  };
}
