import type { Clock } from '../../clock.ts';
import type { SinkUrl } from '../../sink-url.ts';
import { cloudTrailSink } from './cloudtrail-sink.ts';
import { fileSink } from './file-sink.ts';
import { httpSink } from './http-sink.ts';
import type { AuditSink } from './sink.ts';
import { syslogSink } from './syslog-sink.ts';

export { type DeliveryReport, startDelivery } from './deliverer.ts';
export { type DeliveryLag, readDeliveryLags } from './lag.ts';
export type { AuditSink } from './sink.ts';

/** The sink of a URL. Nothing is opened before something is delivered. */
export function openSink(url: SinkUrl, clock: Clock): AuditSink {
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
