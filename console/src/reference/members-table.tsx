import Box from '@cloudscape-design/components/box';
import type { TimestampForm } from '../../../scripts/reference/members.ts';
import { memberRows } from '../../../scripts/reference/members.ts';
import type { Members } from '../../../src/model/shapes.ts';
import { InlineMarkdown } from '../layout/markdown.tsx';
import { DataTable } from './data-table.tsx';

/** The members of a request or a response: name, type, constraints, whether they are required, and what they mean. */
export function MembersTable({
  label,
  members,
  timestamps,
}: {
  readonly label: string;
  readonly members: Members;
  readonly timestamps: TimestampForm;
}) {
  const rows = memberRows(members, timestamps);
  if (rows.length === 0) return <Box>There are no members.</Box>;
  return (
    <DataTable
      label={label}
      head={['Name', 'Type', 'Constraints', 'Required', 'Meaning']}
      rows={rows.map(({ path, type, constraints, required, description }) => ({
        key: path,
        cells: [
          <Box key="name" variant="code" display="inline">
            {path}
          </Box>,
          type,
          <InlineMarkdown key="constraints" text={constraints} />,
          required ? 'Yes' : 'No',
          <InlineMarkdown key="meaning" text={description} />,
        ],
      }))}
    />
  );
}
