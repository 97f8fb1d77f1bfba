import { arnTexts, withoutVariables } from './condition-values.ts';
import { compileWildcards } from './pattern.ts';
import type { Dimension, ReadStatement } from './situations.ts';
import { KMS_KEY_ACTIONS } from './vocabulary.ts';

/** Stands for all actions that are neither known nor named. */
export const ANY_OTHER_ACTION = 'any other action';
const OTHER_ACTION = 'kms:any-other-action';
const OTHER_KEY = 'arn:aws:kms:us-east-1:000000000000:key/any-other-than-named';
const ANY_OTHER_KEY = 'any other key';

/** Actions that no statement tells apart, and one of them to ask for. */
export interface ActionGroup {
  readonly names: readonly string[];
  readonly asked: string;
}

/** All actions, those together that no statement tells apart. */
export function groupActions(
  statements: readonly ReadStatement[],
  names: readonly string[] = KMS_KEY_ACTIONS,
): readonly ActionGroup[] {
  const groups = new Map<string, { names: string[]; asked: string }>();
  const known = new Set(names.map((name) => name.toLowerCase()));
  const written = statements
    .flatMap(({ written: { action } }) => action?.values ?? [])
    .filter((value) => !matchesAny(value, known))
    .map((value) => value.replaceAll('*', '').replaceAll('?', 'x').toLowerCase())
    .filter((value) => /^kms:[a-z0-9-]+$/.test(value));
  const all = [
    ...names.map((name) => ({ name, asked: name.toLowerCase() })),
    ...[...new Set(written)].map((name) => ({ name, asked: name })),
    { name: ANY_OTHER_ACTION, asked: OTHER_ACTION },
  ];
  for (const { name, asked } of all) {
    const signature = statements.map(({ compiled }) => (compiled.matchesAction(asked) ? '1' : '0')).join('');
    const group = groups.get(signature) ?? { names: [], asked };
    group.names.push(name);
    groups.set(signature, group);
  }
  return [...groups.values()];
}

function matchesAny(pattern: string, names: ReadonlySet<string>): boolean {
  const matches = compileWildcards(pattern.toLowerCase());
  return [...names].some((name) => matches(name));
}

/** Keys that statements tell apart by their `Resource`; mostly only "any key". */
export function resourcesOf(
  statements: readonly ReadStatement[],
  dimensions: readonly Dimension[],
): readonly { readonly label: string; readonly resource: string }[] {
  const patterns = statements.flatMap(({ written: { resource }, version }) =>
    (resource?.values ?? [])
      .filter((value) => !/^\*+$/.test(value))
      .flatMap((value) => withoutVariables(value, version, (key) => textsOf(key, dimensions))),
  );
  const named = [...new Set(arnTexts(patterns, patterns))].filter((arn) => arn.startsWith('arn:'));
  return [
    ...named.map((resource) => ({ label: resource, resource })),
    { label: ANY_OTHER_KEY, resource: OTHER_KEY },
  ];
}

/** The single values of a condition key. */
function textsOf(key: string, dimensions: readonly Dimension[]): readonly string[] {
  const found = dimensions.find((dimension) => dimension.key.toLowerCase() === key);
  return (found?.classes.flat() ?? []).filter((value) => typeof value === 'string');
}
