export {
  type AccountRecord,
  countIdentities,
  countReferrers,
  findAccessKey,
  findAccessKeyUse,
  findAccount,
  findAccountByEmail,
  findIdentityById,
  type IdentityKind,
  listAccessKeys,
  listAccounts,
  listAccountsAfter,
  listIdentities,
  listReferrers,
  type Reader,
  type ReferrerFilter,
  type Writer,
} from '../store/index.ts';
export * from './access-keys.ts';
export * from './accounts.ts';
export * from './authenticate.ts';
export { awsManagedPolicies, findAwsManagedPolicies } from './aws-managed-policies.ts';
export * from './callers.ts';
export * from './changes.ts';
export * as constraints from './constraints.ts';
export * from './iam.ts';
export * from './identifiers.ts';
export * from './identity.ts';
export * from './issue-session.ts';
export { normalizeIssuer } from './openid-connect/provider.ts';
export * from './policy-documents.ts';
export * from './policy-sources.ts';
export * from './principals.ts';
export * from './provider-details.ts';
export * as quotas from './quotas.ts';
export * from './refusals.ts';
export * from './root-credentials.ts';
export * from './sessions.ts';
export * from './simulation.ts';
export * from './subjects.ts';
export * from './tags.ts';
export { authenticateWebIdentity, providerName } from './web-identity.ts';
