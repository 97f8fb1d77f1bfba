/**
 * The shape of a policy once it is read: plain, frozen data that knows where in the text it stood.
 *
 * A document is what was written, not what it means; meaning is given by `compile.ts`. Nothing here is
 * normalised: a wildcard is still a `*`, a number in a condition still the digits that stood in the text.
 */

/** A place in a policy text; both count from 1, columns in UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The policy language version. `2008-10-17` also stands for "absent" and knows no policy variables. */
export type PolicyVersion = '2012-10-17' | '2008-10-17';

/** What a statement does to the requests that it matches. */
export type Effect = 'Allow' | 'Deny';

/** `Action`, `NotAction`, `Resource` or `NotResource`; `negated` tells the `Not…` form. */
export interface PatternList {
  readonly negated: boolean;
  readonly values: readonly string[];
  readonly position: Position;
}

/** One entry of a `Principal`, such as type `AWS` with value `arn:aws:iam::111122223333:root`. */
export interface PrincipalEntry {
  /** `AWS`, `Service`, `Federated` or `CanonicalUser`, or whatever else was written. */
  readonly type: string;
  readonly value: string;
  readonly position: Position;
}

/** `Principal` or `NotPrincipal`; the bare form `"*"` is read as `{"AWS": "*"}`. */
export interface PrincipalElement {
  readonly negated: boolean;
  readonly entries: readonly PrincipalEntry[];
  readonly position: Position;
}

/** One operator, one key and its values: all conditions of a statement must hold. */
export interface Condition {
  /** As written, such as `ForAnyValue:StringLikeIfExists`. */
  readonly operator: string;
  /** As written; condition keys are not case-sensitive. */
  readonly key: string;
  /** Texts of the strings, numbers and booleans that were written; never empty. */
  readonly values: readonly string[];
  readonly position: Position;
}

/** One statement of a policy. An element that was not written is absent. */
export interface Statement {
  readonly sid?: string;
  readonly effect: Effect;
  readonly principal?: PrincipalElement;
  readonly action?: PatternList;
  readonly resource?: PatternList;
  readonly conditions: readonly Condition[];
  readonly position: Position;
}

/** A policy: a key policy, an identity policy, a permissions boundary, a session or a trust policy. */
export interface PolicyDocument {
  readonly version: PolicyVersion;
  readonly id?: string;
  readonly statements: readonly Statement[];
}

/** How a person would point at a statement: `statement 2 ("Allow use of the key")`. */
export function statementLabel(index: number, sid: string | undefined): string {
  return sid === undefined ? `statement ${index + 1}` : `statement ${index + 1} ("${abbreviate(sid)}")`;
}

/** Keeps quoted input short enough for a message; long texts end in `…`. */
export function abbreviate(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 99)}…`;
}
