import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { Failure } from '../layout/failure.tsx';
import { useAction } from '../layout/use-action.ts';
import { useSession } from '../session/context.ts';
import { DocumentEditor } from './document-editor.tsx';
import { callIam } from './iam.ts';

/** Who may assume a role. */
export function TrustTab({
  roleName,
  document,
  changed,
}: {
  readonly roleName: string;
  readonly document: string;
  readonly changed: () => void;
}) {
  const { session } = useSession();
  const [text, setText] = useState(document);
  const save = useAction(async () => {
    await callIam(session, 'UpdateAssumeRolePolicy', { RoleName: roleName, PolicyDocument: text });
    changed();
  });
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Who may assume the role. Sessions that there are go on until they end."
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button disabled={text === document} onClick={() => setText(document)}>
                Undo all
              </Button>
              <Button
                variant="primary"
                loading={save.running}
                disabled={text === document}
                onClick={() => void save.run()}
              >
                Save trust policy
              </Button>
            </SpaceBetween>
          }
        >
          Trust policy
        </Header>
      }
    >
      <SpaceBetween size="m">
        <DocumentEditor label="Trust policy" kind="trust-policy" value={text} onChange={setText} />
        {save.error && <Failure error={save.error} what="The trust policy was not saved" />}
      </SpaceBetween>
    </Container>
  );
}
