import Autosuggest from '@cloudscape-design/components/autosuggest';
import FormField from '@cloudscape-design/components/form-field';
import { useEffect } from 'react';

/** One of the algorithms that a key has; any other text, when they are not known. */
export function AlgorithmField({
  label,
  known,
  value,
  onChange,
}: {
  readonly label: string;
  /** Those of the key; `undefined` when it may not be described. */
  readonly known: readonly string[] | undefined;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const [first] = known ?? [];
  // biome-ignore lint/correctness/useExhaustiveDependencies: when other algorithms are known
  useEffect(() => {
    if (first !== undefined && known?.includes(value) === false) onChange(first);
  }, [known]);
  return (
    <FormField label={label} description="The key says which there are.">
      <Autosuggest
        value={value}
        onChange={({ detail }) => onChange(detail.value)}
        options={(known ?? []).map((algorithm) => ({ value: algorithm }))}
        filteringType="manual"
        enteredTextLabel={(text) => `Use ${text}`}
        ariaLabel={label}
        empty="Name a key first"
      />
    </FormField>
  );
}
