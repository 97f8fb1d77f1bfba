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

/** A difference and where it was found: for whom, to do what, and with which keys. */
export interface Found {
  readonly difference: Difference;
  readonly places: Map<
    string,
    { readonly principal: string; readonly resource: string; readonly actions: string[] }
  >;
}

/** Notes that the difference is felt by a principal, for an action on a key. */
export function addTo(
  found: Map<string, Found>,
  difference: Difference,
  principal: string,
  action: string,
  resource: string,
): void {
  const identity = JSON.stringify(difference);
  const entry: Found = found.get(identity) ?? { difference, places: new Map() };
  found.set(identity, entry);
  const place = JSON.stringify([principal, resource]);
  const actions = entry.places.get(place) ?? { principal, resource, actions: [] };
  actions.actions.push(action);
  entry.places.set(place, actions);
}

/** Principals, actions and keys, all of each together. */
interface Rectangle {
  readonly principals: readonly string[];
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

function rectangles(places: Found['places'], resourceCount: number): readonly Rectangle[] {
  const byResource = new Map<
    string,
    { principal: string; actions: readonly string[]; resources: string[] }
  >();
  for (const { principal, resource, actions } of places.values()) {
    const identity = JSON.stringify([principal, actions]);
    const entry = byResource.get(identity) ?? { principal, actions, resources: [] };
    entry.resources.push(resource);
    byResource.set(identity, entry);
  }
  const byPrincipal = new Map<string, { principals: string[] } & Omit<Rectangle, 'principals'>>();
  for (const { principal, actions, resources } of byResource.values()) {
    const identity = JSON.stringify([actions, resources]);
    const isEveryKey = resources.length === resourceCount;
    const entry = byPrincipal.get(identity) ?? {
      principals: [],
      actions,
      resources: isEveryKey ? [] : resources,
    };
    entry.principals.push(principal);
    byPrincipal.set(identity, entry);
  }
  return [...byPrincipal.values()];
}

function changeOf(difference: Difference, { principals, actions, resources }: Rectangle): PolicyChange {
  const { before, after } = difference;
  return Object.freeze({
    direction: ORDER.indexOf(after) > ORDER.indexOf(before) ? 'gains' : 'loses',
    principals: Object.freeze(principals),
    actions: Object.freeze(actions),
    resources: Object.freeze(resources),
    ...difference,
  });
}

/** The changes, with principals, actions and keys put together as far as can be. */
export function changesOf(found: readonly Found[], resourceCount: number): readonly PolicyChange[] {
  return found.flatMap(({ difference, places }) =>
    rectangles(places, resourceCount).map((rectangle) => changeOf(difference, rectangle)),
  );
}
