import type { ConditionContext } from './request.ts';
import { compileTemplate, splitTemplate, type Template } from './variables.ts';
import type { Work } from './work.ts';

/**
 * ARNs: `arn:partition:service:region:account:resource`. The first five colons separate; the resource may
 * hold more of them. A pattern's fields are matched one by one, so that a star never crosses a separator.
 */

/** The six fields, `arn` first; undefined for a text that is not an ARN. */
export function splitArn(text: string): readonly string[] | undefined {
  if (!text.startsWith('arn:')) return undefined;
  const fields: string[] = [];
  let from = 0;
  while (fields.length < 5) {
    const colon = text.indexOf(':', from);
    if (colon === -1) return undefined;
    fields.push(text.slice(from, colon));
    from = colon + 1;
  }
  fields.push(text.slice(from));
  return fields;
}

/** Whether the fields of an ARN match; undefined when a variable in the pattern has no value. */
export type ArnMatcher = (
  fields: readonly string[],
  context: ConditionContext,
  work?: Work,
) => boolean | undefined;

/**
 * The fields of an ARN pattern, without `arn`. Undefined when it is none: its first field must be `arn`, and there must
 * be six. With `complete`, fields left off behind a final star count as stars, as in `arn:aws:kms:*`.
 */
export function splitArnPattern(pattern: Template, complete = false): readonly Template[] | undefined {
  const [scheme, ...fields] = splitTemplate(pattern, ':', 6);
  const [first, ...rest] = scheme ?? [];
  if (first === undefined || rest.length > 0 || !('text' in first) || first.text !== 'arn') return undefined;
  if (complete && endsWithStar(pattern)) {
    while (fields.length < 5) fields.push([{ text: '*', literal: false }]);
  }
  return fields.length < 5 ? undefined : fields;
}

/** Compiles an ARN pattern; undefined when it is none, as for `splitArnPattern`. */
export function compileArnPattern(pattern: Template, complete = false): ArnMatcher | undefined {
  const matchers = splitArnPattern(pattern, complete)?.map(compileTemplate);
  if (matchers === undefined) return undefined;
  return (arn, context, work) => {
    let matches = true;
    let index = 1;
    for (const matcher of matchers) {
      const verdict = matcher(arn[index] ?? '', context, work);
      if (verdict === undefined) return undefined;
      matches &&= verdict;
      index += 1;
    }
    return matches;
  };
}

function endsWithStar(pattern: Template): boolean {
  const last = pattern.at(-1);
  return last !== undefined && 'text' in last && !last.literal && last.text.endsWith('*');
}

/** The role ARN without its path: `arn:aws:iam::1:role/a/b/Name` → `arn:aws:iam::1:role/Name`. */
export function withoutRolePath(roleArn: string): string {
  const type = roleArn.indexOf(':role/');
  const name = roleArn.lastIndexOf('/');
  if (type === -1) return roleArn;
  return name === type + 5 ? roleArn : roleArn.slice(0, type + 6) + roleArn.slice(name + 1);
}

/** The ARN that stands for a whole account: `arn:aws:iam::111122223333:root`. */
export function accountRootArn(partition: string, account: string): string {
  return `arn:${partition}:iam::${account}:root`;
}
