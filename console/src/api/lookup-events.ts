/** By what events can be looked up, one at a time. */
export type EventAttribute =
  | 'AccessKeyId'
  | 'EventId'
  | 'EventName'
  | 'EventSource'
  | 'ReadOnly'
  | 'RequestId'
  | 'ResourceName'
  | 'ResourceType'
  | 'Username';

/** What LookupEvents is asked. Times are seconds since the Unix epoch. */
export interface EventQuestion {
  readonly LookupAttributes?: readonly {
    readonly AttributeKey: EventAttribute;
    readonly AttributeValue: string;
  }[];
  readonly StartTime?: number;
  readonly EndTime?: number;
  readonly MaxResults?: number;
  readonly NextToken?: string | undefined;
}

/** What LookupEvents answers. */
export interface EventPage {
  readonly Events?: readonly { readonly CloudTrailEvent?: string }[];
  readonly NextToken?: string;
}
