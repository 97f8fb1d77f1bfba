import { readFileSync } from 'node:fs';
import { OperatorError } from '../errors.ts';
import {
  comparePolicies,
  lintPolicy,
  type PolicyDocument,
  PolicyDocumentError,
  type PolicyFault,
  type PolicyKind,
  parsePolicy,
  renderComparison,
  validateIdentityPolicy,
  validateKeyPolicy,
  validateTrustPolicy,
  type WarningSeverity,
} from '../policy/index.ts';

/** What a command writes, and what it ends with. */
export interface Report {
  /** Standard output: lines, each ended, or JSON. */
  readonly output: string;
  readonly exitCode: number;
}

/** A fault or a warning as it is shown; faults have the code `malformed`. */
interface Finding {
  readonly severity: WarningSeverity;
  readonly code: string;
  readonly statement?: string;
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/**
 * Checks the policy in a file.
 *
 * @throws OperatorError when the file cannot be read
 */
export function checkPolicy(file: string, kind: PolicyKind, asJson: boolean): Report {
  const findings = findingsIn(readPolicyText(file), kind);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const lines = findings.map((finding) => `${file}:${lineOf(finding)}`);
  return {
    output: asJson
      ? toJson({ file, kind, findings })
      : toLines([...lines, `${file}: ${summaryOf(findings)}`]),
    exitCode: errors === 0 ? 0 : 1,
  };
}

/**
 * Compares the key policies in two files.
 *
 * @returns besides the report, what goes to standard error when a policy cannot be read
 */
export function diffPolicies(
  before: string,
  after: string,
  asJson: boolean,
): Report & { readonly problem: string } {
  try {
    const [one, other] = [readKeyPolicy(before), readKeyPolicy(after)];
    const comparison = comparePolicies(one, other);
    const output = asJson ? toJson(comparison) : toLines(renderComparison(comparison));
    return { output, problem: '', exitCode: comparison.unchanged ? (comparison.complete ? 0 : 2) : 1 };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { output: '', problem: `qkms: ${error.message}\n`, exitCode: 2 };
  }
}

function readPolicyText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`cannot read the policy ${file} (${reason}); give the path of a JSON file`, {
      cause: error,
    });
  }
}

/** @throws OperatorError with a line for each fault */
function readKeyPolicy(file: string): PolicyDocument {
  const { document, faults } = read(readPolicyText(file), 'key-policy');
  if (document !== undefined && faults.length === 0) return document;
  const lines = faults.map((fault) => `  ${file}:${lineOf(findingOf(fault))}`);
  throw new OperatorError([`${file} is not a valid key policy`, ...lines].join('\n'));
}

function findingsIn(text: string, kind: PolicyKind): readonly Finding[] {
  const { document, faults } = read(text, kind);
  const warnings: readonly Finding[] = document === undefined ? [] : lintPolicy(document, kind);
  return [...faults.map(findingOf), ...warnings].sort(
    (one, other) => one.line - other.line || one.column - other.column,
  );
}

function read(
  text: string,
  kind: PolicyKind,
): { readonly document?: PolicyDocument; readonly faults: readonly PolicyFault[] } {
  try {
    const document = parsePolicy(text);
    return { document, faults: validate(document, kind) };
  } catch (error) {
    if (error instanceof PolicyDocumentError) return { faults: error.faults };
    throw error;
  }
}

function validate(document: PolicyDocument, kind: PolicyKind): readonly PolicyFault[] {
  switch (kind) {
    case 'key-policy':
      return validateKeyPolicy(document, { partition: 'aws' });
    case 'trust-policy':
      return validateTrustPolicy(document, { partition: 'aws' });
    case 'identity-policy':
      return validateIdentityPolicy(document);
  }
}

function findingOf({ message, detail, line, column }: PolicyFault): Finding {
  return { severity: 'error', code: 'malformed', message: `${message} ${detail}`, line, column };
}

/** As compilers write it, so that editors find the place. */
function lineOf({ severity, code, statement, message, line, column }: Finding): string {
  return `${line}:${column}: ${severity}: ${statement === undefined ? '' : `${statement}: `}${message} [${code}]`;
}

/** Such as `2 errors, 1 note`. */
function summaryOf(findings: readonly Finding[]): string {
  const counts = (['error', 'warning', 'note'] as const).flatMap((wanted) => {
    const count = findings.filter(({ severity }) => severity === wanted).length;
    return count === 0 ? [] : `${count} ${wanted}${count === 1 ? '' : 's'}`;
  });
  return counts.length === 0 ? 'nothing to report' : counts.join(', ');
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function toLines(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
