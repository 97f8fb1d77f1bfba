/**
 * The root of trust. One 256-bit root key stands outside the database; everything secret in the database is
 * encrypted, and everything that decides is authenticated, under keys derived from it.
 *
 * ```ts
 * const seal = openRootKeyFile('data/root.key');       // createRootKeyFile, once, on the very first start
 * const rootKey = await seal.unseal();
 * const keyring = createKeyring(rootKey, storeId);
 * rootKey.fill(0);                                     // the keyring has derived what it needs
 *
 * const wrapped = keyring.wrap('key-material', material, [account, region, keyId, keyMaterialId]);
 * const mac = keyring.authenticateRecord('keys', row);
 * ```
 *
 * A `Seal` brings the root key in; the `Keyring` is all that others may do with it. What this protects against
 * and what it can't, and how to back up the root key, is in `docs/keyring.md`.
 *
 * The files, in reading order: `keyring.ts` (what can be done), `derivation.ts` (with which keys),
 * `wrapping.ts` and `record-mac.ts` (in which formats), `seal.ts` and `file-seal.ts` (where it starts).
 *
 * @module
 */
export { createRootKeyFile, flushDirectory, openRootKeyFile } from './file-seal.ts';
export { createKeyring, type Keyring, type WrapPurpose } from './keyring.ts';
export type { RecordColumns } from './record-mac.ts';
export { type Seal, SealError, type SealErrorReason } from './seal.ts';
