import { isUnconstrained, operationOf } from './grant.ts';
import type { ConditionContext, Grant } from './request.ts';

/**
 * Grants, arranged by what a request has to be for them to count: so that a decision looks at those alone, and takes as
 * long with tens of thousands of them as with a few.
 */
export interface GrantIndex {
  /**
   * The grants that can permit an action such as `kms:Decrypt` in a context, in the order in which they were given. No
   * other can; whether these do is for `authorize` to say.
   */
  candidates(action: string, context: ConditionContext): readonly Grant[];
}

/** Grants for one operation. */
interface Arranged {
  /** Those that ask nothing of the context, at least nothing that they could be found by. */
  readonly free: Grant[];
  /** Those that ask for a pair of the encryption context or, without one, for a source, by that. */
  readonly bound: Map<string, Grant[]>;
}

const NONE: readonly Grant[] = Object.freeze([]);

/** Arranges grants, once for all questions about them. */
export function indexGrants(grants: readonly Grant[]): GrantIndex {
  const places = new Map(grants.map((grant, place) => [grant, place]));
  const byOperation = new Map<string, Arranged>();
  for (const grant of grants) {
    for (const operation of new Set(grant.operations))
      arrange(grant, arrangedFor(byOperation, operation), operation);
  }
  const placeOf = (grant: Grant): number => places.get(grant) ?? 0;
  return Object.freeze({
    candidates(action: string, context: ConditionContext): readonly Grant[] {
      const arranged = byOperation.get(operationOf(action));
      if (arranged === undefined) return NONE;
      const { free, bound } = arranged;
      if (bound.size === 0) return free;
      const found = marksOf(context).flatMap((mark) => bound.get(mark) ?? []);
      if (found.length === 0) return free;
      return [...free, ...found].sort((one, other) => placeOf(one) - placeOf(other));
    },
  });
}

function arrangedFor(byOperation: Map<string, Arranged>, operation: string): Arranged {
  const present = byOperation.get(operation);
  if (present !== undefined) return present;
  const arranged = { free: [], bound: new Map() };
  byOperation.set(operation, arranged);
  return arranged;
}

function arrange(grant: Grant, { free, bound }: Arranged, operation: string): void {
  const mark = isUnconstrained(operation) ? undefined : markOf(grant);
  if (mark === undefined) {
    free.push(grant);
    return;
  }
  const present = bound.get(mark);
  if (present === undefined) bound.set(mark, [grant]);
  else present.push(grant);
}

/** What a request has to carry for a grant to count, if it has to carry anything: one thing, of maybe several. */
function markOf({ constraints = {} }: Grant): string | undefined {
  const { encryptionContextEquals, encryptionContextSubset, sourceArn } = constraints;
  for (const pairs of [encryptionContextEquals, encryptionContextSubset]) {
    for (const [key, value] of Object.entries(pairs ?? {})) return pairMark(key.toLowerCase(), value);
  }
  return sourceArn;
}

/** Everything that a grant could be found by, of what a request carries. */
function marksOf(context: ConditionContext): readonly string[] {
  const marks = new Set<string>();
  const keys = context.get('kms:encryptioncontextkeys') ?? [];
  for (const key of typeof keys === 'string' ? [keys] : keys) {
    const lower = key.toLowerCase();
    const value = context.get(`kms:encryptioncontext:${lower}`);
    // Several values, of keys that differ in case only, meet no constraint.
    if (typeof value === 'string') marks.add(pairMark(lower, value));
  }
  const source = context.get('aws:sourcearn');
  if (typeof source === 'string') marks.add(source);
  return [...marks];
}

/** No ARN looks like that, and no two pairs alike. */
function pairMark(key: string, value: string): string {
  return JSON.stringify([key, value]);
}
