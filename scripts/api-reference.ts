/**
 * Writes docs/api/: a page for each operation, made from its declaration.
 *
 *   node scripts/api-reference.ts            writes the pages
 *   node scripts/api-reference.ts --check    fails when the pages are not those of the declarations
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { indexMarkdown, markdownOf, placeOf } from './reference/markdown.ts';
import { reference } from './reference/page.ts';

const directory = new URL('../docs/api/', import.meta.url);
const all = reference();
const pages = new Map([
  ['README.md', indexMarkdown(all)],
  ...all.operations.map((page) => [placeOf(page), markdownOf(page)] as const),
]);

if (process.argv.includes('--check')) {
  const present = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('.md'));
  const stale = [...pages.keys(), ...present].filter((name) => !pages.has(name) || !present.includes(name));
  for (const [name, page] of pages) {
    if (present.includes(name) && (await readFile(new URL(name, directory), 'utf8')) !== page)
      stale.push(name);
  }
  if (stale.length > 0) {
    process.stderr.write(`docs/api is not up to date (${stale.join(', ')}): run npm run api-reference\n`);
    process.exitCode = 1;
  }
} else {
  await rm(directory, { recursive: true, force: true });
  for (const folder of ['cloudtrail/', 'iam/', 'organizations/', 'qkms/', 'sts/'])
    await mkdir(new URL(folder, directory), { recursive: true });
  for (const [name, page] of pages) await writeFile(new URL(name, directory), page);
}
