import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import type { TableProps } from '@cloudscape-design/components/table';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { textAt, type XmlValue } from '../api/xml.ts';
import { Confirmation } from '../layout/dialog.tsx';
import { PageLink } from '../layout/link.tsx';
import { Page } from '../layout/page.tsx';
import { useSession } from '../session/context.ts';
import { DocumentEditor } from './document-editor.tsx';
import { newTrustPolicy } from './documents.ts';
import { callIam } from './iam.ts';
import { dateColumn, IamTable, textColumn } from './iam-table.tsx';
import { type CarrierKind, nameMember, pathOfCarrier } from './paths.ts';

const TITLES = { User: 'Users', Group: 'Groups', Role: 'Roles' } as const;

const DESCRIPTIONS: Readonly<Record<CarrierKind, string>> = {
  User: 'People and programs with access keys of their own.',
  Group: 'Users who get the same policies.',
  Role: 'Identities that others assume for a while, as their trust policies allow.',
};

/** The users, groups or roles of the account. */
export function Carriers({ kind }: { readonly kind: CarrierKind }) {
  const [creating, setCreating] = useState(false);
  return (
    <Page
      title={TITLES[kind]}
      description={DESCRIPTIONS[kind]}
      actions={
        <Button variant="primary" onClick={() => setCreating(true)}>
          Create {kind.toLowerCase()}
        </Button>
      }
    >
      <IamTable
        title={TITLES[kind]}
        what={`The ${kind.toLowerCase()}s cannot be listed`}
        operation={`List${kind}s`}
        input={{}}
        list={`${kind}s`}
        columns={columnsOf(kind)}
        empty={`There are no ${kind.toLowerCase()}s yet.`}
      />
      {creating && <CreateCarrier kind={kind} close={() => setCreating(false)} />}
    </Page>
  );
}

/** The columns that users, groups and roles have in lists. */
export function columnsOf(kind: CarrierKind): readonly TableProps.ColumnDefinition<XmlValue>[] {
  return [
    {
      id: 'name',
      header: 'Name',
      isRowHeader: true,
      minWidth: 140,
      cell: (item) => {
        const name = textAt(item, nameMember(kind));
        return (
          <PageLink path={pathOfCarrier(kind, name)}>
            <span className="breaks-anywhere">{name}</span>
          </PageLink>
        );
      },
    },
    textColumn('Path', 'Path'),
    textColumn(`${kind}Id`, 'Unique ID'),
    dateColumn('CreateDate', 'Created'),
  ];
}

function CreateCarrier({ kind, close }: { readonly kind: CarrierKind; readonly close: () => void }) {
  const { session } = useSession();
  const [, navigate] = useLocation();
  const [, partition = ''] = session.arn.split(':');
  const [name, setName] = useState('');
  const [path, setPath] = useState('/');
  const [trust, setTrust] = useState(newTrustPolicy(session.account, partition));
  return (
    <Confirmation
      title={`Create ${kind.toLowerCase()}`}
      verb="Create"
      failure={`The ${kind.toLowerCase()} was not created`}
      size={kind === 'Role' ? 'large' : 'medium'}
      disabled={name.trim() === ''}
      close={close}
      act={async () => {
        await callIam(session, `Create${kind}`, {
          [nameMember(kind)]: name.trim(),
          Path: path.trim(),
          ...(kind === 'Role' && { AssumeRolePolicyDocument: trust }),
        });
        navigate(pathOfCarrier(kind, name.trim()));
      }}
    >
      <FormField label="Name" constraintText="Letters, digits and + = , . @ _ -">
        <Input value={name} onChange={({ detail }) => setName(detail.value)} spellcheck={false} />
      </FormField>
      <FormField label="Path" description="A place among others, such as /engineering/.">
        <Input value={path} onChange={({ detail }) => setPath(detail.value)} spellcheck={false} />
      </FormField>
      {kind === 'Role' && (
        <FormField stretch label="Trust policy" description="Who may assume the role.">
          <DocumentEditor label="Trust policy" kind="trust-policy" value={trust} onChange={setTrust} />
        </FormField>
      )}
    </Confirmation>
  );
}
