import type { Shape, StructureShape } from './shapes.ts';

type Encoder = (value: unknown) => string;

/**
 * Compiles a structure into a function that writes a value of it as AWS JSON 1.1: blobs as base64,
 * timestamps as seconds since the Unix epoch, absent members left out.
 */
export function compileEncoder(shape: StructureShape): (value: object) => string {
  return structureEncoder(shape);
}

function encoderFor(shape: Shape): Encoder {
  switch (shape.kind) {
    case 'blob':
      return (value) => `"${base64(value)}"`;
    case 'timestamp':
      return (value) => String(Number(value) / 1000);
    case 'list': {
      const encodeMember = encoderFor(shape.member);
      return (value) => (Array.isArray(value) ? `[${value.map(encodeMember).join(',')}]` : '[]');
    }
    case 'structure':
      return structureEncoder(shape);
    default:
      return (value) => JSON.stringify(value);
  }
}

function structureEncoder(shape: StructureShape): Encoder {
  const members = Object.entries(shape.members).map(([name, member]) => ({
    name,
    opening: `${JSON.stringify(name)}:`,
    encode: encoderFor(member.shape),
  }));
  return (value) => {
    if (typeof value !== 'object' || value === null) throw new TypeError('a structure must be an object');
    let text = '{';
    for (const member of members) {
      const memberValue: unknown = Reflect.get(value, member.name);
      if (memberValue === undefined) continue;
      text += (text.length === 1 ? '' : ',') + member.opening + member.encode(memberValue);
    }
    return `${text}}`;
  };
}

function base64(value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64');
  throw new TypeError('a blob member must be bytes');
}
