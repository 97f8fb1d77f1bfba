import { type AuditRecords, listAuditRecordsBackwards, type Transactions } from '../store/index.ts';
import { unpackLines } from './batches.ts';

/** How many transactions of records are read at a time. */
const BATCH = 20;
/** How many records one look-up goes through at most; the next one goes on from there. */
const MOST_SCANNED = 20_000;
/** Records are appended somewhat later than their events happen, in milliseconds. */
const LONGEST_DELAY = 60_000;

/** By what events are looked up, as CloudTrail calls it, by the request id and by the code of a refusal. */
export type LookupAttribute =
  | 'AccessKeyId'
  | 'ErrorCode'
  | 'EventId'
  | 'EventName'
  | 'EventSource'
  | 'ReadOnly'
  | 'RequestId'
  | 'ResourceName'
  | 'ResourceType'
  | 'Username';

/** Which events are looked for. Times are milliseconds since the Unix epoch. */
export interface EventFilter {
  /** `undefined` looks in all accounts. */
  readonly accountId: string | undefined;
  /** `undefined` looks in all Regions. */
  readonly region: string | undefined;
  readonly from: number;
  readonly to: number;
  /** All of them have to have these values. */
  readonly attributes: readonly { readonly key: LookupAttribute; readonly value: string }[];
}

/** An event as it is found. */
export interface FoundEvent {
  readonly index: number;
  readonly eventId: string;
  readonly requestId: string | undefined;
  readonly eventName: string;
  readonly eventSource: string;
  readonly eventTime: Date;
  readonly isReadOnly: boolean;
  readonly errorCode: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly userName: string | undefined;
  readonly resources: readonly { readonly type: string | undefined; readonly name: string | undefined }[];
  /** The record. */
  readonly text: string;
}

/** Looks events up, the newest first. */
export type LookUpEvents = (
  filter: EventFilter,
  page: { readonly beforeIndex: number; readonly limit: number },
) => Promise<{
  readonly events: readonly FoundEvent[];
  /** Before which index to go on; `undefined` when there is nothing more. */
  readonly next: number | undefined;
}>;

/** Looks events up in the audit log of a store. A page may have fewer events than there is room for, and yet not be the last. */
export function eventLookup(store: Transactions): LookUpEvents {
  return async (filter, { beforeIndex, limit }) => {
    const events: FoundEvent[] = [];
    const { from, to } = filter;
    let next = beforeIndex;
    let scanned = 0;
    while (scanned < MOST_SCANNED) {
      const range = { from, to: to + LONGEST_DELAY, beforeIndex: next };
      const batches = await store.read((reader) => listAuditRecordsBackwards(reader, range, BATCH));
      for (const batch of batches) {
        for (const { index, text } of newestFirst(batch, next)) {
          scanned += 1;
          next = index;
          const event = find(index, text, filter);
          if (event !== undefined) events.push(event);
          if (events.length === limit) return { events, next };
        }
      }
      if (batches.length < BATCH) return { events, next: undefined };
      // Others go on in the meantime.
      await new Promise(setImmediate);
    }
    return { events, next };
  };
}

function newestFirst({ firstIndex, records }: AuditRecords, beforeIndex: number) {
  return unpackLines(records)
    .map((text, position) => ({ index: firstIndex + position, text }))
    .filter(({ index }) => index < beforeIndex)
    .reverse();
}

/** The event in a record, if it is one that is looked for. */
function find(index: number, text: string, filter: EventFilter): FoundEvent | undefined {
  const { accountId, region, attributes } = filter;
  // Most records are told apart by their text alone.
  if (!attributes.every(({ value }) => text.includes(JSON.stringify(value).slice(1, -1)))) return undefined;
  const record = membersOf(JSON.parse(text));
  const event = eventIn(index, record, text);
  const time = event.eventTime.getTime();
  const isMeant =
    (accountId === undefined || record['recipientAccountId'] === accountId) &&
    (region === undefined || record['awsRegion'] === region) &&
    time >= filter.from &&
    time <= filter.to &&
    attributes.every(({ key, value }) => valuesOf(event, key).includes(value));
  return isMeant ? event : undefined;
}

function eventIn(index: number, record: Readonly<Record<string, unknown>>, text: string): FoundEvent {
  const identity = membersOf(record['userIdentity']);
  const session = membersOf(membersOf(identity['sessionContext'])['sessionIssuer']);
  const resources = Array.isArray(record['resources']) ? record['resources'].map(membersOf) : [];
  return {
    index,
    eventId: String(record['eventID']),
    requestId: textOf(record['requestID']),
    eventName: String(record['eventName']),
    eventSource: String(record['eventSource']),
    eventTime: new Date(String(record['eventTime'])),
    isReadOnly: record['readOnly'] === true,
    errorCode: textOf(record['errorCode']),
    accessKeyId: textOf(identity['accessKeyId']),
    userName: nameOf(identity) ?? textOf(session['userName']),
    resources: resources.map(({ type, ARN }) => ({ type: textOf(type), name: textOf(ARN) })),
    text,
  };
}

/** What CloudTrail shows as the user name: the session's for a role. */
function nameOf({ type, principalId, userName }: Readonly<Record<string, unknown>>): string | undefined {
  if (type === 'Root') return 'root';
  const name = textOf(userName);
  const principal = textOf(principalId);
  return name ?? principal?.slice(principal.indexOf(':') + 1);
}

function valuesOf(event: FoundEvent, key: LookupAttribute): readonly (string | undefined)[] {
  switch (key) {
    case 'AccessKeyId':
      return [event.accessKeyId];
    case 'ErrorCode':
      return [event.errorCode];
    case 'EventId':
      return [event.eventId];
    case 'EventName':
      return [event.eventName];
    case 'EventSource':
      return [event.eventSource];
    case 'ReadOnly':
      return [String(event.isReadOnly)];
    case 'RequestId':
      return [event.requestId];
    case 'ResourceName':
      return event.resources.map(({ name }) => name);
    case 'ResourceType':
      return event.resources.map(({ type }) => type);
    case 'Username':
      return [event.userName];
  }
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
