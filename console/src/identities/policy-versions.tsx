import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { textAt } from '../api/xml.ts';
import { CodeBlock } from '../layout/code-block.tsx';
import { Confirmation } from '../layout/dialog.tsx';
import { Failure } from '../layout/failure.tsx';
import { Loading } from '../layout/page.tsx';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import { DocumentEditor } from './document-editor.tsx';
import { callIam, documentIn } from './iam.ts';
import { dateColumn, IamTable } from './iam-table.tsx';

interface Asked {
  readonly to: 'show' | 'edit' | 'default' | 'delete';
  readonly version: string;
}

/** The versions of a managed policy, one of which is in effect. */
export function PolicyVersions({
  arn,
  current,
  isOwn,
  changed,
}: {
  readonly arn: string;
  readonly current: string;
  /** Whether it is the account's, which alone can be changed. */
  readonly isOwn: boolean;
  readonly changed: () => void;
}) {
  const { session } = useSession();
  const [asked, setAsked] = useState<Asked>();
  const [round, setRound] = useState(0);
  const change = async (operation: string, input: Readonly<Record<string, unknown>>) => {
    await callIam(session, operation, { PolicyArn: arn, ...input });
    setRound((before) => before + 1);
    changed();
  };
  const close = () => setAsked(undefined);
  return (
    <>
      <IamTable
        title="Versions"
        what="The versions cannot be listed"
        operation="ListPolicyVersions"
        input={{ PolicyArn: arn }}
        list="Versions"
        round={round}
        empty="There are none."
        actions={
          isOwn && <Button onClick={() => setAsked({ to: 'edit', version: current })}>New version</Button>
        }
        columns={[
          {
            id: 'version',
            header: 'Version',
            isRowHeader: true,
            cell: (item) =>
              textAt(item, 'IsDefaultVersion') === 'true'
                ? `${textAt(item, 'VersionId')} (in effect)`
                : textAt(item, 'VersionId'),
          },
          dateColumn('CreateDate', 'Created'),
          {
            id: 'actions',
            header: 'Actions',
            cell: (item) => {
              const version = textAt(item, 'VersionId');
              const link = (text: string, to: Asked['to']) => (
                <Button
                  variant="inline-link"
                  ariaLabel={`${text}: ${version}`}
                  onClick={() => setAsked({ to, version })}
                >
                  {text}
                </Button>
              );
              const canChange = isOwn && textAt(item, 'IsDefaultVersion') !== 'true';
              return (
                <SpaceBetween direction="horizontal" size="xs">
                  {link('Show', 'show')}
                  {canChange && link('Put in effect', 'default')}
                  {canChange && link('Delete', 'delete')}
                </SpaceBetween>
              );
            },
          },
        ]}
      />
      {asked?.to === 'show' && <Shown arn={arn} version={asked.version} close={close} />}
      {asked?.to === 'edit' && (
        <NewVersion
          arn={arn}
          from={asked.version}
          close={close}
          save={(input) => change('CreatePolicyVersion', input)}
        />
      )}
      {asked?.to === 'default' && (
        <Confirmation
          title={`Put ${asked.version} in effect`}
          verb="Put in effect"
          failure="Nothing was changed"
          close={close}
          act={() => change('SetDefaultPolicyVersion', { VersionId: asked.version })}
        >
          It decides from the very next request on, for everybody the policy is attached to.
        </Confirmation>
      )}
      {asked?.to === 'delete' && (
        <Confirmation
          title={`Delete ${asked.version}`}
          verb="Delete"
          failure="The version was not deleted"
          close={close}
          act={() => change('DeletePolicyVersion', { VersionId: asked.version })}
        >
          The version is gone for good; it is not in effect.
        </Confirmation>
      )}
    </>
  );
}

function useDocument(arn: string, version: string) {
  const { session } = useSession();
  return useLoaded(
    async (signal) =>
      documentIn(
        textAt(
          await callIam(session, 'GetPolicyVersion', { PolicyArn: arn, VersionId: version }, signal),
          'PolicyVersion',
          'Document',
        ),
      ),
    [session, arn, version],
  );
}

function Shown({
  arn,
  version,
  close,
}: {
  readonly arn: string;
  readonly version: string;
  readonly close: () => void;
}) {
  const document = useDocument(arn, version);
  return (
    <Modal visible size="large" header={version} onDismiss={close}>
      {document.error && <Failure error={document.error} what="The version cannot be shown" />}
      {document.loading && <Loading what="Loading the version" />}
      {document.value !== undefined && <CodeBlock label={`Policy of ${version}`} code={document.value} />}
    </Modal>
  );
}

function NewVersion({
  arn,
  from,
  close,
  save,
}: {
  readonly arn: string;
  /** The version that it begins with. */
  readonly from: string;
  readonly close: () => void;
  readonly save: (input: Readonly<Record<string, unknown>>) => Promise<void>;
}) {
  const document = useDocument(arn, from);
  const [edited, setEdited] = useState<string>();
  const [inEffect, setInEffect] = useState(true);
  const text = edited ?? document.value;
  return (
    <Confirmation
      title="New version"
      verb="Create"
      failure="The version was not created"
      size="large"
      disabled={text === undefined}
      close={close}
      act={() => save({ PolicyDocument: text, SetAsDefault: inEffect })}
    >
      {document.error && <Failure error={document.error} what="The present version cannot be shown" />}
      {text !== undefined && (
        <DocumentEditor label="Policy" kind="identity-policy" value={text} onChange={setEdited} />
      )}
      <Checkbox checked={inEffect} onChange={({ detail }) => setInEffect(detail.checked)}>
        Put it in effect at once
      </Checkbox>
    </Confirmation>
  );
}
