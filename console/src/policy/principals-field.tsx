import Autosuggest from '@cloudscape-design/components/autosuggest';
import FormField from '@cloudscape-design/components/form-field';
import SpaceBetween from '@cloudscape-design/components/space-between';
import TokenGroup from '@cloudscape-design/components/token-group';
import { useState } from 'react';
import { listPrincipals } from '../identities/principals.ts';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';

/** Principals: users and roles of the account are offered, others are typed. */
export function PrincipalsField({
  label,
  description,
  chosen,
  onChange,
}: {
  readonly label: string;
  readonly description?: string;
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}) {
  const { session } = useSession();
  const known = useLoaded((signal) => listPrincipals(session, signal), [session]);
  const [typed, setTyped] = useState('');
  const add = (principal: string) => {
    const name = principal.trim();
    if (name !== '' && !chosen.includes(name)) onChange([...chosen, name]);
    setTyped('');
  };
  return (
    <FormField label={label} description={description}>
      <SpaceBetween size="xs">
        <Autosuggest
          value={typed}
          onChange={({ detail }) => setTyped(detail.value)}
          onSelect={({ detail }) => add(detail.value)}
          onKeyDown={({ detail }) => detail.key === 'Enter' && add(typed)}
          onBlur={() => add(typed)}
          options={(known.value ?? [])
            .filter((arn) => !chosen.includes(arn))
            .map((arn) => ({ value: arn, label: arn.split(':').slice(5).join(':') }))}
          enteredTextLabel={(text) => `Use ${text}`}
          ariaLabel={label}
          placeholder="Choose users and roles, or type ARNs"
          empty="The account has no users or roles that you may list"
        />
        <TokenGroup
          items={chosen.map((arn) => ({ label: arn, dismissLabel: `Remove ${arn}` }))}
          onDismiss={({ detail }) => onChange(chosen.toSpliced(detail.itemIndex, 1))}
        />
      </SpaceBetween>
    </FormField>
  );
}
