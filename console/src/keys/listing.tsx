import Box from '@cloudscape-design/components/box';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import type { ReactNode } from 'react';
import { Failure } from '../layout/failure.tsx';
import type { Loaded } from '../layout/use-loaded.ts';

/** A table of what a key has, or why it cannot be shown. */
export function Listing<T>({
  title,
  what,
  loaded,
  columns,
  empty,
  actions,
  header = 'h2',
}: {
  readonly title: string;
  /** Such as `The grants cannot be listed`. */
  readonly what: string;
  readonly loaded: Loaded<readonly T[]>;
  readonly columns: readonly TableProps.ColumnDefinition<T>[];
  readonly empty: string;
  readonly actions?: ReactNode;
  readonly header?: 'h2' | 'h3';
}) {
  return (
    <SpaceBetween size="s">
      {loaded.error && <Failure error={loaded.error} what={what} retry={loaded.reload} />}
      <Table
        wrapLines
        items={loaded.value ?? []}
        columnDefinitions={columns}
        loading={loaded.loading && loaded.value === undefined}
        loadingText="Loading"
        ariaLabels={{ tableLabel: title }}
        header={
          <Header
            variant={header}
            actions={actions}
            {...(loaded.value && { counter: `(${loaded.value.length})` })}
          >
            {title}
          </Header>
        }
        empty={<Box textAlign="center">{loaded.error ? 'They cannot be shown.' : empty}</Box>}
      />
    </SpaceBetween>
  );
}
