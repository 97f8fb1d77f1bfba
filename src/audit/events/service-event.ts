import { randomUUID } from 'node:crypto';
import type { AuditEvent } from './call-event.ts';
import { textOfEvent, textOfTime } from './event-text.ts';
import { accountOf } from './resources.ts';

/** What the service calls itself where it acts on its own. */
const SERVICE_ITSELF = 'AWS Internal';

/** What the service has done with a key on its own (audit.md section 4). */
export interface ServiceAction {
  readonly name: 'DeleteKey' | 'DeleteExpiredKeyMaterial' | 'RotateKey' | 'SynchronizeMultiRegionKey';
  readonly keyArn: string;
  readonly region: string;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  /** What `serviceEventDetails` holds beside the key id. */
  readonly details: Readonly<Record<string, string | undefined>>;
}

/** The event of something that the service has done without being called. */
export function eventOfService({ name, keyArn, region, time, details }: ServiceAction): AuditEvent {
  const eventId = randomUUID();
  const accountId = accountOf(keyArn);
  const text = textOfEvent({
    eventVersion: '1.11',
    userIdentity: { accountId, invokedBy: SERVICE_ITSELF },
    eventTime: textOfTime(time),
    eventSource: 'kms.amazonaws.com',
    eventName: name,
    awsRegion: region,
    sourceIPAddress: SERVICE_ITSELF,
    userAgent: SERVICE_ITSELF,
    requestParameters: null,
    responseElements: null,
    eventID: eventId,
    readOnly: false,
    resources: [{ accountId, type: 'AWS::KMS::Key', ARN: keyArn }],
    eventType: 'AwsServiceEvent',
    recipientAccountId: accountId,
    serviceEventDetails: { ...details, keyId: keyArn.slice(keyArn.lastIndexOf('/') + 1) },
    managementEvent: true,
    eventCategory: 'Management',
  });
  return { eventId, accountId, text };
}
