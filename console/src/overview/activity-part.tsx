import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { lazy, Suspense, useState } from 'react';
import { toQuery } from '../audit/query.ts';
import { RecordingNotice } from '../audit/recording-notice.tsx';
import { useAuditLog } from '../audit/use-audit-log.ts';
import { Failure } from '../layout/failure.tsx';
import { formatTime } from '../layout/format.ts';
import { PageLink } from '../layout/link.tsx';
import { Loading } from '../layout/page.tsx';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import { type Activity, loadActivity, MOST_COUNTED, STRETCHES } from './activity.ts';

const ActivityChart = lazy(() =>
  import('./activity-chart.tsx').then(({ ActivityChart }) => ({ default: ActivityChart })),
);

/** What was called of late, as far as the audit log has it. */
export function ActivityPart() {
  const { session } = useSession();
  const log = useAuditLog();
  const [chosen, setChosen] = useState<string>('day');
  const stretch = STRETCHES.find(({ id }) => id === chosen) ?? STRETCHES[1];
  const activity = useLoaded((signal) => loadActivity(session, stretch, signal), [session, stretch]);
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Calls of KMS in this account and Region, out of the audit log."
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <SegmentedControl
                label="Time"
                selectedId={stretch.id}
                options={STRETCHES.map(({ id, label }) => ({ id, text: label }))}
                onChange={({ detail }) => setChosen(detail.selectedId)}
              />
              <Button iconName="refresh" ariaLabel="Refresh the activity" onClick={activity.reload} />
            </SpaceBetween>
          }
        >
          Activity
        </Header>
      }
    >
      <SpaceBetween size="m">
        <RecordingNotice log={log} />
        {activity.error && (
          <Failure error={activity.error} what="The activity cannot be shown" retry={activity.reload} />
        )}
        {activity.value === undefined && activity.loading && <Loading what="Counting calls" />}
        {activity.value?.total === 0 && <Box>No call was recorded in this time.</Box>}
        {activity.value !== undefined && activity.value.total > 0 && (
          <>
            <Totals activity={activity.value} />
            <Suspense fallback={<Loading what="Drawing" />}>
              <ActivityChart activity={activity.value} withDays={stretch.id === 'week'} />
            </Suspense>
          </>
        )}
      </SpaceBetween>
    </Container>
  );
}

function Totals({ activity: { total, totalRefused, since, isWhole } }: { readonly activity: Activity }) {
  return (
    <SpaceBetween size="s">
      <div>
        {total} {total === 1 ? 'call' : 'calls'} since {formatTime(since)},{' '}
        <PageLink path={`/audit${toQuery({ from: since, refusedOnly: true })}`}>
          {totalRefused} refused or failed
        </PageLink>
        .
      </div>
      {!isWhole && (
        <Alert type="info">
          There were more than {MOST_COUNTED} calls: those before {formatTime(since)} are not counted.
        </Alert>
      )}
    </SpaceBetween>
  );
}
