import Box from '@cloudscape-design/components/box';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import type { ReactNode } from 'react';
import { listAt, textAt, type XmlValue } from '../api/xml.ts';
import { Failure } from '../layout/failure.tsx';
import { formatDate } from '../layout/format.ts';
import { PageControl, usePaging } from '../layout/paging.tsx';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import { callIam, PAGE_SIZE } from './iam.ts';

/** A listing of IAM, a page at a time. */
export function IamTable({
  title,
  what,
  operation,
  input,
  list,
  columns,
  empty,
  actions,
  round = 0,
}: {
  readonly title: string;
  /** Such as `The users cannot be listed`. */
  readonly what: string;
  readonly operation: string;
  readonly input: Readonly<Record<string, string>>;
  /** The member of the answer that holds the items. */
  readonly list: string;
  readonly columns: readonly TableProps.ColumnDefinition<XmlValue>[];
  readonly empty: string;
  readonly actions?: ReactNode;
  /** It is fetched again whenever this changes. */
  readonly round?: number;
}) {
  const { session } = useSession();
  const paging = usePaging();
  const { token } = paging;
  const page = useLoaded(
    (signal) => callIam(session, operation, { ...input, Marker: token, MaxItems: PAGE_SIZE }, signal),
    [session, operation, JSON.stringify(input), token, round],
  );
  const nextToken = textAt(page.value, 'Marker') || undefined;
  return (
    <SpaceBetween size="s">
      {page.error && <Failure error={page.error} what={what} retry={page.reload} />}
      <Table
        wrapLines
        items={listAt(page.value, list)}
        columnDefinitions={columns}
        loading={page.loading}
        loadingText="Loading"
        ariaLabels={{ tableLabel: title }}
        header={
          <Header variant="h2" actions={actions}>
            {title}
          </Header>
        }
        pagination={
          (paging.at > 0 || nextToken !== undefined) && (
            <PageControl paging={paging} nextToken={nextToken} disabled={page.loading} />
          )
        }
        empty={<Box textAlign="center">{page.error ? 'They cannot be shown.' : empty}</Box>}
      />
    </SpaceBetween>
  );
}

/** A column that shows a text of each item. */
export function textColumn(id: string, header: string): TableProps.ColumnDefinition<XmlValue> {
  return {
    id,
    header,
    minWidth: 120,
    cell: (item) => <span className="breaks-anywhere">{textAt(item, id) || '-'}</span>,
  };
}

/** A column that shows a point in time of each item. */
export function dateColumn(id: string, header: string): TableProps.ColumnDefinition<XmlValue> {
  return { id, header, minWidth: 150, cell: (item) => formatIsoDate(textAt(item, id)) };
}

/** A point in time as IAM gives it, in the time zone of whoever looks. */
export function formatIsoDate(text: string): string {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? '-' : formatDate(date);
}
