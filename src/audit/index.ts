/**
 * Verifying audit logs of QKMS, by itself: with nothing but records, checkpoints and the public key.
 *
 * The format is in docs/audit-log-format.md.
 */
export { type Checkpoint, openCheckpoint, readCheckpointLine } from './log/checkpoint.ts';
export { readLines } from './log/lines.ts';
export type { Fault, VerifiedLog } from './log/log-verifier.ts';
export { provesConsistency, provesInclusion, type TreeHead } from './log/merkle.ts';
export { type LinkedRecord, readRecord } from './log/record.ts';
export { type ReadLines, type Verification, verifyLogs } from './log/verify.ts';
