/*
 * What a symmetric encryption or decryption costs: nanoseconds of CPU time per operation on 64 bytes, the best
 * of several rounds. CPU time rather than wall time, so that a busy machine disturbs less. Garbage collection
 * is part of the price and included.
 */
import { randomBytes } from 'node:crypto';
import { parseCiphertext, SymmetricKeyMaterial } from '../src/crypto/ciphertext.ts';
import { encodeEncryptionContext } from '../src/crypto/encryption-context.ts';
import { NoncePool } from '../src/crypto/nonce.ts';
import { XaesKey } from '../src/crypto/xaes-256-gcm.ts';

const ROUNDS = 7;
const OPERATIONS = 50_000;

const plaintext = randomBytes(64);
const additionalData = randomBytes(50);
const context = { tenant: 'example-tenant', purpose: 'invoice', table: 'documents' };

const nonces = new NoncePool();
const nonce = nonces.take();
const xaes = new XaesKey(randomBytes(32));
const sealed = xaes.seal(nonce, plaintext, additionalData);
const material = new SymmetricKeyMaterial(
  { keyId: '1234abcd-12ab-34cd-56ef-1234567890ab', keyMaterialId: 'ab'.repeat(32) },
  randomBytes(32),
);
const blob = material.encrypt(plaintext, undefined);
const blobInContext = material.encrypt(plaintext, context);

function decryptBlob(bytes: Uint8Array, encryptionContext?: Record<string, string>): Buffer | undefined {
  const parsed = parseCiphertext(bytes);
  return parsed === undefined ? undefined : material.decrypt(parsed, encryptionContext);
}

const operations: Record<string, () => unknown> = {
  'take a nonce': () => nonces.take(),
  'XAES-256-GCM seal': () => xaes.seal(nonce, plaintext, additionalData),
  'XAES-256-GCM open': () => xaes.open(nonce, sealed, additionalData),
  'encode a context of 3 pairs': () => encodeEncryptionContext(context),
  encrypt: () => material.encrypt(plaintext, undefined),
  'encrypt with context': () => material.encrypt(plaintext, context),
  'parse and decrypt': () => decryptBlob(blob),
  'parse and decrypt with context': () => decryptBlob(blobInContext, context),
};

const best = new Map<string, number>();
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, operation] of Object.entries(operations)) {
    const before = process.cpuUsage();
    for (let i = 0; i < OPERATIONS; i++) operation();
    const { user, system } = process.cpuUsage(before);
    const nanoseconds = ((user + system) * 1000) / OPERATIONS;
    best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, nanoseconds));
  }
}
for (const [name, nanoseconds] of best) {
  process.stdout.write(`${name.padEnd(32)}${nanoseconds.toFixed(0).padStart(7)} ns\n`);
}
