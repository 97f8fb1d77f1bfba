import {
  bindPrincipals,
  type CompiledPolicy,
  compilePolicy,
  type PolicyDocument,
  PolicyDocumentError,
  parsePolicy,
  validateKeyPolicy,
} from '../policy/index.ts';
import { rootArn } from './identifiers.ts';
import { malformedPolicy, policyTooLarge } from './refusals.ts';

/** The only name that a key policy can have. */
export const POLICY_NAME = 'default';

/** The size quota of a key policy in bytes (quotas.md; not adjustable). */
const POLICY_QUOTA = 32_768;

/** The key policy of a key that is created without one: the account may delegate everything by identity policies. */
export function defaultKeyPolicy(partition: string, accountId: string): string {
  // Printed as AWS prints it.
  return `{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "${rootArn(partition, accountId)}"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}`;
}

/** A key policy that may be attached. */
export interface ReadKeyPolicy {
  /** As it is written. */
  readonly document: PolicyDocument;
  readonly compiled: CompiledPolicy;
  /** Unique ids of the users and roles that it names, by ARN. */
  readonly principals: ReadonlyMap<string, string>;
}

/** Which of the principals that a policy names exist. */
export interface KeyPolicyPrincipals {
  /** Unique ids of users and roles by ARN. */
  readonly bindings: ReadonlyMap<string, string>;
  readonly exists: (principal: string) => boolean;
}

/**
 * Reads a key policy that a caller wants to attach.
 *
 * @param findPrincipals looks up whom a policy names
 * @throws ServiceError `LimitExceededException` when it is over 32,768 bytes; `MalformedPolicyDocumentException`
 * with AWS's text for the first fault, followed by where each fault is
 */
export async function readKeyPolicy(
  text: string,
  partition: string,
  findPrincipals: (document: PolicyDocument) => Promise<KeyPolicyPrincipals>,
): Promise<ReadKeyPolicy> {
  const bytes = Buffer.byteLength(text);
  if (bytes > POLICY_QUOTA) throw policyTooLarge(bytes, POLICY_QUOTA);
  try {
    const document = parsePolicy(text);
    const { bindings, exists } = await findPrincipals(document);
    const faults = validateKeyPolicy(document, { partition, principalExists: exists });
    if (faults.length > 0) throw new PolicyDocumentError(faults);
    return { document, compiled: compilePolicy(bindPrincipals(document, bindings)), principals: bindings };
  } catch (error) {
    if (error instanceof PolicyDocumentError) throw malformedPolicy(error.message, error);
    throw error;
  }
}
