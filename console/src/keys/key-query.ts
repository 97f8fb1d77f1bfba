import type { KeySearchInput } from '../api/own-operations.ts';

/** By what keys can be searched for: what an address calls it. */
export const PROPERTIES = ['state', 'spec', 'usage', 'origin', 'manager', 'regions', 'tag', 'text'] as const;
export type Property = (typeof PROPERTIES)[number];

/**
 * What keys are searched for: the values of each property. Of tags and texts all are sought, of what a key has one of, any.
 * A tag is `key`, or `key=value`.
 */
export type KeyQuery = Readonly<Partial<Record<Property, readonly string[]>>>;

/** The values of `regions`. */
export const MULTI_REGION = 'multi-Region';
export const SINGLE_REGION = 'single-Region';

/** What is searched for, as the query of an address says it. */
export function fromQuery(query: string): KeyQuery {
  const given = new URLSearchParams(query);
  return Object.fromEntries(
    PROPERTIES.flatMap((property) => {
      const values = given.getAll(property).filter((value) => value !== '');
      return values.length === 0 ? [] : [[property, [...new Set(values)]]];
    }),
  );
}

/** The query of an address that says what is searched for; empty for everything. */
export function toQuery(query: KeyQuery): string {
  const pairs = PROPERTIES.flatMap((property) => query[property]?.map((value) => [property, value]) ?? []);
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}

/** What SearchKeys is asked. */
export function toFilter(query: KeyQuery): Omit<KeySearchInput, 'Limit' | 'Marker'> {
  const { state, spec, usage, origin, manager, regions = [], tag, text } = query;
  return {
    ...(state && { KeyStates: state }),
    ...(spec && { KeySpecs: spec }),
    ...(usage && { KeyUsages: usage }),
    ...(origin && { Origins: origin }),
    ...(manager && { KeyManagers: manager }),
    ...(regions.length === 1 && { MultiRegion: regions[0] === MULTI_REGION }),
    ...(tag && { Tags: tag.map(toTag) }),
    ...(text && { Texts: text }),
  };
}

function toTag(tag: string) {
  const equals = tag.indexOf('=');
  return equals === -1 ? { TagKey: tag } : { TagKey: tag.slice(0, equals), TagValue: tag.slice(equals + 1) };
}

/** A key id, a key ARN, an alias name or an alias ARN. */
const IDENTIFIER = /^(?:alias\/\S+|arn:\S+|mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f-]{27})$/;

/** The one key that a text names, if that is what is searched for. */
export function namedKey({ text = [] }: KeyQuery): string | undefined {
  return text.find((each) => IDENTIFIER.test(each));
}
