import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProgressLine } from './progress.ts';

/** What is written when work reports how many of 100 are done, each at a time in milliseconds. */
function shown(isTTY: boolean, reports: readonly (readonly [time: number, done: number])[]): string {
  let written = '';
  let now = 0;
  const output = {
    isTTY,
    write(text: string) {
      written += text;
    },
  };
  const progress = new ProgressLine(output, () => now);
  for (const [time, done] of reports) {
    now = time;
    progress.show(`${done} of 100`, done === 100);
  }
  progress.end();
  return written;
}

describe('progress', () => {
  it('is a line that is rewritten on a terminal, ten times a second at most', () => {
    const reports = [
      [0, 1],
      [60, 2],
      [120, 3],
      [130, 100],
    ] as const;
    assert.equal(shown(true, reports), '\r1 of 100\u001b[K\r3 of 100\u001b[K\r100 of 100\u001b[K\n');
  });

  it('is a line now and then elsewhere, and one when work is done', () => {
    const reports = [
      [0, 1],
      [4_999, 2],
      [5_000, 3],
      [5_001, 100],
      [5_002, 100],
    ] as const;
    assert.equal(shown(false, reports), '1 of 100\n3 of 100\n100 of 100\n100 of 100\n');
  });

  it('leaves a terminal at the beginning of a line', () => {
    assert.equal(shown(true, [[0, 1]]), '\r1 of 100\u001b[K\n');
    assert.equal(shown(true, []), '');
    assert.equal(shown(false, [[0, 1]]), '1 of 100\n');
  });
});
