import { randomBytes } from 'node:crypto';
import { generatePair, type KeyPair, type KeyPairSpec, loadPair } from './key-pair.ts';
import { NONCE_LENGTH, XaesKey } from './xaes-256-gcm.ts';

/** Specs whose key pairs take long to generate. */
const SLOW_SPECS: ReadonlySet<KeyPairSpec> = new Set(['RSA_2048', 'RSA_3072', 'RSA_4096']);

interface SealedPair {
  readonly nonce: Uint8Array;
  /** The private key, encrypted. */
  readonly sealed: Uint8Array;
}

/** The share of its time that an idle process works for at most. */
const IDLE_UTILIZATION = 0.1;

/** What the reserve works by. */
interface Means {
  readonly generate: (keySpec: KeyPairSpec) => Promise<KeyPair>;
  /** Calls back when there is nothing better to do. */
  readonly whenIdle: (work: () => void) => void;
}

/** Calls back once the process has had little to do for a second; keeps no process alive. */
function whenIdle(work: () => void): void {
  const before = performance.eventLoopUtilization();
  const look = () => {
    const { utilization } = performance.eventLoopUtilization(before);
    if (utilization < IDLE_UTILIZATION) work();
    else whenIdle(work);
  };
  setTimeout(look, 1000).unref();
}

/**
 * RSA key pairs that are generated ahead, when the process has nothing better to do, so that who asks for one need not
 * wait. Of each spec that was asked for before there are so many; each is given once.
 *
 * While they wait, the private keys are encrypted under a key that only this reserve has and that ends with it.
 */
export class KeyPairReserve {
  readonly #perSpec: number;
  readonly #by: Means;
  readonly #key = new XaesKey(randomBytes(32));
  readonly #pairs = new Map<KeyPairSpec, SealedPair[]>();
  #isRefilling = false;
  #isClosed = false;

  /**
   * @param perSpec how many key pairs of a spec to have; without any, each is generated when it is asked for
   * @param by is replaced in tests only
   */
  constructor(perSpec: number, by: Means = { generate: generatePair, whenIdle }) {
    this.#perSpec = perSpec;
    this.#by = by;
  }

  /** A key pair that nobody else has: one of the reserve, or a new one. */
  async take(keySpec: KeyPairSpec): Promise<KeyPair> {
    if (this.#perSpec === 0 || !SLOW_SPECS.has(keySpec)) return this.#by.generate(keySpec);
    const pairs = this.#pairs.getOrInsertComputed(keySpec, () => []);
    const sealed = pairs.shift();
    this.#refillWhenIdle();
    return sealed === undefined ? this.#by.generate(keySpec) : this.#open(keySpec, sealed);
  }

  /** Forgets all key pairs and generates no more. */
  close(): void {
    this.#isClosed = true;
    this.#pairs.clear();
  }

  #refillWhenIdle(): void {
    const lacks = [...this.#pairs].some(([, pairs]) => pairs.length < this.#perSpec);
    if (this.#isRefilling || this.#isClosed || !lacks) return;
    this.#isRefilling = true;
    this.#by.whenIdle(() => void this.#refill());
  }

  /** Generates one key pair, and looks again. */
  async #refill(): Promise<void> {
    const [keySpec, pairs] = [...this.#pairs].find(([, { length }]) => length < this.#perSpec) ?? [];
    if (keySpec !== undefined && pairs !== undefined) {
      // Who asks for a key pair may be refused one, as there are too many that do: so may the reserve.
      const pair = await this.#by.generate(keySpec).catch(() => undefined);
      if (pair !== undefined && !this.#isClosed) pairs.push(this.#seal(pair));
    }
    this.#isRefilling = false;
    this.#refillWhenIdle();
  }

  #seal(pair: KeyPair): SealedPair {
    const nonce = randomBytes(NONCE_LENGTH);
    const privateKey = pair.exportPrivateKey();
    try {
      return { nonce, sealed: this.#key.seal(nonce, privateKey, Buffer.from(pair.keySpec)) };
    } finally {
      privateKey.fill(0);
    }
  }

  #open(keySpec: KeyPairSpec, { nonce, sealed }: SealedPair): KeyPair {
    const privateKey = this.#key.open(nonce, sealed, Buffer.from(keySpec));
    if (privateKey === undefined) throw new Error(`a key pair of the reserve (${keySpec}) does not open`);
    try {
      return loadPair(keySpec, privateKey);
    } finally {
      privateKey.fill(0);
    }
  }
}
