import Badge from '@cloudscape-design/components/badge';
import Box from '@cloudscape-design/components/box';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { TableProps } from '@cloudscape-design/components/table';
import { formatDate, formatSeconds } from '../layout/format.ts';
import { PageLink } from '../layout/link.tsx';
import type { KeyRow } from './key-rows.ts';
import { KeyState } from './key-state.tsx';
import { PartView } from './part.tsx';

/** The columns of the list of keys. */
export const COLUMNS: readonly TableProps.ColumnDefinition<KeyRow>[] = [
  {
    id: 'key',
    header: 'Key',
    isRowHeader: true,
    minWidth: 170,
    cell: (row) => (
      <>
        <PageLink path={`/keys/${row.keyId}`}>
          <span className="breaks-anywhere">{nameOf(row)}</span>
        </PageLink>
        {nameOf(row) !== row.keyId && (
          <Box variant="small" display="block">
            <span className="breaks-anywhere">{row.keyId}</span>
          </Box>
        )}
      </>
    ),
  },
  {
    id: 'description',
    header: 'Description',
    minWidth: 140,
    cell: ({ metadata }) => (
      <PartView part={metadata}>
        {({ Description }) => <span className="breaks-anywhere">{Description || '-'}</span>}
      </PartView>
    ),
  },
  {
    id: 'state',
    header: 'State',
    minWidth: 160,
    cell: ({ metadata }) => <PartView part={metadata}>{(key) => <KeyState state={key.KeyState} />}</PartView>,
  },
  {
    id: 'spec',
    header: 'Spec',
    minWidth: 150,
    cell: ({ metadata }) => <PartView part={metadata}>{({ KeySpec }) => KeySpec}</PartView>,
  },
  {
    id: 'usage',
    header: 'Usage',
    minWidth: 150,
    cell: ({ metadata }) => <PartView part={metadata}>{({ KeyUsage }) => KeyUsage}</PartView>,
  },
  {
    id: 'tags',
    header: 'Tags',
    minWidth: 150,
    cell: ({ tags }) => (
      <PartView part={tags}>
        {(all) =>
          all.length === 0 ? (
            '-'
          ) : (
            <SpaceBetween direction="horizontal" size="xxs">
              {all.map(({ key, value }) => (
                <Badge key={key}>
                  {key}
                  {value === '' ? '' : ` = ${value}`}
                </Badge>
              ))}
            </SpaceBetween>
          )
        }
      </PartView>
    ),
  },
  {
    id: 'last-used',
    header: 'Last used',
    minWidth: 120,
    cell: ({ lastUsed }) => (
      <PartView part={lastUsed}>{(date) => (date === undefined ? 'never' : formatDate(date))}</PartView>
    ),
  },
  {
    id: 'created',
    header: 'Created',
    minWidth: 150,
    cell: ({ metadata }) => (
      <PartView part={metadata}>{({ CreationDate }) => formatSeconds(CreationDate)}</PartView>
    ),
  },
];

export const DEFAULT_COLUMNS = ['key', 'description', 'state', 'spec', 'tags', 'last-used'];

/** The alias of a key, or all of them, or else its id. */
function nameOf({ keyId, aliases }: KeyRow): string {
  const names = aliases !== undefined && 'value' in aliases ? aliases.value : [];
  return names.length === 0 ? keyId : names.map((name) => name.replace(/^alias\//, '')).join(', ');
}
