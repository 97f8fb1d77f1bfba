/**
 * Runs the examples of the reference against a server, and writes what it answers to scripts/reference/examples/answers.json.
 * Answers that are the same but for what is different each time are left as they are.
 *
 *   node scripts/record-examples.ts                    runs all of them
 *   node scripts/record-examples.ts Encrypt Decrypt    runs those of some operations
 */
import { writeFile } from 'node:fs/promises';
import { allOperations } from '../src/operations/index.ts';
import { RECORDED_ANSWERS, readRecordedAnswers, redacted } from './reference/examples/recorded.ts';
import { runExample } from './reference/examples/run.ts';

const wanted = process.argv.slice(2);
const before = readRecordedAnswers();
const answers = await Promise.all(
  allOperations
    .map((operation) => ({ operation, place: `${operation.service}/${operation.name}` }))
    .sort((one, other) => (one.place < other.place ? -1 : 1))
    .map(async ({ operation, place }) => {
      const old = before[place] ?? {};
      if (wanted.length > 0 && !wanted.includes(operation.name)) return [place, old] as const;
      const recorded = operation.examples.map(async (example) => {
        const { title } = example;
        const answer = await runExample(operation, example);
        const known = old[title];
        const isSame =
          known !== undefined && redacted(operation.name, known) === redacted(operation.name, answer);
        return [title, isSame ? known : answer] as const;
      });
      return [place, Object.fromEntries(await Promise.all(recorded))] as const;
    }),
);
await writeFile(RECORDED_ANSWERS, `${JSON.stringify(Object.fromEntries(answers), undefined, 2)}\n`);
