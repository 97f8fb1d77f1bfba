import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { LRUCache } from 'lru-cache';
import type { Keyring } from '../keyring/index.ts';
import { type CompiledPolicy, compilePolicy, parsePolicy } from '../policy/index.ts';
import type { OpenedSession, Session } from './sessions.ts';

/*
 * A session token is a session, encrypted under the keyring and bound to its access key id: any process that has the
 * root key can judge it without asking anyone, and nobody else can read or make one.
 *
 *   base64( sealed( form (1 byte) | session as JSON, deflated where the form says so ) )
 */

const PLAIN = 0;
const DEFLATED = 1;
/** Below this, in bytes, the time that inflating takes is worth more than the room that it saves. */
const SMALL = 3_072;
/** No token of ours is larger inflated: the bound is for what inflating may cost. */
const LARGEST = 256 * 1_024;

/** How much of a token the policies and tags of a session may take, in bytes once they are packed. */
export const PACKED_POLICY_LIMIT = 4_096;

const CACHE_CAPACITY = 10_000;
/** Many sessions are made with one and the same policy. */
const POLICY_CACHE_CAPACITY = 1_000;

/** Makes and opens session tokens. Those in use are kept open. */
export class SessionTokens {
  readonly #keyring: Keyring;
  readonly #opened = new LRUCache<string, OpenedSession>({ max: CACHE_CAPACITY });
  readonly #policies = new LRUCache<string, CompiledPolicy>({ max: POLICY_CACHE_CAPACITY });

  constructor(keyring: Keyring) {
    this.#keyring = keyring;
  }

  /** @param minimumSize the least number of characters that the token shall have */
  seal(accessKeyId: string, session: Session, minimumSize = 0): string {
    const text = JSON.stringify(session);
    const form = text.length < SMALL ? PLAIN : DEFLATED;
    const token = this.#encrypt(accessKeyId, form, Buffer.from(text));
    if (token.length >= minimumSize) return token;
    // Blanks at the end mean nothing in JSON; what they become in base64 is longer than they are.
    return this.#encrypt(accessKeyId, PLAIN, Buffer.from(text.padEnd(Math.ceil((minimumSize * 3) / 4))));
  }

  #encrypt(accessKeyId: string, form: number, json: Buffer): string {
    const packed = Buffer.concat([Buffer.of(form), form === PLAIN ? json : deflateRawSync(json)]);
    try {
      return this.#keyring.sealSessionToken([accessKeyId], packed).toString('base64');
    } finally {
      packed.fill(0);
      json.fill(0);
    }
  }

  /** The session of a token, expired or not; `undefined` when it was not made here for this access key. */
  open(accessKeyId: string, token: string): OpenedSession | undefined {
    const name = `${accessKeyId}/${token}`;
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const session = this.#decrypt(accessKeyId, token);
    if (session === undefined) return undefined;
    const opened = { session, policies: session.policies.map((document) => this.#compile(document)) };
    this.#opened.set(name, opened);
    return opened;
  }

  #compile(document: string): CompiledPolicy {
    const known = this.#policies.get(document);
    if (known !== undefined) return known;
    const policy = compilePolicy(parsePolicy(document));
    this.#policies.set(document, policy);
    return policy;
  }

  #decrypt(accessKeyId: string, token: string): Session | undefined {
    const sealed = Buffer.from(token, 'base64');
    // Node skips what isn't base64; a token has one spelling only.
    if (sealed.toString('base64') !== token) return undefined;
    const packed = this.#keyring.openSessionToken([accessKeyId], sealed);
    if (packed === undefined) return undefined;
    const json = packed.subarray(1);
    const text =
      packed[0] === PLAIN
        ? json.toString('utf8')
        : inflateRawSync(json, { maxOutputLength: LARGEST }).toString('utf8');
    packed.fill(0);
    // The token is authentic: it says what `seal` wrote.
    const session: Session = JSON.parse(text);
    return session;
  }
}

/** How much of the room for them the policies and tags of a session take, in percent; more than 100 is too much. */
export function packedPolicySize({
  policies,
  policyIds,
  tags,
}: Pick<Session, 'policies' | 'policyIds' | 'tags'>): number {
  const packed = deflateRawSync(Buffer.from(JSON.stringify([policies, policyIds, tags])));
  return Math.ceil((packed.length / PACKED_POLICY_LIMIT) * 100);
}
