import { randomFillSync } from 'node:crypto';
import { NONCE_LENGTH } from './xaes-256-gcm.ts';

/** Where the nonces of new messages come from. */
export interface NonceSource {
  /** 24 bytes that no one else has got or will get. They must not be changed. */
  take(): Uint8Array;
}

const NONCES_PER_FILL = 64;

/**
 * Random nonces, cut from a pool so that the generator is asked once for 64 of them.
 *
 * Each byte is handed out once. A used-up pool is left to those who hold nonces of it and replaced by a new
 * one, never refilled. The pool is small because of copies of a running process: two machines resumed from
 * one snapshot would draw the same remaining nonces (see `docs/ciphertext-format.md`).
 */
export class NoncePool implements NonceSource {
  readonly #randomFill: (bytes: Buffer) => void;
  #pool = Buffer.alloc(0);
  #next = 0;

  /** `randomFill` fills its argument with cryptographically secure random bytes; it is replaced in tests only. */
  constructor(randomFill: (bytes: Buffer) => void = randomFillSync) {
    this.#randomFill = randomFill;
  }

  take(): Uint8Array {
    if (this.#next === this.#pool.length) this.#refill();
    const start = this.#next;
    this.#next = start + NONCE_LENGTH;
    return this.#pool.subarray(start, this.#next);
  }

  #refill(): void {
    const pool = Buffer.allocUnsafeSlow(NONCES_PER_FILL * NONCE_LENGTH);
    this.#randomFill(pool);
    // Only a filled pool is taken into use: if the generator throws, the next call tries again.
    this.#pool = pool;
    this.#next = 0;
  }
}
