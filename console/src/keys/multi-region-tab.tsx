import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Cards from '@cloudscape-design/components/cards';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { callKms } from '../api/call.ts';
import { Confirmation } from '../layout/dialog.tsx';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import { describeKey, type KeyMetadata, part } from './describe-key.ts';
import { KeyState } from './key-state.tsx';
import { PartView } from './part.tsx';

type Question = { readonly to: 'replicate' } | { readonly to: 'promote'; readonly region: string };

/** The keys of a multi-Region key, Region by Region. */
export function MultiRegionTab({
  metadata,
  changed,
}: {
  readonly metadata: KeyMetadata;
  readonly changed: () => void;
}) {
  const { session, changeSession } = useSession();
  const [question, setQuestion] = useState<Question>();
  const { KeyId = '', MultiRegionConfiguration: family } = metadata;
  const primary = family?.PrimaryKey?.Region ?? '';
  const regions = [primary, ...(family?.ReplicaKeys ?? []).map(({ Region = '' }) => Region)];
  const close = () => setQuestion(undefined);
  const atPrimary = { ...session, region: primary };
  return (
    <>
      <Cards
        items={regions}
        trackBy={(region) => region}
        ariaLabels={{ itemSelectionLabel: (_, region) => region, selectionGroupLabel: 'Regions' }}
        header={
          <Header
            variant="h2"
            counter={`(${regions.length})`}
            description="All of them share key material, and decrypt what any of them encrypted. Each has a policy of its own."
            actions={<Button onClick={() => setQuestion({ to: 'replicate' })}>Replicate to a Region</Button>}
          >
            Regions
          </Header>
        }
        cardDefinition={{
          header: (region) => region,
          sections: [
            {
              id: 'role',
              header: 'Is',
              content: (region) => (region === primary ? 'the primary key' : 'a replica'),
            },
            { id: 'state', header: 'State', content: (region) => <State keyId={KeyId} region={region} /> },
            {
              id: 'actions',
              content: (region) => (
                <SpaceBetween direction="horizontal" size="xs">
                  {region === session.region ? (
                    <Box color="text-status-inactive">shown here</Box>
                  ) : (
                    <Button variant="inline-link" onClick={() => changeSession({ ...session, region })}>
                      Go to {region}
                    </Button>
                  )}
                  {region !== primary && (
                    <Button variant="inline-link" onClick={() => setQuestion({ to: 'promote', region })}>
                      Make {region} the primary Region
                    </Button>
                  )}
                </SpaceBetween>
              ),
            },
          ],
        }}
      />
      {question?.to === 'replicate' && (
        <Replicate
          close={close}
          act={async (ReplicaRegion, Description) => {
            await callKms(atPrimary, 'ReplicateKey', { KeyId, ReplicaRegion, Description });
            changed();
          }}
        />
      )}
      {question?.to === 'promote' && (
        <Confirmation
          title="Change the primary Region"
          verb="Change"
          failure="The primary Region was not changed"
          close={close}
          act={async () => {
            await callKms(atPrimary, 'UpdatePrimaryRegion', { KeyId, PrimaryRegion: question.region });
            changed();
          }}
        >
          The key in {question.region} becomes the primary key, and the one in {primary} a replica. Replicas
          are made, and rotation is managed, at the primary key.
        </Confirmation>
      )}
    </>
  );
}

function State({ keyId, region }: { readonly keyId: string; readonly region: string }) {
  const { session } = useSession();
  const found = useLoaded(
    (signal) => part(describeKey({ ...session, region }, keyId, signal)),
    [session, region, keyId],
  );
  return <PartView part={found.value}>{(metadata) => <KeyState state={metadata.KeyState} />}</PartView>;
}

function Replicate({
  close,
  act,
}: {
  readonly close: () => void;
  readonly act: (region: string, description: string) => Promise<void>;
}) {
  const [region, setRegion] = useState('');
  const [description, setDescription] = useState('');
  return (
    <Confirmation
      title="Replicate to a Region"
      verb="Replicate"
      failure="The key was not replicated"
      disabled={region.trim() === ''}
      close={close}
      act={() => act(region.trim(), description)}
    >
      <Box>The replica begins with the default key policy: edit it there.</Box>
      <FormField label="Region" constraintText="Such as eu-west-1.">
        <Input value={region} onChange={({ detail }) => setRegion(detail.value)} spellcheck={false} />
      </FormField>
      <FormField label="Description - optional">
        <Input value={description} onChange={({ detail }) => setDescription(detail.value)} />
      </FormField>
    </Confirmation>
  );
}
