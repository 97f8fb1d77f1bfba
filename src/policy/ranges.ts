import { variablesIn } from './condition-values.ts';
import type { Carried, Dimension, Situation } from './situations.ts';

/** What a request carries under one key, as far as it matters. */
export interface ConditionRange {
  readonly key: string;
  /** Examples, one for each kind of value that belongs to it; `null` stands for "not carried". */
  readonly examples: readonly (string | readonly string[] | null)[];
  /** In the words of a policy where that is possible: `StringEquals kms:ViaService "s3.us-east-1.amazonaws.com"`. */
  readonly text: string;
}

/** Some situations that make a box: every combination of some classes of each key. */
interface Box<Member> {
  readonly choices: readonly (readonly number[])[];
  readonly members: readonly Member[];
}

/**
 * Puts situations together that differ in nothing that matters, so that few remain to be read. What is put together
 * has the same `kind`; the ranges of each result are exactly its members.
 */
export function mergeSituations<Member extends { readonly situation: Situation }>(
  members: readonly Member[],
  dimensions: readonly Dimension[],
  kind: (member: Member) => string,
): readonly { readonly conditions: readonly ConditionRange[]; readonly members: readonly Member[] }[] {
  const kinds = new Map<string, Box<Member>[]>();
  for (const member of members) {
    const boxes = kinds.get(kind(member)) ?? [];
    boxes.push({ choices: member.situation.map((choice) => [choice]), members: [member] });
    kinds.set(kind(member), boxes);
  }
  return [...kinds.values()].flatMap((boxes) =>
    mergeBoxes(boxes, dimensions.length).map(({ choices, members: merged }) => ({
      members: merged,
      conditions: Object.freeze(
        dimensions.flatMap((dimension, at) => rangeOf(dimension, choices[at] ?? []) ?? []),
      ),
    })),
  );
}

/** Merges boxes that differ in one dimension, until there are none. */
function mergeBoxes<Member>(boxes: readonly Box<Member>[], dimensions: number): readonly Box<Member>[] {
  let merged = boxes;
  for (let before = -1; before !== merged.length; ) {
    before = merged.length;
    for (let at = 0; at < dimensions; at += 1) merged = mergeAlong(merged, at);
  }
  return merged;
}

function mergeAlong<Member>(boxes: readonly Box<Member>[], dimension: number): readonly Box<Member>[] {
  const groups = new Map<string, Box<Member>[]>();
  for (const box of boxes) {
    const others = box.choices.map((choice, at) => (at === dimension ? '' : choice.join('|'))).join();
    const group = groups.get(others);
    if (group === undefined) groups.set(others, [box]);
    else group.push(box);
  }
  return [...groups.values()].map((group) => {
    const [first] = group;
    if (first === undefined || group.length === 1) return group[0] ?? { choices: [], members: [] };
    const joined = group.flatMap(({ choices }) => choices[dimension] ?? []).sort((one, other) => one - other);
    return {
      choices: first.choices.map((choice, at) => (at === dimension ? joined : choice)),
      members: group.flatMap(({ members }) => members),
    };
  });
}

/** The range of some classes of a dimension; undefined when they are all that there are. */
function rangeOf({ key, classes, uses }: Dimension, choice: readonly number[]): ConditionRange | undefined {
  if (choice.length === classes.length) return undefined;
  const examples = choice.flatMap((index) => classes[index]?.slice(0, 1) ?? []);
  const shown = examples.map((example) => example ?? null);
  return Object.freeze({ key, examples: Object.freeze(shown), text: describe(key, classes, uses, choice) });
}

/** A condition that holds for just these classes, or for just the others; or else the values. */
function describe(
  key: string,
  classes: Dimension['classes'],
  uses: Dimension['uses'],
  choice: readonly number[],
): string {
  const chosen = new Set(choice);
  for (const { use, compiled } of uses) {
    if (use.condition.values.some((value) => variablesIn(value, use.version).length > 0)) continue;
    const held = classes.map(([value]) => compiled.holds({ get: () => value }));
    const { operator, values } = use.condition;
    const text = `${operator} ${key} ${values.map((value) => JSON.stringify(value)).join(' or ')}`;
    if (held.every((each, index) => each === chosen.has(index))) return text;
    if (held.every((each, index) => each !== chosen.has(index))) return `not ${text}`;
  }
  const examples = choice.flatMap((index) => (classes[index] ?? []).slice(0, 1).map(exampleText));
  return `${key} is ${examples.join(' or ')}`;
}

function exampleText(value: Carried): string {
  return value === undefined ? 'absent' : JSON.stringify(value);
}
