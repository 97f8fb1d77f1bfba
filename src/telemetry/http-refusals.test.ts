import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { ManualClock } from '../testing/manual-clock.ts';
import { HttpRefusals } from './http-refusals.ts';

function start(level: 'debug' | 'info') {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const clock = new ManualClock();
  return { lines, clock, refusals: new HttpRefusals(logger, clock) };
}

describe('refusals before the walk', () => {
  it('are all counted, and told one by one only as far as the log can bear', () => {
    const { lines, clock, refusals } = start('debug');
    for (let round = 0; round < 100_000; round += 1) refusals.note('malformed', '192.0.2.1');
    refusals.note('timeout', '192.0.2.2');
    assert.deepEqual(new Map(refusals.counts()).get('malformed'), 100_000);
    assert.equal(lines.length, 11);
    clock.advance(9_999);
    refusals.note('malformed', '192.0.2.1');
    assert.equal(lines.length, 11);
    clock.advance(1);
    refusals.note('malformed', '192.0.2.3');
    const { cause, sourceAddress, similarNotLogged, msg } = lines.at(-1) ?? {};
    assert.deepEqual(
      [lines.length, cause, sourceAddress, similarNotLogged, msg],
      [12, 'malformed', '192.0.2.3', 99_991, 'request refused before it was read'],
    );
    refusals.note('malformed', '192.0.2.3');
    assert.equal(lines.at(-1)?.['similarNotLogged'], undefined);
  });

  it('are of no concern to who does not look for a cause, but that there are too many connections is', () => {
    const { lines, refusals } = start('info');
    for (const [cause] of refusals.counts())
      for (let round = 0; round < 100; round += 1) refusals.note(cause, '192.0.2.1');
    assert.deepEqual(
      [lines.length, ...new Set(lines.map(({ cause, level }) => `${cause} ${level}`))],
      [10, 'connection-limit 40'],
    );
    assert.ok(refusals.counts().every(([, count]) => count === 100));
  });
});
