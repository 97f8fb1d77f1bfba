/** Where something stands in a seed. */
export interface Place {
  /** Places compare by it: what stands first has the least. */
  readonly order: number;
  /** As messages name it: `seed.yaml:3:5`, or `seed.accounts[0].name` of a seed that is an object. */
  readonly describe: () => string;
}

/** A seed before anything is known of its meaning: what YAML, JSON and objects of JavaScript have in common. */
export type SeedNode = SeedMapping | SeedList | SeedScalar;

export interface SeedMapping {
  readonly kind: 'mapping';
  readonly place: Place;
  /** In the order in which they stand; no key is there twice. */
  readonly members: readonly SeedMember[];
}

export interface SeedMember {
  readonly key: string;
  readonly keyPlace: Place;
  readonly value: SeedNode;
}

export interface SeedList {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly SeedNode[];
}

export interface SeedScalar {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: string | number | boolean | null;
  /** Of a number: as it was written. */
  readonly source?: string | undefined;
}

/** What a node is, in the words of messages. */
export function nameOfKind(node: SeedNode): string {
  if (node.kind === 'mapping') return 'a mapping';
  if (node.kind === 'list') return 'a list';
  if (node.value === null) return 'nothing';
  if (typeof node.value === 'string') return 'a text';
  return typeof node.value === 'number' ? 'a number' : 'true or false';
}
