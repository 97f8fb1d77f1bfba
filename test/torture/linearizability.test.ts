import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Call, checkHistory, type Specification } from './linearizability.ts';

/* The checker, held against histories of one register that can be read, written, and compared and set. */

type Command = 'read' | { readonly write: number } | { readonly compare: number; readonly set: number };

const REGISTER: Specification<number, Command> = {
  initial: 0,
  apply(state, command) {
    if (command === 'read') return { answer: String(state), after: state };
    if ('write' in command) return { answer: 'done', after: command.write };
    return state === command.compare
      ? { answer: 'done', after: command.set }
      : { answer: 'refused', after: state };
  },
  mayChange: (command, answer) => command !== 'read' && answer !== 'refused',
};

const read = 'read' as const;
const write = (value: number) => ({ write: value });

/** From when to when, what, and the answer; none if it was lost. */
type Line = readonly [from: number, to: number, command: Command, answer?: string | undefined];

function historyOf(lines: readonly Line[]): readonly Call<Command>[] {
  return lines.map(([invoked, at, command, answer], number) => ({
    client: String(number),
    command,
    invoked,
    ...(answer !== undefined && { returned: { at, answer } }),
  }));
}

function verdictOn(lines: readonly Line[]): string {
  return checkHistory(REGISTER, historyOf(lines)).is;
}

describe('a history is linearizable', () => {
  for (const [title, lines] of [
    ['without calls', []],
    [
      'when calls come one after the other',
      [
        [0, 1, write(1), 'done'],
        [2, 3, read, '1'],
      ],
    ],
    [
      'when a read that overlaps a write sees what was before',
      [
        [0, 9, write(1), 'done'],
        [1, 2, read, '0'],
      ],
    ],
    [
      'when a read that overlaps a write sees it, and so does the next',
      [
        [0, 9, write(1), 'done'],
        [1, 2, read, '1'],
        [3, 4, read, '1'],
      ],
    ],
    [
      'when two writes overlap and either counts',
      [
        [0, 5, write(1), 'done'],
        [1, 4, write(2), 'done'],
        [6, 7, read, '1'],
      ],
    ],
    [
      'when a write whose answer was lost never happened',
      [
        [0, 1, write(1)],
        [2, 3, read, '0'],
        [4, 5, read, '0'],
      ],
    ],
    [
      'when a write whose answer was lost happens late',
      [
        [0, 1, write(1)],
        [2, 3, read, '0'],
        [4, 5, write(2), 'done'],
        [6, 7, read, '2'],
        [8, 9, read, '1'],
      ],
    ],
    [
      'when the answer and the beginning of two calls are one instant',
      [
        [0, 1, write(1), 'done'],
        [1, 2, read, '0'],
      ],
    ],
    [
      'when a write had to happen before another for a third to be answered so',
      [
        [0, 9, write(1), 'done'],
        [0, 9, { compare: 1, set: 2 }, 'done'],
        [1, 8, { compare: 2, set: 3 }, 'done'],
        [10, 11, read, '3'],
      ],
    ],
  ] satisfies readonly (readonly [string, readonly Line[]])[]) {
    it(title, () => assert.equal(verdictOn(lines), 'linearizable'));
  }
});

describe('a history is not linearizable', () => {
  for (const [title, lines] of [
    [
      'when a read sees what a write has replaced before the read began',
      [
        [0, 1, write(1), 'done'],
        [2, 3, read, '0'],
      ],
    ],
    [
      'when of two reads during a write the second sees what was before',
      [
        [0, 9, write(1), 'done'],
        [1, 2, read, '1'],
        [3, 4, read, '0'],
      ],
    ],
    ['when a read sees what nobody wrote', [[0, 1, read, '7']]],
    [
      'when a write whose answer was lost happens, and is undone by nobody',
      [
        [0, 1, write(1)],
        [2, 3, read, '1'],
        [4, 5, read, '0'],
      ],
    ],
    [
      'when a write is seen before it began',
      [
        [0, 1, read, '1'],
        [2, 3, write(1)],
      ],
    ],
    [
      'when an acknowledged write is gone',
      [
        [0, 1, write(1), 'done'],
        [2, 3, write(2), 'done'],
        [4, 5, read, '1'],
      ],
    ],
    [
      'when both of two that exclude each other are done',
      [
        [0, 9, { compare: 0, set: 1 }, 'done'],
        [0, 9, { compare: 0, set: 2 }, 'done'],
      ],
    ],
  ] satisfies readonly (readonly [string, readonly Line[]])[]) {
    it(title, () => assert.equal(verdictOn(lines), 'violated'));
  }

  it('which is shown by the call, what could have been answered, and what led to it, without what does not matter', () => {
    const verdict = checkHistory(
      REGISTER,
      historyOf([
        [0, 1, write(1), 'done'],
        [2, 3, write(2), 'done'],
        [4, 5, read, '2'],
        [6, 9, write(3), 'done'],
        [7, 8, read, '2'],
        [10, 11, read, '2'],
        [12, 13, read, '3'],
      ]),
    );
    assert.equal(verdict.is, 'violated');
    if (verdict.is !== 'violated') return;
    const { call, possibleAnswers, since, calls } = verdict.violation;
    assert.equal(call.client, '5');
    assert.deepEqual(possibleAnswers, ['3']);
    assert.equal(since, 2);
    assert.deepEqual(
      calls.map(({ client }) => client),
      ['3', '5'],
    );
  });
});

