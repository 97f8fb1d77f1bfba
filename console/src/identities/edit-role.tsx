import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { textAt, type XmlValue } from '../api/xml.ts';
import { Confirmation } from '../layout/dialog.tsx';
import { useSession } from '../session/context.ts';
import { callIam } from './iam.ts';

/** How long sessions of a role may be allowed to last, in seconds. */
const SHORTEST = 3_600;
const LONGEST = 43_200;

/** Edits what a role says of itself, and how long its sessions may last. */
export function EditRole({
  role,
  changed,
  close,
}: {
  readonly role: XmlValue;
  readonly changed: () => void;
  readonly close: () => void;
}) {
  const { session } = useSession();
  const [description, setDescription] = useState(textAt(role, 'Description'));
  const [duration, setDuration] = useState(textAt(role, 'MaxSessionDuration'));
  const seconds = /^\d+$/.test(duration.trim()) ? Number(duration) : Number.NaN;
  const isFit = seconds >= SHORTEST && seconds <= LONGEST;
  return (
    <Confirmation
      title="Edit role"
      verb="Save"
      failure="The role was not changed"
      disabled={!isFit}
      close={close}
      act={async () => {
        await callIam(session, 'UpdateRole', {
          RoleName: textAt(role, 'RoleName'),
          Description: description,
          MaxSessionDuration: seconds,
        });
        changed();
      }}
    >
      <FormField label="Description">
        <Textarea value={description} rows={3} onChange={({ detail }) => setDescription(detail.value)} />
      </FormField>
      <FormField
        label="Maximum session duration in seconds"
        description="Sessions that there are go on until they end."
        constraintText="3,600 (one hour) to 43,200 (twelve hours)."
        errorText={isFit ? undefined : 'It is not a number of seconds from 3,600 to 43,200.'}
      >
        <Input value={duration} inputMode="numeric" onChange={({ detail }) => setDuration(detail.value)} />
      </FormField>
    </Confirmation>
  );
}
