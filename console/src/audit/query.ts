import type { EventAttribute } from '../api/lookup-events.ts';
import type { EventSearch } from './search.ts';

/** By what events can be looked for, as people call it, with an example. */
export const ATTRIBUTES: readonly {
  readonly value: EventAttribute;
  readonly label: string;
  readonly example: string;
}[] = [
  { value: 'EventName', label: 'Event name', example: 'Decrypt' },
  { value: 'ResourceName', label: 'Resource ARN', example: 'arn:aws:kms:…:key/…' },
  { value: 'Username', label: 'User name', example: 'a user, a role session, or root' },
  { value: 'AccessKeyId', label: 'Access key ID', example: 'AKIA…' },
  { value: 'EventSource', label: 'Event source', example: 'kms.amazonaws.com' },
  { value: 'ReadOnly', label: 'Read only', example: 'true or false' },
  { value: 'ResourceType', label: 'Resource type', example: 'AWS::KMS::Key' },
  { value: 'EventId', label: 'Event ID', example: '' },
  { value: 'RequestId', label: 'Request ID', example: '' },
];

/** What is looked for, as the query of an address says it. */
export function fromQuery(query: string): EventSearch {
  const given = new URLSearchParams(query);
  const attribute = ATTRIBUTES.find(({ value }) => value === given.get('by'))?.value;
  return {
    attribute,
    value: attribute === undefined ? undefined : (given.get('value') ?? ''),
    from: dateOf(given.get('from')),
    to: dateOf(given.get('to')),
    refusedOnly: given.get('refused') === 'true',
  };
}

/** The query of an address that says what is looked for; empty for everything. */
export function toQuery({ attribute, value = '', from, to, refusedOnly = false }: EventSearch): string {
  const query = new URLSearchParams({
    ...(attribute !== undefined && { by: attribute, value }),
    ...(from && { from: from.toISOString() }),
    ...(to && { to: to.toISOString() }),
    ...(refusedOnly && { refused: 'true' }),
  });
  return query.size === 0 ? '' : `?${query}`;
}

function dateOf(text: string | null): Date | undefined {
  const date = new Date(text ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}
