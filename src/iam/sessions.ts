import type { CallerSession, PrincipalTag, SessionSource } from '../caller.ts';
import type { CompiledPolicy } from '../policy/index.ts';

/** Whom temporary credentials stand for, and within which limits: what a session token says. Plain data. */
export interface Session {
  readonly source: SessionSource;
  readonly accountId: string;
  /** Unique id of the role or user; of a root user the account. */
  readonly principalId: string;
  /** Of the role session or the federated user. */
  readonly sessionName?: string;
  readonly secretAccessKey: string;
  /** Milliseconds since the Unix epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** Session policies that were passed as documents. */
  readonly policies: readonly string[];
  /** Session policies that were passed by ARN: unique ids of managed policies. */
  readonly policyIds: readonly string[];
  readonly tags: readonly PrincipalTag[];
  readonly transitiveTagKeys: readonly string[];
  readonly sourceIdentity?: string;
  /** ARN of the OpenID Connect provider that vouched for the caller. */
  readonly federatedProvider?: string;
}

/** A session whose token was opened: its policies compiled. */
export interface OpenedSession {
  readonly session: Session;
  readonly policies: readonly CompiledPolicy[];
}

/** What a caller is told to be known of its session. */
export function callerSessionOf(session: Session): CallerSession {
  const { source, issuedAt, expiresAt, sourceIdentity, tags, transitiveTagKeys, federatedProvider } = session;
  const { policies, policyIds } = session;
  const transitive = new Set(transitiveTagKeys.map((key) => key.toLowerCase()));
  return {
    source,
    issuedAt,
    expiresAt,
    sourceIdentity,
    transitiveTags: tags.filter(({ key }) => transitive.has(key.toLowerCase())),
    federatedProvider,
    policies,
    policyIds,
  };
}
