export { GRANT_OPERATIONS } from '../policy/index.ts';
export type { AliasRecord, KeyRecord, Tag } from '../store/index.ts';
export {
  findGrant,
  findKeyPolicyVersion,
  type GrantRecord,
  type KeyPolicyRecord,
  listGrants,
  listKeyPolicyVersions,
} from '../store/index.ts';
export * from './aliases.ts';
export * as constraints from './constraints.ts';
export * from './deletion.ts';
export * from './grants.ts';
export * from './identifiers.ts';
export { type KeyEntry, type KeyTraits, loadKeyEntry } from './key-entry.ts';
export * from './key-policy.ts';
export * from './key-state.ts';
export * from './keys.ts';
export * from './kms.ts';
export * from './refusals.ts';
export * from './tags.ts';
