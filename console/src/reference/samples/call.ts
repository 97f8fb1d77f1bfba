import type { OperationPage } from '../../../../scripts/reference/model.ts';
import type { Member, Shape } from '../../../../src/model/shapes.ts';

/** A call to be written down as code. */
export interface SampledCall {
  readonly page: OperationPage;
  /** The input as JSON: blobs in base64, timestamps in seconds since the Unix epoch. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly region: string;
  /** The URL of the server. */
  readonly endpoint: string;
}

/** How a language is written: a literal for each kind of value. */
export interface Dialect {
  string(value: string, member: string): string;
  integer(value: number): string;
  boolean(value: boolean, member: string): string;
  /** @param base64 of the bytes */
  blob(base64: string): string;
  /** @param seconds since the Unix epoch */
  timestamp(seconds: number): string;
  list(items: readonly string[], shape: Shape, member: string): string;
  map(entries: readonly (readonly [string, string])[]): string;
  structure(members: readonly (readonly [string, string])[], member: string): string;
}

/** The members that a request has, with their shapes; those that the operation does not know are left out. */
export function membersOf({ page, input }: SampledCall): readonly (readonly [string, Shape, unknown])[] {
  return entriesOf(page.input.members, input);
}

function entriesOf(
  members: Readonly<Record<string, Member>>,
  value: object,
): readonly (readonly [string, Shape, unknown])[] {
  return Object.entries(value).flatMap(([name, each]) => {
    const shape = members[name]?.shape;
    return shape === undefined || each === undefined ? [] : [[name, shape, each] as const];
  });
}

/** A value as a literal. What is not of the shape is written as the text that it is. */
export function literal(dialect: Dialect, shape: Shape, value: unknown, member: string): string {
  switch (shape.kind) {
    case 'integer':
      return typeof value === 'number' ? dialect.integer(value) : dialect.string(String(value), member);
    case 'boolean':
      return dialect.boolean(value === true, member);
    case 'blob':
      return dialect.blob(String(value));
    case 'timestamp':
      return dialect.timestamp(Number(value));
    case 'list': {
      const items = Array.isArray(value) ? value : [];
      return dialect.list(
        items.map((item) => literal(dialect, shape.member, item, member)),
        shape,
        member,
      );
    }
    case 'map': {
      const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
      return dialect.map(entries.map(([key, each]) => [key, literal(dialect, shape.value, each, member)]));
    }
    case 'structure': {
      const members = typeof value === 'object' && value !== null ? entriesOf(shape.members, value) : [];
      return dialect.structure(
        members.map(([name, inner, each]) => [name, literal(dialect, inner, each, name)]),
        member,
      );
    }
    default:
      return dialect.string(String(value), member);
  }
}

/** A text as most languages write it: what JSON escapes, they escape alike. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** Lines below others. */
export function indent(text: string, by: string): string {
  return text.replaceAll('\n', `\n${by}`);
}
