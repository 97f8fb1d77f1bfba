import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Plugin } from 'vite';
import { algorithmsOf, KEY_SPECS, KEY_USAGES, type KeySpec, type KeyUsage } from '../../src/crypto/index.ts';
import { CONDITION_KEY_NAMES, KMS_ACCOUNT_ACTIONS, KMS_KEY_ACTIONS } from '../../src/policy/vocabulary.ts';
import { reference } from './page.ts';

/** What the console is given of the project, by the name of the module and of its export: plain data. */
const MODULES: Readonly<Record<string, { readonly name: string; make(root: string): unknown }>> = {
  'virtual:reference': { name: 'reference', make: reference },
  'virtual:guides': { name: 'guides', make: readGuides },
  'virtual:key-specs': {
    name: 'usagesBySpec',
    make: () => Object.fromEntries(KEY_SPECS.map((spec) => [spec, usagesOf(spec)])),
  },
  'virtual:policy-vocabulary': {
    name: 'vocabulary',
    make: () => ({
      actions: [...KMS_KEY_ACTIONS, ...KMS_ACCOUNT_ACTIONS],
      conditionKeys: CONDITION_KEY_NAMES,
    }),
  },
};

/** Lets the console import the reference, the guides and the names that policies are written in. */
export function referencePlugin(root: string): Plugin {
  return {
    name: 'qkms-reference',
    resolveId: (id) => (id in MODULES ? id : undefined),
    load(id) {
      const module = MODULES[id];
      if (module === undefined) return undefined;
      // Parsing JSON is quicker than parsing the same as a program.
      const json = JSON.stringify(JSON.stringify(module.make(root)));
      return `export const ${module.name} = JSON.parse(${json});`;
    },
  };
}

/** The guides by name, in Markdown: README.md and what lies in docs/. */
function readGuides(root: string): Readonly<Record<string, string>> {
  const names = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  const paths = ['README.md', ...names.sort().map((name) => join('docs', name))];
  return Object.fromEntries(
    paths.map((path) => [basename(path, '.md').toLowerCase(), readFileSync(join(root, path), 'utf8')]),
  );
}

/** What keys of a spec can be for. */
function usagesOf(spec: KeySpec): readonly KeyUsage[] {
  return KEY_USAGES.filter((usage) => algorithmsOf(spec, usage).length > 0);
}
