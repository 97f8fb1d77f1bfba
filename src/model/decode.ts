import { malformedValue, unpairedSurrogate, validationErrors } from './refusals.ts';
import type {
  BlobShape,
  IntegerShape,
  ListShape,
  MapShape,
  Member,
  Shape,
  StringShape,
  StructureShape,
  ValueOf,
} from './shapes.ts';

/**
 * Turns a JSON value into a value of the shape. Constraint violations are appended to `violations`, so that
 * a request is refused once with everything that is wrong with it; a value of the wrong JSON type throws at
 * once, since nothing sensible can be said about its constraints.
 */
type Decoder = (value: unknown, path: string, violations: string[]) => unknown;

/**
 * Compiles a structure into a function that decodes and validates a parsed JSON body.
 *
 * Unknown members are ignored and `null` counts as absent, as AWS does.
 *
 * @throws ServiceError `SerializationException` for a value of the wrong JSON type or bad base64;
 * `ValidationException` (`n validation errors detected: …`) naming every violated constraint.
 */
export function compileDecoder<S extends StructureShape>(shape: S): (body: unknown) => ValueOf<S> {
  const decode = structureDecoder(shape);
  return (body) => {
    const violations: string[] = [];
    const value = decode(body, '', violations);
    if (violations.length > 0) throw validationErrors(violations);
    // The one place where a wire value gets its static type: the decoder compiled from `shape` has just checked it.
    return value as ValueOf<S>;
  };
}

function decoderFor(shape: Shape): Decoder {
  switch (shape.kind) {
    case 'string':
      return stringDecoder(shape);
    case 'integer':
      return integerDecoder(shape);
    case 'boolean':
      return decodeBoolean;
    case 'blob':
      return blobDecoder(shape);
    case 'timestamp':
      return decodeTimestamp;
    case 'list':
      return listDecoder(shape);
    case 'map':
      return mapDecoder(shape);
    case 'structure':
      return structureDecoder(shape);
  }
}

function structureDecoder(shape: StructureShape): Decoder {
  const members = Object.entries(shape.members).map(([name, member]: [string, Member]) => ({
    name,
    path: name.charAt(0).toLowerCase() + name.slice(1),
    required: member.required,
    decode: decoderFor(member.shape),
  }));
  return (value, path, violations) => {
    if (!isObject(value)) throw malformedValue(value, 'structure');
    const prefix = path === '' ? '' : `${path}.`;
    const decoded: Record<string, unknown> = {};
    for (const member of members) {
      const memberValue = Object.hasOwn(value, member.name) ? value[member.name] : undefined;
      if (memberValue !== undefined && memberValue !== null) {
        decoded[member.name] = member.decode(memberValue, prefix + member.path, violations);
      } else if (member.required) {
        violations.push(nullViolation(prefix + member.path));
      }
    }
    return decoded;
  };
}

function stringDecoder(shape: StringShape): Decoder {
  const constraints = stringConstraints(shape);
  return (input, path, violations) => {
    const value = decodeText(input);
    for (const constraint of constraints) {
      if (!constraint.holds(value))
        violations.push(violation(shape.sensitive ? undefined : value, path, constraint.text));
    }
    return value;
  };
}

/** Text with a surrogate that has no partner has no UTF-8 form: it cannot be stored, compared by bytes or authenticated. */
function decodeText(value: unknown): string {
  if (typeof value !== 'string') throw malformedValue(value, 'String');
  if (!value.isWellFormed()) throw unpairedSurrogate();
  return value;
}

function integerDecoder({ min, max }: IntegerShape): Decoder {
  return (value, path, violations) => {
    if (typeof value !== 'number' || (value | 0) !== value) throw malformedValue(value, 'Integer');
    if (min !== undefined && value < min) {
      violations.push(
        violation(String(value), path, `Member must have value greater than or equal to ${min}`),
      );
    }
    if (max !== undefined && value > max) {
      violations.push(violation(String(value), path, `Member must have value less than or equal to ${max}`));
    }
    return value;
  };
}

function decodeBoolean(value: unknown): boolean {
  if (typeof value !== 'boolean') throw malformedValue(value, 'Boolean');
  return value;
}

function decodeTimestamp(value: unknown): Date {
  if (typeof value !== 'number') throw malformedValue(value, 'Timestamp');
  const date = new Date(Math.round(value * 1000));
  if (Number.isNaN(date.getTime())) throw malformedValue(value, 'Timestamp');
  return date;
}

