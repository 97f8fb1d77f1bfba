import { compileArnPattern, splitArn, splitArnPattern } from './arn.ts';
import type { Effect, PatternList, PolicyVersion } from './document.ts';
import { compileWildcards, type TextMatcher } from './pattern.ts';
import type { ConditionContext } from './request.ts';
import { compileTemplate, parseTemplate, type TemplateMatcher } from './variables.ts';
import { isExhausted, newWork, type Work } from './work.ts';

/**
 * `Action`, `Resource` and their `Not…` forms (policies.md, section 1), ready to be asked.
 *
 * An element that is absent or empty matches nothing, in either form: such a statement has no effect.
 */

const ONLY_STARS = /^\*+$/;
const ACTION = /^(?:\*|[A-Za-z0-9-]+):/;

/**
 * Whether a text is an action: `*`, or a service (or `*`), a colon and a name. Space around it, or a comma in
 * it, are let pass as AWS does, although no action has them and so none ever matches.
 */
export function isActionPattern(value: string): boolean {
  const trimmed = value.trim();
  return ONLY_STARS.test(trimmed) || ACTION.test(trimmed);
}

/** Whether a resource has a form that could ever match: `*`, or an ARN that may be cut off behind a star. */
export function isResourcePattern(value: string, version: PolicyVersion): boolean {
  return ONLY_STARS.test(value) || splitArnPattern(parseTemplate(value, version), true) !== undefined;
}

/** Compiles `Action` or `NotAction`; the matcher takes the action in lower case. */
export function compileActions(element: PatternList | undefined): TextMatcher {
  if (element === undefined || element.values.length === 0) return () => false;
  const { negated, values } = element;
  const exact = new Set<string>();
  const patterns: TextMatcher[] = [];
  for (const value of values) {
    if (!isActionPattern(value)) continue;
    const lower = value.toLowerCase();
    if (/[*?]/.test(lower)) patterns.push(compileWildcards(lower));
    else exact.add(lower);
  }
  return (action, work) => {
    let matches = exact.has(action);
    for (const pattern of patterns) {
      if (matches) break;
      matches = pattern(action, work);
    }
    return matches !== negated;
  };
}

/** Whether a resource, an ARN or `*`, is meant; variables are looked up in the context. */
export type ResourceMatcher = (resource: string, context: ConditionContext, work?: Work) => boolean;

/**
 * Compiles `Resource` or `NotResource`.
 *
 * Whether a star may cross a colon of an ARN is told differently by IAM's guide (a star that ends a field may)
 * and by those who simulate it (none may). So an Allow reads its patterns narrowly, field by field, and a Deny
 * widely, as one text; the other way around in a `NotResource`. A pattern that is neither `*` nor an ARN fails
 * closed, and so does a `NotResource` with a variable that has no value: an Allow does not match, a Deny does.
 */
export function compileResources(
  element: PatternList | undefined,
  effect: Effect,
  version: PolicyVersion,
): ResourceMatcher {
  if (element === undefined || element.values.length === 0) return () => false;
  const { negated, values } = element;
  if (values.some((value) => ONLY_STARS.test(value))) return () => !negated;
  const failClosed = effect === 'Deny';
  if (!values.every((value) => isResourcePattern(value, version))) return () => failClosed;
  const isWide = failClosed !== negated;
  const matchers = values.map((value) => compileResource(value, version, isWide));
  return (resource, context, work = newWork()) => {
    let isResolved = true;
    for (const matcher of matchers) {
      if (isExhausted(work)) return failClosed;
      const verdict = matcher(resource, context, work);
      if (verdict === true) return !negated;
      isResolved &&= verdict !== undefined;
    }
    if (!negated) return false;
    return isResolved || failClosed;
  };
}

function compileResource(value: string, version: PolicyVersion, isWide: boolean): TemplateMatcher {
  const template = parseTemplate(value, version);
  if (isWide) return compileTemplate(template);
  const matches = compileArnPattern(template, true);
  return (resource, context, work) => {
    const fields = splitArn(resource);
    return fields === undefined ? false : matches?.(fields, context, work);
  };
}
