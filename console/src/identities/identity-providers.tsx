import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { textAt } from '../api/xml.ts';
import { Confirmation } from '../layout/dialog.tsx';
import { PageLink } from '../layout/link.tsx';
import { Page } from '../layout/page.tsx';
import { useSession } from '../session/context.ts';
import { callIam } from './iam.ts';
import { IamTable } from './iam-table.tsx';
import { pathOfProvider } from './paths.ts';
import { linesOf, TextListField } from './text-list-field.tsx';

/** The OpenID Connect providers whose tokens the account accepts. */
export function IdentityProviders() {
  const [creating, setCreating] = useState(false);
  return (
    <Page
      title="OpenID Connect providers"
      description="Whose tokens the account accepts for roles with trust policies that name them (AssumeRoleWithWebIdentity)."
      actions={
        <Button variant="primary" onClick={() => setCreating(true)}>
          Create provider
        </Button>
      }
    >
      <IamTable
        title="OpenID Connect providers"
        what="The providers cannot be listed"
        operation="ListOpenIDConnectProviders"
        input={{}}
        list="OpenIDConnectProviderList"
        empty="There are none yet."
        columns={[
          {
            id: 'issuer',
            header: 'Issuer',
            isRowHeader: true,
            cell: (item) => (
              <PageLink path={pathOfProvider(textAt(item, 'Arn'))}>
                <span className="breaks-anywhere">{issuerOf(textAt(item, 'Arn'))}</span>
              </PageLink>
            ),
          },
          {
            id: 'arn',
            header: 'ARN',
            cell: (item) => <span className="breaks-anywhere">{textAt(item, 'Arn')}</span>,
          },
        ]}
      />
      {creating && <CreateProvider close={() => setCreating(false)} />}
    </Page>
  );
}

/** The issuer that the ARN of a provider names, without `https://`. */
export function issuerOf(arn: string): string {
  return arn.slice(arn.indexOf('/') + 1);
}

function CreateProvider({ close }: { readonly close: () => void }) {
  const { session } = useSession();
  const [, navigate] = useLocation();
  const [url, setUrl] = useState('');
  const [clientIds, setClientIds] = useState('sts.amazonaws.com');
  const [thumbprints, setThumbprints] = useState('');
  return (
    <Confirmation
      title="Create provider"
      verb="Create"
      failure="The provider was not created"
      disabled={url.trim() === ''}
      close={close}
      act={async () => {
        const answer = await callIam(session, 'CreateOpenIDConnectProvider', {
          Url: url.trim(),
          ClientIDList: linesOf(clientIds),
          ThumbprintList: linesOf(thumbprints),
        });
        navigate(pathOfProvider(textAt(answer, 'OpenIDConnectProviderArn')));
      }}
    >
      <FormField
        label="Issuer"
        description="As its tokens name it (iss), such as https://issuer.example.com."
      >
        <Input value={url} type="url" spellcheck={false} onChange={({ detail }) => setUrl(detail.value)} />
      </FormField>
      <TextListField
        label="Client IDs"
        description="The audiences that tokens may be for (aud)."
        value={clientIds}
        onChange={setClientIds}
      />
      <TextListField
        label="Thumbprints - optional"
        description="Of certificates that are trusted for the issuer besides those of public authorities: SHA-1, 40 hexadecimal digits."
        value={thumbprints}
        onChange={setThumbprints}
      />
    </Confirmation>
  );
}
