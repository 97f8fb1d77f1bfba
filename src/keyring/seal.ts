/**
 * Where the root key comes from at every start: a file, and later perhaps a passphrase, shares held by
 * several people, a hardware module, another KMS.
 */
export interface Seal {
  /** What it is, for messages and health reports: `file`. Never secret. */
  readonly name: string;

  /**
   * Reads the root key: 32 bytes, a fresh copy for each call, which the caller wipes. Has no effect: it never
   * creates a root key, since a new one would make all that is stored unreadable.
   *
   * @throws SealError, and nothing else. Its `reason` says what can be done, its message says it in words.
   */
  unseal(): Promise<Uint8Array>;
}

/**
 * Why there is no root key.
 *
 * - `missing`: nothing has been set up. On the very first start the caller may create a root key; ever after
 *   it has been lost and must come back from a backup.
 * - `refused`: it is there, but damaged, exposed, wrong. Trying again is of no use; someone has to act.
 * - `unavailable`: it can't be reached now (input/output, network, a device). Trying again later may help.
 */
export type SealErrorReason = 'missing' | 'refused' | 'unavailable';

/** The root key can't be had. The message says what to do and never holds anything of the key. */
export class SealError extends Error {
  override readonly name = 'SealError';
  readonly reason: SealErrorReason;

  constructor(reason: SealErrorReason, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.reason = reason;
  }
}
