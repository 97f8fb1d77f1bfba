/**
 * Verifying audit logs of QKMS, by itself: with nothing but records, checkpoints and the public key.
 *
 * The format is in docs/audit-log-format.md.
 */
export { type Checkpoint, openCheckpoint, readCheckpointLine } from './checkpoint.ts';
export { cosignedTime, readWitnessKey, type Witness } from './cosignature.ts';
export { readLines } from './lines.ts';
export type { Fault, VerifiedLog } from './log-verifier.ts';
export { provesConsistency, provesInclusion, type TreeHead } from './merkle.ts';
export {
  type ConsistencyProof,
  type InclusionProof,
  type ProofVerification,
  readProof,
  verifyProof,
} from './proof-file.ts';
export { type LinkedRecord, readRecord } from './record.ts';
export { type ReadLines, type Verification, verifyLogs } from './verify.ts';
