import type { AuditDelivery, Reader, Writer } from '../../store/index.ts';

/** Something that the audit log is delivered to, step by step. */
export interface Delivery {
  readonly name: string;
  /**
   * What is to be delivered next; `undefined` when there is nothing to be delivered now.
   *
   * @param position how far the log has been delivered
   * @param now milliseconds since the Unix epoch
   */
  next(reader: Reader, position: AuditDelivery, now: number): Promise<DeliveryStep | undefined>;
}

/** What is delivered together. */
export interface DeliveryStep {
  /** Where the delivery stands when this is delivered. */
  readonly position: AuditDelivery;
  /** The first index that is delivered, if records are. */
  readonly firstIndex: number | undefined;
  /**
   * Delivers. When it resolves what was delivered is where it belongs, and stays there.
   *
   * @param signal aborts it
   * @returns what is to be kept of the answer, in the transaction that notes the position
   * @throws Error when it was not delivered; it comes again
   */
  deliver(signal: AbortSignal): Promise<((writer: Writer) => Promise<void>) | undefined>;
}