function blobDecoder(shape: BlobShape): Decoder {
  const constraints = lengthConstraints(shape);
  return (value, path, violations) => {
    if (typeof value !== 'string') throw malformedValue(value, 'Blob');
    const bytes = Buffer.from(value, 'base64');
    // Node skips what is not base64; only text that encodes back to itself was base64 to begin with.
    if (bytes.toString('base64') !== value) throw malformedValue(value, 'Blob');
    for (const constraint of constraints) {
      // Bytes are not echoed: they may be secret.
      if (!constraint.holds(bytes)) violations.push(violation(undefined, path, constraint.text));
    }
    return bytes;
  };
}

/**
 * AWS reports a list of scalars as one value with the constraints of its members in brackets, and points into
 * a list of structures with a one-based index (`tags.1.member.tagKey`).
 */
/** How many violations a refusal tells of at least, if there are as many: a list may have more wrong members than a message should. */
const MOST_VIOLATIONS = 100;

function listDecoder(shape: ListShape): Decoder {
  const listConstraints = lengthConstraints(shape);
  const decodeMember = decoderFor(shape.member);
  const scalarConstraints = shape.member.kind === 'string' ? stringConstraints(shape.member) : [];
  const membersText = `Member must satisfy constraint: [${scalarConstraints.map(({ text }) => text).join(', ')}]`;
  return (value, path, violations) => {
    if (!Array.isArray(value)) throw malformedValue(value, 'list');
    for (const constraint of listConstraints) {
      if (!constraint.holds(value)) violations.push(violation(echoList(value), path, constraint.text));
    }
    if (shape.member.kind !== 'string') {
      const decoded: unknown[] = [];
      for (const [index, member] of value.entries()) {
        // A request that is wrong a hundred times is refused without looking at the rest.
        if (violations.length >= MOST_VIOLATIONS) break;
        const memberPath = `${path}.${index + 1}.member`;
        if (member === null) violations.push(nullViolation(memberPath));
        else decoded.push(decodeMember(member, memberPath, violations));
      }
      return decoded;
    }
    const members = value.map(decodeText);
    if (!members.every((member) => scalarConstraints.every((constraint) => constraint.holds(member)))) {
      violations.push(violation(echoList(members), path, membersText));
    }
    return members;
  };
}

/** What strings and integers are decoded to is what they are, so that the map itself is the decoded one. */
function mapDecoder(shape: MapShape): Decoder {
  const decodeMember = decoderFor(shape.value);
  return (value, path, violations) => {
    if (!isObject(value)) throw malformedValue(value, 'map');
    for (const key of Object.keys(value)) {
      const memberPath = `${path}.${key}.member`;
      const member = value[key];
      if (member === null) violations.push(nullViolation(memberPath));
      else decodeMember(member, memberPath, violations);
      decodeText(key);
    }
    return value;
  };
}

interface Constraint<T> {
  readonly text: string;
  readonly holds: (value: T) => boolean;
}

function stringConstraints(shape: StringShape): readonly Constraint<string>[] {
  const constraints: Constraint<string>[] = [...lengthConstraints(shape)];
  const { pattern, values } = shape;
  if (pattern !== undefined) {
    const expression = new RegExp(`^(?:${pattern})$`, 'u');
    constraints.push({
      text: `Member must satisfy regular expression pattern: ${pattern}`,
      holds: (value) => expression.test(value),
    });
  }
  if (values !== undefined) {
    const allowed = new Set<string>(values);
    constraints.push({
      text: `Member must satisfy enum value set: [${values.join(', ')}]`,
      holds: (value) => allowed.has(value),
    });
  }
  return constraints;
}

function lengthConstraints(bounds: {
  readonly min?: number;
  readonly max?: number;
}): readonly Constraint<{ readonly length: number }>[] {
  const { min, max } = bounds;
  const constraints: Constraint<{ readonly length: number }>[] = [];
  if (max !== undefined) {
    constraints.push({
      text: `Member must have length less than or equal to ${max}`,
      holds: ({ length }) => length <= max,
    });
  }
  if (min !== undefined && min > 0) {
    constraints.push({
      text: `Member must have length greater than or equal to ${min}`,
      holds: ({ length }) => length >= min,
    });
  }
  return constraints;
}

function violation(value: string | undefined, path: string, constraint: string): string {
  const echo = value === undefined ? 'Value' : `Value '${value}'`;
  return `${echo} at '${path}' failed to satisfy constraint: ${constraint}`;
}

function nullViolation(path: string): string {
  return `Value null at '${path}' failed to satisfy constraint: Member must not be null`;
}

function echoList(value: readonly unknown[]): string {
  return `[${value.map((member) => (typeof member === 'string' ? member : JSON.stringify(member))).join(', ')}]`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
