import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { textAt } from '../api/xml.ts';
import { Confirmation } from '../layout/dialog.tsx';
import { PageLink } from '../layout/link.tsx';
import { Page } from '../layout/page.tsx';
import { useSession } from '../session/context.ts';
import { DocumentEditor } from './document-editor.tsx';
import { NEW_IDENTITY_POLICY } from './documents.ts';
import { callIam } from './iam.ts';
import { dateColumn, IamTable, textColumn } from './iam-table.tsx';
import { pathOfPolicy } from './paths.ts';

/** The managed policies of the account, or those of AWS. */
export function ManagedPolicies() {
  const [creating, setCreating] = useState(false);
  const [scope, setScope] = useState('Local');
  return (
    <Page
      title="Managed policies"
      description="Policies that can be attached to any number of users, groups and roles."
      actions={
        <Button variant="primary" onClick={() => setCreating(true)}>
          Create policy
        </Button>
      }
    >
      <SpaceBetween size="m">
        <SegmentedControl
          label="Whose policies"
          selectedId={scope}
          options={[
            { id: 'Local', text: 'Of the account' },
            { id: 'AWS', text: 'Of AWS' },
          ]}
          onChange={({ detail }) => setScope(detail.selectedId)}
        />
        <IamTable
          key={scope}
          title="Managed policies"
          what="The policies cannot be listed"
          operation="ListPolicies"
          input={{ Scope: scope }}
          list="Policies"
          empty="There are none yet."
          columns={[
            {
              id: 'name',
              header: 'Name',
              isRowHeader: true,
              minWidth: 160,
              cell: (item) => (
                <PageLink path={pathOfPolicy(textAt(item, 'Arn'))}>
                  <span className="breaks-anywhere">{textAt(item, 'PolicyName')}</span>
                </PageLink>
              ),
            },
            textColumn('Path', 'Path'),
            textColumn('AttachmentCount', 'Attached to'),
            textColumn('DefaultVersionId', 'Version'),
            dateColumn('UpdateDate', 'Changed'),
          ]}
        />
      </SpaceBetween>
      {creating && <CreatePolicy close={() => setCreating(false)} />}
    </Page>
  );
}

function CreatePolicy({ close }: { readonly close: () => void }) {
  const { session } = useSession();
  const [, navigate] = useLocation();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [text, setText] = useState(NEW_IDENTITY_POLICY);
  return (
    <Confirmation
      title="Create policy"
      verb="Create"
      failure="The policy was not created"
      size="large"
      disabled={name.trim() === ''}
      close={close}
      act={async () => {
        const answer = await callIam(session, 'CreatePolicy', {
          PolicyName: name.trim(),
          PolicyDocument: text,
          ...(description !== '' && { Description: description }),
        });
        navigate(pathOfPolicy(textAt(answer, 'Policy', 'Arn')));
      }}
    >
      <FormField label="Name" constraintText="Letters, digits and + = , . @ _ -">
        <Input value={name} onChange={({ detail }) => setName(detail.value)} spellcheck={false} />
      </FormField>
      <FormField label="Description - optional" description="It cannot be changed afterwards.">
        <Input value={description} onChange={({ detail }) => setDescription(detail.value)} />
      </FormField>
      <DocumentEditor label="Policy" kind="identity-policy" value={text} onChange={setText} />
    </Confirmation>
  );
}
