/** Who asks. ARNs and ids are as IAM writes them; the account is its 12 digits. */
export type Principal =
  | { readonly kind: 'root'; readonly account: string; readonly arn: string }
  | { readonly kind: 'user'; readonly account: string; readonly arn: string; readonly uniqueId: string }
  | {
      readonly kind: 'assumed-role';
      readonly account: string;
      /** The session: `arn:aws:sts::…:assumed-role/RoleName/SessionName`. */
      readonly arn: string;
      readonly roleArn: string;
      /** The role's id: `AROA…`. */
      readonly uniqueId: string;
      readonly sessionName: string;
    }
  | {
      readonly kind: 'federated-user';
      readonly account: string;
      /** The session: `arn:aws:sts::…:federated-user/Name`. */
      readonly arn: string;
      /** The user who called GetFederationToken, and that user's id (`AIDA…`). */
      readonly userArn?: string;
      readonly userUniqueId?: string;
    }
  | { readonly kind: 'service'; readonly serviceName: string; readonly arn: string }
  | {
      /** The bearer of an OpenID Connect token, who is nobody yet and wants to become a role. */
      readonly kind: 'web-identity';
      readonly account: string;
      /** Of the provider that issued the token: `arn:aws:iam::…:oidc-provider/issuer.example.com`. */
      readonly arn: string;
    };

/** An array is a multi-valued key, also when it has one element; an empty one counts as missing. */
export type ConditionValue = string | readonly string[];

/**
 * The request's condition keys. Names are always asked for in lower case, including the part behind
 * `kms:encryptioncontext:` and `aws:requesttag/`; a value is asked for only when a policy needs it. A Map is one.
 *
 * Values are texts: numbers in decimal digits, dates as ISO 8601 or in seconds, IPv4 addresses plainly (not as
 * `::ffff:…`). When two names differ only in case (an encryption context with `Team` and `team`), give both
 * values as an array: conditions then fail closed instead of choosing one.
 */
export interface ConditionContext {
  get(name: string): ConditionValue | undefined;
}

/** A question: may this principal do this to that? */
export interface AuthorizationRequest {
  readonly principal: Principal;
  /** Such as `kms:Encrypt`. */
  readonly action: string;
  /** An ARN, or `*` for an operation that has no resource. */
  readonly resource: string;
  /** The account that owns the key; absent for operations that no key policy judges. */
  readonly resourceAccount?: string;
  readonly context: ConditionContext;
}

/** A grant as far as authorization goes (grants.md). */
export interface Grant {
  readonly grantId: string;
  /** An ARN or, once the principal was bound or deleted, its unique id. */
  readonly granteePrincipal?: string;
  readonly granteeServicePrincipal?: string;
  /** Grant operations, such as `Decrypt`. */
  readonly operations: readonly string[];
  readonly constraints?: GrantConstraints;
}

/** What the request must carry for a grant to count. */
export interface GrantConstraints {
  readonly encryptionContextEquals?: Readonly<Record<string, string>>;
  readonly encryptionContextSubset?: Readonly<Record<string, string>>;
  readonly sourceArn?: string;
}
