import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Tabs from '@cloudscape-design/components/tabs';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { memberOf, textAt, type XmlValue } from '../api/xml.ts';
import { toQuery } from '../audit/query.ts';
import { Failure } from '../layout/failure.tsx';
import { Loading, Page } from '../layout/page.tsx';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import { AccessKeysTab } from './access-keys-tab.tsx';
import { BoundaryTab } from './boundary-tab.tsx';
import { DeleteCarrier } from './delete-carrier.tsx';
import { EditRole } from './edit-role.tsx';
import { callIam, documentIn } from './iam.ts';
import { formatIsoDate } from './iam-table.tsx';
import { IamTags } from './iam-tags.tsx';
import { GroupsOfUserTab, MembersTab } from './membership-tabs.tsx';
import { type CarrierKind, nameMember, pathOfKind } from './paths.ts';
import { PoliciesTab } from './policies-tab.tsx';
import { TrustTab } from './trust-tab.tsx';

const PLURALS = { User: 'Users', Group: 'Groups', Role: 'Roles' } as const;

/** A user, group or role: what it may do, and what else it has. */
export function CarrierDetail({
  kind,
  name,
  tab,
}: {
  readonly kind: CarrierKind;
  readonly name: string;
  readonly tab: string;
}) {
  const { session } = useSession();
  const [path, navigate] = useLocation();
  const [editing, setEditing] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const carrier = useLoaded(
    async (signal) =>
      memberOf(await callIam(session, `Get${kind}`, { [nameMember(kind)]: name }, signal), kind),
    [session, kind, name],
  );
  const base = path.split('/').slice(0, 4).join('/');
  return (
    <Page
      title={name}
      parents={[{ text: PLURALS[kind], path: pathOfKind(kind) }]}
      actions={
        carrier.value !== undefined && (
          <SpaceBetween direction="horizontal" size="xs">
            {kind === 'User' && (
              <Button onClick={() => navigate(`/audit${toQuery({ attribute: 'Username', value: name })}`)}>
                Events
              </Button>
            )}
            {kind === 'Role' && <Button onClick={() => setEditing(true)}>Edit</Button>}
            <Button onClick={() => setDeleting(true)}>Delete</Button>
          </SpaceBetween>
        )
      }
    >
      {carrier.error && (
        <Failure
          error={carrier.error}
          what={`The ${kind.toLowerCase()} cannot be shown`}
          retry={carrier.reload}
        />
      )}
      {carrier.value === undefined && carrier.loading && <Loading what="Loading" />}
      {carrier.value !== undefined && (
        <SpaceBetween size="l">
          <General kind={kind} carrier={carrier.value} />
          <Tabs
            ariaLabel={`What the ${kind.toLowerCase()} has`}
            activeTabId={tab}
            onChange={({ detail }) => navigate(`${base}/${detail.activeTabId}`, { replace: true })}
            tabs={tabsOf(kind, name, carrier.value, carrier.reload)}
          />
        </SpaceBetween>
      )}
      {editing && carrier.value !== undefined && (
        <EditRole role={carrier.value} changed={carrier.reload} close={() => setEditing(false)} />
      )}
      {deleting && (
        <DeleteCarrier
          kind={kind}
          name={name}
          isCaller={textAt(carrier.value, 'Arn') === session.arn}
          close={() => setDeleting(false)}
        />
      )}
    </Page>
  );
}

function tabsOf(kind: CarrierKind, name: string, carrier: XmlValue, reload: () => void) {
  const boundary = {
    id: 'boundary',
    label: 'Permissions boundary',
    content: (
      <BoundaryTab
        kind={kind}
        name={name}
        arn={textAt(carrier, 'PermissionsBoundary', 'PermissionsBoundaryArn')}
        changed={reload}
      />
    ),
  };
  const tags = (of: 'User' | 'Role') => ({
    id: 'tags',
    label: 'Tags',
    content: <IamTags kind={of} name={name} />,
  });
  const policies = { id: 'policies', label: 'Policies', content: <PoliciesTab kind={kind} name={name} /> };
  switch (kind) {
    case 'User':
      return [
        policies,
        { id: 'access-keys', label: 'Access keys', content: <AccessKeysTab userName={name} /> },
        { id: 'groups', label: 'Groups', content: <GroupsOfUserTab userName={name} /> },
        boundary,
        tags(kind),
      ];
    case 'Group':
      return [policies, { id: 'members', label: 'Users', content: <MembersTab groupName={name} /> }];
    case 'Role': {
      const document = documentIn(textAt(carrier, 'AssumeRolePolicyDocument'));
      return [
        policies,
        {
          id: 'trust',
          label: 'Trust policy',
          content: <TrustTab key={document} roleName={name} document={document} changed={reload} />,
        },
        boundary,
        tags(kind),
      ];
    }
  }
}

function General({ kind, carrier }: { readonly kind: CarrierKind; readonly carrier: XmlValue }) {
  const text = (member: string) => <span className="breaks-anywhere">{textAt(carrier, member) || '-'}</span>;
  return (
    <Container header={<Header variant="h2">General</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: 'ARN', value: text('Arn') },
          { label: 'Unique ID', value: text(`${kind}Id`) },
          { label: 'Created', value: formatIsoDate(textAt(carrier, 'CreateDate')) },
          ...(kind === 'Role'
            ? [
                { label: 'Description', value: text('Description') },
                {
                  label: 'Maximum session duration',
                  value: `${textAt(carrier, 'MaxSessionDuration')} seconds`,
                },
              ]
            : []),
        ]}
      />
    </Container>
  );
}
