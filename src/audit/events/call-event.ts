import { randomUUID } from 'node:crypto';
import type { Recipient } from '../../attestation/index.ts';
import type { Caller } from '../../caller.ts';
import type { ServiceError } from '../../errors.ts';
import type { AnyInput, ElsewhereEvent, Operation } from '../../operations/index.ts';
import type { Decision, PolicyLayer } from '../../policy/index.ts';
import type { FoundTarget } from '../../targets/index.ts';
import { textOfEvent, textOfTime } from './event-text.ts';
import { accountOf, resourcesOf } from './resources.ts';
import { foreignIdentityOf, unknownIdentity, userIdentityOf } from './user-identity.ts';

type Members = Readonly<Record<string, unknown>>;

/** What is known of a request apart from what it asks for. */
export interface CallOrigin {
  /** The request id. */
  readonly id: string;
  readonly sourceAddress: string;
  readonly userAgent: string | undefined;
  /** The Host header. */
  readonly host: string | undefined;
  /** How the connection is encrypted, when it is the client's own. */
  readonly tls: { readonly version: string; readonly cipherSuite: string } | undefined;
}

/** An authorization that a call needed. */
export interface AuditedDecision {
  readonly action: string;
  readonly resource: string;
  readonly decision: Decision;
}

/** What the walk knows of a call by the time it is over: of a refused one maybe nothing but its origin. */
export interface AuditedCall {
  readonly origin: CallOrigin;
  readonly operation: Operation;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  readonly caller: Caller | undefined;
  /** What the request claims, as long as nobody knows whether it is so. */
  readonly claimedAccessKeyId: string | undefined;
  readonly region: string | undefined;
  readonly input: AnyInput | undefined;
  readonly recipient: Recipient | undefined;
  readonly targets: readonly FoundTarget[];
  readonly decisions: readonly AuditedDecision[];
  /** What the operation answered, before it is encoded. */
  readonly output: object | undefined;
  /** What the call has created, and is not named by its request: an ARN. */
  readonly created: string | undefined;
  /** The event that the call is in another Region, if it is one there, too. */
  readonly elsewhere: ElsewhereEvent | undefined;
  /** What the operation adds of its own. */
  readonly additional: Readonly<Record<string, string | undefined>>;
  readonly refusal: ServiceError | undefined;
}

/** An event, and how it is found again. */
export interface AuditEvent {
  readonly eventId: string;
  /** The account whose event it is. */
  readonly accountId: string;
  /** JSON in one line. */
  readonly text: string;
}

const EVENT_VERSION = '1.11';
/** Where calls are recorded whose caller belongs to no account. */
const REGION_UNKNOWN = 'unknown';

/**
 * The events of a call: one for the account of its caller, and one for each other account whose keys it was let use, which
 * is told no more of the caller than who it is. Refused access is nobody's concern but the caller's. What a call does in
 * another Region is an event there, too.
 *
 * @param operatorAccount whose the calls of unknown callers are
 */
export function eventsOfCall(call: AuditedCall, operatorAccount: string): readonly AuditEvent[] {
  const { caller, refusal } = call;
  const own = caller?.account ?? operatorAccount;
  const owners = refusal?.code === 'AccessDeniedException' ? [] : keyOwners(call);
  const isService = caller?.principal.kind === 'service';
  if (owners.length === 0 || (owners.length === 1 && owners[0] === own)) {
    const sharedEventId = call.elsewhere && randomUUID();
    const event = eventFor(call, own, own, sharedEventId);
    return call.elsewhere === undefined
      ? [event]
      : [event, eventElsewhere(call, call.elsewhere, own, sharedEventId)];
  }
  const others = owners.filter((account) => account !== own);
  // What a service does for itself with a key is recorded where the key is.
  if (isService && others.length > 0)
    return others.map((account) => eventFor(call, account, account, undefined));
  const sharedEventId = randomUUID();
  return [own, ...others].map((account) => eventFor(call, account, own, sharedEventId));
}

function keyOwners({ targets }: AuditedCall): readonly string[] {
  const owners = new Set<string>();
  for (const target of targets)
    if (target.kind === 'key' && target.key?.entry !== undefined) owners.add(target.key.accountId);
  return [...owners];
}

