import SpaceBetween from '@cloudscape-design/components/space-between';
import { lazy, Suspense, useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';
import { Page } from '../layout/page.tsx';
import { EventTable } from './event-table.tsx';
import { fromQuery, toQuery } from './query.ts';
import { RecordingNotice } from './recording-notice.tsx';
import { SearchForm } from './search-form.tsx';
import { useAuditLog } from './use-audit-log.ts';

const AuditLogState = lazy(() =>
  import('./audit-log-state.tsx').then(({ AuditLogState }) => ({ default: AuditLogState })),
);

/** The audit log: what was called, by whom, and how it ended. What is looked for is in the address. */
export function Audit() {
  const query = useSearch();
  const [, navigate] = useLocation();
  const log = useAuditLog();
  const search = useMemo(() => fromQuery(query), [query]);
  return (
    <Page
      title="Audit log"
      description="Calls of this account in this Region, the newest first, and what the service did by itself."
    >
      <SpaceBetween size="l">
        <RecordingNotice log={log} />
        <Suspense>
          <AuditLogState log={log} />
        </Suspense>
        <SearchForm key={query} search={search} look={(next) => navigate(`/audit${toQuery(next)}`)} />
        <EventTable key={`table ${query}`} search={search} title="Events" />
      </SpaceBetween>
    </Page>
  );
}
