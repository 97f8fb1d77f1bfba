import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { Dialog } from '../layout/dialog.tsx';
import { useAction } from '../layout/use-action.ts';
import { useSession } from './context.ts';
import { assumeRole } from './session.ts';

/** Asks for a role, and goes on as that role until its session ends or is left. */
export function AssumeRole({ close }: { readonly close: () => void }) {
  const { session, changeSession } = useSession();
  const [arn, setArn] = useState(`arn:aws:iam::${session.account}:role/`);
  const [sessionName, setSessionName] = useState('console');
  const [externalId, setExternalId] = useState('');
  const action = useAction(async () => {
    changeSession(
      await assumeRole(session, { arn: arn.trim(), sessionName: sessionName.trim(), externalId }),
    );
  });
  return (
    <Dialog
      title="Assume a role"
      verb="Assume role"
      failure="The role cannot be assumed"
      action={action}
      disabled={arn.trim() === '' || sessionName.trim() === ''}
      close={close}
    >
      <FormField label="Role ARN">
        <Input value={arn} onChange={({ detail }) => setArn(detail.value)} spellcheck={false} />
      </FormField>
      <FormField label="Session name" description="Part of the ARN under which everything is done.">
        <Input value={sessionName} onChange={({ detail }) => setSessionName(detail.value)} />
      </FormField>
      <FormField label="External ID - optional" description="If the trust policy of the role asks for one.">
        <Input value={externalId} onChange={({ detail }) => setExternalId(detail.value)} />
      </FormField>
    </Dialog>
  );
}
