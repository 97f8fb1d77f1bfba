import type { Position } from './document.ts';
import { MOST_FAULTS } from './fault.ts';

/**
 * A JSON reader for texts written by people and sent by anybody.
 *
 * Unlike `JSON.parse` it remembers where each value stood, refuses duplicate keys (RFC 8259 leaves their
 * meaning open, and two readers that choose differently see two different policies), bounds the depth, and
 * keeps numbers as the digits that were written. It looks at each character a fixed number of times and
 * never calls itself, so a hostile text costs no more than an honest one of the same length.
 */

/** A value, with the offset of its first character in the text. */
export type JsonNode = JsonObject | JsonArray | JsonString | JsonNumber | JsonBoolean | JsonNull;

export interface JsonObject {
  readonly kind: 'object';
  readonly offset: number;
  readonly members: ReadonlyMap<string, JsonMember>;
}
/** The value of an object's member, and where its key stood. */
export interface JsonMember {
  readonly keyOffset: number;
  readonly value: JsonNode;
}
export interface JsonArray {
  readonly kind: 'array';
  readonly offset: number;
  readonly items: readonly JsonNode[];
}
export interface JsonString {
  readonly kind: 'string';
  readonly offset: number;
  readonly value: string;
}
export interface JsonNumber {
  readonly kind: 'number';
  readonly offset: number;
  /** As written: `1.50` stays `1.50`. */
  readonly text: string;
}
export interface JsonBoolean {
  readonly kind: 'boolean';
  readonly offset: number;
  readonly value: boolean;
}
export interface JsonNull {
  readonly kind: 'null';
  readonly offset: number;
}

/** What is wrong with the text, and at which offset. */
export interface JsonFault {
  readonly detail: string;
  readonly offset: number;
}

/**
 * `root` is absent when the text is not JSON; duplicate keys are faults that leave the first value standing, until
 * there are so many that reading on is pointless.
 */
export interface JsonReading {
  readonly root?: JsonNode;
  readonly faults: readonly JsonFault[];
}

/** Objects and arrays inside each other; a policy needs eight. */
const MAXIMUM_DEPTH = 64;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WHITESPACE = /[ \t\n\r]*/y;

type Container =
  | { readonly kind: 'object'; readonly offset: number; readonly members: Map<string, JsonMember> }
  | { readonly kind: 'array'; readonly offset: number; readonly items: JsonNode[] };

/** Ends the reading: what follows cannot be understood. */
class JsonSyntaxError extends Error {
  readonly offset: number;
  constructor(detail: string, offset: number) {
    super(detail);
    this.offset = offset;
  }
}

/** Reads a JSON text (RFC 8259). Never throws. */
export function readJson(text: string): JsonReading {
  const faults: JsonFault[] = [];
  try {
    return { root: readDocument(text, faults), faults };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    faults.push({ detail: error.message, offset: error.offset });
    return { faults };
  }
}

function readDocument(text: string, faults: JsonFault[]): JsonNode {
  /** The containers that are still open, outermost first, and the keys under which the next value goes. */
  const open: Container[] = [];
  const keys: { readonly name: string; readonly offset: number }[] = [];
  let at = skipWhitespace(text, 0);

  /** Reads `"key" :` and remembers the key. */
  const readKey = (): void => {
    const offset = skipWhitespace(text, at);
    if (text[offset] !== '"') throw unexpected(text, offset, 'a key in double quotes');
    at = endOfString(text, offset);
    keys.push({ name: decodeString(text, offset, at), offset });
    at = skipWhitespace(text, at);
    if (text[at] !== ':') throw unexpected(text, at, 'a colon after the key');
    at = skipWhitespace(text, at + 1);
  };

  /** Puts a complete value into the innermost open container. */
  const place = (container: Container, value: JsonNode): void => {
    if (container.kind === 'array') {
      container.items.push(value);
      return;
    }
    const key = keys.pop();
    if (key === undefined) return;
    if (!container.members.has(key.name)) {
      container.members.set(key.name, { keyOffset: key.offset, value });
      return;
    }
    const detail = `the key ${JSON.stringify(key.name.slice(0, 100))} appears twice`;
    if (faults.length + 1 === MOST_FAULTS) throw new JsonSyntaxError(detail, key.offset);
    faults.push({ detail, offset: key.offset });
  };

  for (;;) {
    let value: JsonNode;
    const opened = openContainer(text, at);
    if (opened === undefined) {
      const scalar = readScalar(text, at);
      value = scalar.value;
      at = scalar.end;
    } else {
      if (open.length === MAXIMUM_DEPTH) {
        throw new JsonSyntaxError(`nested deeper than ${MAXIMUM_DEPTH} levels`, at);
      }
      at = skipWhitespace(text, at + 1);
      if (text[at] !== closing(opened)) {
        open.push(opened);
        if (opened.kind === 'object') readKey();
        continue;
      }
      value = opened;
      at += 1;
    }

    // A value is complete; so is each container that ends right after it.
    for (;;) {
      at = skipWhitespace(text, at);
      const container = open.at(-1);
      if (container === undefined) {
        if (at < text.length) throw unexpected(text, at, 'the end of the text');
        return value;
      }
      place(container, value);
      if (text[at] === ',') {
        at = skipWhitespace(text, at + 1);
        if (container.kind === 'object') readKey();
        break;
      }
      if (text[at] !== closing(container)) throw unexpected(text, at, `a comma or "${closing(container)}"`);
      at += 1;
      value = container;
      open.pop();
    }
  }
}

