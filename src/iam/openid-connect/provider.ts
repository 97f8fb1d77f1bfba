/** An OpenID Connect provider as an account has registered it. */
export interface WebIdentityProvider {
  /**
   * The issuer, with scheme and without trailing slash: `https://issuer.example.com/path`. `http://` is
   * possible, for trusted networks.
   */
  readonly url: string;
  /** The audiences (client ids) that are accepted. */
  readonly clientIds: readonly string[];
  /**
   * SHA-1 thumbprints (40 hex digits) of certificates that are trusted for this issuer besides those of the
   * machine's certificate authorities; may be empty.
   */
  readonly thumbprints: readonly string[];
}

/**
 * An issuer as providers are registered: without trailing slash. Some issuers (Auth0's) write one into their
 * tokens and their configuration, others do not, and nobody means two issuers by it.
 */
export function normalizeIssuer(issuer: string): string {
  return issuer.endsWith('/') ? issuer.slice(0, -1) : issuer;
}
