import type { Dimension, DimensionUse } from './dimensions.ts';
import type { ReadStatement } from './read-statement.ts';

/** A choice of a class of values for each dimension, by index. */
export type Situation = readonly number[];

/** Where there are more situations, it does not matter how many. */
const MOST_COUNTED = 1e100;

/** How many situations there are. */
export function countSituations(dimensions: readonly Dimension[]): number {
  return dimensions.reduce((product, { classes }) => Math.min(product * classes.length, MOST_COUNTED), 1);
}

/** All situations. */
export function everySituation(dimensions: readonly Dimension[]): readonly Situation[] {
  let situations: readonly Situation[] = [[]];
  for (const { classes } of dimensions) {
    situations = situations.flatMap((situation) => classes.map((_, index) => [...situation, index]));
  }
  return situations;
}

/**
 * Some situations, where there are too many: for each statement the one that meets as many of its conditions and as few
 * of others as can be, and then of their neighbours, which differ in one key, as many as allowed.
 */
export function tellingSituations(
  dimensions: readonly Dimension[],
  statements: readonly ReadStatement[],
  limit: number,
): readonly Situation[] {
  const found = new Map<string, Situation>();
  const scales = new Map(dimensions.map((dimension, place) => [dimension.name, scaleOf(dimension, place)]));
  const neutral = Array.from(scales.values(), ({ crowds }) => crowds.indexOf(Math.min(...crowds)));
  for (const statement of statements) {
    if (found.size >= limit) return [...found.values()];
    const situation = bestSituation(scales, neutral, statement);
    found.set(situation.join(), situation);
  }
  for (const situation of [...found.values()]) {
    for (const [at, { classes }] of dimensions.entries()) {
      for (const index of classes.keys()) {
        if (found.size >= limit) return [...found.values()];
        const neighbour = situation.with(at, index);
        found.set(neighbour.join(), neighbour);
      }
    }
  }
  return [...found.values()];
}

/** A dimension, and for how many conditions each of its classes is good. */
interface Scale {
  readonly place: number;
  readonly uses: Dimension['uses'];
  readonly crowds: readonly number[];
}

function scaleOf({ classes, uses }: Dimension, place: number): Scale {
  const crowds = classes.map((_, at) => countHolding([...uses.values()], at));
  return { place, uses, crowds };
}

/** As many of a statement's conditions as can be, and with such values, as few of those of others. */
function bestSituation(
  scales: ReadonlyMap<string, Scale>,
  neutral: Situation,
  { conditions }: ReadStatement,
): Situation {
  const situation = [...neutral];
  for (const [name, own] of conditions) {
    const scale = scales.get(name);
    if (scale === undefined || own.length === 0) continue;
    const { place, uses, crowds } = scale;
    const wanted = own.flatMap(({ meaning }) => uses.get(meaning) ?? []);
    const scores = crowds.map((crowd, at) => countHolding(wanted, at) * (uses.size + 1) - crowd);
    situation[place] = scores.indexOf(Math.max(...scores));
  }
  return situation;
}

function countHolding(uses: readonly DimensionUse[], at: number): number {
  return uses.filter(({ answers }) => answers[at] === '1').length;
}
