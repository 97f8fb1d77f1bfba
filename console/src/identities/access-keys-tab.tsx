import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';
import { textAt } from '../api/xml.ts';
import { toQuery } from '../audit/query.ts';
import { CodeBlock } from '../layout/code-block.tsx';
import { Confirmation } from '../layout/dialog.tsx';
import { Failure } from '../layout/failure.tsx';
import { PageLink } from '../layout/link.tsx';
import { useAction } from '../layout/use-action.ts';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import { callIam } from './iam.ts';
import { dateColumn, formatIsoDate, IamTable } from './iam-table.tsx';

interface NewAccessKey {
  readonly id: string;
  readonly secret: string;
}

/** The access keys of a user. A secret is shown once, when it is made. */
export function AccessKeysTab({ userName }: { readonly userName: string }) {
  const { session } = useSession();
  const [made, setMade] = useState<NewAccessKey>();
  const [deleted, setDeleted] = useState<string>();
  const [round, setRound] = useState(0);
  const change = async (operation: string, input: Readonly<Record<string, string>>) => {
    const answer = await callIam(session, operation, { UserName: userName, ...input });
    setRound((before) => before + 1);
    return answer;
  };
  const create = useAction(async () => {
    const answer = await change('CreateAccessKey', {});
    setMade({
      id: textAt(answer, 'AccessKey', 'AccessKeyId'),
      secret: textAt(answer, 'AccessKey', 'SecretAccessKey'),
    });
  });
  const setStatus = useAction(async (AccessKeyId: string, Status: string) => {
    await change('UpdateAccessKey', { AccessKeyId, Status });
  });
  return (
    <SpaceBetween size="m">
      {create.error && <Failure error={create.error} what="The access key was not created" />}
      {setStatus.error && <Failure error={setStatus.error} what="The access key was not changed" />}
      <IamTable
        title="Access keys"
        what="The access keys cannot be listed"
        operation="ListAccessKeys"
        input={{ UserName: userName }}
        list="AccessKeyMetadata"
        round={round}
        empty="The user has no access key."
        actions={
          <Button loading={create.running} onClick={() => void create.run()}>
            Create access key
          </Button>
        }
        columns={[
          {
            id: 'id',
            header: 'Access key ID',
            isRowHeader: true,
            cell: (item) => {
              const value = textAt(item, 'AccessKeyId');
              return (
                <PageLink
                  path={`/audit${toQuery({ attribute: 'AccessKeyId', value })}`}
                  ariaLabel={`Events of access key ${value}`}
                >
                  {value}
                </PageLink>
              );
            },
          },
          {
            id: 'status',
            header: 'Status',
            cell: (item) =>
              textAt(item, 'Status') === 'Active' ? (
                <StatusIndicator type="success">Active</StatusIndicator>
              ) : (
                <StatusIndicator type="stopped">{textAt(item, 'Status')}</StatusIndicator>
              ),
          },
          {
            id: 'used',
            header: 'Last used',
            cell: (item) => <LastUsed accessKeyId={textAt(item, 'AccessKeyId')} />,
          },
          dateColumn('CreateDate', 'Created'),
          {
            id: 'actions',
            header: 'Actions',
            cell: (item) => {
              const id = textAt(item, 'AccessKeyId');
              const isActive = textAt(item, 'Status') === 'Active';
              const verb = isActive ? 'Deactivate' : 'Activate';
              return (
                <SpaceBetween direction="horizontal" size="xs">
                  <Button
                    variant="inline-link"
                    ariaLabel={`${verb} ${id}`}
                    onClick={() => void setStatus.run(id, isActive ? 'Inactive' : 'Active')}
                  >
                    {verb}
                  </Button>
                  <Button variant="inline-link" ariaLabel={`Delete ${id}`} onClick={() => setDeleted(id)}>
                    Delete
                  </Button>
                </SpaceBetween>
              );
            },
          },
        ]}
      />
      {made && <Secret accessKey={made} close={() => setMade(undefined)} />}
      {deleted !== undefined && (
        <Confirmation
          title="Delete access key"
          verb="Delete"
          failure="The access key was not deleted"
          close={() => setDeleted(undefined)}
          act={async () => void (await change('DeleteAccessKey', { AccessKeyId: deleted }))}
        >
          <Alert type="warning">
            Whatever signs with {deleted} is refused from the very next request on, for good. To find out what
            still uses it, deactivate it first.
          </Alert>
        </Confirmation>
      )}
    </SpaceBetween>
  );
}

function LastUsed({ accessKeyId }: { readonly accessKeyId: string }) {
  const { session } = useSession();
  const used = useLoaded(
    (signal) => callIam(session, 'GetAccessKeyLastUsed', { AccessKeyId: accessKeyId }, signal),
    [session, accessKeyId],
  );
  if (used.error) return 'not available';
  if (used.value === undefined) return <Spinner />;
  const date = textAt(used.value, 'AccessKeyLastUsed', 'LastUsedDate');
  return date === ''
    ? 'never'
    : `${formatIsoDate(date)}, ${textAt(used.value, 'AccessKeyLastUsed', 'ServiceName')}`;
}

function Secret({
  accessKey: { id, secret },
  close,
}: {
  readonly accessKey: NewAccessKey;
  readonly close: () => void;
}) {
  const file = `Access key ID,Secret access key\r\n${id},${secret}\r\n`;
  return (
    <Modal
      visible
      header="The new access key"
      onDismiss={close}
      footer={<Button onClick={close}>Done</Button>}
    >
      <SpaceBetween size="m">
        <Alert type="warning">The secret is shown only now. Keep it where nobody else can read it.</Alert>
        <KeyValuePairs items={[{ label: 'Access key ID', value: id }]} />
        <CodeBlock label="Secret access key" code={secret} />
        <Button iconName="download" href={`data:text/csv,${encodeURIComponent(file)}`} download={`${id}.csv`}>
          Download
        </Button>
      </SpaceBetween>
    </Modal>
  );
}
