import type { Clock } from '../../clock.ts';
import type { SinkUrl, WitnessUrl } from '../../sink-url.ts';
import type { Transactions } from '../../store/index.ts';
import { cloudTrailSink } from './cloudtrail-sink.ts';
import type { Delivery } from './delivery.ts';
import { fileSink } from './file-sink.ts';
import { httpSink } from './http-sink.ts';
import type { AuditSink } from './sink.ts';
import { sinkDelivery } from './sink-delivery.ts';
import { syslogSink } from './syslog-sink.ts';
import { witnessDelivery } from './witness.ts';

export { type DeliveryReport, startDelivery } from './deliverer.ts';
export type { Delivery } from './delivery.ts';
export { type DeliveryLag, readDeliveryLags } from './lag.ts';

/** The delivery of records to the sink of a URL. Nothing is opened before something is delivered. */
export function deliveryToSink(url: SinkUrl, clock: Clock): Delivery {
  return sinkDelivery(sinkOf(url, clock));
}

/** The delivery of checkpoints to the witness of a URL. */
export function deliveryToWitness(url: WitnessUrl, store: Transactions): Delivery {
  return witnessDelivery(url, store);
}

function sinkOf(url: SinkUrl, clock: Clock): AuditSink {
  switch (url.kind) {
    case 'file':
      return fileSink(url, clock);
    case 'http':
      return httpSink(url);
    case 'syslog':
      return syslogSink(url);
    case 'cloudtrail':
      return cloudTrailSink(url);
  }
}
