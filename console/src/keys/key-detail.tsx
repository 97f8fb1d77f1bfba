import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import { Failure } from '../layout/failure.tsx';
import { formatSeconds } from '../layout/format.ts';
import { Loading, Page } from '../layout/page.tsx';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import { describeKey, type KeyMetadata } from './key-rows.ts';
import { KeyState } from './key-state.tsx';

/** All there is to know of a key. */
export function KeyDetail({ keyId }: { readonly keyId: string }) {
  const { session } = useSession();
  const key = useLoaded((signal) => describeKey(session, keyId, signal), [session, keyId]);
  return (
    <Page title={keyId} parents={[{ text: 'KMS keys', path: '/keys' }]}>
      {key.error && <Failure error={key.error} what="The key cannot be shown" retry={key.reload} />}
      {key.value === undefined && key.loading && <Loading what="Loading the key" />}
      {key.value !== undefined && <General metadata={key.value} />}
    </Page>
  );
}

function General({ metadata }: { readonly metadata: KeyMetadata }) {
  return (
    <Container header={<Header variant="h2">General</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: 'State', value: <KeyState state={metadata.KeyState} /> },
          {
            label: 'Description',
            value: <span className="breaks-anywhere">{metadata.Description || '-'}</span>,
          },
          { label: 'ARN', value: <Box variant="code">{metadata.Arn}</Box> },
          { label: 'Spec', value: metadata.KeySpec },
          { label: 'Usage', value: metadata.KeyUsage },
          { label: 'Origin', value: metadata.Origin },
          { label: 'Created', value: formatSeconds(metadata.CreationDate) },
        ]}
      />
    </Container>
  );
}
