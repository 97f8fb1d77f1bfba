import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Tabs from '@cloudscape-design/components/tabs';
import { useLocation } from 'wouter';
import { WhoCanUse } from '../access/who-can-use.tsx';
import { Failure } from '../layout/failure.tsx';
import { formatSeconds } from '../layout/format.ts';
import { Loading, Page } from '../layout/page.tsx';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import { describeKey, type KeyMetadata } from './describe-key.ts';
import { ImportTab } from './import-tab.tsx';
import { KeyActions } from './key-actions.tsx';
import { KeyState } from './key-state.tsx';
import { MultiRegionTab } from './multi-region-tab.tsx';
import { PolicyTab } from './policy-tab.tsx';
import { RecentEventsTab } from './recent-events-tab.tsx';
import { RotationTab } from './rotation-tab.tsx';
import { AliasesTab, GrantsTab, PublicKeyTab, TagsTab } from './tabs.tsx';

/** All there is to know of a key, and what can be done with it. */
export function KeyDetail({ keyId, tab }: { readonly keyId: string; readonly tab: string }) {
  const { session } = useSession();
  const [, navigate] = useLocation();
  const key = useLoaded((signal) => describeKey(session, keyId, signal), [session, keyId]);
  return (
    <Page
      title={keyId}
      parents={[{ text: 'KMS keys', path: '/keys' }]}
      actions={key.value && <KeyActions metadata={key.value} done={key.reload} />}
    >
      {key.error && <Failure error={key.error} what="The key cannot be shown" retry={key.reload} />}
      {key.value === undefined && key.loading && <Loading what="Loading the key" />}
      {key.value !== undefined && (
        <SpaceBetween size="l">
          <General metadata={key.value} />
          <Tabs
            ariaLabel="What the key has"
            activeTabId={tab}
            onChange={({ detail }) => navigate(`/keys/${keyId}/${detail.activeTabId}`, { replace: true })}
            tabs={tabsOf(key.value, keyId, key.reload)}
          />
        </SpaceBetween>
      )}
    </Page>
  );
}

function tabsOf(metadata: KeyMetadata, keyId: string, changed: () => void) {
  const isAsymmetric = !/^(?:SYMMETRIC_DEFAULT|HMAC)/.test(metadata.KeySpec ?? '');
  return [
    { id: 'key-policy', label: 'Key policy', content: <PolicyTab keyId={keyId} /> },
    { id: 'events', label: 'Recent events', content: <RecentEventsTab arn={metadata.Arn ?? ''} /> },
    { id: 'access', label: 'Who can use it?', content: <WhoCanUse metadata={metadata} /> },
    { id: 'grants', label: 'Grants', content: <GrantsTab keyId={keyId} /> },
    { id: 'aliases', label: 'Aliases', content: <AliasesTab keyId={keyId} /> },
    { id: 'tags', label: 'Tags', content: <TagsTab keyId={keyId} /> },
    ...(metadata.KeySpec === 'SYMMETRIC_DEFAULT'
      ? [{ id: 'rotation', label: 'Rotation', content: <RotationTab keyId={keyId} /> }]
      : []),
    ...(metadata.Origin === 'EXTERNAL'
      ? [
          {
            id: 'import',
            label: 'Key material',
            content: <ImportTab metadata={metadata} changed={changed} />,
          },
        ]
      : []),
    ...(metadata.MultiRegion === true
      ? [
          {
            id: 'multi-region',
            label: 'Regions',
            content: <MultiRegionTab metadata={metadata} changed={changed} />,
          },
        ]
      : []),
    ...(isAsymmetric
      ? [{ id: 'public-key', label: 'Public key', content: <PublicKeyTab keyId={keyId} /> }]
      : []),
  ];
}

function General({ metadata }: { readonly metadata: KeyMetadata }) {
  const { MultiRegionConfiguration: family } = metadata;
  const replicas = family?.ReplicaKeys?.map(({ Region }) => Region).join(', ');
  const text = (value: string | undefined) => <span className="breaks-anywhere">{value || '-'}</span>;
  return (
    <Container header={<Header variant="h2">General</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: 'State', value: <KeyState state={metadata.KeyState} /> },
          { label: 'Description', value: text(metadata.Description) },
          { label: 'ARN', value: text(metadata.Arn) },
          { label: 'Spec', value: metadata.KeySpec },
          { label: 'Usage', value: metadata.KeyUsage },
          { label: 'Key material', value: metadata.Origin },
          { label: 'Created', value: formatSeconds(metadata.CreationDate) },
          ...(metadata.DeletionDate === undefined
            ? []
            : [{ label: 'Will be deleted', value: formatSeconds(metadata.DeletionDate) }]),
          ...(metadata.ValidTo === undefined
            ? []
            : [{ label: 'Material expires', value: formatSeconds(metadata.ValidTo) }]),
          ...(family === undefined
            ? []
            : [
                {
                  label: 'Multi-Region',
                  value: `${family.MultiRegionKeyType}, primary in ${family.PrimaryKey?.Region}`,
                },
                { label: 'Replicas', value: replicas || 'none' },
              ]),
        ]}
      />
    </Container>
  );
}
