import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { memberOf, textAt, type XmlValue } from '../api/xml.ts';
import { Confirmation } from '../layout/dialog.tsx';
import { Failure } from '../layout/failure.tsx';
import { PageLink } from '../layout/link.tsx';
import { Loading, Page } from '../layout/page.tsx';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import { allItems, callIam } from './iam.ts';
import { formatIsoDate } from './iam-table.tsx';
import { IamTags } from './iam-tags.tsx';
import { type CarrierKind, nameMember, pathOfCarrier } from './paths.ts';
import { PolicyVersions } from './policy-versions.tsx';

/** A managed policy: its versions, and whom it is attached to. */
export function ManagedPolicy({ arn }: { readonly arn: string }) {
  const { session } = useSession();
  const [, navigate] = useLocation();
  const [deleting, setDeleting] = useState(false);
  const policy = useLoaded(
    async (signal) => memberOf(await callIam(session, 'GetPolicy', { PolicyArn: arn }, signal), 'Policy'),
    [session, arn],
  );
  const isOwn = arn.split(':')[4] === session.account;
  return (
    <Page
      title={arn.slice(arn.lastIndexOf('/') + 1)}
      parents={[{ text: 'Managed policies', path: '/identities/policies' }]}
      actions={policy.value && isOwn && <Button onClick={() => setDeleting(true)}>Delete</Button>}
    >
      {policy.error && (
        <Failure error={policy.error} what="The policy cannot be shown" retry={policy.reload} />
      )}
      {policy.value === undefined && policy.loading && <Loading what="Loading the policy" />}
      {policy.value !== undefined && (
        <SpaceBetween size="l">
          <General policy={policy.value} />
          <PolicyVersions
            arn={arn}
            current={textAt(policy.value, 'DefaultVersionId')}
            isOwn={isOwn}
            changed={policy.reload}
          />
          <Entities arn={arn} />
          {isOwn && <IamTags kind="Policy" name={arn} />}
        </SpaceBetween>
      )}
      {deleting && (
        <Confirmation
          title="Delete policy"
          verb="Delete"
          failure="The policy was not deleted"
          close={() => setDeleting(false)}
          act={async () => {
            for (const version of await allItems(
              session,
              'ListPolicyVersions',
              { PolicyArn: arn },
              'Versions',
            ))
              if (textAt(version, 'IsDefaultVersion') !== 'true')
                await callIam(session, 'DeletePolicyVersion', {
                  PolicyArn: arn,
                  VersionId: textAt(version, 'VersionId'),
                });
            await callIam(session, 'DeletePolicy', { PolicyArn: arn });
            navigate('/identities/policies');
          }}
        >
          <Alert type="warning">
            All its versions are gone for good. As long as it is attached to anybody, or anybody’s boundary,
            it cannot be deleted: detach it first.
          </Alert>
        </Confirmation>
      )}
    </Page>
  );
}

function General({ policy }: { readonly policy: XmlValue }) {
  const text = (member: string) => <span className="breaks-anywhere">{textAt(policy, member) || '-'}</span>;
  return (
    <Container header={<Header variant="h2">General</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: 'ARN', value: text('Arn') },
          { label: 'Description', value: text('Description') },
          { label: 'Version in effect', value: text('DefaultVersionId') },
          { label: 'Created', value: formatIsoDate(textAt(policy, 'CreateDate')) },
          { label: 'Changed', value: formatIsoDate(textAt(policy, 'UpdateDate')) },
          { label: 'Boundary of', value: text('PermissionsBoundaryUsageCount') },
        ]}
      />
    </Container>
  );
}

const KINDS: readonly CarrierKind[] = ['User', 'Group', 'Role'];

function Entities({ arn }: { readonly arn: string }) {
  const { session } = useSession();
  const entities = useLoaded(
    (signal) =>
      Promise.all(
        KINDS.map(async (kind) => ({
          kind,
          found: await allItems(
            session,
            'ListEntitiesForPolicy',
            { PolicyArn: arn, EntityFilter: kind },
            `Policy${kind}s`,
            signal,
          ),
        })),
      ),
    [session, arn],
  );
  const names = (entities.value ?? []).flatMap(({ kind, found }) =>
    found.map((item) => ({ kind, name: textAt(item, nameMember(kind)) })),
  );
  return (
    <Container
      header={
        <Header variant="h2" counter={`(${names.length})`}>
          Attached to
        </Header>
      }
    >
      {entities.error && <Failure error={entities.error} what="It cannot be told" retry={entities.reload} />}
      {entities.value && names.length === 0 && 'Nobody.'}
      <ul>
        {names.map(({ kind, name }) => (
          <li key={`${kind} ${name}`}>
            <PageLink path={pathOfCarrier(kind, name)}>{name}</PageLink> ({kind.toLowerCase()})
          </li>
        ))}
      </ul>
    </Container>
  );
}
