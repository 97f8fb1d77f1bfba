/*
 * Decides whether a history of calls that overlapped is linearizable (Herlihy and Wing, 1990): whether each call can be
 * thought to have happened at one instant between its beginning and its answer, in an order in which a sequential
 * specification gives all the answers.
 *
 * The search goes through the history in time and keeps every configuration that explains the answers so far: the state,
 * and which of the calls under way have happened already (just-in-time linearization; Lowe, "Testing for linearizability",
 * 2017). Knows nothing of what is called.
 */

/** A call that was made. Times are of one clock that never goes back, in milliseconds. */
export interface Call<Command> {
  readonly client: string;
  readonly command: Command;
  readonly invoked: number;
  /** Without it nobody knows: the call may have happened at any time since it began, may yet happen, or never. */
  readonly returned?: { readonly at: number; readonly answer: string } | undefined;
}

/** What is right when calls come one after the other. States are plain data, equal when they are the same in JSON. */
export interface Specification<State, Command> {
  readonly initial: State;
  apply(state: State, command: Command): { readonly answer: string; readonly after: State };
  /** Whether a call with this answer, or without one, can have changed the state. */
  mayChange(command: Command, answer: string | undefined): boolean;
}

/** Why a history is not linearizable. */
export interface Violation<State, Command> {
  /** The call whose answer nothing explains. */
  readonly call: Call<Command>;
  /** What could have been answered. */
  readonly possibleAnswers: readonly string[];
  /** A state that was certain, the last but one before the call: what was replaced since can be seen. */
  readonly since: State;
  /** What was called from then on, as far as it matters, in the order of the beginnings; the call is among them. */
  readonly calls: readonly Call<Command>[];
}

export type Verdict<State, Command> =
  | { readonly is: 'linearizable' }
  /** There are more explanations than can be followed. */
  | { readonly is: 'undecided' }
  | { readonly is: 'violated'; readonly violation: Violation<State, Command> };

/** How many configurations are looked at for one answer before a history is given up. */
const MOST_CONFIGURATIONS = 50_000;

/** Decides about a history. Its calls may come in any order. */
export function checkHistory<State, Command>(
  specification: Specification<State, Command>,
  history: readonly Call<Command>[],
): Verdict<State, Command> {
  const calls = history.toSorted((one, other) => one.invoked - other.invoked);
  const outcome = search(specification, calls);
  if (outcome.is !== 'violated') return outcome;
  const needed = withoutNeedless(specification, calls.slice(0, outcome.begun));
  const { call, possibleAnswers, since, after } = needed.outcome;
  return {
    is: 'violated',
    violation: { call, possibleAnswers, since, calls: needed.calls.filter((each) => after.has(each)) },
  };
}

interface Configuration<State> {
  readonly state: State;
  readonly stateKey: string;
  /** A bit for each call under way that has happened, by its number. */
  readonly happened: bigint;
}

interface Failure<State, Command> extends Omit<Violation<State, Command>, 'calls'> {
  readonly is: 'violated';
  /** How many calls had begun. */
  readonly begun: number;
  /** The calls that began or were answered after that state was certain. */
  readonly after: ReadonlySet<Call<Command>>;
}

/** An instant at which there was one explanation only. */
interface Certainty<State, Command> {
  readonly state: State;
  readonly stateKey: string;
  /** The calls that had not been answered yet. */
  readonly after: ReadonlySet<Call<Command>>;
}

type Outcome<State, Command> =
  | { readonly is: 'linearizable' }
  | { readonly is: 'undecided' }
  | Failure<State, Command>;

function search<State, Command>(
  specification: Specification<State, Command>,
  calls: readonly Call<Command>[],
): Outcome<State, Command> {
  const step = memoize(specification, calls);
  const isRead = calls.map(({ command, returned }) => !specification.mayChange(command, returned?.answer));
  const lost = calls.reduce((bits, { returned }, at) => (returned ? bits : bits | bit(at)), 0n);
  const pending = new Set<number>();
  let begun = 0;
  const initial = { state: specification.initial, stateKey: JSON.stringify(specification.initial) };
  let configurations: readonly Configuration<State>[] = [{ ...initial, happened: 0n }];
  let lastButOne: Certainty<State, Command> = { ...initial, after: new Set(calls) };
  let last = lastButOne;

  for (const at of inOrderOfAnswers(calls)) {
    const call = calls[at];
    if (call?.returned === undefined) continue;
    // What began at the very instant of an answer may have happened before it.
    for (let next = calls[begun]; next && next.invoked <= call.returned.at; next = calls[begun]) {
      pending.add(begun);
      begun += 1;
    }
    const explored = explore(configurations, at, pending, step, isRead);
    if (explored === undefined) return { is: 'undecided' };
    pending.delete(at);
    if (explored.found.length === 0) {
      const possibleAnswers = [...explored.answers].sort();
      return {
        is: 'violated',
        call,
        possibleAnswers,
        since: lastButOne.state,
        after: lastButOne.after,
        begun,
      };
    }
    configurations = withoutDominated(explored.found, lost);
    const [only, other] = configurations;
    if (only === undefined || other !== undefined || only.happened !== 0n) continue;
    if (only.stateKey !== last.stateKey) lastButOne = last;
    const unanswered = calls.filter((_, number) => number >= begun || pending.has(number));
    last = { ...only, after: new Set(unanswered) };
  }
  return { is: 'linearizable' };
}

