import Box from '@cloudscape-design/components/box';
import { type ChangeObject, diffLines } from 'diff';
import { ScrollRegion } from '../layout/scroll-region.tsx';

/** How many lines are shown around what has changed. */
const AROUND = 3;

/** What two texts have differently, line by line. */
export function TextDifference({
  label,
  before,
  after,
}: {
  readonly label: string;
  readonly before: string;
  readonly after: string;
}) {
  const changes = diffLines(`${before}\n`, `${after}\n`);
  if (!changes.some(({ added, removed }) => added || removed)) return <Box>The texts are the same.</Box>;
  return (
    <ScrollRegion label={label} className="code-block-text">
      <pre className="difference">
        {changes.map((change, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: changes have no name but their place
          <Change key={index} change={change} isFirst={index === 0} isLast={index === changes.length - 1} />
        ))}
      </pre>
    </ScrollRegion>
  );
}

function Change({
  change: { added, removed, value },
  isFirst,
  isLast,
}: {
  readonly change: ChangeObject<string>;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}) {
  const lines = value.replace(/\n$/, '').split('\n');
  const marked = (sign: string, some: readonly string[]) => some.map((line) => `${sign} ${line}\n`).join('');
  if (added) return <ins>{marked('+', lines)}</ins>;
  if (removed) return <del>{marked('-', lines)}</del>;
  const start = isFirst ? 0 : AROUND;
  const end = isLast ? 0 : AROUND;
  if (lines.length <= start + end + 1) return marked(' ', lines);
  return `${marked(' ', lines.slice(0, start))}  …\n${marked(' ', lines.slice(lines.length - end))}`;
}
