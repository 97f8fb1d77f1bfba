import type { Budget } from './budget.ts';
import type { CallerGroup, NamingStatement } from './caller-groups.ts';
import type { Caller } from './callers.ts';
import type { Place } from './change.ts';
import type { RequestGroup } from './compare-requests.ts';
import { CLOSENESS } from './evaluate.ts';
import type { ReadStatement } from './read-statement.ts';

/** The statements of two policies that decide about some requests. */
interface Deciding {
  readonly before: readonly NamingStatement[];
  readonly after: readonly NamingStatement[];
}

/** Requests of which only what they carry is still open, and where they occur. */
export interface Case extends Deciding {
  /** Those of the statements that mean something that none of the other policy means. */
  readonly differing: readonly NamingStatement[];
  /** One of those who make them, and what they ask for. */
  readonly caller: Caller;
  readonly action: string;
  readonly key: string;
  readonly places: Place[];
}

/** All that is asked of two policies. */
export interface Questions {
  readonly callers: readonly CallerGroup[];
  readonly actions: readonly RequestGroup[];
  readonly keys: readonly RequestGroup[];
  /** The statements of the one policy, and then of the other. */
  readonly statements: readonly ReadStatement[];
  readonly countBefore: number;
}

const STEPS_FOR_PLACE = 60;
const STEPS_FOR_SIGN = 8;
const STEPS_FOR_CASE = 200;

/** The cases in which what a request carries could make a difference between the policies, each once. */
export function casesOf(questions: Questions, budget: Budget): readonly Case[] {
  const { callers, actions, keys, statements, countBefore } = questions;
  const cases = new Map<string, Case>();
  const known = new Map<string, Case | undefined>();
  const meanings = meaningsOf(statements);
  const total = callers.length * actions.length * keys.length;
  let looked = 0;
  for (const [principals, action, key, relevant] of combinations(questions, budget)) {
    looked += 1;
    const signature = signatureOf(relevant, principals, key);
    let found = known.get(signature);
    if (found === undefined && !known.has(signature)) {
      if (!budget.pay(STEPS_FOR_CASE + relevant.length * STEPS_FOR_SIGN)) break;
      const deciding = {
        before: decidingAmong(relevant.filter(({ place }) => place < countBefore)),
        after: decidingAmong(relevant.filter(({ place }) => place >= countBefore)),
      };
      const differing = differingIn(deciding, meanings);
      if (differing.length > 0) {
        const identity = signatureOf([...deciding.before, ...deciding.after], principals, key);
        const { caller } = principals;
        const asked = { caller, action: action.asked, key: key.asked };
        found = cases.get(identity) ?? { ...deciding, differing, ...asked, places: [] };
        cases.set(identity, found);
      }
      known.set(signature, found);
    }
    found?.places.push({ principals, actions: action, keys: key });
  }
  if (looked < total)
    budget.omit(`${looked} of ${total} combinations of principals, actions and keys were tried`);
  return [...cases.values()];
}

/** All that can be asked, with the statements that could decide about it, as far as the budget goes. */
function* combinations(
  { callers, actions, keys }: Questions,
  budget: Budget,
): Generator<[CallerGroup, RequestGroup, RequestGroup, readonly NamingStatement[]]> {
  for (const principals of callers) {
    for (const action of actions) {
      if (!budget.pay(principals.naming.length)) return;
      const named = principals.naming.filter(({ place }) => action.meant[place]);
      for (const key of keys) {
        if (!budget.pay(STEPS_FOR_PLACE + named.length * STEPS_FOR_SIGN)) return;
        yield [principals, action, key, named.filter(({ place }) => key.meant[place])];
      }
    }
  }
}

/** The same for all requests between which only what they carry could make a difference. */
function signatureOf(
  relevant: readonly NamingStatement[],
  principals: CallerGroup,
  key: RequestGroup,
): string {
  const signs = relevant.map(({ place, naming }) => place + naming).join();
  const dependsOnCaller = relevant.some(({ statement }) => statement.isAboutCaller);
  const dependsOnKey = relevant.some(({ statement }) => statement.hasVariableResource);
  return `${signs} ${dependsOnCaller ? principals.id : ''} ${dependsOnKey ? key.id : ''}`;
}

/** Of the statements of one policy those that still decide when others always apply. */
function decidingAmong(relevant: readonly NamingStatement[]): readonly NamingStatement[] {
  const always = relevant.filter(
    ({ statement: { written, hasVariableResource } }) =>
      written.conditions.length === 0 && !hasVariableResource,
  );
  const denial = always.find(({ statement }) => statement.written.effect === 'Deny');
  if (denial !== undefined) return [denial];
  const closest = always.reduce<NamingStatement | undefined>(
    (one, other) => (one === undefined || CLOSENESS[other.naming] > CLOSENESS[one.naming] ? other : one),
    undefined,
  );
  if (closest === undefined) return relevant;
  return relevant.filter(
    (each) =>
      each === closest ||
      each.statement.written.effect === 'Deny' ||
      CLOSENESS[each.naming] > CLOSENESS[closest.naming],
  );
}

/** The statements that mean something that none of the other policy means; without any, both decide alike. */
function differingIn({ before, after }: Deciding, meanings: readonly number[]): readonly NamingStatement[] {
  const meaningOf = ({ place, naming, statement }: NamingStatement): string =>
    statement.written.effect === 'Deny' ? `${meanings[place]}` : `${meanings[place]} ${naming}`;
  const meantBefore = new Set(before.map(meaningOf));
  const meantAfter = new Set(after.map(meaningOf));
  return [
    ...before.filter((each) => !meantAfter.has(meaningOf(each))),
    ...after.filter((each) => !meantBefore.has(meaningOf(each))),
  ];
}

/** Numbers that are the same for statements that have the same effect under the same conditions. */
function meaningsOf(statements: readonly ReadStatement[]): readonly number[] {
  const numbers = new Map<string, number>();
  return statements.map(({ version, conditions, written: { effect, resource }, hasVariableResource }) => {
    const read = [...conditions].flatMap(([key, own]) => own.map(({ meaning }) => `${key} ${meaning}`));
    const about = hasVariableResource ? [version, resource?.negated, resource?.values] : [];
    const text = JSON.stringify([effect, [...new Set(read)].sort(), about]);
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return number;
  });
}
