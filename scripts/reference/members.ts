import type { Bounds, Member, Members, Shape, ValueOf } from '../../src/model/shapes.ts';

/** A member of a request or a response, as a row of a table says it. Texts are Markdown. */
export interface MemberRow {
  /** Such as `Tags[].TagKey`. */
  readonly path: string;
  readonly type: string;
  readonly constraints: string;
  readonly required: boolean;
  readonly description: string;
}

/** How a service writes points in time. */
export type TimestampForm = 'seconds' | 'iso-8601';

/** The rows of a structure: its members, each followed by what it is made of. */
export function memberRows(members: Members, timestamps: TimestampForm): readonly MemberRow[] {
  return Object.entries(members).flatMap(([name, member]) => rowsOf(name, member, timestamps));
}

function rowsOf(
  path: string,
  { shape, required, description }: Member,
  timestamps: TimestampForm,
): readonly MemberRow[] {
  const row = {
    path,
    type: typeOf(shape, timestamps),
    constraints: constraintsOf(shape),
    required,
    description,
  };
  const inner = shape.kind === 'list' ? shape.member : shape;
  if (inner.kind !== 'structure') return [row];
  const prefix = shape.kind === 'list' ? `${path}[].` : `${path}.`;
  const rows = Object.entries(inner.members).flatMap(([name, member]) =>
    rowsOf(prefix + name, member, timestamps),
  );
  return [row, ...rows];
}

function typeOf(shape: Shape, timestamps: TimestampForm): string {
  switch (shape.kind) {
    case 'blob':
      return 'base64';
    case 'timestamp':
      return timestamps === 'seconds' ? 'number, seconds since 1970' : 'date and time, ISO 8601';
    case 'list':
      return `list of ${shape.member.kind === 'structure' ? 'structures' : typeOf(shape.member, timestamps)}`;
    case 'map':
      return `map from string to ${shape.value.kind}`;
    default:
      return shape.kind;
  }
}

const UNITS: Readonly<Partial<Record<Shape['kind'], string>>> = {
  string: 'characters',
  blob: 'bytes',
  list: 'items',
};

/** What a value of a shape has to be like, in words. */
export function constraintsOf(shape: Shape): string {
  const parts = [
    'values' in shape && shape.values !== undefined ? oneOf(shape.values) : '',
    'max' in shape || 'min' in shape ? boundsText(shape, UNITS[shape.kind] ?? '') : '',
    'pattern' in shape && shape.pattern !== undefined ? `matching \`${shape.pattern}\`` : '',
    shape.kind === 'list' && shape.member.kind !== 'structure' ? each(constraintsOf(shape.member)) : '',
    shape.kind === 'map' ? each(constraintsOf(shape.value)) : '',
  ];
  return parts.filter((part) => part !== '').join('; ');
}

function oneOf(values: readonly string[]): string {
  return values.map((value) => `\`${value}\``).join(', ');
}

function each(constraints: string): string {
  return constraints === '' ? '' : `each ${constraints}`;
}

function boundsText({ min = 0, max }: Bounds, unit: string): string {
  const range =
    max === undefined
      ? `at least ${min}`
      : min === max
        ? `${max}`
        : min === 0
          ? `at most ${max}`
          : `${min} to ${max}`;
  return `${range} ${unit}`.trimEnd();
}

/** A value of a shape with everything in it that can be, for finding out what is made of it. */
export function fullSample(shape: Shape): unknown {
  switch (shape.kind) {
    case 'string':
      return shape.values?.[0] ?? 'text';
    case 'integer':
      return shape.min ?? 1;
    case 'boolean':
      return true;
    case 'blob':
      return new Uint8Array(shape.min ?? 1);
    case 'timestamp':
      return new Date(0) satisfies ValueOf<typeof shape>;
    case 'list':
      return [fullSample(shape.member)];
    case 'map':
      return { [SAMPLE_KEY]: fullSample(shape.value) };
    case 'structure':
      return Object.fromEntries(
        Object.entries(shape.members).map(([name, member]) => [name, fullSample(member.shape)]),
      );
  }
}

/** The key of the one entry in maps of samples. */
export const SAMPLE_KEY = 'sample-key';
