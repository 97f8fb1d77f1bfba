import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import { answerTimes } from '../api/answer-times.ts';
import { DataTable } from '../reference/data-table.tsx';

const MOST_SHOWN = 8;

/** How long the server took to answer this page: no API tells how long it takes to answer others. */
export function AnswerTimesPart() {
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="As measured by this page since it was opened, with the network in between."
        >
          Time to answer
        </Header>
      }
    >
      <DataTable
        label="Time to answer"
        head={['Operation', 'Answers', 'Median', 'Longest']}
        rows={answerTimes()
          .slice(0, MOST_SHOWN)
          .map(({ operation, count, median, longest }) => ({
            key: operation,
            cells: [operation, count, milliseconds(median), milliseconds(longest)],
          }))}
      />
    </Container>
  );
}

function milliseconds(time: number): string {
  return `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`;
}
