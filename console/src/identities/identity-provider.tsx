import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { listAt, textAt, type XmlValue } from '../api/xml.ts';
import { Confirmation } from '../layout/dialog.tsx';
import { Failure } from '../layout/failure.tsx';
import { Loading, Page } from '../layout/page.tsx';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import { callIam } from './iam.ts';
import { formatIsoDate } from './iam-table.tsx';
import { IamTags } from './iam-tags.tsx';
import { issuerOf } from './identity-providers.tsx';
import { linesOf, TextListField } from './text-list-field.tsx';

type Question =
  | { readonly to: 'delete' }
  | { readonly to: 'add' }
  | { readonly to: 'remove'; readonly clientId: string }
  | { readonly to: 'thumbprints' };

/** An OpenID Connect provider: for whom its tokens may be, and whom it is trusted to be. */
export function IdentityProvider({ arn }: { readonly arn: string }) {
  const { session } = useSession();
  const [question, setQuestion] = useState<Question>();
  const provider = useLoaded(
    (signal) => callIam(session, 'GetOpenIDConnectProvider', { OpenIDConnectProviderArn: arn }, signal),
    [session, arn],
  );
  return (
    <Page
      title={issuerOf(arn)}
      parents={[{ text: 'OpenID Connect providers', path: '/identities/providers' }]}
      actions={provider.value && <Button onClick={() => setQuestion({ to: 'delete' })}>Delete</Button>}
    >
      {provider.error && (
        <Failure error={provider.error} what="The provider cannot be shown" retry={provider.reload} />
      )}
      {provider.value === undefined && provider.loading && <Loading what="Loading the provider" />}
      {provider.value !== undefined && (
        <SpaceBetween size="l">
          <General arn={arn} provider={provider.value} />
          <ClientIds clientIds={textsAt(provider.value, 'ClientIDList')} ask={setQuestion} />
          <Thumbprints
            thumbprints={textsAt(provider.value, 'ThumbprintList')}
            edit={() => setQuestion({ to: 'thumbprints' })}
          />
          <IamTags kind="OpenIDConnectProvider" name={arn} />
        </SpaceBetween>
      )}
      {question !== undefined && provider.value !== undefined && (
        <Answer
          arn={arn}
          question={question}
          thumbprints={textsAt(provider.value, 'ThumbprintList')}
          changed={provider.reload}
          close={() => setQuestion(undefined)}
        />
      )}
    </Page>
  );
}

function textsAt(provider: XmlValue, list: string): readonly string[] {
  return listAt(provider, list).map(String);
}

function General({ arn, provider }: { readonly arn: string; readonly provider: XmlValue }) {
  return (
    <Container header={<Header variant="h2">General</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: 'ARN', value: <span className="breaks-anywhere">{arn}</span> },
          { label: 'Issuer', value: <span className="breaks-anywhere">{textAt(provider, 'Url')}</span> },
          { label: 'Created', value: formatIsoDate(textAt(provider, 'CreateDate')) },
        ]}
      />
    </Container>
  );
}

function ClientIds({
  clientIds,
  ask,
}: {
  readonly clientIds: readonly string[];
  readonly ask: (question: Question) => void;
}) {
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="The audiences that tokens may be for (aud)."
          actions={<Button onClick={() => ask({ to: 'add' })}>Add client ID</Button>}
        >
          Client IDs
        </Header>
      }
    >
      {clientIds.length === 0 && <Box>There are none: no token is accepted.</Box>}
      <SpaceBetween size="xs">
        {clientIds.map((clientId) => (
          <SpaceBetween key={clientId} direction="horizontal" size="xs">
            <span className="breaks-anywhere">{clientId}</span>
            <Button
              variant="inline-link"
              ariaLabel={`Remove ${clientId}`}
              onClick={() => ask({ to: 'remove', clientId })}
            >
              Remove
            </Button>
          </SpaceBetween>
        ))}
      </SpaceBetween>
    </Container>
  );
}

function Thumbprints({
  thumbprints,
  edit,
}: {
  readonly thumbprints: readonly string[];
  readonly edit: () => void;
}) {
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Of certificates that are trusted for the issuer besides those of public authorities."
          actions={<Button onClick={edit}>Edit thumbprints</Button>}
        >
          Thumbprints
        </Header>
      }
    >
      {thumbprints.length === 0 && <Box>There are none.</Box>}
      {thumbprints.map((thumbprint) => (
        <Box key={thumbprint} variant="code" display="block">
          <span className="breaks-anywhere">{thumbprint}</span>
        </Box>
      ))}
    </Container>
  );
}

/** The dialog in which a question is answered. */
function Answer({
  arn,
  question,
  thumbprints,
  changed,
  close,
}: {
  readonly arn: string;
  readonly question: Question;
  readonly thumbprints: readonly string[];
  readonly changed: () => void;
  readonly close: () => void;
}) {
  const { session } = useSession();
  const [, navigate] = useLocation();
  const [clientId, setClientId] = useState('');
  const [lines, setLines] = useState(thumbprints.join('\n'));
  const change = async (operation: string, input: Readonly<Record<string, unknown>>) => {
    await callIam(session, operation, { OpenIDConnectProviderArn: arn, ...input });
    changed();
  };
  switch (question.to) {
    case 'delete':
      return (
        <Confirmation
          title="Delete provider"
          verb="Delete"
          failure="The provider was not deleted"
          close={close}
          act={async () => {
            await callIam(session, 'DeleteOpenIDConnectProvider', { OpenIDConnectProviderArn: arn });
            navigate('/identities/providers');
          }}
        >
          Its tokens are not accepted from the very next request on. Trust policies that name it stay as they
          are, and sessions that there are go on until they end.
        </Confirmation>
      );
    case 'add':
      return (
        <Confirmation
          title="Add client ID"
          verb="Add"
          failure="The client ID was not added"
          disabled={clientId.trim() === ''}
          close={close}
          act={() => change('AddClientIDToOpenIDConnectProvider', { ClientID: clientId.trim() })}
        >
          <FormField label="Client ID">
            <Input value={clientId} spellcheck={false} onChange={({ detail }) => setClientId(detail.value)} />
          </FormField>
        </Confirmation>
      );
    case 'remove':
      return (
        <Confirmation
          title="Remove client ID"
          verb="Remove"
          failure="The client ID was not removed"
          close={close}
          act={() => change('RemoveClientIDFromOpenIDConnectProvider', { ClientID: question.clientId })}
        >
          <span className="breaks-anywhere">
            Tokens for {question.clientId} are not accepted from the very next request on.
          </span>
        </Confirmation>
      );
    case 'thumbprints':
      return (
        <Confirmation
          title="Edit thumbprints"
          verb="Save"
          failure="The thumbprints were not changed"
          disabled={linesOf(lines).length === 0}
          close={close}
          act={() => change('UpdateOpenIDConnectProviderThumbprint', { ThumbprintList: linesOf(lines) })}
        >
          <TextListField
            label="Thumbprints"
            description="SHA-1, 40 hexadecimal digits; at least one and at most five. They take the place of those that there are."
            value={lines}
            onChange={setLines}
          />
        </Confirmation>
      );
  }
}
