import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { allPages } from '../api/all-pages.ts';
import { callKms } from '../api/call.ts';
import { CodeBlock } from '../layout/code-block.tsx';
import { Dialog } from '../layout/dialog.tsx';
import { Failure } from '../layout/failure.tsx';
import { formatSeconds } from '../layout/format.ts';
import { useAction } from '../layout/use-action.ts';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import { Listing } from './listing.tsx';
import { TagsEditor } from './tags-editor.tsx';

interface TabProps {
  readonly keyId: string;
}

/** The grants of a key, which can be revoked. */
export function GrantsTab({ keyId }: TabProps) {
  const { session } = useSession();
  const [revoked, setRevoked] = useState<string>();
  const grants = useLoaded(
    (signal) =>
      allPages(
        (marker) => callKms(session, 'ListGrants', { KeyId: keyId, ...marker }, signal),
        ({ Grants }) => Grants,
      ),
    [session, keyId],
  );
  const revoke = useAction(async () => {
    await callKms(session, 'RevokeGrant', { KeyId: keyId, GrantId: revoked });
    grants.reload();
  });
  return (
    <>
      <Listing
        title="Grants"
        what="The grants cannot be listed"
        loaded={grants}
        empty="The key has no grants."
        columns={[
          {
            id: 'name',
            header: 'Name',
            cell: ({ Name, GrantId }) => <span className="breaks-anywhere">{Name || GrantId}</span>,
          },
          {
            id: 'grantee',
            header: 'Grantee',
            cell: (grant) => <span className="breaks-anywhere">{grant.GranteePrincipal ?? '-'}</span>,
          },
          { id: 'operations', header: 'Operations', cell: ({ Operations = [] }) => Operations.join(', ') },
          {
            id: 'constraints',
            header: 'Constraints',
            cell: ({ Constraints }) => (Constraints === undefined ? '-' : JSON.stringify(Constraints)),
          },
          { id: 'created', header: 'Created', cell: ({ CreationDate }) => formatSeconds(CreationDate) },
          {
            id: 'actions',
            header: 'Actions',
            cell: ({ GrantId }) => (
              <Button
                variant="inline-link"
                ariaLabel={`Revoke ${GrantId}`}
                onClick={() => setRevoked(GrantId)}
              >
                Revoke
              </Button>
            ),
          },
        ]}
      />
      {revoked !== undefined && (
        <Dialog
          title="Revoke the grant"
          verb="Revoke"
          failure="The grant was not revoked"
          action={revoke}
          close={() => setRevoked(undefined)}
        >
          What it permits is denied from the very next request on. Grant{' '}
          <span className="breaks-anywhere">{revoked}</span>.
        </Dialog>
      )}
    </>
  );
}

/** The aliases of a key. */
export function AliasesTab({ keyId }: TabProps) {
  const { session } = useSession();
  const [name, setName] = useState('');
  const [creating, setCreating] = useState(false);
  const [deleted, setDeleted] = useState<string>();
  const aliases = useLoaded(
    (signal) =>
      allPages(
        (marker) => callKms(session, 'ListAliases', { KeyId: keyId, ...marker }, signal),
        ({ Aliases }) => Aliases,
      ),
    [session, keyId],
  );
  const create = useAction(async () => {
    const AliasName = `alias/${name.trim().replace(/^alias\//, '')}`;
    await callKms(session, 'CreateAlias', { AliasName, TargetKeyId: keyId });
    aliases.reload();
  });
  const remove = useAction(async () => {
    await callKms(session, 'DeleteAlias', { AliasName: deleted });
    aliases.reload();
  });
  return (
    <>
      <Listing
        title="Aliases"
        what="The aliases cannot be listed"
        loaded={aliases}
        empty="The key has no alias."
        actions={<Button onClick={() => setCreating(true)}>Create alias</Button>}
        columns={[
          {
            id: 'name',
            header: 'Name',
            cell: ({ AliasName }) => <span className="breaks-anywhere">{AliasName}</span>,
          },
          { id: 'created', header: 'Created', cell: ({ CreationDate }) => formatSeconds(CreationDate) },
          {
            id: 'actions',
            header: 'Actions',
            cell: ({ AliasName }) => (
              <Button
                variant="inline-link"
                ariaLabel={`Delete ${AliasName}`}
                onClick={() => setDeleted(AliasName)}
              >
                Delete
              </Button>
            ),
          },
        ]}
      />
      {creating && (
        <Dialog
          title="Create alias"
          verb="Create"
          failure="The alias was not created"
          action={create}
          disabled={name.trim() === ''}
          close={() => setCreating(false)}
        >
          <FormField label="Alias name" constraintText="Letters, digits, / _ and -.">
            <Input value={name} onChange={({ detail }) => setName(detail.value)} spellcheck={false} />
          </FormField>
        </Dialog>
      )}
      {deleted !== undefined && (
        <Dialog
          title="Delete the alias"
          verb="Delete"
          failure="The alias was not deleted"
          action={remove}
          close={() => setDeleted(undefined)}
        >
          Whatever names the key by <span className="breaks-anywhere">{deleted}</span> stops working.
        </Dialog>
      )}
    </>
  );
}

/** The tags of a key, which can be edited. */
export function TagsTab({ keyId }: TabProps) {
  const { session } = useSession();
  return (
    <TagsEditor
      whose={keyId}
      list={async (signal) =>
        (
          await allPages(
            (marker) => callKms(session, 'ListResourceTags', { KeyId: keyId, ...marker }, signal),
            ({ Tags }) => Tags,
          )
        ).map(({ TagKey = '', TagValue = '' }) => ({ key: TagKey, value: TagValue }))
      }
      tag={(tags) => {
        const Tags = tags.map(({ key, value }) => ({ TagKey: key, TagValue: value }));
        return callKms(session, 'TagResource', { KeyId: keyId, Tags });
      }}
      untag={(keys) => callKms(session, 'UntagResource', { KeyId: keyId, TagKeys: [...keys] })}
    />
  );
}

/** The public key of an asymmetric key. */
export function PublicKeyTab({ keyId }: TabProps) {
  const { session } = useSession();
  const key = useLoaded(
    (signal) => callKms(session, 'GetPublicKey', { KeyId: keyId }, signal),
    [session, keyId],
  );
  const pem = `-----BEGIN PUBLIC KEY-----\n${(key.value?.PublicKey ?? '').replaceAll(/.{64}/g, '$&\n').trim()}\n-----END PUBLIC KEY-----\n`;
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <Button
              iconName="download"
              disabled={key.value === undefined}
              href={`data:application/x-pem-file,${encodeURIComponent(pem)}`}
              download={`${keyId}.pem`}
            >
              Download
            </Button>
          }
        >
          Public key
        </Header>
      }
    >
      {key.error && <Failure error={key.error} what="The public key cannot be shown" retry={key.reload} />}
      {key.value && <CodeBlock label="Public key" code={pem} />}
    </Container>
  );
}
