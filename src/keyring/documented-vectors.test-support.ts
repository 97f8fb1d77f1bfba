import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const DOCUMENT = new URL('../../docs/keyring.md', import.meta.url);

/** A value of the test vectors in `docs/keyring.md`, by its name there. */
export function documentedVector(name: string): string {
  const [, section = ''] = readFileSync(DOCUMENT, 'utf8').split('## Test vectors');
  const [, block = ''] = /```text\n(.*?)```/s.exec(section) ?? [];
  const line = block.split('\n').find((candidate) => candidate.startsWith(`${name}  `));
  assert(line !== undefined, `docs/keyring.md has a vector "${name}"`);
  return line.slice(name.length).trim();
}
