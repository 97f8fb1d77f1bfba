import assert from 'node:assert/strict';
import type { Shape } from '../../src/model/index.ts';

/** An element of an XML document. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The text between its children, with references resolved. */
  readonly text: string;
}

/** Characters that XML 1.0 admits (section 2.2), less the carriage return, which a parser would take for a line feed. */
const CHARACTERS = /^[\t\n\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u;
const TAG = /<([A-Za-z_][\w.-]*)((?: [a-z]+="[^"<&]*")*)>|<\/([A-Za-z_][\w.-]*)>|([^<>]+)/y;
const REFERENCES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#xD;': '\r',
};

/**
 * Parses a document of elements, attributes and text, and of nothing else that XML may hold.
 *
 * @throws AssertionError when it is not well-formed
 */
export function parseXml(document: string): XmlElement {
  assert.match(document, CHARACTERS, 'the document has characters that XML does not admit');
  interface Open {
    readonly name: string;
    readonly attributes: Record<string, string>;
    readonly children: XmlElement[];
    text: string;
  }
  const root: Open = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  for (let position = 0; position < document.length; position = TAG.lastIndex) {
    TAG.lastIndex = position;
    const [, opening, attributes = '', closing, text] = TAG.exec(document) ?? [];
    const current = open.at(-1) ?? root;
    if (opening !== undefined) {
      const element: Open = { name: opening, attributes: readAttributes(attributes), children: [], text: '' };
      current.children.push(element);
      open.push(element);
    } else if (closing !== undefined) {
      assert.equal(closing, current.name, 'elements overlap');
      open.pop();
    } else {
      assert.ok(text !== undefined, `no XML: ${document.slice(position, position + 50)}`);
      current.text += readText(text);
    }
  }
  const [element, ...more] = root.children;
  assert.ok(element !== undefined && more.length === 0 && open.length === 1 && root.text === '');
  return element;
}

function readAttributes(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/ ([a-z]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
}

function readText(text: string): string {
  return text.replace(/&[^;&]*;?/g, (reference) => {
    const character = REFERENCES[reference];
    assert.ok(character !== undefined, `no reference: ${reference}`);
    return character;
  });
}

/** The only child of an element that has a name. */
export function childOf({ children, name: parent }: XmlElement, name: string): XmlElement {
  const [found, ...more] = children.filter((child) => child.name === name);
  assert.ok(found !== undefined && more.length === 0, `${parent} has not one ${name}`);
  return found;
}

/**
 * What an element says in the JSON that a decoder of the shape takes.
 *
 * @throws AssertionError when it holds anything that the shape does not know
 */
export function jsonOf(shape: Shape, element: XmlElement): unknown {
  const { name, text, children } = element;
  switch (shape.kind) {
    case 'structure': {
      assert.equal(text, '', `${name} has text`);
      const members = children.map((child) => {
        const member = shape.members[child.name];
        assert.ok(member !== undefined, `${name} has no member ${child.name}`);
        return [child.name, jsonOf(member.shape, child)] as const;
      });
      assert.equal(
        new Set(members.map(([member]) => member)).size,
        members.length,
        `${name} repeats a member`,
      );
      return Object.fromEntries(members);
    }
    case 'list':
      assert.ok(text === '' && children.every((child) => child.name === 'member'), `${name} is no list`);
      return children.map((child) => jsonOf(shape.member, child));
    case 'map':
      assert.ok(text === '' && children.every((child) => child.name === 'entry'), `${name} is no map`);
      return Object.fromEntries(
        children.map((entry) => [childOf(entry, 'key').text, jsonOf(shape.value, childOf(entry, 'value'))]),
      );
    default:
      assert.equal(children.length, 0, `${name} has children`);
      return scalarOf(shape, text);
  }
}

function scalarOf({ kind }: Shape, text: string): unknown {
  switch (kind) {
    case 'integer':
      assert.match(text, /^-?[0-9]+$/);
      return Number(text);
    case 'boolean':
      assert.match(text, /^(true|false)$/);
      return text === 'true';
    case 'timestamp':
      assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      return Date.parse(text) / 1000;
    default:
      return text;
  }
}
