import { didYouMean, type Problem, quote } from './problems.ts';
import { nameOfKind, type Place, type SeedNode } from './tree.ts';

/*
 * The small language in which the members of a seed are declared: a reader turns a node into a value, or says what is
 * wrong with it.
 */

/** Reads a node; `undefined` when it was found wanting, of which `problems` tells. */
export type Read<T> = (node: SeedNode, problems: Problem[]) => T | undefined;

/** A value, and where it stands. */
export interface Located<T> {
  readonly value: T;
  readonly place: Place;
}

/** What a text must be like. */
export interface TextRule {
  readonly min?: number;
  readonly max?: number;
  /** Must match all of the text. */
  readonly pattern?: string;
  /** In the words of messages: `12 digits in quotes`. */
  readonly hint: string;
  /** A wrong text is not repeated. */
  readonly secret?: boolean;
}

/** A text that keeps a rule. Numbers must be in quotes: `000000000001` would be another text. */
export function text(rule: TextRule): Read<string> {
  const { min = 0, max = Number.POSITIVE_INFINITY, hint, secret } = rule;
  const pattern = rule.pattern === undefined ? undefined : new RegExp(`^(?:${rule.pattern})$`, 'u');
  return (node, problems) => {
    if (node.kind !== 'scalar' || typeof node.value !== 'string') {
      const advice = node.kind === 'scalar' && node.value !== null ? 'put it in quotes' : `give ${hint}`;
      problems.push({ place: node.place, text: `this must be a text, not ${nameOfKind(node)}; ${advice}` });
      return undefined;
    }
    const { value } = node;
    const { length } = value;
    if (length >= min && length <= max && value.isWellFormed() && pattern?.test(value) !== false)
      return value;
    const what = secret ? 'this' : quote(value);
    problems.push({ place: node.place, text: `${what} will not do; give ${hint}` });
    return undefined;
  };
}

/** `true` or `false`. */
export const flag: Read<boolean> = (node, problems) => {
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
  problems.push({ place: node.place, text: `this must be true or false, not ${nameOfKind(node)}` });
  return undefined;
};

/** A whole number within bounds. */
export function wholeNumber({ min, max }: { readonly min: number; readonly max: number }): Read<number> {
  return (node, problems) => {
    const value = node.kind === 'scalar' ? node.value : undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    problems.push({ place: node.place, text: `this must be a whole number from ${min} to ${max}` });
    return undefined;
  };
}

/** Keeps where the value stands. */
export function located<T>(read: Read<T>): Read<Located<T>> {
  return (node, problems) => {
    const value = read(node, problems);
    return value === undefined ? undefined : { value, place: node.place };
  };
}

/** A list, without the items that were found wanting: what is wrong with the others is to be told too. */
export function list<T>(read: Read<T>, most = Number.POSITIVE_INFINITY): Read<readonly T[]> {
  return (node, problems) => {
    if (node.kind !== 'list') {
      problems.push({ place: node.place, text: `this must be a list, not ${nameOfKind(node)}` });
      return undefined;
    }
    if (node.items.length > most) {
      problems.push({
        place: node.place,
        text: `these are ${node.items.length}; there may be at most ${most}`,
      });
    }
    return node.items.map((item) => read(item, problems)).filter((value) => value !== undefined);
  };
}

/** What a mapping with keys of one's own choice holds, such as `tags`: in order. */
export interface Entry<T> {
  readonly key: Located<string>;
  readonly value: T;
}

/** A mapping whose keys are names, without the entries that were found wanting. */
export function entries<T>(readKey: Read<string>, read: Read<T>): Read<readonly Entry<T>[]> {
  return (node, problems) => {
    if (node.kind !== 'mapping') {
      const text = `this must be a mapping of names, not ${nameOfKind(node)}`;
      problems.push({ place: node.place, text });
      return undefined;
    }
    return node.members.flatMap(({ key, keyPlace, value: given }) => {
      const name = readKey({ kind: 'scalar', place: keyPlace, value: key }, problems);
      const value = read(given, problems);
      return name === undefined || value === undefined
        ? []
        : { key: { value: name, place: keyPlace }, value };
    });
  };
}

/** A member of a structure. */
export interface Member<T> {
  readonly read: Read<T>;
  readonly absent: { readonly value: T } | undefined;
}

export function required<T>(read: Read<T>): Member<T> {
  return { read, absent: undefined };
}

/** @param otherwise what counts when the member is absent */
export function optional<T, D>(read: Read<T>, otherwise: D): Member<T | D> {
  return { read, absent: { value: otherwise } };
}

type Members = Readonly<Record<string, Member<unknown>>>;

/** What a structure with these members reads: their values, and where it stands. */
export type StructureOf<M extends Members> = {
  readonly [K in keyof M]: M[K] extends Member<infer T> ? T : never;
} & { readonly place: Place };

/** A mapping with known members. Members without value count as absent; unknown ones are refused. */
export function structure<const M extends Members>(noun: string, members: M): Read<StructureOf<M>> {
  const names = Object.keys(members);
  return (node, problems) => {
    if (node.kind !== 'mapping') {
      problems.push({ place: node.place, text: `${noun} must be a mapping, not ${nameOfKind(node)}` });
      return undefined;
    }
    const given = new Map<string, SeedNode>();
    for (const { key, keyPlace, value } of node.members) {
      if (!Object.hasOwn(members, key)) {
        // The key is not repeated: where a colon is missing or too much, it may be a secret.
        const hint = didYouMean(key, names) || `; there are ${names.join(', ')}`;
        problems.push({ place: keyPlace, text: `${noun} has no such member${hint}` });
      } else if (value.kind !== 'scalar' || value.value !== null) given.set(key, value);
    }
    const values: Record<string, unknown> = { place: node.place };
    let complete = true;
    for (const [name, { read, absent }] of Object.entries(members)) {
      const member = given.get(name);
      if (member !== undefined) {
        const value = read(member, problems);
        complete &&= value !== undefined;
        values[name] = value;
      } else if (absent !== undefined) {
        values[name] = absent.value;
      } else {
        complete = false;
        problems.push({ place: node.place, text: `${noun} needs a ${name}; add it` });
      }
    }
    // Each member was read by its own reader just now, which is what the type says.
    return complete ? (values as StructureOf<M>) : undefined;
  };
}
