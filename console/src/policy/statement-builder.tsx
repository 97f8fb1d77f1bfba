import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { CodeBlock } from '../layout/code-block.tsx';
import { PrincipalsField } from './principals-field.tsx';
import {
  readStatements,
  STATEMENT_KINDS,
  type StatementKey,
  type StatementKind,
  summaryOf,
  withStatements,
} from './statements.ts';

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
        replaceAll={(all) => onChange(withStatements(policy, all))}
      />
    </SpaceBetween>
  );
}

function NewStatement({
  about,
  add,
  replaceAll,
}: {
  readonly about: StatementKey;
  readonly add: (statement: object & Readonly<Record<string, unknown>>) => void;
  readonly replaceAll: (statements: readonly Readonly<Record<string, unknown>>[]) => void;
}) {
  const [kind, setKind] = useState<StatementKind>();
  const [principals, setPrincipals] = useState<readonly string[]>([]);
  const [text, setText] = useState('');
  const isTextFit = kind?.text === undefined || kind.text.pattern.test(text.trim());
  const isComplete =
    kind !== undefined && isTextFit && (kind.principals === undefined || principals.length > 0);
  const statement = isComplete ? kind.make({ principals, text: text.trim() }, about) : undefined;
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
            setText(next?.text?.first ?? '');
          }}
        />
      </FormField>
      {kind?.principals !== undefined && (
        <PrincipalsField label={kind.principals} chosen={principals} onChange={setPrincipals} />
      )}
      {kind?.text !== undefined && (
        <FormField label={kind.text.label} errorText={isTextFit ? undefined : 'It is not of that form.'}>
          <Input value={text} onChange={({ detail }) => setText(detail.value)} spellcheck={false} />
        </FormField>
      )}
      {statement && <CodeBlock label="The statement" code={JSON.stringify(statement, undefined, 2)} />}
      <SpaceBetween direction="horizontal" size="xs">
        <Button disabled={statement === undefined} onClick={() => statement && add(statement)}>
          Add the statement
        </Button>
        <Button
          variant="link"
          onClick={() => {
            const account = STATEMENT_KINDS.find(({ id }) => id === 'account');
            if (account) replaceAll([account.make({ principals: [], text: '' }, about)]);
          }}
        >
          Begin again with the default policy
        </Button>
      </SpaceBetween>
    </SpaceBetween>
  );
}
