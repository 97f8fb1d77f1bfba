import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import CollectionPreferences from '@cloudscape-design/components/collection-preferences';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { useMemo, useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import { Failure } from '../layout/failure.tsx';
import { Page } from '../layout/page.tsx';
import { PageControl, usePaging } from '../layout/paging.tsx';
import { useAction } from '../layout/use-action.ts';
import { useSession } from '../session/context.ts';
import { COLUMNS, DEFAULT_COLUMNS } from './columns.tsx';
import { describeKey } from './describe-key.ts';
import { KeyFilter } from './key-filter.tsx';
import { fromQuery, namedKey, toQuery } from './key-query.ts';
import { type KeyPage, useKeySearch } from './key-search.ts';

const PAGE_SIZES = [25, 50, 100] as const;

/** The keys of the account in the Region, a page at a time. What is searched for is in the address. */
export function Keys() {
  const { session } = useSession();
  const [, navigate] = useLocation();
  const search = useSearch();
  const query = useMemo(() => fromQuery(search), [search]);
  const [pageSize, setPageSize] = useState<number>(PAGE_SIZES[0]);
  const [visible, setVisible] = useState<readonly string[]>(DEFAULT_COLUMNS);
  const paging = usePaging(`${session.region} ${search}`);
  const page = useKeySearch(session, query, pageSize, paging.token);
  const { keys, nextMarker, scanned, missingPermissions } = page.value;
  const isFiltered = toQuery(query) !== '';
  const named = namedKey(query);
  const find = useAction(async () => {
    const { KeyId } = await describeKey(session, named ?? '');
    navigate(`/keys/${KeyId}`);
  });

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
        <LeftOut permissions={missingPermissions} isFiltered={isFiltered} />
        <Table
          variant="container"
          stickyHeader
          wrapLines
          trackBy={({ KeyMetadata }) => KeyMetadata.KeyId ?? ''}
          items={keys}
          columnDefinitions={COLUMNS}
          columnDisplay={COLUMNS.map(({ id = '' }) => ({ id, visible: visible.includes(id) }))}
          loading={page.loading && keys.length === 0}
          loadingText={scanned === 0 ? 'Loading keys' : `Searching: ${searched(scanned)}`}
          ariaLabels={{ tableLabel: 'KMS keys' }}
          empty={page.error === undefined && <NoKeys page={page.value} isFiltered={isFiltered} />}
          filter={
            <SpaceBetween size="xs">
              <KeyFilter
                query={query}
                keys={keys}
                loading={page.loading}
                countText={countOf(page.value, page.loading)}
                onChange={(next) => {
                  find.reset();
                  navigate(`/keys${toQuery(next)}`);
                }}
              />
              {named !== undefined && (
                <Button onClick={() => void find.run()} loading={find.running}>
                  Go to this key
                </Button>
              )}
            </SpaceBetween>
          }
          pagination={<PageControl paging={paging} nextToken={nextMarker} disabled={page.loading} />}
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

function searched(scanned: number): string {
  return `${scanned.toLocaleString('en')} keys searched`;
}

/** How many keys of a search are on the page. */
function countOf({ keys, scanned }: KeyPage, loading: boolean): string {
  const found = `${keys.length} ${keys.length === 1 ? 'key' : 'keys'} on this page`;
  return loading ? `${found}, ${searched(scanned)} so far` : `${found}, ${searched(scanned)}`;
}

function NoKeys({ page, isFiltered }: { readonly page: KeyPage; readonly isFiltered: boolean }) {
  return (
    <Box textAlign="center" color="inherit" padding="m">
      {page.nextMarker !== undefined
        ? `None of the ${searched(page.scanned)} matches. The next page searches on.`
        : isFiltered
          ? 'No key matches.'
          : page.scanned > 0
            ? 'There is no key that you may see.'
            : 'There are no keys in this Region yet.'}
    </Box>
  );
}

/** What is left out for want of which permission. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  'kms:DescribeKey': 'Keys that you may not describe are left out.',
  'kms:GetKeyLastUsage': 'When some keys were last used is not shown.',
  'kms:ListAliases': 'Aliases are not shown, and not searched.',
  'kms:ListResourceTags': 'The tags of some keys are not shown, and not searched.',
};

function LeftOut({
  permissions,
  isFiltered,
}: {
  readonly permissions: readonly string[];
  readonly isFiltered: boolean;
}) {
  if (permissions.length === 0) return null;
  return (
    <Alert type="info" header="Something is left out that you have no permission for">
      {permissions.map((permission) => (
        <Box key={permission}>
          {LEFT_OUT[permission]} ({permission})
        </Box>
      ))}
      {isFiltered && <Box>Keys that you may not describe are not found.</Box>}
    </Alert>
  );
}
