import { abbreviate, type Position } from './document.ts';

/** One thing that is wrong with a policy text, and where. */
export interface PolicyFault extends Position {
  /** The text that AWS answers with where it is known, else one of our own in its manner. */
  readonly message: string;
  /** What exactly is wrong, naming the statement and the element. */
  readonly detail: string;
}

/**
 * The texts of `PolicyFault.message`. The first four are what KMS answers (policies.md, sections 1 and 2),
 * `trustAction` and `prohibitedResource` what IAM answers to a trust policy; where no text is known, the others keep
 * to the manner of IAM.
 */
export const FAULT = Object.freeze({
  noPrincipal: 'Policy contains a statement with no principal.',
  invalidPrincipal: 'Policy contains a statement with one or more invalid principals.',
  missingAction: 'Missing required field Action',
  missingResource: 'Missing required field Resource',
  principal: 'Policy document should not specify a principal.',
  trustAction: 'AssumeRole policy may only specify STS AssumeRole actions.',
  prohibitedResource: 'Has prohibited field Resource',
  missingEffect: 'Missing required field Effect',
  missingStatement: 'Missing required field Statement',
  version: 'The policy must contain a valid version string.',
  json: 'The policy is not valid JSON.',
  syntax: 'Syntax errors in policy.',
  sid: 'Statement IDs (SID) in a single policy must be unique.',
  action: 'Actions must be "*" or a service name, a colon and an action name.',
  resource: 'Resources must be "*" or in ARN format.',
  operator: 'Invalid condition operator.',
  value: 'Invalid condition value.',
});

/** What IAM answers to a trust policy with a wrong principal. The value is never cut short: tools read it. */
export function invalidTrustPrincipal(type: string, value: string): string {
  return `Invalid principal in policy: ${JSON.stringify(type)}:${JSON.stringify(value)}`;
}

/** How many faults are looked for: nobody reads more, and a text made of nothing else must not cost more. */
export const MOST_FAULTS = 100;

/** How many of them a message spells out. */
const SPELLED_OUT = 10;

/** A policy text that cannot be accepted. `faults` is never empty and holds the first 100 at most. */
export class PolicyDocumentError extends Error {
  readonly faults: readonly PolicyFault[];

  constructor(faults: readonly PolicyFault[]) {
    super(describeFaults(faults));
    this.name = 'PolicyDocumentError';
    this.faults = faults;
  }
}

/** The first fault's message, then what is wrong in detail, one clause a fault. */
function describeFaults(faults: readonly PolicyFault[]): string {
  const clauses = faults
    .slice(0, SPELLED_OUT)
    .map(({ detail, line, column }) => `${detail} (line ${line}, column ${column})`);
  const others = faults.length - SPELLED_OUT;
  if (others > 0) clauses.push(`and ${faults.length < MOST_FAULTS ? '' : 'at least '}${others} more`);
  return `${faults[0]?.message ?? FAULT.syntax} ${clauses.join('; ')}`;
}

/** A frozen fault. */
export function policyFault(message: string, detail: string, { line, column }: Position): PolicyFault {
  return Object.freeze({ message, detail, line, column });
}

/** A piece of the policy as it appears in a fault's detail: quoted, escaped and kept short. */
export function quoted(text: string): string {
  return JSON.stringify(abbreviate(text));
}