function openContainer(text: string, offset: number): Container | undefined {
  if (text[offset] === '{') return { kind: 'object', offset, members: new Map() };
  if (text[offset] === '[') return { kind: 'array', offset, items: [] };
  return undefined;
}

function closing(container: Container): string {
  return container.kind === 'object' ? '}' : ']';
}

function readScalar(text: string, offset: number): { readonly value: JsonNode; readonly end: number } {
  if (text[offset] === '"') {
    const end = endOfString(text, offset);
    return { value: { kind: 'string', offset, value: decodeString(text, offset, end) }, end };
  }
  if (text.startsWith('true', offset))
    return { value: { kind: 'boolean', offset, value: true }, end: offset + 4 };
  if (text.startsWith('false', offset))
    return { value: { kind: 'boolean', offset, value: false }, end: offset + 5 };
  if (text.startsWith('null', offset)) return { value: { kind: 'null', offset }, end: offset + 4 };
  NUMBER.lastIndex = offset;
  const number = NUMBER.exec(text)?.[0];
  if (number === undefined) throw unexpected(text, offset, 'a value');
  return { value: { kind: 'number', offset, text: number }, end: offset + number.length };
}

/** The offset behind the closing quote of the string that opens at `start`. */
export function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code === 0x5c) at += 1;
    else if (code < 0x20)
      throw new JsonSyntaxError('a control character inside a string must be escaped', at);
  }
  throw new JsonSyntaxError('a string that is not closed', start);
}

/** The characters of the string between two quotes, escapes resolved. */
function decodeString(text: string, start: number, end: number): string {
  const written = text.slice(start + 1, end - 1);
  const value = written.includes('\\') ? resolveEscapes(written, start) : written;
  if (value.includes('\0')) throw new JsonSyntaxError('a string that contains the character U+0000', start);
  if (!value.isWellFormed())
    throw new JsonSyntaxError('a string that contains half of a surrogate pair', start);
  return value;
}

function resolveEscapes(written: string, offset: number): string {
  try {
    return JSON.parse(`"${written}"`);
  } catch {
    throw new JsonSyntaxError('a string with an invalid escape', offset);
  }
}

function skipWhitespace(text: string, offset: number): number {
  WHITESPACE.lastIndex = offset;
  WHITESPACE.test(text);
  return WHITESPACE.lastIndex;
}

function unexpected(text: string, offset: number, expected: string): JsonSyntaxError {
  const found = offset < text.length ? JSON.stringify(text[offset]) : 'the end of the text';
  return new JsonSyntaxError(`expected ${expected}, found ${found}`, offset);
}

/** The offsets at which the lines of a text begin. */
function lineStartsOf(text: string): readonly number[] {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return lineStarts;
}

/** Returns a function from positions to offsets in `text`, the inverse of what `positionFinder` returns. */
export function offsetFinder(text: string): (position: Position) => number {
  const lineStarts = lineStartsOf(text);
  return ({ line, column }) => (lineStarts[line - 1] ?? text.length) + column - 1;
}

/** Returns a function from offsets in `text` to positions. */
export function positionFinder(text: string): (offset: number) => Position {
  const lineStarts = lineStartsOf(text);
  return (offset) => {
    let low = 0;
    let high = lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return Object.freeze({ line: low + 1, column: offset - (lineStarts[low] ?? 0) + 1 });
  };
}
