import type { Member, Shape, StructureShape } from './shapes.ts';

/** Values as audit records hold them: JSON, names in lower camel case. */
type Recorder = (value: unknown) => unknown;

/** What members are called in records, by their own names. */
export type RecordedNames = Readonly<Record<string, string>>;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * Compiles a structure into a function that tells what of a value of it an audit record may hold: never bytes, never what is
 * declared as secret, however deep, and of its own members only the given ones.
 *
 * @param members names of members; of others nothing is recorded
 * @param names by which members go that are not just their own in lower camel case, by those
 * @returns a function that answers `null` where nothing is to be recorded
 */
export function compileRecorder(
  shape: StructureShape,
  members: readonly string[],
  names: RecordedNames,
): (value: object) => Readonly<Record<string, unknown>> | null {
  const recordable = Object.entries(shape.members).filter(([name]) => members.includes(name));
  const record = structureRecorder(recordable, names);
  return (value) => record(value) ?? null;
}

/** The members of a structure that are recorded unless something else is declared: those that hold anything recordable. */
export function recordableMembers({ members }: StructureShape): readonly string[] {
  return Object.entries(members).flatMap(([name, { shape }]) =>
    recorderFor(shape, {}) === undefined ? [] : [name],
  );
}

/** `undefined` for shapes of which nothing may be recorded. */
function recorderFor(shape: Shape, names: RecordedNames): Recorder | undefined {
  switch (shape.kind) {
    case 'blob':
      return undefined;
    case 'string':
      return shape.sensitive ? undefined : (value) => value;
    case 'timestamp':
      return (value) => (value instanceof Date ? textOfDate(value) : undefined);
    case 'list': {
      const recordMember = recorderFor(shape.member, names);
      if (recordMember === undefined) return undefined;
      return (value) => (Array.isArray(value) ? value.map(recordMember) : undefined);
    }
    case 'structure': {
      const record = structureRecorder(Object.entries(shape.members), names);
      return Object.keys(shape.members).length === 0 || record.isEmpty ? undefined : record;
    }
    default:
      return (value) => value;
  }
}

function structureRecorder(
  members: readonly (readonly [string, Member])[],
  names: RecordedNames,
): ((value: unknown) => Readonly<Record<string, unknown>> | undefined) & { readonly isEmpty: boolean } {
  const recorders = members.flatMap(([name, { shape }]) => {
    const record = recorderFor(shape, names);
    return record === undefined ? [] : [{ name, as: names[name] ?? lowerCamelCase(name), record }];
  });
  const recordMembers = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return undefined;
    const recorded: Record<string, unknown> = {};
    let isEmpty = true;
    for (const { name, as, record } of recorders) {
      const member: unknown = Reflect.get(value, name);
      if (member === undefined) continue;
      recorded[as] = record(member);
      isEmpty = false;
    }
    return isEmpty ? undefined : recorded;
  };
  return Object.assign(recordMembers, { isEmpty: recorders.length === 0 });
}

function lowerCamelCase(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** As CloudTrail writes dates in requests and answers: `Aug 10, 2022, 10:38:27 PM`, in UTC. */
function textOfDate(date: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const hours = date.getUTCHours();
  const time = `${hours % 12 || 12}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  return `${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()}, ${date.getUTCFullYear()}, ${time} ${hours < 12 ? 'AM' : 'PM'}`;
}
