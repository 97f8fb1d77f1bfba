import { variablesIn } from './condition-values.ts';
import type { Dimension } from './dimensions.ts';
import type { Carried } from './read-statement.ts';
import type { Situation } from './situations.ts';

/** What a request carries under one key, as far as it matters. */
export interface ConditionRange {
  readonly key: string;
  /** Examples, one for each kind of value that belongs to it; `null` stands for "not carried". */
  readonly examples: readonly (string | readonly string[] | null)[];
  /** In the words of a policy where that is possible: `StringEquals kms:ViaService "s3.us-east-1.amazonaws.com"`. */
  readonly text: string;
}

/** Some classes of a dimension; there is one object for each choice that is made. */
interface Choice {
  readonly classes: readonly number[];
  /** Different for each choice of any dimension, and scattered, so that sums of them hardly ever are alike. */
  readonly mark: number;
}

/** Some situations that make a box: every combination of some classes of each key. */
interface Box<Member> {
  readonly choices: readonly Choice[];
  /** The sum of the marks. */
  readonly mark: number;
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
  const choose = choiceMaker();
  const single = dimensions.map((): Choice[] => []);
  const chooseOne = (index: number, at: number): Choice => {
    const choice = single[at]?.[index] ?? choose(at, [index]);
    if (single[at] !== undefined) single[at][index] = choice;
    return choice;
  };
  const ranges = new Map<Choice, ConditionRange | undefined>();
  const rangeOf = (choice: Choice, dimension: Dimension): ConditionRange | undefined => {
    const range = ranges.has(choice) ? ranges.get(choice) : describeRange(dimension, choice.classes);
    ranges.set(choice, range);
    return range;
  };
  return [...Map.groupBy(members, kind).values()].flatMap((alike) => {
    const boxes = alike.map((member) => boxOf(member.situation.map(chooseOne), [member]));
    return mergeBoxes(boxes, dimensions.length, choose).map(({ choices, members: merged }) => ({
      members: merged,
      conditions: Object.freeze(
        dimensions.flatMap((dimension, at) => {
          const choice = choices[at];
          return choice === undefined ? [] : (rangeOf(choice, dimension) ?? []);
        }),
      ),
    }));
  });
}

type ChoiceMaker = (dimension: number, classes: readonly number[]) => Choice;

function choiceMaker(): ChoiceMaker {
  const made = new Map<string, Choice>();
  return (dimension, classes) => {
    const name = `${dimension} ${classes.join()}`;
    const choice = made.get(name) ?? { classes, mark: scatter(made.size + 1) };
    made.set(name, choice);
    return choice;
  };
}

/** The finalizer of MurmurHash3: different numbers for different numbers, without pattern. */
function scatter(number: number): number {
  const once = Math.imul(number ^ (number >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
}

function boxOf<Member>(choices: readonly Choice[], members: readonly Member[]): Box<Member> {
  return { choices, members, mark: choices.reduce((sum, { mark }) => sum + mark, 0) };
}

/** Merges boxes that differ in one dimension, until there are none. */
function mergeBoxes<Member>(
  boxes: readonly Box<Member>[],
  dimensions: number,
  choose: ChoiceMaker,
): readonly Box<Member>[] {
  let merged = boxes;
  for (let before = -1; before !== merged.length; ) {
    before = merged.length;
    for (let at = 0; at < dimensions; at += 1) merged = mergeAlong(merged, at, choose);
  }
  return merged;
}

function mergeAlong<Member>(
  boxes: readonly Box<Member>[],
  dimension: number,
  choose: ChoiceMaker,
): readonly Box<Member>[] {
  const groups = new Map<number, Box<Member>[][]>();
  for (const box of boxes) {
    const others = box.mark - (box.choices[dimension]?.mark ?? 0);
    const alike = groups.get(others);
    const group = alike?.find(([first]) => first !== undefined && differOnlyIn(dimension, first, box));
    if (group !== undefined) group.push(box);
    else if (alike !== undefined) alike.push([box]);
    else groups.set(others, [[box]]);
  }
  return [...groups.values()].flat().flatMap((group) => {
    const [first] = group;
    if (first === undefined || group.length === 1) return group;
    const joined = group.flatMap(({ choices }) => choices[dimension]?.classes ?? []);
    const choice = choose(
      dimension,
      joined.sort((one, other) => one - other),
    );
    return boxOf(
      first.choices.with(dimension, choice),
      group.flatMap(({ members }) => members),
    );
  });
}

function differOnlyIn(dimension: number, one: Box<unknown>, other: Box<unknown>): boolean {
  return one.choices.every((choice, at) => at === dimension || choice === other.choices[at]);
}

/** The range of some classes of a dimension; undefined when they are all that there are. */
function describeRange(dimension: Dimension, choice: readonly number[]): ConditionRange | undefined {
  const { key, classes } = dimension;
  if (choice.length === classes.length) return undefined;
  const examples = choice.flatMap((index) => classes[index]?.slice(0, 1) ?? []);
  return Object.freeze({
    key,
    examples: Object.freeze(examples.map((example) => example ?? null)),
    text: describe(dimension, choice, examples),
  });
}

/** A condition that holds for just these classes, or for just the others; or else the values. */
function describe(
  { key, classes, uses }: Dimension,
  choice: readonly number[],
  examples: readonly Carried[],
): string {
  const chosen = new Set(choice);
  const wanted = classes.map((_, at) => (chosen.has(at) ? '1' : '0')).join('');
  const opposite = classes.map((_, at) => (chosen.has(at) ? '0' : '1')).join('');
  for (const { use, answers } of uses.values()) {
    if (answers !== wanted && answers !== opposite) continue;
    const { operator, values } = use.condition;
    if (values.some((value) => variablesIn(value, use.version).length > 0)) continue;
    const text = `${operator} ${key} ${values.map((value) => JSON.stringify(value)).join(' or ')}`;
    return answers === wanted ? text : `not ${text}`;
  }
  return `${key} is ${examples.map(exampleText).join(' or ')}`;
}

function exampleText(value: Carried): string {
  return value === undefined ? 'absent' : JSON.stringify(value);
}
