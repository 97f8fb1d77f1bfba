import { readNextBatch } from './batch.ts';
import type { Delivery } from './delivery.ts';
import type { AuditSink } from './sink.ts';

/** The delivery of records, and of checkpoints, to a sink. */
export function sinkDelivery(sink: AuditSink): Delivery {
  return {
    name: sink.name,
    async next(reader, position, now) {
      const batch = await readNextBatch(reader, position, sink);
      if (batch === undefined || batch.dueDate > now) return undefined;
      const { records, checkpoints } = batch;
      const last = records.at(-1);
      return {
        firstIndex: records[0]?.index,
        position: {
          ...position,
          nextIndex: last === undefined ? position.nextIndex : last.index + 1,
          checkpointSize: checkpoints.at(-1)?.size ?? position.checkpointSize,
        },
        async deliver(signal) {
          await sink.deliver(batch, signal);
          return undefined;
        },
      };
    },
  };
}
