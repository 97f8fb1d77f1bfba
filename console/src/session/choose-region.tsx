import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { Dialog } from '../layout/dialog.tsx';
import { useAction } from '../layout/use-action.ts';
import { useSession } from './context.ts';

/** Asks for a Region that is not among those that are offered: a server has whichever are asked for. */
export function ChooseRegion({ close }: { readonly close: () => void }) {
  const { session, changeSession } = useSession();
  const [region, setRegion] = useState('');
  const action = useAction(async () => changeSession({ ...session, region: region.trim() }));
  const isRegion = /^[a-z0-9]+(?:-[a-z0-9]+)+$/.test(region.trim());
  return (
    <Dialog
      title="Another Region"
      verb="Go there"
      failure="The Region cannot be changed"
      action={action}
      disabled={!isRegion}
      close={close}
    >
      <FormField label="Region" constraintText="Small letters, digits and hyphens, such as eu-west-1.">
        <Input value={region} onChange={({ detail }) => setRegion(detail.value)} spellcheck={false} />
      </FormField>
    </Dialog>
  );
}
