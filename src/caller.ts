import type { CompiledPolicy, ConditionValue, Principal } from './policy/index.ts';

/** Which operation of STS temporary credentials come from. */
export type SessionSource =
  | 'AssumeRole'
  | 'AssumeRoleWithWebIdentity'
  | 'GetSessionToken'
  | 'GetFederationToken';

/** What is known of a caller who signs with temporary credentials. Times are milliseconds since the Unix epoch. */
export interface CallerSession {
  readonly source: SessionSource;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly sourceIdentity: string | undefined;
  /** Of the session's tags those that sessions of roles assumed with it inherit. */
  readonly transitiveTags: readonly PrincipalTag[];
  /** ARN of the OpenID Connect provider that vouched for the caller. */
  readonly federatedProvider: string | undefined;
  /** Session policies that were passed as documents. */
  readonly policies: readonly string[];
  /** Session policies that were passed by ARN: unique ids of managed policies. */
  readonly policyIds: readonly string[];
}

/** On what account a service makes a request that is its own. */
export interface ServiceSource {
  readonly arn: string | undefined;
  readonly account: string | undefined;
  /** Whether that account is one of the deployment. */
  readonly isAccountKnown: boolean;
}

/** What an OpenID Connect token proves of its bearer, who wants to assume a role. */
export interface WebIdentity {
  readonly provider: { readonly arn: string; readonly name: string };
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  /** Condition keys, in lower case, such as `issuer.example.com:sub`. */
  readonly conditions: ReadonlyMap<string, ConditionValue>;
  readonly tags: readonly PrincipalTag[];
  readonly transitiveTagKeys: readonly string[];
  readonly sourceIdentity: string | undefined;
}

/** A tag of a user, a role or a session. */
export interface PrincipalTag {
  readonly key: string;
  readonly value: string;
}

/** Who makes a request, with every policy that travels with them. */
export interface Caller {
  readonly principal: Principal;
  /** The 12-digit account that the principal belongs to. */
  readonly account: string;
  readonly accessKeyId: string;
  readonly identityPolicies: readonly CompiledPolicy[];
  readonly permissionsBoundary?: CompiledPolicy | undefined;
  readonly sessionPolicies?: readonly CompiledPolicy[] | undefined;
  /** The name of a user, also of one who signs with temporary credentials. */
  readonly userName?: string | undefined;
  /** The tags of the user or role, and of the session. */
  readonly tags: readonly PrincipalTag[];
  /** Absent when the caller signs with a long-term access key. */
  readonly session?: CallerSession | undefined;
  /** Of a caller whom nothing but an OpenID Connect token is known of. */
  readonly webIdentity?: WebIdentity | undefined;
  /** For what resource, and for which account, a service makes the request. */
  readonly serviceSource?: ServiceSource | undefined;
  /** The name of the service that makes the request on the caller's behalf. */
  readonly viaService?: string | undefined;
}

/** What `aws:userid` and GetCallerIdentity call a principal (IAM, "Information available in all requests"). */
export function userIdOf(principal: Principal): string {
  switch (principal.kind) {
    case 'root':
      return principal.account;
    case 'user':
      return principal.uniqueId;
    case 'assumed-role':
      return `${principal.uniqueId}:${principal.sessionName}`;
    case 'federated-user':
      return `${principal.account}:${principal.arn.slice(principal.arn.lastIndexOf('/') + 1)}`;
    case 'service':
      return principal.serviceName;
    case 'web-identity':
      return principal.arn;
  }
}