/** The numbers of the calls that were answered. */
function inOrderOfAnswers<Command>(calls: readonly Call<Command>[]): readonly number[] {
  const answeredAt = (at: number) => calls[at]?.returned?.at ?? Infinity;
  return [...calls.keys()]
    .filter((at) => answeredAt(at) < Infinity)
    .sort((one, other) => answeredAt(one) - answeredAt(other));
}

/** A call that happens in a configuration; undefined when its answer was another, or it would change nothing that counts. */
type Step<State> = (
  from: Configuration<State>,
  at: number,
) => { readonly next: Configuration<State> | undefined; readonly answer: string };

function memoize<State, Command>(
  { apply }: Specification<State, Command>,
  calls: readonly Call<Command>[],
): Step<State> {
  const known = new Map<string, { answer: string; state: State; stateKey: string }>();
  const applied = ({ state, stateKey }: Configuration<State>, at: number, command: Command) => {
    const key = `${at} ${stateKey}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const { answer, after } = apply(state, command);
    const result = { answer, state: after, stateKey: JSON.stringify(after) };
    known.set(key, result);
    return result;
  };
  return (from, at) => {
    const call = calls[at];
    if (call === undefined) return { next: undefined, answer: '' };
    const { answer, state, stateKey } = applied(from, at, call.command);
    const fits = call.returned ? call.returned.answer === answer : stateKey !== from.stateKey;
    return { next: fits ? { state, stateKey, happened: from.happened | bit(at) } : undefined, answer };
  };
}

/** The configurations in which a call has happened, each as soon as can be, and what it could have been answered. */
function explore<State>(
  from: readonly Configuration<State>[],
  at: number,
  pending: ReadonlySet<number>,
  step: Step<State>,
  isRead: readonly boolean[],
): { readonly found: readonly Configuration<State>[]; readonly answers: ReadonlySet<string> } | undefined {
  const found: Configuration<State>[] = [];
  const answers = new Set<string>();
  const seen = new Set<string>();
  const waiting = [...from];
  for (let current = waiting.pop(); current !== undefined; current = waiting.pop()) {
    const key = `${current.happened} ${current.stateKey}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > MOST_CONFIGURATIONS) return undefined;
    if (current.happened & bit(at)) {
      found.push({ ...current, happened: current.happened & ~bit(at) });
      continue;
    }
    answers.add(step(current, at).answer);
    waiting.push(...successors(current, pending, step, isRead));
  }
  return { found, answers };
}

function successors<State>(
  current: Configuration<State>,
  pending: ReadonlySet<number>,
  step: Step<State>,
  isRead: readonly boolean[],
): readonly Configuration<State>[] {
  const all: Configuration<State>[] = [];
  for (const number of pending) {
    if (current.happened & bit(number)) continue;
    const { next } = step(current, number);
    if (next === undefined) continue;
    // An answer that fits and can change nothing may as well be given now: nothing is lost by it.
    if (isRead[number]) return [next];
    all.push(next);
  }
  return all;
}

/** Lost calls never need to have happened: of two configurations alike, the one in which more of them have is needless. */
function withoutDominated<State>(
  configurations: readonly Configuration<State>[],
  lost: bigint,
): readonly Configuration<State>[] {
  const alike = Map.groupBy(configurations, ({ stateKey, happened }) => `${happened & ~lost} ${stateKey}`);
  return [...alike.values()].flatMap((group) =>
    group.filter(
      ({ happened }) =>
        !group.some((other) => other.happened !== happened && (other.happened & happened) === other.happened),
    ),
  );
}

/** Leaves out calls that changed nothing, as long as the rest still violates: a history with less to explain. */
function withoutNeedless<State, Command>(
  specification: Specification<State, Command>,
  calls: readonly Call<Command>[],
): { readonly calls: readonly Call<Command>[]; readonly outcome: Failure<State, Command> } {
  let outcome = search(specification, calls);
  if (outcome.is !== 'violated')
    throw new Error('a history without its end violates what the whole one violates');
  let left = calls;
  for (const call of calls) {
    if (specification.mayChange(call.command, call.returned?.answer)) continue;
    const fewer = left.filter((each) => each !== call);
    const again = search(specification, fewer);
    if (again.is !== 'violated') continue;
    left = fewer;
    outcome = again;
  }
  return { calls: left, outcome };
}

function bit(at: number): bigint {
  return 1n << BigInt(at);
}
