import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { KeyState } from '../keys/key-state.tsx';
import { Failure } from '../layout/failure.tsx';
import { PageLink } from '../layout/link.tsx';
import { Loading } from '../layout/page.tsx';
import type { KeySurvey } from './key-survey.ts';

/** How many keys are in which state. */
export function KeysPart({ survey }: { readonly survey: KeySurvey }) {
  const { keys, running, error, hasMore } = survey;
  const described = keys.flatMap(({ metadata }) => ('value' in metadata ? [metadata.value] : []));
  const byState = Object.entries(Object.groupBy(described, ({ KeyState = 'Unavailable' }) => KeyState)).sort(
    ([, one = []], [, other = []]) => other.length - one.length,
  );
  const unknown = keys.length - described.length;
  return (
    <Container
      header={
        <Header
          variant="h2"
          counter={`(${keys.length}${hasMore ? '+' : ''})`}
          actions={
            hasMore && (
              <Button onClick={survey.goOn} loading={running}>
                Look at more keys
              </Button>
            )
          }
        >
          Keys by state
        </Header>
      }
    >
      <SpaceBetween size="s">
        {error && <Failure error={error} what="The keys cannot be looked at" retry={survey.retry} />}
        {keys.length === 0 && running && <Loading what="Looking at the keys" />}
        {keys.length === 0 && !running && error === undefined && (
          <Box>
            There are no keys in this Region yet. <PageLink path="/keys/create">Create key</PageLink>
          </Box>
        )}
        {keys.length > 0 && (
          <KeyValuePairs
            columns={4}
            items={byState.map(([state, counted = []]) => ({
              label: <KeyState state={state} />,
              value: <Box variant="awsui-value-large">{counted.length}</Box>,
            }))}
          />
        )}
        {unknown > 0 && (
          <Box color="text-status-inactive">{unknown} keys of which you may not see the state.</Box>
        )}
        {hasMore && (
          <Box color="text-status-inactive">The first {keys.length} keys were looked at; there are more.</Box>
        )}
      </SpaceBetween>
    </Container>
  );
}
