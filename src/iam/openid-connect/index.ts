export type { WebIdentityClaims } from './claims.ts';
export type { WebIdentityProvider } from './provider.ts';
export { readIssuer } from './token.ts';
export { WebIdentityVerifier } from './verifier.ts';
