import type { ConsoleReport } from './console.ts';
import { section, table, whole } from './markdown.ts';

export function renderConsole({ keys, rounds, loadAverage, cores, times }: ConsoleReport): string {
  return section(
    table(
      [`The list of ${whole(keys)} keys in the console`, 'median ms', 'longest ms'],
      times.map((time) => [time.what, whole(time.median), whole(time.longest)]),
    ),
    `In the Chromium of the tests, whose caches are empty each of the ${rounds} times: it loads everything from one process on SQLite, which records each call before it answers (\`bench/console.ts\`). Browser and server share one machine, and no network lies between them. The first times count from when the address is opened, the others from a click or the Enter key. Typing the credentials is not counted. The load average of the ${cores} cores was ${loadAverage.toFixed(1)} before.`,
  );
}
