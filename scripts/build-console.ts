/**
 * Builds the web console (console/) into dist/console/.
 *
 *   node scripts/build-console.ts              builds it
 *   node scripts/build-console.ts --if-stale   builds it if what it is made of has changed since, or says why it cannot
 */
import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const root = fileURLToPath(new URL('..', import.meta.url));
const output = join(root, 'dist/console');
/** The hash of what the console in `output` was made of. */
const stamp = join(output, '.inputs');

/** What the console is made of: its sources, the declarations of the operations, the guides, how it is built, and its libraries. */
const INPUTS = ['console', 'scripts', 'src', 'docs', 'README.md', 'package-lock.json'];
const IS_INPUT = /\.(?:css|html|json|md|svg|ts|tsx)$/;
const IS_NO_INPUT = /\.test(?:-support)?\.ts$/;

/** Text is kept compressed beside the files, so that serving it costs nothing. */
const IS_TEXT = /\.(?:css|html|js|svg)$/;

/**
 * Builds the console unless the one that is there was made of the same.
 *
 * @throws Error when it cannot be built
 */
export async function ensureConsole(): Promise<void> {
  const inputs = await hashOfInputs();
  if ((await readFile(stamp, 'utf8').catch(() => '')) !== inputs) await buildConsole(inputs);
}

async function buildConsole(inputs: string): Promise<void> {
  const { build } = await import('vite');
  const { referencePlugin } = await import('./reference/vite-plugin.ts');
  const since = performance.now();
  say('building the console, which takes some seconds …');
  // Others may be building it, too: it is put in its place when it is complete.
  const place = `${output}-${process.pid}`;
  try {
    await build({
      root: join(root, 'console'),
      base: '/console/',
      configFile: false,
      plugins: [referencePlugin(root)],
      logLevel: 'warn',
      build: {
        outDir: place,
        emptyOutDir: true,
        target: 'baseline-widely-available',
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        chunkSizeWarningLimit: 2000,
        rolldownOptions: {
          onLog(level, log, handle) {
            // It is about servers that render React, which this is not.
            if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
          },
        },
      },
    });
    await compress(place);
    await writeFile(join(place, '.inputs'), inputs);
    await rm(output, { recursive: true, force: true });
    await rename(place, output);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
  say(`the console is built (${((performance.now() - since) / 1000).toFixed(1)} s)`);
}

async function compress(directory: string): Promise<void> {
  const names = await readdir(directory, { recursive: true });
  await Promise.all(
    names
      .filter((name) => IS_TEXT.test(name))
      .map(async (name) => {
        const path = join(directory, name);
        const content = await readFile(path);
        await writeFile(`${path}.br`, await promisify(brotliCompress)(content, BROTLI));
        await writeFile(`${path}.gz`, await promisify(gzip)(content, { level: 9 }));
      }),
  );
}

/** Not the best, which takes ten times as long for some hundredths of the size. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

async function hashOfInputs(): Promise<string> {
  const names = await Promise.all(INPUTS.map(filesAt));
  const hashes = await Promise.all(
    names.flat().map(async (name) => `${name} ${hash('sha256', await readFile(join(root, name)))}`),
  );
  return hash('sha256', hashes.sort().join('\n'));
}

async function filesAt(path: string): Promise<readonly string[]> {
  if (IS_INPUT.test(path)) return [path];
  const names = await readdir(join(root, path), { recursive: true });
  return names
    .filter((name) => IS_INPUT.test(name) && !IS_NO_INPUT.test(name))
    .map((name) => join(path, name));
}

/** On standard error: standard output of `npm start` is for what the server says. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

if (import.meta.main) {
  const ifStale = process.argv.includes('--if-stale');
  if (!ifStale) await buildConsole(await hashOfInputs());
  else if (existsSync(join(root, 'node_modules/vite'))) {
    // A server without a console is of use, too: what is wrong is said, and nothing else.
    await ensureConsole().catch((error: unknown) => say(`the console cannot be built: ${String(error)}`));
  } else if (!existsSync(output)) {
    say('the console is not built, and what it is built with is not installed: npm install --include=dev');
  }
}
