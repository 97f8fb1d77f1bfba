import type { SessionSource } from '../caller.ts';
import { generateSecret } from './access-keys.ts';
import { findManagedPolicy } from './changes.ts';
import type { Iam } from './iam.ts';
import { temporaryAccessKeyId } from './identifiers.ts';
import type { IdentityTag } from './identity.ts';
import { requireIdentityPolicy } from './policy-documents.ts';
import { packedPolicyTooLarge, sessionPolicyTooLarge } from './refusals.ts';
import { packedPolicySize } from './session-tokens.ts';
import type { Session } from './sessions.ts';

/** Characters that all session policies of a request may have together, as they are given. */
const SESSION_POLICIES_SIZE = 2_048;

/** Temporary credentials. */
export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/** What a session is to be limited by. */
export interface SessionPolicies {
  readonly policies: readonly string[];
  readonly policyIds: readonly string[];
}

/** What distinguishes a new session. */
export interface NewSession extends SessionPolicies {
  readonly source: SessionSource;
  readonly accountId: string;
  readonly principalId: string;
  readonly sessionName?: string;
  /** Seconds. */
  readonly duration: number;
  readonly tags: readonly IdentityTag[];
  readonly transitiveTagKeys: readonly string[];
  readonly sourceIdentity?: string | undefined;
  readonly federatedProvider?: string | undefined;
  /** Characters that the token shall have at least. */
  readonly minimumTokenSize: number | undefined;
}

/** Session policies that nobody passed. */
export const NO_SESSION_POLICIES: SessionPolicies = Object.freeze({ policies: [], policyIds: [] });

/**
 * Reads the session policies of a request.
 *
 * @param accountId the account that the managed policies must be of
 * @param document the inline one
 * @param arns of managed policies
 * @throws ServiceError `MalformedPolicyDocument`, `NoSuchEntity` or, over 2,048 characters, `PackedPolicyTooLarge`
 */
export async function readSessionPolicies(
  { store, partition }: Iam,
  accountId: string,
  document: string | undefined,
  arns: readonly string[],
): Promise<SessionPolicies> {
  if (document !== undefined) requireIdentityPolicy(document);
  if ((document?.length ?? 0) > SESSION_POLICIES_SIZE) throw sessionPolicyTooLarge(SESSION_POLICIES_SIZE);
  const policyIds = await store.read(async (reader) => {
    const found: string[] = [];
    for (const arn of arns) found.push((await findManagedPolicy(reader, partition, accountId, arn)).uniqueId);
    return found;
  });
  return { policies: document === undefined ? [] : [document], policyIds };
}

/**
 * Makes temporary credentials. Nothing is stored: the token says all.
 *
 * @throws ServiceError `PackedPolicyTooLarge` when the policies and tags do not fit into a token
 */
export function issueSession(
  { clock, sessionTokens }: Iam,
  { duration, sourceIdentity, federatedProvider, minimumTokenSize, ...session }: NewSession,
): { readonly credentials: TemporaryCredentials; readonly packedPolicySize: number } {
  const size = packedPolicySize(session);
  if (size > 100) throw packedPolicyTooLarge(size);
  const issuedAt = clock.now();
  const accessKeyId = temporaryAccessKeyId(session.accountId);
  const issued: Session = {
    ...session,
    ...(sourceIdentity !== undefined && { sourceIdentity }),
    ...(federatedProvider !== undefined && { federatedProvider }),
    secretAccessKey: generateSecret(),
    issuedAt,
    // To the second, as it is told.
    expiresAt: (Math.floor(issuedAt / 1000) + duration) * 1000,
  };
  const { secretAccessKey, expiresAt } = issued;
  const sessionToken = sessionTokens.seal(accessKeyId, issued, minimumTokenSize);
  return {
    credentials: { accessKeyId, secretAccessKey, sessionToken, expiresAt },
    packedPolicySize: size,
  };
}
