import type { Position } from './document.ts';
import type { ConditionRange } from './ranges.ts';

/**
 * What a key policy by itself says to a request, from least to most.
 *
 * `denies`: a Deny applies, and nothing helps. `nothing`: it is silent; a grant may still allow. `delegates`: it leaves
 * the matter to the identity policies of the caller's account. `allows-within-boundary`: it allows, by the caller's
 * role or by not excluding it, which a permissions boundary limits. `allows`: it allows; a caller of another account
 * still needs an identity policy there.
 */
export type KeyPolicyVerdict = 'denies' | 'nothing' | 'delegates' | 'allows-within-boundary' | 'allows';

const ORDER: readonly KeyPolicyVerdict[] = [
  'denies',
  'nothing',
  'delegates',
  'allows-within-boundary',
  'allows',
];

/** A statement that a verdict rests on. */
export interface StatementReference extends Position {
  /** Counts from 0. */
  readonly index: number;
  readonly sid: string | undefined;
}

/** Some principals that gain or lose some permissions, and when. */
export interface PolicyChange {
  readonly direction: 'gains' | 'loses';
  /** ARNs, service names, and such as `any other user of 111122223333` and `anyone else`. */
  readonly principals: readonly string[];
  /** Such as `kms:Decrypt`; `ANY_OTHER_ACTION` stands for what is not known. */
  readonly actions: readonly string[];
  /** For which keys, where the policies name some; empty when it does not matter. */
  readonly resources: readonly string[];
  /** All of them hold when the change is felt; empty when it always is. */
  readonly conditions: readonly ConditionRange[];
  readonly before: KeyPolicyVerdict;
  readonly after: KeyPolicyVerdict;
  /** What decided before and after; empty where the policy says nothing. */
  readonly statementsBefore: readonly StatementReference[];
  readonly statementsAfter: readonly StatementReference[];
}

/** A change, as yet of nobody. */
export interface Difference {
  readonly before: KeyPolicyVerdict;
  readonly after: KeyPolicyVerdict;
  readonly conditions: readonly ConditionRange[];
  readonly statementsBefore: readonly StatementReference[];
  readonly statementsAfter: readonly StatementReference[];
}

/** Names between which the policies make no difference: of principals, of actions, or of keys. */
export interface Alike {
  /** Different for each group of principals; likewise for actions, and for keys. */
  readonly id: number;
  readonly names: readonly string[];
}

/** For whom, to do what, and with which keys. */
export interface Place {
  readonly principals: Alike;
  readonly actions: Alike;
  readonly keys: Alike;
}

/** A difference and where it was found. */
export interface Found {
  readonly difference: Difference;
  readonly places: (readonly Place[])[];
}

/** Collects differences, those that are the same as one. */
export class Findings {
  readonly #found = new Map<string, Found>();
  /** Numbers of what conditions say, which can be long. */
  readonly #texts = new Map<string, number>();

  add(difference: Difference, places: readonly Place[]): void {
    const identity = this.#identify(difference);
    const found = this.#found.get(identity) ?? { difference, places: [] };
    this.#found.set(identity, found);
    found.places.push(places);
  }

  get all(): readonly Found[] {
    return [...this.#found.values()];
  }

  #identify({ before, after, conditions, statementsBefore, statementsAfter }: Difference): string {
    const numbers = conditions.map(({ text }) => {
      const number = this.#texts.get(text) ?? this.#texts.size;
      this.#texts.set(text, number);
      return number;
    });
    const statements = [statementsBefore, statementsAfter].map((each) =>
      each.map(({ index }) => index).join(),
    );
    return [before, after, ...statements, numbers.join()].join(' ');
  }
}

/** Principals, actions and keys, all of each together. */
interface Rectangle {
  readonly principals: readonly Alike[];
  readonly actions: readonly Alike[];
  readonly keys: readonly Alike[];
}

/** Puts places together: actions of the same principals and keys, then keys, then principals. */
function rectangles(places: readonly Place[]): readonly Rectangle[] {
  const single = places.map(({ principals, actions, keys }) => ({
    principals: [principals],
    actions: [actions],
    keys: [keys],
  }));
  return join(join(join(single, 'actions'), 'keys'), 'principals');
}

function join(all: readonly Rectangle[], member: keyof Rectangle): readonly Rectangle[] {
  const idsOf = (alike: readonly Alike[]): string => alike.map(({ id }) => id).join();
  const groups = Map.groupBy(all, (each) =>
    (['principals', 'actions', 'keys'] as const)
      .map((name) => (name === member ? '' : idsOf(each[name])))
      .join('/'),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : { ...first, [member]: group.flatMap((each) => each[member]) };
  });
}

function changeOf(
  difference: Difference,
  { principals, actions, keys }: Rectangle,
  keyCount: number | undefined,
): PolicyChange {
  const { before, after } = difference;
  const names = (alike: readonly Alike[]) => Object.freeze(alike.flatMap((each) => each.names));
  return Object.freeze({
    direction: ORDER.indexOf(after) > ORDER.indexOf(before) ? 'gains' : 'loses',
    principals: names(principals),
    actions: names(actions),
    resources: keys.length === keyCount ? Object.freeze([]) : names(keys),
    ...difference,
  });
}

/**
 * The changes, with principals, actions and keys put together as far as can be; as many as there is room for.
 *
 * @param keyCount how many groups of keys there are, if these are all keys
 */
export function changesOf(
  found: readonly Found[],
  keyCount: number | undefined,
  characters: number,
): { readonly changes: readonly PolicyChange[]; readonly isCut: boolean } {
  const changes: PolicyChange[] = [];
  const known = new Map<unknown, readonly Rectangle[]>();
  let room = characters;
  for (const { difference, places } of found) {
    // Many differences are found in just the same places.
    const where = places.length === 1 ? places[0] : places;
    const joined = known.get(where) ?? rectangles(places.flat());
    known.set(where, joined);
    for (const rectangle of joined) {
      const change = changeOf(difference, rectangle, keyCount);
      room -= JSON.stringify(change).length;
      // The first is told, however long.
      if (room < 0 && changes.length > 0) return { changes: Object.freeze(changes), isCut: true };
      changes.push(change);
    }
  }
  return { changes: Object.freeze(changes), isCut: false };
}
