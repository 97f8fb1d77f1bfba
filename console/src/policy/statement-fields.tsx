import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { PrincipalsField } from './principals-field.tsx';
import type { StatementKind, StatementValues } from './statements.ts';

/** The fields for what a kind of statement asks for. */
export function StatementFields({
  kind,
  values,
  onChange,
}: {
  readonly kind: StatementKind;
  readonly values: StatementValues;
  readonly onChange: (values: StatementValues) => void;
}) {
  const isTextFit = kind.text?.pattern.test(values.text.trim());
  return (
    <>
      {kind.principals !== undefined && (
        <PrincipalsField
          label={kind.principals}
          chosen={values.principals}
          onChange={(principals) => onChange({ ...values, principals })}
        />
      )}
      {kind.text !== undefined && (
        <FormField label={kind.text.label} errorText={isTextFit ? undefined : 'It is not of that form.'}>
          <Input
            value={values.text}
            spellcheck={false}
            onChange={({ detail }) => onChange({ ...values, text: detail.value })}
          />
        </FormField>
      )}
    </>
  );
}
