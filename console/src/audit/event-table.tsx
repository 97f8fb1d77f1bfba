import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import { Failure } from '../layout/failure.tsx';
import { formatTime } from '../layout/format.ts';
import { PageLink } from '../layout/link.tsx';
import { PageControl, usePaging } from '../layout/paging.tsx';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import { type AuditEvent, keyArnOf } from './event.ts';
import { type EventSearch, searchEvents } from './search.ts';

const PAGE_SIZE = 25;

const COLUMNS: readonly TableProps.ColumnDefinition<AuditEvent>[] = [
  { id: 'time', header: 'Time', minWidth: 170, cell: ({ time }) => formatTime(time) },
  {
    id: 'event',
    header: 'Event',
    isRowHeader: true,
    minWidth: 150,
    cell: (event) => (
      <>
        <PageLink path={pathOfEvent(event)}>{event.name}</PageLink>
        <Box variant="small" display="block">
          {event.service}
        </Box>
      </>
    ),
  },
  {
    id: 'outcome',
    header: 'Outcome',
    minWidth: 190,
    cell: ({ errorCode }) => <Outcome errorCode={errorCode} />,
  },
  {
    id: 'caller',
    header: 'Caller',
    minWidth: 140,
    cell: ({ caller }) => <span className="breaks-anywhere">{caller}</span>,
  },
  {
    id: 'key',
    header: 'Resource',
    minWidth: 180,
    cell: (event) => <span className="breaks-anywhere">{resourceOf(event)}</span>,
  },
  {
    id: 'from',
    header: 'From',
    minWidth: 120,
    cell: ({ sourceAddress }) => <span className="breaks-anywhere">{sourceAddress ?? '-'}</span>,
  },
];

/** Whether a call succeeded. */
export function Outcome({ errorCode }: { readonly errorCode: string | undefined }) {
  return errorCode === undefined ? (
    <StatusIndicator type="success">Success</StatusIndicator>
  ) : (
    <StatusIndicator type="error" wrapText={false}>
      {errorCode}
    </StatusIndicator>
  );
}

/** The page of an event; the time spares the server going through its whole log. */
export function pathOfEvent({ id, time }: AuditEvent): string {
  return `/audit/${id}?time=${time.toISOString()}`;
}

/** Events that were looked for, a page at a time. Another search is another table: give it a key. */
export function EventTable({
  search,
  title,
  withResource = true,
}: {
  readonly search: EventSearch;
  readonly title: string;
  readonly withResource?: boolean;
}) {
  const { session } = useSession();
  const paging = usePaging();
  const { token } = paging;
  const page = useLoaded(
    (signal) => searchEvents(session, search, { size: PAGE_SIZE, token }, signal),
    [session, search, token],
  );
  const { events = [], nextToken } = page.value ?? {};
  return (
    <SpaceBetween size="m">
      {page.error && <Failure error={page.error} what="The events cannot be shown" retry={page.reload} />}
      <Table
        wrapLines
        trackBy="id"
        items={events}
        columnDefinitions={COLUMNS.filter(({ id }) => withResource || id !== 'key')}
        loading={page.loading}
        loadingText="Looking for events"
        ariaLabels={{ tableLabel: title }}
        header={
          <Header
            variant="h2"
            actions={<Button iconName="refresh" ariaLabel="Refresh the events" onClick={page.reload} />}
          >
            {title}
          </Header>
        }
        pagination={<PageControl paging={paging} nextToken={nextToken} disabled={page.loading} />}
        empty={
          <Box textAlign="center" color="inherit" padding="m">
            {emptyText(page.error !== undefined, nextToken !== undefined)}
          </Box>
        }
      />
    </SpaceBetween>
  );
}

function emptyText(hasFailed: boolean, hasMore: boolean): string {
  if (hasFailed) return 'They cannot be shown.';
  return hasMore
    ? 'There are none in this part of the log. Go on with the next page.'
    : 'There are no such events.';
}

function resourceOf(event: AuditEvent): string {
  const arn = keyArnOf(event) ?? event.resources[0]?.arn;
  return arn === undefined ? '-' : arn.split(':').slice(5).join(':');
}
