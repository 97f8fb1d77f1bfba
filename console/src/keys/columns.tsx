import Badge from '@cloudscape-design/components/badge';
import Box from '@cloudscape-design/components/box';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { TableProps } from '@cloudscape-design/components/table';
import type { FoundKey } from '../api/own-operations.ts';
import { formatSeconds } from '../layout/format.ts';
import { PageLink } from '../layout/link.tsx';
import { KeyState } from './key-state.tsx';

/** The columns of the list of keys. */
export const COLUMNS: readonly TableProps.ColumnDefinition<FoundKey>[] = [
  {
    id: 'key',
    header: 'Key',
    isRowHeader: true,
    minWidth: 170,
    cell: (found) => {
      const { KeyId = '' } = found.KeyMetadata;
      const name = nameOf(found);
      return (
        <>
          <PageLink path={`/keys/${KeyId}`}>
            <span className="breaks-anywhere">{name}</span>
          </PageLink>
          {name !== KeyId && (
            <Box variant="small" display="block">
              <span className="breaks-anywhere">{KeyId}</span>
            </Box>
          )}
        </>
      );
    },
  },
  {
    id: 'description',
    header: 'Description',
    minWidth: 140,
    cell: ({ KeyMetadata }) => <span className="breaks-anywhere">{KeyMetadata.Description || '-'}</span>,
  },
  {
    id: 'state',
    header: 'State',
    minWidth: 160,
    cell: ({ KeyMetadata }) => <KeyState state={KeyMetadata.KeyState} />,
  },
  { id: 'spec', header: 'Spec', minWidth: 150, cell: ({ KeyMetadata }) => KeyMetadata.KeySpec },
  { id: 'usage', header: 'Usage', minWidth: 150, cell: ({ KeyMetadata }) => KeyMetadata.KeyUsage },
  {
    id: 'tags',
    header: 'Tags',
    minWidth: 150,
    cell: ({ Tags }) => (Tags === undefined ? <Denied /> : <TagBadges tags={Tags} />),
  },
  {
    id: 'last-used',
    header: 'Last used',
    minWidth: 120,
    cell: ({ KeyLastUsage }) => {
      if (KeyLastUsage === undefined) return <Denied />;
      const { Timestamp } = KeyLastUsage;
      return Timestamp === undefined ? 'never' : formatSeconds(Timestamp);
    },
  },
  {
    id: 'created',
    header: 'Created',
    minWidth: 150,
    cell: ({ KeyMetadata }) => formatSeconds(KeyMetadata.CreationDate),
  },
];

export const DEFAULT_COLUMNS = ['key', 'description', 'state', 'spec', 'tags', 'last-used'];

/** The alias of a key, or all of them, or else its id. */
function nameOf({ KeyMetadata, AliasNames = [] }: FoundKey): string {
  if (AliasNames.length === 0) return KeyMetadata.KeyId ?? '';
  return AliasNames.map((name) => name.replace(/^alias\//, '')).join(', ');
}

function TagBadges({ tags }: { readonly tags: NonNullable<FoundKey['Tags']> }) {
  if (tags.length === 0) return '-';
  return (
    <SpaceBetween direction="horizontal" size="xxs">
      {tags.map(({ TagKey, TagValue }) => (
        <Badge key={TagKey}>
          {TagKey}
          {TagValue === '' ? '' : ` = ${TagValue}`}
        </Badge>
      ))}
    </SpaceBetween>
  );
}

/** In the place of what the caller may not see; why stands above the list. */
function Denied() {
  return (
    <Box color="text-status-inactive" display="inline">
      denied
    </Box>
  );
}