/** A call, when it really happened, and whether its answer arrives. */
interface RealCall {
  readonly command: Command;
  readonly begins: number;
  readonly happens: number;
  readonly returns: number;
  readonly fate: 'answered' | 'lost' | 'never happened';
}

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.constant(read),
  fc.record({ write: fc.nat({ max: 3 }) }),
  fc.record({ compare: fc.nat({ max: 3 }), set: fc.nat({ max: 3 }) }),
);

/** Calls of a few clients, each of which makes one after the other. */
function realCalls(commands: fc.Arbitrary<Command>): fc.Arbitrary<readonly RealCall[]> {
  const call = fc.record({
    command: commands,
    gaps: fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 6 }), fc.nat({ max: 6 })),
    fate: fc.constantFrom(...(['answered', 'answered', 'answered', 'lost', 'never happened'] as const)),
  });
  const client = fc.array(call, { maxLength: 12 }).map((calls): RealCall[] => {
    let now = 0;
    return calls.map(({ command, gaps: [before, until, after], fate }) => {
      const begins = now + 1 + before;
      const happens = begins + 0.25 + until;
      now = happens + 0.25 + after;
      return { command, begins, happens, returns: now, fate };
    });
  });
  return fc.array(client, { minLength: 1, maxLength: 4 }).map((clients) => clients.flat());
}

/** What a register answers when calls happen at these instants. */
function linesOf(calls: readonly RealCall[]): readonly Line[] {
  let state = REGISTER.initial;
  return calls
    .toSorted((one, other) => one.happens - other.happens)
    .map(({ command, begins, returns, fate }): Line => {
      if (fate === 'never happened') return [begins, returns, command];
      const { answer, after } = REGISTER.apply(state, command);
      state = after;
      return fate === 'lost' ? [begins, returns, command] : [begins, returns, command, answer];
    });
}

/** Tries every order: slow, and so simple that it is right. */
function isLinearizableByBruteForce(lines: readonly Line[], state = REGISTER.initial): boolean {
  if (lines.every(([, , , answer]) => answer === undefined)) return true;
  const firstAnswer = Math.min(...lines.map(([, to, , answer]) => (answer === undefined ? Infinity : to)));
  return lines.some((line) => {
    const [from, , command, answer] = line;
    if (from > firstAnswer) return false;
    const { answer: right, after } = REGISTER.apply(state, command);
    if (answer !== undefined && answer !== right) return false;
    const others = lines.filter((other) => other !== line);
    return isLinearizableByBruteForce(others, after);
  });
}

describe('the checker', () => {
  it('accepts what a register answers, however calls overlap and answers are lost', () => {
    fc.assert(
      fc.property(realCalls(command), (calls) => {
        assert.equal(verdictOn(linesOf(calls)), 'linearizable');
      }),
    );
  });

  it('finds one stale read among many calls', () => {
    const plain = realCalls(fc.constantFrom(read, write(1)));
    fc.assert(
      fc.property(plain, fc.nat(), (calls, seed) => {
        // Every write writes what no other writes, and one of the reads sees what was replaced before it began.
        const unique = calls.map((call, number) =>
          call.command === read ? call : { ...call, command: write(number + 1) },
        );
        const lines = linesOf(unique);
        const stale = staleReads(lines);
        fc.pre(stale.length > 0);
        const broken = stale[seed % stale.length];
        assert.ok(broken);
        const altered = lines.map((line): Line => (line === broken.of ? broken.to : line));
        assert.equal(verdictOn(altered), 'violated');
      }),
    );
  });

  it('decides as trying every order does', () => {
    const answer = fc.option(fc.constantFrom('done', 'refused', '0', '1', '2', '3'), { nil: undefined });
    const times = fc.tuple(fc.nat({ max: 12 }), fc.integer({ min: 1, max: 6 }));
    const line = fc
      .tuple(times, command, answer)
      .map(([[from, duration], ...rest]): Line => [from, from + duration + 0.5, ...rest]);
    let violated = 0;
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(line, { maxLength: 6 }),
          realCalls(command).map((calls) => linesOf(calls).slice(0, 7)),
        ),
        (lines) => {
          const expected = isLinearizableByBruteForce(lines) ? 'linearizable' : 'violated';
          if (expected === 'violated') violated += 1;
          assert.equal(verdictOn(lines), expected);
        },
      ),
      { numRuns: 500 },
    );
    assert.ok(violated > 50, 'both verdicts are common');
  });
});

/** Answered reads, and what they would be with the answer of a write that was replaced before they began. */
function staleReads(lines: readonly Line[]): readonly { readonly of: Line; readonly to: Line }[] {
  return lines.flatMap((of) => {
    const [from, to, command, answer] = of;
    if (command !== read || answer === undefined) return [];
    const before = lines.filter(([, end, , done]) => done === 'done' && end < from);
    const latest = before.toSorted((one, other) => other[0] - one[0])[0];
    const replaced = before.find(([, end]) => latest !== undefined && end < latest[0]);
    const [, , written] = replaced ?? [];
    if (typeof written !== 'object' || !('write' in written)) return [];
    return [{ of, to: [from, to, command, String(written.write)] }];
  });
}
