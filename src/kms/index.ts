export { GRANT_OPERATIONS } from '../policy/index.ts';
export type { AliasRecord, KeyMaterialRecord, KeyRecord, KeyUse, Tag } from '../store/index.ts';
export {
  findGrant,
  findKeyPolicyVersion,
  findKeyUse,
  type GrantRecord,
  type KeyPolicyRecord,
  listGrants,
  listKeyPolicyVersions,
} from '../store/index.ts';
export * from './aliases.ts';
export { ensureAwsManagedKey } from './aws-managed-keys.ts';
export * as constraints from './constraints.ts';
export { cancelDeletion, type ScheduledDeletion, scheduleDeletion } from './deletion.ts';
export type { KeyEvent, RecordKeyEvents } from './due-work.ts';
export * from './encryption.ts';
export * from './grants.ts';
export * from './identifiers.ts';
export {
  deleteImportedKeyMaterial,
  importKeyMaterial,
  type MaterialFacts,
  requireMaterialFacts,
} from './import.ts';
export * from './import-parameters.ts';
export {
  currentMaterialOf,
  type KeyEntry,
  type KeyOutline,
  type KeyTraits,
  loadKeyEntry,
  ORIGINS,
  type Origin,
} from './key-entry.ts';
export * from './key-policy.ts';
export { type KeyFilter, type SeenKey, searchKeys } from './key-search.ts';
export * from './key-state.ts';
export * from './keys.ts';
export * from './kms.ts';
export * from './multi-region.ts';
export * from './refusals.ts';
export { createReplica, exchangePrimary, type NewReplica, synchronizeFamily } from './replication.ts';
export {
  automaticRotationOf,
  disableKeyRotation,
  enableKey,
  enableKeyRotation,
  ROTATION_TYPES,
  requireOnDemandRotation,
  rotateKeyOnDemand,
} from './rotation.ts';
export * from './scheduler.ts';
export * from './tags.ts';
