/** An event of the audit log: its record, and what is shown of it everywhere. */
export interface AuditEvent {
  /** JSON, as it was recorded. */
  readonly text: string;
  readonly id: string;
  readonly requestId: string | undefined;
  readonly name: string;
  /** The service, such as `kms`. */
  readonly service: string;
  readonly time: Date;
  /** Such as `user/ada`, or whatever there is to tell who it was. */
  readonly caller: string;
  readonly callerArn: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly sourceAddress: string | undefined;
  readonly userAgent: string | undefined;
  readonly region: string | undefined;
  readonly errorCode: string | undefined;
  readonly errorMessage: string | undefined;
  readonly isReadOnly: boolean;
  readonly sharedEventId: string | undefined;
  readonly resources: readonly { readonly type: string; readonly arn: string }[];
  readonly decisions: readonly EventDecision[];
  /** Where it stands in the log: counts from 0. */
  readonly index: number | undefined;
}

/** What was decided when the call was made, and on what grounds. */
export interface EventDecision {
  readonly action: string;
  readonly resource: string;
  readonly outcome: string;
  readonly layer: string | undefined;
  readonly grantId: string | undefined;
  readonly statements: readonly string[];
}

/** The event in a record; `undefined` when the text is not one. */
export function readEvent(text: string): AuditEvent | undefined {
  const record = parse(text);
  const id = textAt(record, 'eventID');
  const name = textAt(record, 'eventName');
  if (id === undefined || name === undefined) return undefined;
  const callerArn = textAt(record, 'userIdentity', 'arn');
  const index = at(record, 'auditLog', 'index');
  return {
    text,
    id,
    name,
    requestId: textAt(record, 'requestID'),
    service: textAt(record, 'eventSource')?.split('.')[0] ?? '',
    time: new Date(textAt(record, 'eventTime') ?? 0),
    caller: callerOf(record, callerArn),
    callerArn,
    accessKeyId: textAt(record, 'userIdentity', 'accessKeyId'),
    sourceAddress: textAt(record, 'sourceIPAddress'),
    userAgent: textAt(record, 'userAgent'),
    region: textAt(record, 'awsRegion'),
    errorCode: textAt(record, 'errorCode'),
    errorMessage: textAt(record, 'errorMessage'),
    isReadOnly: at(record, 'readOnly') === true,
    sharedEventId: textAt(record, 'sharedEventID'),
    resources: listAt(record, 'resources').map((each) => ({
      type: textAt(each, 'type') ?? '',
      arn: textAt(each, 'ARN') ?? '',
    })),
    decisions: listAt(record, 'additionalEventData', 'authorization').map(decisionIn),
    index: typeof index === 'number' ? index : undefined,
  };
}

/** The key that an event is about; the first one, of several. */
export function keyArnOf({ resources }: AuditEvent): string | undefined {
  return resources.find(({ arn }) => /:kms:.*:key\//.test(arn))?.arn;
}

/** The text at a path of a record; `undefined` when there is none. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

/** What is at a path of a record. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path)
    found = typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined;
  return found;
}

/** What a text of JSON says; `undefined` when it is none. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

function callerOf(record: unknown, arn: string | undefined): string {
  if (arn !== undefined) return arn.split(':').slice(5).join(':');
  const identity = at(record, 'userIdentity');
  return (
    textAt(identity, 'invokedBy') ??
    textAt(identity, 'userName') ??
    textAt(identity, 'principalId') ??
    textAt(identity, 'type') ??
    ''
  );
}

function decisionIn(decision: unknown): EventDecision {
  return {
    action: textAt(decision, 'action') ?? '',
    resource: textAt(decision, 'resource') ?? '',
    outcome: textAt(decision, 'outcome') ?? '',
    layer: textAt(decision, 'layer'),
    grantId: textAt(decision, 'grantId'),
    statements: listAt(decision, 'statements').map((statement) => {
      const sid = textAt(statement, 'sid');
      const place = `${textAt(statement, 'layer')}, statement ${Number(at(statement, 'statementIndex')) + 1}`;
      return sid === undefined ? place : `${place} (${sid})`;
    }),
  };
}
