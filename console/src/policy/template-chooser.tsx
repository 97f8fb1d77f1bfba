import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import {
  kindsToFill,
  POLICY_TEMPLATES,
  type PolicyTemplate,
  statementsOf,
  type TemplateValues,
} from './policy-templates.ts';
import { StatementFields } from './statement-fields.tsx';
import type { Statement, StatementKey, StatementKind, StatementValues } from './statements.ts';

/** Chooses a whole policy, and fills in whom it is about. */
export function TemplateChooser({
  about,
  choose,
}: {
  readonly about: StatementKey;
  readonly choose: (statements: readonly Statement[]) => void;
}) {
  const [template, setTemplate] = useState<PolicyTemplate>();
  const [values, setValues] = useState<TemplateValues>({});
  const offered = POLICY_TEMPLATES.filter(
    ({ keyUsages }) => keyUsages === undefined || keyUsages.includes(about.keyUsage),
  );
  const valuesOf = ({ id, text }: StatementKind): StatementValues =>
    values[id] ?? { principals: [], text: text?.first ?? '' };
  const kinds = template === undefined ? [] : kindsToFill(template);
  const filled = Object.fromEntries(kinds.map((kind) => [kind.id, valuesOf(kind)]));
  const statements = template && statementsOf(template, filled, about);
  return (
    <SpaceBetween size="m">
      <FormField label="Begin again with a template" description={template?.description}>
        <Select
          placeholder="A whole policy"
          selectedOption={template === undefined ? null : { value: template.id, label: template.label }}
          options={offered.map(({ id, label, description }) => ({ value: id, label, description }))}
          onChange={({ detail }) => setTemplate(offered.find(({ id }) => id === detail.selectedOption.value))}
        />
      </FormField>
      {kinds.map((kind) => (
        <StatementFields
          key={kind.id}
          kind={kind}
          values={valuesOf(kind)}
          onChange={(given) => setValues({ ...values, [kind.id]: given })}
        />
      ))}
      <Button
        formAction="none"
        disabled={statements === undefined}
        onClick={() => statements && choose(statements)}
      >
        Use the template
      </Button>
    </SpaceBetween>
  );
}
