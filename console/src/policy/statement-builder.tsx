import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { CodeBlock } from '../layout/code-block.tsx';
import { StatementFields } from './statement-fields.tsx';
import {
  readStatements,
  STATEMENT_KINDS,
  type StatementKey,
  type StatementKind,
  type StatementValues,
  summaryOf,
  withStatements,
} from './statements.ts';
import { TemplateChooser } from './template-chooser.tsx';

/** Builds a policy statement by statement, without knowing how it is written. The text follows. */
export function StatementBuilder({
  text,
  onChange,
  about,
}: {
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly about: StatementKey;
}) {
  const policy = readStatements(text);
  if (policy === undefined)
    return (
      <Alert type="warning">The text is not JSON that statements could be added to. Mend it first.</Alert>
    );
  const { statements } = policy;
  return (
    <SpaceBetween size="l">
      <ul className="statements">
        {statements.map((statement, index) => {
          const name = String(statement['Sid'] ?? `Statement ${index + 1}`);
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: statements have no name but their place
            <li key={index}>
              <div className="breaks-anywhere">
                <b>{name}</b>
                <Box variant="small" display="block">
                  {summaryOf(statement)}
                </Box>
              </div>
              <Button
                iconName="remove"
                variant="icon"
                ariaLabel={`Remove ${name}`}
                onClick={() => onChange(withStatements(policy, statements.toSpliced(index, 1)))}
              />
            </li>
          );
        })}
      </ul>
      <NewStatement
        // What was added is not what is added next.
        key={statements.length}
        about={about}
        add={(statement) => onChange(withStatements(policy, [...statements, statement]))}
      />
      <TemplateChooser about={about} choose={(all) => onChange(withStatements(policy, all))} />
    </SpaceBetween>
  );
}

function NewStatement({
  about,
  add,
}: {
  readonly about: StatementKey;
  readonly add: (statement: object & Readonly<Record<string, unknown>>) => void;
}) {
  const [kind, setKind] = useState<StatementKind>();
  const [values, setValues] = useState<StatementValues>({ principals: [], text: '' });
  const isComplete =
    kind !== undefined &&
    (kind.text === undefined || kind.text.pattern.test(values.text.trim())) &&
    (kind.principals === undefined || values.principals.length > 0);
  const statement = isComplete ? kind.make({ ...values, text: values.text.trim() }, about) : undefined;
  return (
    <SpaceBetween size="m">
      <FormField label="Add a statement" description={kind?.description}>
        <Select
          placeholder="What it is for"
          selectedOption={kind === undefined ? null : { value: kind.id, label: kind.label }}
          options={STATEMENT_KINDS.map(({ id, label, description }) => ({ value: id, label, description }))}
          onChange={({ detail }) => {
            const next = STATEMENT_KINDS.find(({ id }) => id === detail.selectedOption.value);
            setKind(next);
            setValues({ ...values, text: next?.text?.first ?? '' });
          }}
        />
      </FormField>
      {kind && <StatementFields kind={kind} values={values} onChange={setValues} />}
      {statement && <CodeBlock label="The statement" code={JSON.stringify(statement, undefined, 2)} />}
      <Button disabled={statement === undefined} onClick={() => statement && add(statement)}>
        Add the statement
      </Button>
    </SpaceBetween>
  );
}
