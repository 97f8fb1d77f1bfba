import type { PolicyVersion } from './document.ts';
import { compilePattern, MATCHES_ALL, type PatternPart } from './pattern.ts';
import type { ConditionContext } from './request.ts';
import { newWork, type Work } from './work.ts';

/**
 * Policy variables (policies.md, section 5): `${aws:username}`, `${aws:username, 'nobody'}` and the escapes
 * `${*}`, `${?}`, `${$}`. Only documents of version 2012-10-17 have them; elsewhere `${…}` is text.
 */

/** A variable: its key in lower case, and the text to take when the request does not carry it. */
interface Variable {
  readonly key: string;
  readonly fallback: string | undefined;
}

/** A text that may hold variables. Parts that are pattern text keep their wildcards. */
export type Template = readonly (PatternPart | Variable)[];

const ESCAPES: ReadonlySet<string> = new Set(['*', '?', '$']);

/** Reads a text of a policy of the given version. What looks like a variable but is none never resolves. */
export function parseTemplate(text: string, version: PolicyVersion): Template {
  if (version !== '2012-10-17' || !text.includes('${')) return [{ text, literal: false }];
  const parts: (PatternPart | Variable)[] = [];
  let from = 0;
  for (let start = text.indexOf('${'); start !== -1; start = text.indexOf('${', from)) {
    const end = text.indexOf('}', start);
    if (start > from) parts.push({ text: text.slice(from, start), literal: false });
    const inside = text.slice(start + 2, end === -1 ? text.length : end);
    parts.push(end === -1 ? UNRESOLVABLE : readVariable(inside));
    from = end === -1 ? text.length : end + 1;
  }
  if (from < text.length) parts.push({ text: text.slice(from), literal: false });
  return parts;
}

/** No context has a key that is the empty text. */
const UNRESOLVABLE: Variable = { key: '', fallback: undefined };

function readVariable(inside: string): PatternPart | Variable {
  if (ESCAPES.has(inside)) return { text: inside, literal: true };
  const comma = inside.indexOf(',');
  if (comma === -1) return { key: inside.trim().toLowerCase(), fallback: undefined };
  const fallback = inside.slice(comma + 1).trim();
  const isQuoted = fallback.length >= 2 && fallback.startsWith("'") && fallback.endsWith("'");
  if (!isQuoted) return UNRESOLVABLE;
  return { key: inside.slice(0, comma).trim().toLowerCase(), fallback: fallback.slice(1, -1) };
}

/** Whether the template is the same for every request. */
export function isConstant(template: Template): template is readonly PatternPart[] {
  return template.every((part) => 'text' in part);
}

/** What it takes to look up a variable, and to read a character of a pattern. */
const STEPS_A_PART = 100;
const STEPS_A_SYMBOL = 8;

/**
 * Puts the request's values in place of the variables, as literal text. Undefined when one of them has no
 * value: the key is missing and there is no default, or it has several values.
 */
export function resolveTemplate(
  template: Template,
  context: ConditionContext,
  work = newWork(),
): readonly PatternPart[] | undefined {
  const parts: PatternPart[] = [];
  for (const part of template) {
    work.steps += STEPS_A_PART;
    if ('text' in part) {
      parts.push(part);
      continue;
    }
    const value = part.key === '' ? undefined : context.get(part.key);
    const isMissing = value === undefined || (typeof value !== 'string' && value.length === 0);
    const text = isMissing ? part.fallback : value;
    if (typeof text !== 'string') return undefined;
    parts.push({ text, literal: true });
  }
  return parts;
}

/** Whether a text matches a template; undefined when one of its variables has no value. */
export type TemplateMatcher = (text: string, context: ConditionContext, work?: Work) => boolean | undefined;

const ALWAYS: TemplateMatcher = () => true;

/** Compiles a pattern that may hold variables: once, if it holds none. */
export function compileTemplate(template: Template): TemplateMatcher {
  if (isConstant(template)) {
    const matches = compilePattern(template);
    return matches === MATCHES_ALL ? ALWAYS : (text, _, work) => matches(text, work);
  }
  return (text, context, work = newWork()) => {
    const parts = resolveTemplate(template, context, work);
    if (parts === undefined) return undefined;
    if (leastLength(parts) > text.length) return false;
    work.steps += lengthOf(parts) * STEPS_A_SYMBOL;
    return compilePattern(parts)(text, work);
  };
}

/** The length of the shortest text that matches. */
function leastLength(parts: readonly PatternPart[]): number {
  return parts.reduce(
    (sum, { literal, text }) => sum + (literal ? text : text.replaceAll('*', '')).length,
    0,
  );
}

/** Cuts a template at the first `limit - 1` separators that stand in its own text, not in a value put into it. */
export function splitTemplate(template: Template, separator: string, limit: number): readonly Template[] {
  let field: (PatternPart | Variable)[] = [];
  const fields = [field];
  for (const part of template) {
    if (!('text' in part) || part.literal) {
      field.push(part);
      continue;
    }
    let rest = part.text;
    for (
      let cut = rest.indexOf(separator);
      cut !== -1 && fields.length < limit;
      cut = rest.indexOf(separator)
    ) {
      field.push({ text: rest.slice(0, cut), literal: false });
      rest = rest.slice(cut + separator.length);
      field = [];
      fields.push(field);
    }
    field.push({ text: rest, literal: false });
  }
  return fields;
}

/** The length of resolved parts, which are not joined for it. */
export function lengthOf(parts: readonly PatternPart[]): number {
  return parts.reduce((sum, { text }) => sum + text.length, 0);
}

/** The text of resolved parts, for operators that know no wildcards. */
export function textOf(parts: readonly PatternPart[]): string {
  return parts.length === 1 ? (parts[0]?.text ?? '') : parts.map(({ text }) => text).join('');
}
