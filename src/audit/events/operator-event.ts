import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { type IdentityKind, rootUserArn } from '../../iam/index.ts';
import type { AuditEvent } from './call-event.ts';
import { textOfEvent, textOfTime } from './event-text.ts';
import { accountOf, typeOfResource } from './resources.ts';

/** Where CloudTrail records what belongs to no Region. */
const GLOBAL_REGION = 'us-east-1';

/** What an operator has done beside the server, with the data directory and the root key at hand. */
export interface OperatorAction {
  readonly name:
    | 'ApplySeed'
    | 'CreateAccount'
    | 'CreateAdministrator'
    | 'RegisterService'
    | 'RemoveService'
    | 'ResetRootCredentials';
  readonly accountId: string;
  /** What was created, changed or removed. */
  readonly resources: readonly { readonly kind: IdentityKind | 'account' | 'key'; readonly arn: string }[];
  /** What `serviceEventDetails` holds. Never a secret. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** The root user of an account has got an access key in place of all others. */
export function rootCredentialsReset(
  partition: string,
  accountId: string,
  accessKeyId: string,
): OperatorAction {
  const resources = [{ kind: 'account', arn: rootUserArn(partition, accountId) }] as const;
  return { name: 'ResetRootCredentials', accountId, resources, details: { accessKeyId } };
}

/**
 * The event of something that an operator has done. Who it was is what the operating system says.
 *
 * @param time milliseconds since the Unix epoch
 */
export function eventOfOperator(
  { name, accountId, resources, details }: OperatorAction,
  time: number,
): AuditEvent {
  const eventId = randomUUID();
  const text = textOfEvent({
    eventVersion: '1.11',
    userIdentity: { accountId, invokedBy: 'QKMS operator', userName: `${systemUser()}@${hostname()}` },
    eventTime: textOfTime(time),
    eventSource: 'qkms.amazonaws.com',
    eventName: name,
    awsRegion: GLOBAL_REGION,
    sourceIPAddress: hostname(),
    userAgent: 'qkms',
    requestParameters: null,
    responseElements: null,
    eventID: eventId,
    readOnly: false,
    resources: resources.map(({ kind, arn }) => ({
      // Service principals go by their names.
      accountId: accountOf(arn) || accountId,
      type: typeOfResource(kind),
      ARN: arn,
    })),
    eventType: 'AwsServiceEvent',
    recipientAccountId: accountId,
    serviceEventDetails: details,
    managementEvent: true,
    eventCategory: 'Management',
  });
  return { eventId, accountId, text };
}

/** In a container there may be no name for the user. */
function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
