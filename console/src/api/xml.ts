/** What an XML answer says: texts, lists and structures. Types of scalars are not known here. */
export type XmlValue = string | readonly XmlValue[] | { readonly [name: string]: XmlValue };

/** Parses an answer of the AWS Query protocol; `undefined` when it is not XML. */
export function parseXml(text: string): XmlValue | undefined {
  const document = new DOMParser().parseFromString(text, 'text/xml');
  if (document.querySelector('parsererror') !== null) return undefined;
  return readElement(document.documentElement);
}

function readElement(element: Element): XmlValue {
  const children = [...element.children];
  if (children.length === 0) return element.textContent ?? '';
  if (children.every(({ localName }) => localName === 'member' || localName === 'entry')) {
    return children.map(readElement);
  }
  return Object.fromEntries(children.map((child) => [child.localName, readElement(child)]));
}

/** A member of what is a structure; `undefined` when it has no such member, or is none. */
export function memberOf(value: XmlValue | undefined, ...path: readonly string[]): XmlValue | undefined {
  let at = value;
  for (const name of path) {
    if (at === undefined || typeof at === 'string' || isList(at)) return undefined;
    at = at[name];
  }
  return at;
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value);
}

/** A text at a path; empty when there is none. */
export function textAt(value: XmlValue | undefined, ...path: readonly string[]): string {
  const found = memberOf(value, ...path);
  return typeof found === 'string' ? found : '';
}

/** A list at a path; empty when there is none: an empty list looks like an empty text. */
export function listAt(value: XmlValue | undefined, ...path: readonly string[]): readonly XmlValue[] {
  const found = memberOf(value, ...path);
  return found !== undefined && isList(found) ? found : [];
}
