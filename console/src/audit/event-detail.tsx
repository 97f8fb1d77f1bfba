import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useLocation, useSearch } from 'wouter';
import { pathOfPrincipal } from '../identities/paths.ts';
import { CodeBlock } from '../layout/code-block.tsx';
import { Failure } from '../layout/failure.tsx';
import { formatTime } from '../layout/format.ts';
import { PageLink } from '../layout/link.tsx';
import { Loading, Page } from '../layout/page.tsx';
import { useLoaded } from '../layout/use-loaded.ts';
import { DataTable } from '../reference/data-table.tsx';
import { useSession } from '../session/context.ts';
import { type AuditEvent, keyArnOf } from './event.ts';
import { Outcome } from './event-table.tsx';
import { toQuery } from './query.ts';
import { RecordingNotice } from './recording-notice.tsx';
import { findEvent } from './search.ts';
import { useAuditLog } from './use-audit-log.ts';

/** An event of the audit log: who did what with what, on what grounds, and its whole record. */
export function EventDetail({ eventId }: { readonly eventId: string }) {
  const { session } = useSession();
  const [, navigate] = useLocation();
  const given = new Date(new URLSearchParams(useSearch()).get('time') ?? '');
  const time = Number.isNaN(given.getTime()) ? undefined : given;
  const event = useLoaded(
    async (signal) => ({ found: await findEvent(session, 'EventId', eventId, time, signal) }),
    [session, eventId, time?.getTime()],
  );
  const found = event.value?.found;
  const isRefused = found?.errorCode?.startsWith('AccessDenied') === true;
  return (
    <Page
      title={found?.name ?? 'Event'}
      parents={[{ text: 'Audit log', path: '/audit' }]}
      actions={
        isRefused &&
        keyArnOf(found) !== undefined && (
          <Button variant="primary" onClick={() => navigate(`/access?event=${found.id}`)}>
            Why was this denied?
          </Button>
        )
      }
    >
      {event.loading && <Loading what="Looking for the event" />}
      {event.error && <Failure error={event.error} what="The event cannot be shown" retry={event.reload} />}
      {event.value && found === undefined && <NotFound eventId={eventId} />}
      {found && <Found event={found} />}
    </Page>
  );
}

function NotFound({ eventId }: { readonly eventId: string }) {
  const log = useAuditLog();
  return (
    <SpaceBetween size="m">
      <RecordingNotice log={log} />
      <Box>There is no event {eventId} of this account in this Region, or it is kept no more.</Box>
    </SpaceBetween>
  );
}

function Found({ event }: { readonly event: AuditEvent }) {
  return (
    <SpaceBetween size="l">
      <General event={event} />
      {event.decisions.length > 0 && <Decisions event={event} />}
      <Container header={<Header variant="h2">Record</Header>}>
        <CodeBlock label="Record" code={JSON.stringify(JSON.parse(event.text), undefined, 2)} />
      </Container>
    </SpaceBetween>
  );
}

function General({ event }: { readonly event: AuditEvent }) {
  const text = (value: string | undefined) => <span className="breaks-anywhere">{value ?? '-'}</span>;
  return (
    <Container header={<Header variant="h2">General</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: 'Outcome', value: <Outcome errorCode={event.errorCode} /> },
          { label: 'Time', value: formatTime(event.time) },
          { label: 'Service', value: `${event.service}, ${event.region}` },
          { label: 'Caller', value: <Caller event={event} /> },
          { label: 'Access key', value: <AccessKey accessKeyId={event.accessKeyId} /> },
          { label: 'From', value: text(event.sourceAddress) },
          { label: 'User agent', value: text(event.userAgent) },
          { label: 'Request ID', value: text(event.requestId) },
          { label: 'Event ID', value: text(event.id) },
          { label: 'Kind', value: event.isReadOnly ? 'reads' : 'changes' },
          { label: 'Resources', value: <Resources event={event} /> },
          { label: 'Place in the log', value: event.index ?? '-' },
          ...(event.errorMessage === undefined
            ? []
            : [{ label: 'Message', value: text(event.errorMessage) }]),
          ...(event.sharedEventId === undefined
            ? []
            : [{ label: 'Also recorded for the other account as', value: text(event.sharedEventId) }]),
        ]}
      />
    </Container>
  );
}

function Caller({ event: { caller, callerArn } }: { readonly event: AuditEvent }) {
  const { session } = useSession();
  const path = callerArn === undefined ? undefined : pathOfPrincipal(callerArn, session.account);
  const name = <span className="breaks-anywhere">{callerArn ?? caller}</span>;
  return path === undefined ? name : <PageLink path={path}>{name}</PageLink>;
}

function AccessKey({ accessKeyId }: { readonly accessKeyId: string | undefined }) {
  if (accessKeyId === undefined) return '-';
  const query = toQuery({ attribute: 'AccessKeyId', value: accessKeyId });
  return (
    <PageLink path={`/audit${query}`} ariaLabel={`Events of access key ${accessKeyId}`}>
      {accessKeyId}
    </PageLink>
  );
}

function Resources({ event: { resources } }: { readonly event: AuditEvent }) {
  if (resources.length === 0) return '-';
  return resources.map(({ arn }) => {
    const [, keyId] = /:kms:.*:key\/([\w-]+)$/.exec(arn) ?? [];
    const name = <span className="breaks-anywhere">{arn}</span>;
    return (
      <div key={arn}>{keyId === undefined ? name : <PageLink path={`/keys/${keyId}`}>{name}</PageLink>}</div>
    );
  });
}

function Decisions({ event: { decisions } }: { readonly event: AuditEvent }) {
  return (
    <Container
      header={
        <Header variant="h2" description="What was decided when the call was made, and what it rested on.">
          Authorization
        </Header>
      }
    >
      <DataTable
        label="Authorization"
        head={['Permission', 'Resource', 'Outcome', 'Rests on']}
        rows={decisions.map(({ action, resource, outcome, layer, grantId, statements }, index) => ({
          key: `${index} ${action}`,
          cells: [
            action,
            resource,
            layer === undefined ? outcome : `${outcome} (${layer})`,
            [...statements, ...(grantId === undefined ? [] : [`grant ${grantId}`])].join(', ') || '-',
          ],
        }))}
      />
    </Container>
  );
}
