import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import CollectionPreferences from '@cloudscape-design/components/collection-preferences';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import TextFilter from '@cloudscape-design/components/text-filter';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { Failure } from '../layout/failure.tsx';
import { Page } from '../layout/page.tsx';
import { PageControl, usePaging } from '../layout/paging.tsx';
import { useAction } from '../layout/use-action.ts';
import { useSession } from '../session/context.ts';
import { COLUMNS, DEFAULT_COLUMNS } from './columns.tsx';
import { describeKey, type KeyRow, useKeyPage } from './key-rows.ts';

const PAGE_SIZES = [25, 50, 100] as const;

/** The keys of the account in the Region, a page at a time. */
export function Keys() {
  const { session } = useSession();
  const [, navigate] = useLocation();
  const [pageSize, setPageSize] = useState<number>(PAGE_SIZES[0]);
  const [visible, setVisible] = useState<readonly string[]>(DEFAULT_COLUMNS);
  const paging = usePaging();
  const [filter, setFilter] = useState('');
  const page = useKeyPage(session, pageSize, paging.token);
  const rows = page.value?.filter((row) => matches(row, filter));
  const find = useAction(async () => {
    const { KeyId } = await describeKey(session, filter.trim());
    navigate(`/keys/${KeyId}`);
  });
  const isNamed = IDENTIFIER.test(filter.trim());

  return (
    <Page
      title="KMS keys"
      description="Keys of this account in this Region."
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button iconName="refresh" ariaLabel="Refresh" onClick={page.reload} loading={page.loading} />
          <Button variant="primary" onClick={() => navigate('/keys/create')}>
            Create key
          </Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="m">
        {page.error && <Failure error={page.error} what="The keys cannot be listed" retry={page.reload} />}
        {find.error && <Failure error={find.error} what="There is no key to show" />}
        <Table
          variant="container"
          stickyHeader
          wrapLines
          trackBy="keyId"
          items={rows ?? []}
          columnDefinitions={COLUMNS}
          columnDisplay={COLUMNS.map(({ id = '' }) => ({ id, visible: visible.includes(id) }))}
          loading={page.loading && rows === undefined}
          loadingText="Loading keys"
          ariaLabels={{ tableLabel: 'KMS keys' }}
          empty={<NoKeys isFiltered={filter !== ''} />}
          filter={
            <SpaceBetween direction="horizontal" size="xs">
              <div className="filter">
                <TextFilter
                  filteringText={filter}
                  filteringPlaceholder="Filter this page, or type an ID, ARN or alias"
                  filteringAriaLabel="Filter keys"
                  {...(filter !== '' && { countText: `${rows?.length ?? 0} on this page` })}
                  onChange={({ detail }) => {
                    setFilter(detail.filteringText);
                    find.reset();
                  }}
                />
              </div>
              {isNamed && (
                <Button onClick={() => void find.run()} loading={find.running}>
                  Go to this key
                </Button>
              )}
            </SpaceBetween>
          }
          pagination={<PageControl paging={paging} nextToken={page.nextMarker} disabled={page.loading} />}
          preferences={
            <CollectionPreferences
              title="Preferences"
              confirmLabel="Confirm"
              cancelLabel="Cancel"
              preferences={{ pageSize, visibleContent: visible }}
              pageSizePreference={{
                title: 'Keys on a page',
                options: PAGE_SIZES.map((value) => ({ value, label: `${value} keys` })),
              }}
              visibleContentPreference={{
                title: 'Columns',
                options: [
                  {
                    label: 'Columns',
                    options: COLUMNS.map(({ id = '', header }) => ({
                      id,
                      label: String(header),
                      editable: id !== 'key',
                    })),
                  },
                ],
              }}
              onConfirm={({ detail }) => {
                setVisible(detail.visibleContent ?? DEFAULT_COLUMNS);
                setPageSize(detail.pageSize ?? PAGE_SIZES[0]);
                paging.reset();
              }}
            />
          }
        />
      </SpaceBetween>
    </Page>
  );
}

function NoKeys({ isFiltered }: { readonly isFiltered: boolean }) {
  return (
    <Box textAlign="center" color="inherit" padding="m">
      {isFiltered
        ? 'No key on this page has that text. Other pages are not searched: type an ID, ARN or alias to go to any key.'
        : 'There are no keys in this Region yet.'}
    </Box>
  );
}

/** A key id, a key ARN, an alias name or an alias ARN. */
const IDENTIFIER = /^(?:alias\/\S+|arn:\S+|mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f-]{27})$/;

/** Whether all words are somewhere in what is known of a key. */
function matches(row: KeyRow, filter: string): boolean {
  const metadata = row.metadata !== undefined && 'value' in row.metadata ? row.metadata.value : undefined;
  const aliases = row.aliases !== undefined && 'value' in row.aliases ? row.aliases.value : [];
  const tags = row.tags !== undefined && 'value' in row.tags ? row.tags.value : [];
  const text = [
    row.keyId,
    metadata?.Description,
    metadata?.KeySpec,
    metadata?.KeyState,
    metadata?.KeyUsage,
    ...aliases,
    ...tags.map(({ key, value }) => `${key}=${value}`),
  ]
    .join('\n')
    .toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
