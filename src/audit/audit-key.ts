import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Keyring } from '../keyring/index.ts';
import {
  findFact,
  insertAuditHead,
  type Reader,
  type Store,
  type Writer,
  writeFact,
} from '../store/index.ts';
import { originOf } from './log/checkpoint.ts';
import { verifierKey } from './log/note.ts';
import { LogHead } from './log/record.ts';

const PRIVATE_KEY = 'audit_private_key';
const STORE_ID = 'store_id';

/** The one log of a store: write transactions take turns, so that all processes append to it. */
const LOG_NAME = 'main';

/** What it takes to sign the audit log of a store. */
export interface AuditKey {
  readonly origin: string;
  readonly privateKey: KeyObject;
}

/**
 * The audit key of a store. The first time it is generated, and the log begun with it.
 *
 * @throws ServiceError `KMSInternalException` when the store cannot be read or written
 */
export async function openAuditKey(store: Store, keyring: Keyring): Promise<AuditKey> {
  return (await store.read((reader) => findAuditKey(reader, keyring))) ?? createAuditKey(store, keyring);
}

/** The audit key of a store; `undefined` when its log has not been begun. */
export async function findAuditKey(reader: Reader, keyring: Keyring): Promise<AuditKey | undefined> {
  const wrapped = await findFact(reader, PRIVATE_KEY);
  const storeId = (await findFact(reader, STORE_ID)) ?? '';
  if (wrapped === undefined) return undefined;
  const der = keyring.unwrap('secret', Buffer.from(wrapped, 'base64'), identityOf(storeId));
  try {
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    return { origin: originOf(storeId, LOG_NAME), privateKey };
  } finally {
    der.fill(0);
  }
}

/** Of several processes that do so at once one does it, and the others find its key. */
function createAuditKey(store: Store, keyring: Keyring): Promise<AuditKey> {
  return store.write(async (writer: Writer) => {
    const present = await findAuditKey(writer, keyring);
    if (present !== undefined) return present;
    const storeId = (await findFact(writer, STORE_ID)) ?? '';
    const origin = originOf(storeId, LOG_NAME);
    const { privateKey } = generateKeyPairSync('ed25519');
    const der = privateKey.export({ format: 'der', type: 'pkcs8' });
    const wrapped = keyring.wrap('secret', der, identityOf(storeId));
    der.fill(0);
    await writeFact(writer, PRIVATE_KEY, wrapped.toString('base64'));
    const { tree, lastHash } = LogHead.begin(origin);
    await insertAuditHead(writer, { size: tree.size, lastHash, subtrees: tree.subtrees });
    return { origin, privateKey };
  });
}

function identityOf(storeId: string): readonly string[] {
  return ['audit-key', storeId];
}

/** The origin and the public key as witnesses need them: a verifier key (https://c2sp.org/signed-note). */
export function verifierKeyOf({ origin, privateKey }: AuditKey): string {
  return verifierKey(origin, createPublicKey(privateKey));
}

/** The public key as verifiers need it: PEM (SubjectPublicKeyInfo). */
export function publicKeyOf({ privateKey }: AuditKey): string {
  return createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }).toString();
}

/** The public key: DER (SubjectPublicKeyInfo). */
export function publicKeyDerOf({ privateKey }: AuditKey): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
}
