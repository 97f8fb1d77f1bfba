import type { Keyring } from '../keyring/index.ts';
import {
  type AuditCheckpoint,
  findAuditCheckpoint,
  findAuditHead,
  type Transactions,
} from '../store/index.ts';
import { findAuditKey, publicKeyDerOf } from './audit-key.ts';
import type { AuditDurability } from './trail.ts';

/** What there is to know of an audit log without its records. */
export interface AuditLogDescription {
  /** Whether calls are recorded now, and answers wait for that. */
  readonly durability: AuditDurability | 'none';
  /** The log; `undefined` when none was begun. */
  readonly log:
    | {
        readonly origin: string;
        /** DER (SubjectPublicKeyInfo). */
        readonly publicKey: Buffer;
        /** The number of records that there have been. */
        readonly size: number;
        /** The newest one; `undefined` when nothing was signed yet. */
        readonly checkpoint: AuditCheckpoint | undefined;
      }
    | undefined;
}

/** Describes the audit log as it is now. */
export type DescribeAuditLog = () => Promise<AuditLogDescription>;

/** Describes the audit log of a store. */
export function auditLogDescriber(
  { store, keyring }: { readonly store: Transactions; readonly keyring: Keyring },
  durability: AuditLogDescription['durability'],
): DescribeAuditLog {
  return () =>
    store.read(async (reader) => {
      const key = await findAuditKey(reader, keyring);
      const head = await findAuditHead(reader);
      if (key === undefined || head === undefined) return { durability, log: undefined };
      const checkpoint = await findAuditCheckpoint(reader);
      const { origin } = key;
      return { durability, log: { origin, publicKey: publicKeyDerOf(key), size: head.size, checkpoint } };
    });
}
