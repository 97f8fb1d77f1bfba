import Box from '@cloudscape-design/components/box';
import Header from '@cloudscape-design/components/header';
import Pagination from '@cloudscape-design/components/pagination';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table from '@cloudscape-design/components/table';
import { useMemo, useState } from 'react';
import { serverTime } from '../api/exchange.ts';
import { PageLink } from '../layout/link.tsx';
import { concernsAbout } from './concerns.ts';
import type { KeySurvey } from './key-survey.ts';

const PAGE_SIZE = 10;

const SEVERITIES = { error: 'Error', warning: 'Warning', info: 'Note' } as const;

/** What somebody should look into, with the way there. */
export function AttentionPart({ survey }: { readonly survey: KeySurvey }) {
  const [page, setPage] = useState(1);
  const concerns = useMemo(() => concernsAbout(survey.keys, serverTime()), [survey.keys]);
  const unread = survey.keys.filter(({ policy }) => 'error' in policy).length;
  return (
    <Table
      wrapLines
      items={concerns.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE)}
      loading={survey.running && survey.keys.length === 0}
      loadingText="Looking at the keys"
      ariaLabels={{ tableLabel: 'What needs attention' }}
      header={
        <Header
          variant="h2"
          counter={`(${concerns.length})`}
          description="Of the keys that were looked at: their states, their material, and what qkms policy check finds in their policies."
        >
          What needs attention
        </Header>
      }
      empty={
        <Box textAlign="center" padding="m">
          {survey.error === undefined ? 'Nothing.' : 'It cannot be told: the keys cannot be looked at.'}
        </Box>
      }
      footer={
        unread > 0 && (
          <Box color="text-status-inactive">{unread} keys have policies that you may not read.</Box>
        )
      }
      pagination={
        concerns.length > PAGE_SIZE && (
          <Pagination
            currentPageIndex={page}
            pagesCount={Math.ceil(concerns.length / PAGE_SIZE)}
            onChange={({ detail }) => setPage(detail.currentPageIndex)}
            ariaLabels={{
              nextPageLabel: 'Next page',
              previousPageLabel: 'Previous page',
              pageLabel: (number) => `Page ${number}`,
            }}
          />
        )
      }
      columnDefinitions={[
        {
          id: 'key',
          header: 'Key',
          isRowHeader: true,
          minWidth: 180,
          cell: ({ keyId, description }) => (
            <>
              <PageLink path={`/keys/${keyId}`}>
                <span className="breaks-anywhere">{description || keyId}</span>
              </PageLink>
              {description !== '' && (
                <Box variant="small" display="block">
                  <span className="breaks-anywhere">{keyId}</span>
                </Box>
              )}
            </>
          ),
        },
        {
          id: 'what',
          header: 'What',
          minWidth: 260,
          cell: ({ severity, what }) => (
            <>
              <StatusIndicator type={severity}>{SEVERITIES[severity]}</StatusIndicator>
              <div className="breaks-anywhere">{what}</div>
            </>
          ),
        },
        {
          id: 'remedy',
          header: 'What to do',
          minWidth: 160,
          cell: ({ remedy, path, keyId }) => (
            <PageLink path={path} ariaLabel={`${remedy}: ${keyId}`}>
              {remedy}
            </PageLink>
          ),
        },
      ]}
    />
  );
}