function eventFor(
  call: AuditedCall,
  recipient: string,
  own: string,
  sharedEventId: string | undefined,
): AuditEvent {
  const { origin, operation, time, caller, region, input, output, refusal } = call;
  const isOwn = recipient === own;
  const eventId = randomUUID();
  const resources = resourcesOf(call.targets, call.created, refusal !== undefined, caller?.account).filter(
    ({ accountId }) => isOwn || accountId === recipient,
  );
  const event = {
    eventVersion: EVENT_VERSION,
    userIdentity: identityIn(call, isOwn),
    eventTime: textOfTime(time),
    eventSource: `${operation.service}.amazonaws.com`,
    eventName: operation.name,
    awsRegion: region ?? REGION_UNKNOWN,
    sourceIPAddress: origin.sourceAddress,
    userAgent: origin.userAgent,
    errorCode: refusal && errorCodeOf(refusal),
    errorMessage: refusal?.message || undefined,
    requestParameters: input === undefined ? null : operation.audit.request(input),
    responseElements: output === undefined ? null : operation.audit.response(output),
    additionalEventData: additionalData(call, recipient, isOwn),
    requestID: origin.id,
    eventID: eventId,
    readOnly: operation.readOnly,
    resources: operation.service === 'kms' || resources.length > 0 ? resources : undefined,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: recipient,
    sharedEventID: sharedEventId,
    eventCategory: 'Management',
    tlsDetails: origin.tls && {
      tlsVersion: origin.tls.version,
      cipherSuite: origin.tls.cipherSuite,
      clientProvidedHostHeader: origin.host,
    },
  };
  return { eventId, accountId: recipient, text: textOfEvent(event) };
}

/** The same call as the other Region knows it: what it was asked for, and why it was allowed, is in the event of the first. */
function eventElsewhere(
  call: AuditedCall,
  { region, name = call.operation.name, arn }: ElsewhereEvent,
  account: string,
  sharedEventId: string | undefined,
): AuditEvent {
  return eventFor(
    {
      ...call,
      operation: { ...call.operation, name },
      region,
      input: undefined,
      output: undefined,
      targets: [],
      decisions: [],
      additional: {},
      created: arn,
    },
    account,
    account,
    sharedEventId,
  );
}

function identityIn({ caller, claimedAccessKeyId }: AuditedCall, isOwn: boolean): Members {
  if (caller === undefined) return unknownIdentity(claimedAccessKeyId);
  return isOwn ? userIdentityOf(caller) : foreignIdentityOf(caller);
}

/** CloudTrail leaves out the `Exception` of this one. */
function errorCodeOf({ code }: ServiceError): string {
  return code === 'AccessDeniedException' ? 'AccessDenied' : code;
}

function additionalData(call: AuditedCall, recipient: string, isOwn: boolean): Members | undefined {
  const { additional, decisions } = call;
  const image = call.recipient?.conditions.get('kms:recipientattestation:imagesha384');
  const authorization = decisions.flatMap((decided) => authorizationData(decided, recipient, isOwn));
  const data = {
    ...additional,
    ...(image !== undefined && { recipient: { attestationDocumentEnclaveImageDigest: image } }),
    ...(authorization.length > 0 && { authorization }),
  };
  return Object.keys(data).length === 0 ? undefined : data;
}

/**
 * What a decision rests on, as far as the account may know it: statements of key policies and grants are for the owner of
 * the key, those of identities for the account of the caller.
 */
function authorizationData(
  { action, resource, decision }: AuditedDecision,
  recipient: string,
  isOwn: boolean,
): Members[] {
  const isOfKey = action.startsWith('kms:') && resource !== '*';
  const ownsKey = !isOfKey || accountOf(resource) === recipient;
  if (!ownsKey && !isOwn) return [];
  const maySee = (layer: PolicyLayer) => (layer === 'key-policy' ? ownsKey : isOwn);
  const { layer, grantId } = decision;
  const isLayerSeen = layer === 'grant' ? ownsKey : layer === 'root-user' ? isOwn : maySee(layer);
  return [
    {
      action,
      resource,
      outcome: decision.outcome,
      layer: isLayerSeen ? layer : undefined,
      grantId: ownsKey ? grantId : undefined,
      statements: decision.statements
        .filter((statement) => maySee(statement.layer))
        .map(({ layer, policyIndex, statementIndex, sid }) => ({ layer, policyIndex, statementIndex, sid })),
    },
  ];
}
