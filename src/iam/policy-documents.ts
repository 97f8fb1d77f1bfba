import {
  type PolicyDocument,
  PolicyDocumentError,
  type PolicyFault,
  parsePolicy,
  validateIdentityPolicy,
  validateTrustPolicy,
} from '../policy/index.ts';
import type { Reader } from '../store/index.ts';
import type { IdentityTag, InlinePolicy, ManagedPolicyDetails } from './identity.ts';
import { findNamedPrincipals } from './principals.ts';
import { INLINE_POLICIES_SIZE, MANAGED_POLICY_SIZE, TRUST_POLICY_SIZE } from './quotas.ts';
import { limitExceeded, malformedPolicyDocument } from './refusals.ts';

/** The size of a policy as quotas count it: characters that are not white space. */
export function policySize(text: string): number {
  return text.replaceAll(/\s/g, '').length;
}

/**
 * Checks a policy that is to be attached to an identity, or passed to a session.
 *
 * @throws ServiceError `MalformedPolicyDocument`
 */
export function requireIdentityPolicy(text: string): void {
  readDocument(text, validateIdentityPolicy);
}

/** @throws ServiceError `MalformedPolicyDocument` or, over 6,144 characters, `LimitExceeded` */
export function requireManagedPolicy(text: string): void {
  if (policySize(text) > MANAGED_POLICY_SIZE)
    throw limitExceeded(`Cannot exceed quota for PolicySize: ${MANAGED_POLICY_SIZE}`);
  requireIdentityPolicy(text);
}

/**
 * What a new managed policy is: its document is version v1.
 *
 * @throws ServiceError `MalformedPolicyDocument`, `LimitExceeded`
 */
export function newPolicyDetails(
  document: string,
  facts: {
    readonly description: string;
    /** Milliseconds since the Unix epoch. */
    readonly creationDate: number;
    readonly tags: readonly IdentityTag[];
  },
): ManagedPolicyDetails {
  requireManagedPolicy(document);
  const { description, creationDate, tags } = facts;
  return {
    description,
    defaultVersionId: 'v1',
    versions: [{ versionId: 'v1', document, creationDate }],
    nextVersion: 2,
    updateDate: creationDate,
    tags,
  };
}

/**
 * Puts a policy among the inline policies of an identity, in place of one of the same name; sorted by name.
 *
 * @throws ServiceError `LimitExceeded` when all of them together are too large; `MalformedPolicyDocument`
 */
export function putInlinePolicy(
  kind: keyof typeof INLINE_POLICIES_SIZE,
  identityName: string,
  present: readonly InlinePolicy[],
  policy: InlinePolicy,
): readonly InlinePolicy[] {
  const policies = [...present.filter(({ name }) => name !== policy.name), policy].sort((one, other) =>
    one.name < other.name ? -1 : 1,
  );
  const size = policies.reduce((sum, { document }) => sum + policySize(document), 0);
  const quota = INLINE_POLICIES_SIZE[kind];
  if (size > quota)
    throw limitExceeded(`Maximum policy size of ${quota} bytes exceeded for ${kind} ${identityName}`);
  requireIdentityPolicy(policy.document);
  return policies;
}

/** A trust policy, and the unique ids of whom it names. */
export interface TrustPolicy {
  readonly assumeRolePolicy: string;
  readonly assumeRolePrincipals: readonly (readonly [arn: string, uniqueId: string])[];
}

/** @throws ServiceError `MalformedPolicyDocument`; `LimitExceeded` over 2,048 characters */
export async function readTrustPolicy(reader: Reader, partition: string, text: string): Promise<TrustPolicy> {
  if (policySize(text) > TRUST_POLICY_SIZE)
    throw limitExceeded(`Cannot exceed quota for ACLSizePerRole: ${TRUST_POLICY_SIZE}`);
  const document = readDocument(text, () => []);
  const { bindings, exists } = await findNamedPrincipals(reader, partition, document);
  readDocument(text, (parsed) => validateTrustPolicy(parsed, { partition, principalExists: exists }));
  return { assumeRolePolicy: text, assumeRolePrincipals: [...bindings] };
}

function readDocument(
  text: string,
  validate: (document: PolicyDocument) => readonly PolicyFault[],
): PolicyDocument {
  try {
    const document = parsePolicy(text);
    const faults = validate(document);
    if (faults.length > 0) throw new PolicyDocumentError(faults);
    return document;
  } catch (error) {
    if (error instanceof PolicyDocumentError) throw malformedPolicyDocument(error);
    throw error;
  }
}
