import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMemo } from 'react';
import { EventTable } from '../audit/event-table.tsx';
import { RecordingNotice } from '../audit/recording-notice.tsx';
import type { EventSearch } from '../audit/search.ts';
import { useAuditLog } from '../audit/use-audit-log.ts';

/** What was done with a key, the newest first. */
export function RecentEventsTab({ arn }: { readonly arn: string }) {
  const log = useAuditLog();
  const search = useMemo((): EventSearch => ({ attribute: 'ResourceName', value: arn }), [arn]);
  return (
    <SpaceBetween size="m">
      <RecordingNotice log={log} />
      <EventTable search={search} title="Recent events" withResource={false} />
    </SpaceBetween>
  );
}
