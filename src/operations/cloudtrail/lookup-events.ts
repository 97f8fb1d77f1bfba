import {
  enumeration,
  integer,
  list,
  optional,
  required,
  string,
  structure,
  timestamp,
} from '../../model/index.ts';
import { operation } from '../operation.ts';
import * as refusals from './refusals.ts';

/* As in the CloudTrail API, which has one more kind of event that there is none of here, and no look-up by request id. */

const MOST_RESULTS = 50;

const attribute = structure({
  AttributeKey: required(
    enumeration(
      'EventId',
      'EventName',
      'ReadOnly',
      'Username',
      'ResourceType',
      'ResourceName',
      'EventSource',
      'AccessKeyId',
      'RequestId',
    ),
    'By what events are looked up. By RequestId they are here alone, not in AWS.',
  ),
  AttributeValue: required(string({ min: 1, max: 2000 }), 'The value that they have to have there.'),
});

const event = structure({
  EventId: optional(string(), 'The id of the event.'),
  EventName: optional(string(), 'The operation, or what the service has done.'),
  ReadOnly: optional(string(), '`true` or `false`.'),
  AccessKeyId: optional(string(), 'The access key that signed the request.'),
  EventTime: optional(timestamp, 'When it happened.'),
  EventSource: optional(string(), 'The service, such as `kms.amazonaws.com`.'),
  Username: optional(string(), 'The user, or the session of a role; `root` for the root user.'),
  Resources: optional(
    list(
      structure({
        ResourceType: optional(string(), 'The type, such as `AWS::KMS::Key`.'),
        ResourceName: optional(string(), 'The ARN.'),
      }),
    ),
    'What the call was about.',
  ),
  CloudTrailEvent: optional(string(), 'The whole record, JSON.'),
});

export const lookupEvents = operation({
  name: 'LookupEvents',
  service: 'cloudtrail',
  summary: 'Looks up events of the caller’s account in the Region of the request, the newest first.',
  notes: ['What is recorded, and when: [the audit log](audit.md).'],
  input: structure({
    LookupAttributes: optional(list(attribute), 'At most one attribute that the events have to have.'),
    StartTime: optional(timestamp, 'Only events at this time or later.'),
    EndTime: optional(timestamp, 'Only events at this time or before.'),
    EventCategory: optional(enumeration('insight'), 'Insights events instead, of which there are none.'),
    MaxResults: optional(integer({ min: 1, max: MOST_RESULTS }), 'The most events to return; 50 by default.'),
    NextToken: optional(
      string({ max: 1024 }),
      'Where to continue: the NextToken of the previous answer to the same request.',
    ),
  }),
  output: structure({
    Events: optional(
      list(event),
      'The events; there may be fewer than asked for, or none, and yet a next page.',
    ),
    NextToken: optional(string(), 'Where the next page begins; absent when there is none.'),
  }),
  targets: { events: { kind: 'account', permission: 'cloudtrail:LookupEvents' } },
  errors: [
    'InvalidEventCategoryException',
    'InvalidLookupAttributesException',
    'InvalidNextTokenException',
    'InvalidTimeRangeException',
  ],
  readOnly: true,
  examples: [
    {
      title: 'Find who scheduled the deletion of keys',
      request: {
        LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'ScheduleKeyDeletion' }],
        MaxResults: 1,
      },
    },
    {
      title: 'Find what was done with a key',
      request: {
        LookupAttributes: [
          {
            AttributeKey: 'ResourceName',
            AttributeValue: 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
          },
        ],
      },
    },
  ],
  validate({ StartTime, EndTime, EventCategory, LookupAttributes = [] }) {
    if (EventCategory !== undefined) throw refusals.insightsUnknown();
    if (LookupAttributes.length > 1) throw refusals.tooManyAttributes();
    if (StartTime !== undefined && EndTime !== undefined && StartTime > EndTime)
      throw refusals.startAfterEnd();
  },
  async handler({ input, caller, region, kms, time, lookUpEvents }) {
    const { StartTime, EndTime, LookupAttributes, MaxResults: limit = MOST_RESULTS, NextToken } = input;
    const [attribute] = LookupAttributes ?? [];
    const { AttributeKey: key, AttributeValue: value } = attribute ?? {};
    const from = StartTime?.getTime() ?? 0;
    const to = EndTime?.getTime() ?? time;
    // A token is good for the same request alone.
    const scope = [
      'LookupEvents',
      caller.account,
      region,
      key ?? '',
      value ?? '',
      String(from),
      String(EndTime?.getTime()),
    ];
    const position = NextToken === undefined ? undefined : kms.keyring.openMarker(scope, NextToken);
    if (NextToken !== undefined && position === undefined) throw refusals.invalidNextToken();
    const { events, next } = await lookUpEvents(
      {
        accountId: caller.account,
        region,
        from,
        to,
        attributes: key !== undefined && value !== undefined ? [{ key, value }] : [],
      },
      { beforeIndex: position === undefined ? Number.MAX_SAFE_INTEGER : Number(position), limit },
    );
    return {
      Events: events.map((found) => ({
        EventId: found.eventId,
        EventName: found.eventName,
        ReadOnly: String(found.isReadOnly),
        AccessKeyId: found.accessKeyId,
        EventTime: found.eventTime,
        EventSource: found.eventSource,
        Username: found.userName,
        Resources: found.resources.map(({ type, name }) => ({ ResourceType: type, ResourceName: name })),
        CloudTrailEvent: found.text,
      })),
      ...(next !== undefined && { NextToken: kms.keyring.sealMarker(scope, String(next)) }),
    };
  },
});
