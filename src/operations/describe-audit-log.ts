import {
  blob,
  enumeration,
  integer,
  list,
  optional,
  required,
  string,
  structure,
  timestamp,
} from '../model/index.ts';
import { operation } from './operation.ts';

export const describeAuditLog = operation({
  name: 'DescribeAuditLog',
  service: 'qkms',
  summary:
    'Describes the audit log of the service: whether calls are recorded, how many were, and the newest signed checkpoint with what it takes to verify it.',
  notes: ['How a checkpoint is verified: [the format of the audit log](audit-log-format.md).'],
  input: structure({}),
  output: structure({
    Durability: required(
      enumeration('strict', 'soon', 'none'),
      'Whether calls are recorded now: strict, before they are answered; soon, within 100 ms; none, not at all.',
    ),
    Origin: optional(string(), 'What the log is called; absent, as all that follows, when none was begun.'),
    PublicKey: optional(blob(), 'The public key of the audit key (Ed25519), DER SubjectPublicKeyInfo.'),
    Size: optional(integer(), 'How many records there have been, of all accounts and Regions.'),
    Checkpoint: optional(
      string(),
      'The newest checkpoint, a signed note (docs/audit-log-format.md); absent when nothing was signed yet.',
    ),
    CheckpointDate: optional(timestamp, 'When the checkpoint was signed.'),
    Subtrees: optional(
      list(blob()),
      'The roots of the perfect subtrees of the tree of the checkpoint, from left to right.',
    ),
  }),
  targets: { log: { kind: 'account', permission: 'qkms:DescribeAuditLog' } },
  errors: [],
  readOnly: true,
  examples: [
    {
      title: 'Keep a checkpoint where who runs the service cannot reach',
      request: {},
    },
  ],
  async handler({ describeAuditLog }) {
    const { durability, log } = await describeAuditLog();
    const { checkpoint } = log ?? {};
    return {
      Durability: durability,
      ...(log && { Origin: log.origin, PublicKey: log.publicKey, Size: log.size }),
      ...(checkpoint && {
        Checkpoint: checkpoint.note,
        CheckpointDate: new Date(checkpoint.signedDate),
        Subtrees: checkpoint.subtrees,
      }),
    };
  },
});
