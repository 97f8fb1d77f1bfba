import { type PolicyDocument, type Position, type Statement, statementLabel } from './document.ts';
import { conditionWarnings } from './lint-conditions.ts';
import { type OverlapFinding, overlapWarnings } from './lint-overlap.ts';
import { principalWarnings } from './lint-principals.ts';
import { targetWarnings } from './lint-targets.ts';

/** What a policy is attached to: a key, a user, group or role, or a role as its trust policy. */
export type PolicyKind = 'key-policy' | 'identity-policy' | 'trust-policy';

/**
 * `error`: the policy gives far more or far less than anybody would want. `warning`: it probably does not mean what
 * its author thinks. `note`: worth knowing.
 */
export type WarningSeverity = 'error' | 'warning' | 'note';

/** Something about a policy that its author should know. */
export interface PolicyWarning extends Position {
  /** In kebab-case, such as `public-access`; it stays the same. */
  readonly code: string;
  readonly severity: WarningSeverity;
  /** What is the matter and what to do, without the statement. */
  readonly message: string;
  /** Such as `statement 2 ("Allow use of the key")`; of the whole document, `the policy`. */
  readonly statement: string;
}

/** A finding of one of the checks, which do not know where their statement stands. */
export interface Finding {
  readonly code: string;
  readonly severity: WarningSeverity;
  readonly message: string;
  readonly position: Position;
}

/** What the checks of one statement are given. */
export interface StatementToCheck {
  readonly document: PolicyDocument;
  readonly kind: PolicyKind;
  readonly statement: Statement;
  /** Whether the document is small enough for checks that hold everything against everything. */
  readonly isComparable: boolean;
}

/** A check of one statement. */
export type StatementCheck = (checked: StatementToCheck) => readonly Finding[];

const CHECKS: readonly StatementCheck[] = [principalWarnings, targetWarnings, conditionWarnings];

/**
 * What AWS would accept, and probably is a mistake: access for everybody, statements that can never apply, misspelled
 * names, wildcards and set operators that do not do what they seem to. In the order of the text.
 *
 * The document may have faults too (`validateKeyPolicy` and its like); they are not repeated here.
 */
export function lintPolicy(document: PolicyDocument, kind: PolicyKind): readonly PolicyWarning[] {
  const isComparable = countParts(document) <= MOST_COMPARED;
  const warnings = document.statements.flatMap((statement, index) =>
    CHECKS.flatMap((check) => check({ document, kind, statement, isComparable })).map((finding) =>
      locate(finding, statementLabel(index, statement.sid)),
    ),
  );
  const findings = isComparable ? overlapWarnings(document, kind) : [TOO_LARGE];
  const overlaps = findings.map(({ index, ...finding }) =>
    locate(
      finding,
      index === undefined ? 'the policy' : statementLabel(index, document.statements[index]?.sid),
    ),
  );
  return Object.freeze(
    [...warnings, ...overlaps].sort((one, other) => one.line - other.line || one.column - other.column),
  );
}

/** A key policy of 200 ordinary statements has 800; what is compared grows with the square. */
const MOST_COMPARED = 1_000;

/** A resource is a key of its own, for which everything else is asked again. */
const WEIGHT_OF_RESOURCE = 5;

/** What a document names that others of its kind are held against: principals, actions, resources, values, variables. */
function countParts({ statements }: PolicyDocument): number {
  const count = (texts: readonly string[] = []): number =>
    texts.reduce((sum, text) => sum + text.split('${').length, 0);
  return statements.reduce(
    (sum, { principal, action, resource, conditions }) =>
      sum +
      (principal?.entries.length ?? 0) +
      count(action?.values) +
      count(resource?.values.filter((value) => value !== '*')) * WEIGHT_OF_RESOURCE +
      count(conditions.flatMap(({ values }) => values)),
    0,
  );
}

const TOO_LARGE: OverlapFinding = {
  index: undefined,
  code: 'too-large',
  severity: 'note',
  message:
    'names so many principals, actions, resources and condition values that it was not looked at whether its ' +
    'conditions can hold, its statements cover each other and somebody could change it',
  position: { line: 1, column: 1 },
};

function locate({ position, ...finding }: Finding, statement: string): PolicyWarning {
  const { line, column } = position;
  return Object.freeze({ ...finding, statement, line, column });
}
