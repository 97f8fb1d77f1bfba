import Autosuggest from '@cloudscape-design/components/autosuggest';
import FormField from '@cloudscape-design/components/form-field';
import { textAt } from '../api/xml.ts';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import { allItems } from './iam.ts';

/** Chooses a managed policy, of the account or of AWS; any other may be typed. */
export function PolicyChoice({
  value,
  onChange,
}: {
  readonly value: string;
  readonly onChange: (arn: string) => void;
}) {
  const { session } = useSession();
  const policies = useLoaded(
    (signal) => allItems(session, 'ListPolicies', {}, 'Policies', signal),
    [session],
  );
  return (
    <FormField label="Policy ARN">
      <Autosuggest
        value={value}
        onChange={({ detail }) => onChange(detail.value)}
        enteredTextLabel={(text) => `Use ${text}`}
        statusType={policies.loading ? 'loading' : 'finished'}
        options={(policies.value ?? []).map((policy) => ({
          value: textAt(policy, 'Arn'),
          label: textAt(policy, 'PolicyName'),
          description: textAt(policy, 'Arn'),
        }))}
      />
    </FormField>
  );
}
