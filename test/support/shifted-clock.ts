import { readFileSync } from 'node:fs';

/*
 * To be imported before anything else (`node --import`): the process gets a clock that is wrong by as many milliseconds as
 * stand in a file, at any time.
 */

/** Names the file. */
const FILE = 'TEST_CLOCK_SHIFT_FILE';

const file = process.env[FILE];
if (file !== undefined) {
  const now = Date.now;
  Date.now = () => now() + Number(readFileSync(file, 'utf8'));
}
