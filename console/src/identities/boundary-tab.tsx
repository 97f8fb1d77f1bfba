import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { Confirmation } from '../layout/dialog.tsx';
import { PageLink } from '../layout/link.tsx';
import { useSession } from '../session/context.ts';
import { callIam } from './iam.ts';
import { type CarrierKind, nameMember, pathOfPolicy } from './paths.ts';
import { PolicyChoice } from './policy-choice.tsx';

/** The managed policy that limits what a user or role may be allowed at most. */
export function BoundaryTab({
  kind,
  name,
  arn,
  changed,
}: {
  readonly kind: CarrierKind;
  readonly name: string;
  /** Empty when there is none. */
  readonly arn: string;
  readonly changed: () => void;
}) {
  const { session } = useSession();
  const [question, setQuestion] = useState<'set' | 'remove'>();
  const [chosen, setChosen] = useState(arn);
  const who = { [nameMember(kind)]: name };
  const close = () => setQuestion(undefined);
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="What its policies allow and the boundary does not, is denied."
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button onClick={() => setQuestion('set')}>
                {arn === '' ? 'Set boundary' : 'Change boundary'}
              </Button>
              <Button disabled={arn === ''} onClick={() => setQuestion('remove')}>
                Remove boundary
              </Button>
            </SpaceBetween>
          }
        >
          Permissions boundary
        </Header>
      }
    >
      {arn === '' ? (
        <Box>There is none.</Box>
      ) : (
        <PageLink path={pathOfPolicy(arn)}>
          <span className="breaks-anywhere">{arn}</span>
        </PageLink>
      )}
      {question === 'set' && (
        <Confirmation
          title="Permissions boundary"
          verb="Set"
          failure="The boundary was not set"
          disabled={chosen.trim() === ''}
          close={close}
          act={async () => {
            await callIam(session, `Put${kind}PermissionsBoundary`, {
              ...who,
              PermissionsBoundary: chosen.trim(),
            });
            changed();
          }}
        >
          <PolicyChoice value={chosen} onChange={setChosen} />
        </Confirmation>
      )}
      {question === 'remove' && (
        <Confirmation
          title="Remove the boundary"
          verb="Remove"
          failure="The boundary was not removed"
          close={close}
          act={async () => {
            await callIam(session, `Delete${kind}PermissionsBoundary`, who);
            changed();
          }}
        >
          Whatever its policies allow is allowed from the very next request on, without this limit.
        </Confirmation>
      )}
    </Container>
  );
}
