import { readAddress } from './address.ts';
import { COMPARISONS } from './comparison.ts';
import type { PolicyDocument } from './document.ts';

/** What condition keys hold, as IAM names it (`ContextKeyTypeEnum`), several values aside. */
export type ContextValueType = 'string' | 'numeric' | 'boolean' | 'ip' | 'binary' | 'date';

const OPERATORS: Partial<Record<ContextValueType, string>> = {
  numeric: 'NumericEquals',
  boolean: 'Bool',
  binary: 'BinaryEquals',
  date: 'DateEquals',
};

/** Whether conditions can read a text as a value of a type. */
export function isContextValue(type: ContextValueType, text: string): boolean {
  if (type === 'ip') return readAddress(text) !== undefined;
  const comparison = COMPARISONS.get(OPERATORS[type] ?? '');
  return comparison === undefined || comparison.isReadable(text);
}

const VARIABLE = /\$\{([^}]*)\}/g;
const ESCAPES: readonly string[] = ['*', '?', '$'];

/** The condition keys and policy variables that a document uses, as written, each once whatever its case. */
export function contextKeysOf({ version, statements }: PolicyDocument): readonly string[] {
  const keys = new Map<string, string>();
  const add = (key: string) => {
    if (!keys.has(key.toLowerCase())) keys.set(key.toLowerCase(), key);
  };
  const addVariables = (texts: readonly string[]) => {
    if (version !== '2012-10-17') return;
    for (const [, inside = ''] of texts.join(' ').matchAll(VARIABLE)) {
      const [key = ''] = inside.split(',');
      if (!ESCAPES.includes(inside) && key.trim() !== '') add(key.trim());
    }
  };
  for (const { resource, conditions } of statements) {
    addVariables(resource?.values ?? []);
    for (const { key, values } of conditions) {
      add(key);
      addVariables(values);
    }
  }
  return Object.freeze([...keys.values()]);
}
