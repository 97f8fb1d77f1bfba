import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { Dialog } from '../layout/dialog.tsx';
import { useAction } from '../layout/use-action.ts';
import { useSession } from './context.ts';
import { developmentCredentials, openSession } from './session.ts';

/** On a development server: goes on as the root user of another account. */
export function SwitchAccount({ close }: { readonly close: () => void }) {
  const { session, changeSession } = useSession();
  const [account, setAccount] = useState('');
  const action = useAction(async () => {
    const signing = { credentials: developmentCredentials(account.trim()), region: session.region };
    changeSession(await openSession(signing, { automatic: true }));
  });
  return (
    <Dialog
      title="Switch to another account"
      verb="Switch"
      failure="The account cannot be changed"
      action={action}
      disabled={!/^\d{12}$/.test(account.trim())}
      close={close}
    >
      <FormField
        label="Account ID"
        constraintText="12 digits."
        description="Anybody may act as the root user of any account on a development server."
      >
        <Input value={account} onChange={({ detail }) => setAccount(detail.value)} inputMode="numeric" />
      </FormField>
    </Dialog>
  );
}
