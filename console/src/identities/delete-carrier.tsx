import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { useLocation } from 'wouter';
import type { Signing } from '../api/credentials.ts';
import { textAt } from '../api/xml.ts';
import { Confirmation } from '../layout/dialog.tsx';
import { useSession } from '../session/context.ts';
import { allItems, callIam } from './iam.ts';
import { type CarrierKind, nameMember, pathOfKind } from './paths.ts';

const LOSSES: Readonly<Record<CarrierKind, string>> = {
  User: 'Its access keys stop working at once. Its inline policies are deleted, and it leaves its groups.',
  Group: 'Its users lose what its policies allow them, at once. Its inline policies are deleted.',
  Role: 'Its sessions stop working at once. Its inline policies are deleted.',
};

/** Deletes a user, group or role, and first what it has. */
export function DeleteCarrier({
  kind,
  name,
  isCaller,
  close,
}: {
  readonly kind: CarrierKind;
  readonly name: string;
  /** Whether it is who is signed in. */
  readonly isCaller: boolean;
  readonly close: () => void;
}) {
  const { session } = useSession();
  const [, navigate] = useLocation();
  const [typed, setTyped] = useState('');
  return (
    <Confirmation
      title={`Delete ${kind.toLowerCase()}`}
      verb="Delete"
      failure={`The ${kind.toLowerCase()} was not deleted; some of what it had may be`}
      disabled={typed !== name}
      close={close}
      act={async () => {
        await deleteCarrier(session, kind, name);
        navigate(pathOfKind(kind));
      }}
    >
      <Alert type="warning">
        {LOSSES[kind]} This cannot be undone: another {kind.toLowerCase()} of the same name inherits nothing,
        not even from key policies that name it.
      </Alert>
      {isCaller && <Box>You are signed in as this user, and would be signed out.</Box>}
      <FormField label={`Type ${name} to confirm`}>
        <Input value={typed} onChange={({ detail }) => setTyped(detail.value)} spellcheck={false} />
      </FormField>
    </Confirmation>
  );
}

/** @throws ApiError when something could not be deleted; what was deleted before stays so */
async function deleteCarrier(signing: Signing, kind: CarrierKind, name: string): Promise<void> {
  const who = { [nameMember(kind)]: name };
  const each = async (
    listing: string,
    list: string,
    act: (item: Parameters<typeof textAt>[0]) => Promise<unknown>,
  ) => {
    for (const item of await allItems(signing, listing, who, list)) await act(item);
  };
  if (kind === 'User') {
    await each('ListAccessKeys', 'AccessKeyMetadata', (item) =>
      callIam(signing, 'DeleteAccessKey', { ...who, AccessKeyId: textAt(item, 'AccessKeyId') }),
    );
    await each('ListGroupsForUser', 'Groups', (item) =>
      callIam(signing, 'RemoveUserFromGroup', { ...who, GroupName: textAt(item, 'GroupName') }),
    );
  }
  if (kind === 'Group')
    await each('GetGroup', 'Users', (item) =>
      callIam(signing, 'RemoveUserFromGroup', { ...who, UserName: textAt(item, 'UserName') }),
    );
  await each(`ListAttached${kind}Policies`, 'AttachedPolicies', (item) =>
    callIam(signing, `Detach${kind}Policy`, { ...who, PolicyArn: textAt(item, 'PolicyArn') }),
  );
  await each(`List${kind}Policies`, 'PolicyNames', (item) =>
    callIam(signing, `Delete${kind}Policy`, { ...who, PolicyName: String(item) }),
  );
  await callIam(signing, `Delete${kind}`, who);
}
