import type { Caller } from '../caller.ts';
import type { RequestIdentity } from './authenticate.ts';
import { findNamedIdentity } from './changes.ts';
import type { Iam } from './iam.ts';
import { parseIdentityArn } from './identifiers.ts';
import { providerNotFound } from './refusals.ts';

/** Requests that are not signed name no Region; sessions are good for all of them. */
const REGION = 'us-east-1';

/** What a request says by which an OpenID Connect token proves its sender. */
export interface WebIdentityRequest {
  readonly RoleArn: string;
  readonly WebIdentityToken: string;
}

/** The name of a provider: its URL without scheme. */
export function providerName(url: string): string {
  return url.replace(/^https?:\/\//, '');
}

/**
 * Finds out who presents an OpenID Connect token, by the provider that the account of the role trusts for its issuer.
 *
 * @throws ServiceError `InvalidIdentityToken`, `ExpiredTokenException` or `IDPCommunicationError`
 */
export async function authenticateWebIdentity(
  { partition, store, openIdConnect }: Iam,
  { RoleArn, WebIdentityToken }: WebIdentityRequest,
): Promise<RequestIdentity> {
  const { readIssuer, verifier } = await openIdConnect();
  const issuer = readIssuer(WebIdentityToken);
  const account = parseIdentityArn(RoleArn)?.accountId ?? '';
  const name = providerName(issuer);
  const provider = await store.read((reader) =>
    findNamedIdentity(reader, partition, account, 'oidc-provider', name),
  );
  if (provider === undefined || provider.details.url !== issuer) throw providerNotFound(issuer);
  const verified = await verifier.verify(provider.details, WebIdentityToken);
  const { subject, audience, claims, principalTags, transitiveTagKeys, sourceIdentity } = verified;
  const conditions = new Map(
    Object.entries({ ...claims, sub: subject, aud: audience }).map(([claim, value]) => [
      `${name}:${claim}`.toLowerCase(),
      value,
    ]),
  );
  const caller: Caller = {
    principal: { kind: 'web-identity', account, arn: provider.arn },
    account,
    accessKeyId: '',
    identityPolicies: [],
    tags: [],
    webIdentity: {
      provider: { arn: provider.arn, name },
      issuer,
      subject,
      audience,
      conditions,
      tags: Object.entries(principalTags).map(([key, value]) => ({ key, value })),
      transitiveTagKeys,
      sourceIdentity,
    },
  };
  return { caller, region: REGION };
}
