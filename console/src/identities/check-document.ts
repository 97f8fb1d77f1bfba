import { PolicyDocumentError, type PolicyFault } from '../../../src/policy/fault.ts';
import { lintPolicy, type PolicyKind } from '../../../src/policy/lint.ts';
import { parsePolicy } from '../../../src/policy/parse.ts';
import { validateIdentityPolicy, validateTrustPolicy } from '../../../src/policy/validate.ts';

/** Something about a policy at a place of its text. */
export interface DocumentFinding {
  readonly severity: 'fault' | 'error' | 'warning' | 'note';
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** What is wrong with a policy, or what its author should know: the same as `qkms policy check` says. */
export function checkDocument(
  text: string,
  kind: Exclude<PolicyKind, 'key-policy'>,
  partition: string,
): readonly DocumentFinding[] {
  try {
    const document = parsePolicy(text);
    const faults =
      kind === 'trust-policy'
        ? validateTrustPolicy(document, { partition })
        : validateIdentityPolicy(document);
    return [
      ...faults.map(faultIn),
      ...lintPolicy(document, kind).map(({ statement, message, ...rest }) => ({
        ...rest,
        message: `${statement}: ${message}`,
      })),
    ];
  } catch (error) {
    if (!(error instanceof PolicyDocumentError)) throw error;
    return error.faults.map(faultIn);
  }
}

function faultIn({ detail, line, column }: PolicyFault): DocumentFinding {
  return { severity: 'fault', message: detail, line, column };
}
