import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Multiselect from '@cloudscape-design/components/multiselect';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { constraintsOf } from '../../../../scripts/reference/members.ts';
import type { ListShape, Member, Members, Shape, StringShape } from '../../../../src/model/shapes.ts';
import { LazyJsonEditor } from '../../policy/lazy-editor.tsx';
import { BlobField } from './blob-field.tsx';
import { MapField } from './map-field.tsx';

interface FieldProps<S extends Shape = Shape> {
  readonly label: string;
  readonly shape: S;
  /** As JSON; `undefined` when it is left out. */
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

/** The members of a structure, each with a field for its shape. */
export function MemberFields({
  members,
  value,
  onChange,
}: {
  readonly members: Members;
  readonly value: Readonly<Record<string, unknown>>;
  readonly onChange: (value: Readonly<Record<string, unknown>>) => void;
}) {
  return (
    <SpaceBetween size="m">
      {Object.entries(members).map(([name, member]) => (
        <MemberField
          key={name}
          name={name}
          member={member}
          value={value[name]}
          onChange={(next) => {
            const { [name]: _, ...others } = value;
            onChange(next === undefined ? others : { ...value, [name]: next });
          }}
        />
      ))}
    </SpaceBetween>
  );
}

function MemberField({
  name,
  member: { shape, required, description },
  value,
  onChange,
}: {
  readonly name: string;
  readonly member: Member;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}) {
  return (
    <FormField
      stretch
      label={required ? name : <OptionalLabel name={name} />}
      description={description}
      constraintText={
        shape.kind === 'string' && shape.values !== undefined ? undefined : plain(constraintsOf(shape))
      }
    >
      <Field label={name} shape={shape} value={value} onChange={onChange} />
    </FormField>
  );
}

function OptionalLabel({ name }: { readonly name: string }) {
  return (
    <span>
      {name} <i>- optional</i>
    </span>
  );
}

/** Constraints without the marks of Markdown. */
function plain(text: string): string {
  return text.replaceAll('`', '');
}

/** Members that hold a policy document. */
const POLICY = /Policy(?:Document)?$/;

function Field({ label, shape, value, onChange }: FieldProps) {
  switch (shape.kind) {
    case 'string':
      return <StringField label={label} shape={shape} value={value} onChange={onChange} />;
    case 'integer':
      return <NumberField label={label} shape={shape} value={value} onChange={onChange} />;
    case 'timestamp':
      return <TimestampField label={label} shape={shape} value={value} onChange={onChange} />;
    case 'boolean':
      return (
        <Choice
          label={label}
          values={['true', 'false']}
          value={value}
          onChange={(text) => onChange(text === undefined ? undefined : text === 'true')}
        />
      );
    case 'blob':
      return <BlobField label={label} value={value} onChange={onChange} />;
    case 'map':
      return <MapField label={label} value={value} onChange={onChange} />;
    case 'list':
      return <ListField label={label} shape={shape} value={value} onChange={onChange} />;
    case 'structure':
      return (
        <Container>
          <MemberFields
            members={shape.members}
            value={asObject(value)}
            onChange={(next) => onChange(Object.keys(next).length === 0 ? undefined : next)}
          />
        </Container>
      );
  }
}

function StringField({ label, shape, value, onChange }: FieldProps<StringShape>) {
  const text = typeof value === 'string' ? value : '';
  if (shape.values !== undefined)
    return <Choice label={label} values={shape.values} value={value} onChange={onChange} />;
  if (POLICY.test(label)) {
    return (
      <LazyJsonEditor
        ariaLabel={label}
        value={text}
        onChange={(next) => onChange(next === '' ? undefined : next)}
      />
    );
  }
  return (
    <Input
      ariaLabel={label}
      value={text}
      type={shape.sensitive === true ? 'password' : 'text'}
      spellcheck={false}
      autoComplete={false}
      onChange={({ detail }) => onChange(detail.value === '' ? undefined : detail.value)}
    />
  );
}

/** One of some values, or none. */
function Choice({
  label,
  values,
  value,
  onChange,
}: {
  readonly label: string;
  readonly values: readonly string[];
  readonly value: unknown;
  readonly onChange: (value: string | undefined) => void;
}) {
  const chosen = value === undefined ? LEFT_OUT : String(value);
  return (
    <Select
      ariaLabel={label}
      selectedOption={{ value: chosen, label: chosen }}
      options={[LEFT_OUT, ...values].map((each) => ({ value: each, label: each }))}
      filteringType={values.length > 10 ? 'auto' : 'none'}
      onChange={({ detail }) => {
        const next = detail.selectedOption.value;
        onChange(next === LEFT_OUT ? undefined : next);
      }}
    />
  );
}

const LEFT_OUT = '(left out)';

/** What is no number is sent as it is typed: the server says what it thinks of it. */
function NumberField({ label, value, onChange }: FieldProps) {
  const [text, setText] = useState(value === undefined ? '' : String(value));
  return (
    <Input
      ariaLabel={label}
      inputMode="numeric"
      value={text}
      onChange={({ detail }) => {
        setText(detail.value);
        const number = Number(detail.value);
        onChange(detail.value.trim() === '' ? undefined : Number.isNaN(number) ? detail.value : number);
      }}
    />
  );
}

function TimestampField({ label, value, onChange }: FieldProps) {
  const [text, setText] = useState(typeof value === 'number' ? new Date(value * 1000).toISOString() : '');
  const isWrong = text !== '' && Number.isNaN(Date.parse(text));
  return (
    <FormField errorText={isWrong ? 'This is not a date and time, such as 2027-01-31T12:00:00Z.' : undefined}>
      <Input
        ariaLabel={label}
        placeholder="2027-01-31T12:00:00Z"
        value={text}
        onChange={({ detail }) => {
          setText(detail.value);
          const time = Date.parse(detail.value);
          onChange(Number.isNaN(time) ? undefined : time / 1000);
        }}
      />
    </FormField>
  );
}

function ListField({ label, shape, value, onChange }: FieldProps<ListShape>) {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  const inner = shape.member;
  const change = (next: readonly unknown[]) => onChange(next.length === 0 ? undefined : next);
  if (inner.kind === 'string' && inner.values !== undefined) {
    return (
      <Multiselect
        ariaLabel={label}
        selectedOptions={items.map((each) => ({ value: String(each), label: String(each) }))}
        options={inner.values.map((each) => ({ value: each, label: each }))}
        filteringType="auto"
        placeholder="Choose"
        onChange={({ detail }) => change(detail.selectedOptions.map((option) => option.value))}
      />
    );
  }
  return (
    <SpaceBetween size="xs">
      {items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: items have no name but their place
        <SpaceBetween size="xxs" key={index}>
          <Field
            label={`${label} ${index + 1}`}
            shape={inner}
            value={item}
            onChange={(next) => change(items.with(index, next ?? emptyOf(inner)))}
          />
          <Button formAction="none" variant="inline-link" onClick={() => change(items.toSpliced(index, 1))}>
            Remove {label} {index + 1}
          </Button>
        </SpaceBetween>
      ))}
      <Button formAction="none" onClick={() => change([...items, emptyOf(inner)])}>
        Add {label}
      </Button>
    </SpaceBetween>
  );
}

function emptyOf(shape: Shape): unknown {
  return shape.kind === 'structure' ? {} : '';
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
