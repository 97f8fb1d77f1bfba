import fc from 'fast-check';
import { mixed } from './cell-commands.ts';
import { DIRECTIONS, type Direction } from './tcp-proxy.ts';

/*
 * What goes wrong, and when: plain data, made in advance, so that a seed gives the same faults again. Every round has each
 * kind of fault once, in an order of its own.
 */

export interface Fault<Kind extends string = string> {
  readonly kind: Kind;
  /** How many calls are answered before it, since the last one. */
  readonly after: number;
  /** How long it lasts, in milliseconds, where it has a length. */
  readonly duration: number;
  /** Which of the processes or ways it is about, counted around those that there are. */
  readonly place: number;
  /** What is held back, if it is about a way. */
  readonly direction: Direction;
  /** Whether a way that was frozen is cut in the end, so that what was held back is lost. */
  readonly isCutAfterwards: boolean;
}

/** The faults of a round. */
export function faultsOf<Kind extends string>(
  kinds: readonly Kind[],
  { seed, round }: { readonly seed: number; readonly round: number },
): readonly Fault<Kind>[] {
  const shuffled = fc.shuffledSubarray([...kinds], { minLength: kinds.length });
  const short = fc.integer({ min: 50, max: 800 });
  const long = fc.integer({ min: 4_200, max: 6_000 });
  const details = fc.record({
    after: fc.integer({ min: 10, max: 80 }),
    // Longer than clients wait, and than the database keeps a silent transaction; not in the first round, which is in the tests.
    duration: round === 0 ? short : fc.oneof({ weight: 4, arbitrary: short }, { weight: 1, arbitrary: long }),
    place: fc.nat({ max: 255 }),
    direction: fc.constantFrom(...DIRECTIONS),
    isCutAfterwards: fc.boolean(),
  });
  const all = fc.array(details, { minLength: kinds.length, maxLength: kinds.length });
  const faults = fc
    .tuple(shuffled, all)
    .map(([order, each]) => order.flatMap((kind, at) => (each[at] ? [{ kind, ...each[at] }] : [])));
  const [sampled = []] = fc.sample(faults, { seed: mixed(seed, -1 - round), numRuns: 1 });
  return sampled;
}

/** In a few words. */
export function describeFault({ kind, duration, place, direction, isCutAfterwards }: Fault): string {
  const held = kind.includes('freeze') ? `, ${direction}${isCutAfterwards ? ', then cut' : ''}` : '';
  return `${kind} (place ${place}, ${duration} ms${held})`;
}
