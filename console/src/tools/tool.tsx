import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactNode } from 'react';
import { Failure } from '../layout/failure.tsx';
import type { Action } from '../layout/use-action.ts';

/** One thing that can be done, with what it takes, and what came of it. */
export function Tool({
  title,
  description,
  verb,
  failure,
  action,
  disabled,
  result,
  children,
}: {
  readonly title: string;
  readonly description?: ReactNode;
  /** What the button says. */
  readonly verb: string;
  /** Such as `The message was not signed`. */
  readonly failure: string;
  readonly action: Action<[]>;
  readonly disabled: boolean;
  readonly result: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <Container
      header={
        <Header variant="h2" description={description}>
          {title}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (!disabled) void action.run();
          }}
        >
          <Form
            actions={
              <Button variant="primary" formAction="submit" loading={action.running} disabled={disabled}>
                {verb}
              </Button>
            }
          >
            <SpaceBetween size="m">{children}</SpaceBetween>
          </Form>
        </form>
        {action.error && <Failure error={action.error} what={failure} />}
        {result}
      </SpaceBetween>
    </Container>
  );
}
