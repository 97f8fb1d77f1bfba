import assert from 'node:assert/strict';
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { type KMS, KMSServiceException } from '@aws-sdk/client-kms';
import { importMaterial } from './import.ts';
import { allow, keyPolicy } from './key-policies.ts';
import { createKey, encrypt } from './keys.ts';
import type { Random } from './random.ts';

/** Every how many-th key has imported material. */
const IMPORTED_SHARE = 5;

/** What is to be seen of a key. */
interface KeyFacts {
  readonly state: string;
  readonly policy: string;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly aliases: readonly string[];
}

/** A key that a writer has created. */
interface WrittenKey {
  readonly keyId: string;
  /** Of a key whose material is imported, and taken away again. */
  readonly material?: Uint8Array;
  /** The plaintext is the key id. */
  ciphertext?: Uint8Array;
  /** What the service has confirmed. */
  acknowledged: KeyFacts;
  /** What a change would have led to whose answer never came: it may have been made, or not. */
  attempted?: KeyFacts;
}

/** What one writer knows of its keys, which nobody else touches. */
export type Ledger = WrittenKey[];

/** A change of a key: what it leads to, and the call that makes it. */
interface Change {
  readonly to: Partial<KeyFacts>;
  readonly make: (kms: KMS, KeyId: string) => Promise<unknown>;
}

/**
 * Creates and changes keys, one call after the other, until the connection breaks.
 *
 * @param acknowledged is told of each call that the service has confirmed
 * @param random decides what is done
 * @throws KMSServiceException when the service refuses what it should do
 */
export async function writeUntilBroken(
  kms: KMS,
  ledger: Ledger,
  acknowledged: () => void,
  random: Random = randomInt,
): Promise<void> {
  try {
    for (;;) {
      const key = ledger[random(ledger.length + 1)];
      if (key === undefined) await create(kms, ledger, random);
      else await change(kms, key, random);
      acknowledged();
    }
  } catch (error) {
    if (error instanceof KMSServiceException) throw error;
  }
}

async function create(kms: KMS, ledger: Ledger, random: Random): Promise<void> {
  const facts = { state: 'Enabled', policy: somePolicy(), description: randomUUID(), tags: {}, aliases: [] };
  const request = { Policy: facts.policy, Description: facts.description };
  if (random(IMPORTED_SHARE) === 0) {
    const { keyId } = await createKey(kms, { ...request, Origin: 'EXTERNAL' });
    const material = randomBytes(32);
    ledger.push({ keyId, material, acknowledged: { ...facts, state: 'PendingImport' } });
    return;
  }
  const { keyId } = await createKey(kms, request);
  const key: WrittenKey = { keyId, acknowledged: facts };
  ledger.push(key);
  key.ciphertext = await encrypt(kms, keyId, keyId);
}

async function change(kms: KMS, key: WrittenKey, random: Random): Promise<void> {
  const { acknowledged, material } = key;
  const changes = material ? importChanges(acknowledged, material) : possibleChanges(acknowledged, random);
  const chosen = changes[random(changes.length)];
  if (chosen === undefined) return;
  const attempted = { ...key.acknowledged, ...chosen.to };
  key.attempted = attempted;
  await chosen.make(kms, key.keyId);
  key.acknowledged = attempted;
  delete key.attempted;
  // What was encrypted under imported material decrypts whenever the material is back.
  if (material !== undefined && attempted.state === 'Enabled')
    key.ciphertext ??= await encrypt(kms, key.keyId, key.keyId);
}

function possibleChanges({ state, tags, aliases }: KeyFacts, random: Random): readonly Change[] {
  const policy = somePolicy();
  const put: Change = {
    to: { policy },
    make: (kms, KeyId) => kms.putKeyPolicy({ KeyId, Policy: policy }),
  };
  if (state === 'PendingDeletion') {
    return [put, { to: { state: 'Disabled' }, make: (kms, KeyId) => kms.cancelKeyDeletion({ KeyId }) }];
  }
  const description = randomUUID();
  const tag = { TagKey: `tag-${random(3)}`, TagValue: randomUUID() };
  const newAlias = `alias/${randomUUID()}`;
  const [oldAlias] = aliases;
  return [
    put,
    {
      to: { description },
      make: (kms, KeyId) => kms.updateKeyDescription({ KeyId, Description: description }),
    },
    {
      to: { tags: { ...tags, [tag.TagKey]: tag.TagValue } },
      make: (kms, KeyId) => kms.tagResource({ KeyId, Tags: [tag] }),
    },
    { to: { tags: {} }, make: (kms, KeyId) => kms.untagResource({ KeyId, TagKeys: Object.keys(tags) }) },
    oldAlias === undefined
      ? {
          to: { aliases: [newAlias] },
          make: (kms, KeyId) => kms.createAlias({ AliasName: newAlias, TargetKeyId: KeyId }),
        }
      : { to: { aliases: [] }, make: (kms) => kms.deleteAlias({ AliasName: oldAlias }) },
    state === 'Enabled'
      ? { to: { state: 'Disabled' }, make: (kms, KeyId) => kms.disableKey({ KeyId }) }
      : { to: { state: 'Enabled' }, make: (kms, KeyId) => kms.enableKey({ KeyId }) },
    { to: { state: 'PendingDeletion' }, make: (kms, KeyId) => kms.scheduleKeyDeletion({ KeyId }) },
  ];
}

function importChanges({ state }: KeyFacts, material: Uint8Array): readonly Change[] {
  return [
    state === 'PendingImport'
      ? { to: { state: 'Enabled' }, make: (kms, KeyId) => importMaterial(kms, KeyId, material) }
      : {
          to: { state: 'PendingImport' },
          make: (kms, KeyId) => kms.deleteImportedKeyMaterial({ KeyId }),
        },
  ];
}

/** A policy like no other. */
function somePolicy(): string {
  return keyPolicy(allow({ Sid: randomUUID() }));
}

/**
 * Checks that every key is as the service has confirmed it, or as a change would leave it whose answer never came, and
 * that what was encrypted under it decrypts.
 */
export async function verifyLedger(kms: KMS, ledger: Ledger): Promise<void> {
  for (const key of ledger) {
    const facts = await readFacts(kms, key.keyId);
    const expected = sameFacts(facts, key.attempted) ? key.attempted : key.acknowledged;
    assert.deepEqual(facts, expected, `key ${key.keyId} is not as it was confirmed`);
    key.acknowledged = facts;
    delete key.attempted;
    if (facts.state === 'Enabled') await verifyCiphertext(kms, key);
  }
}

/** Makes every key usable, and decrypts what was encrypted under it. */
export async function verifyCiphertexts(kms: KMS, ledger: Ledger): Promise<void> {
  for (const key of ledger) {
    const { keyId: KeyId, acknowledged, material } = key;
    if (acknowledged.state === 'PendingImport' && material) await importMaterial(kms, KeyId, material);
    if (acknowledged.state === 'PendingDeletion') await kms.cancelKeyDeletion({ KeyId });
    await kms.enableKey({ KeyId });
    await verifyCiphertext(kms, key);
  }
}

async function verifyCiphertext(kms: KMS, { keyId, ciphertext }: WrittenKey): Promise<void> {
  if (ciphertext === undefined) return;
  const { Plaintext, KeyId } = await kms.decrypt({ CiphertextBlob: ciphertext });
  assert.equal(Buffer.from(Plaintext ?? []).toString(), keyId);
  assert.ok(KeyId?.endsWith(`:key/${keyId}`));
}

async function readFacts(kms: KMS, KeyId: string): Promise<KeyFacts> {
  const { KeyMetadata } = await kms.describeKey({ KeyId });
  const { Policy } = await kms.getKeyPolicy({ KeyId });
  const { Tags } = await kms.listResourceTags({ KeyId });
  const { Aliases } = await kms.listAliases({ KeyId });
  return {
    state: KeyMetadata?.KeyState ?? '',
    policy: Policy ?? '',
    description: KeyMetadata?.Description ?? '',
    tags: Object.fromEntries((Tags ?? []).map(({ TagKey, TagValue }) => [TagKey, TagValue])),
    aliases: (Aliases ?? []).map(({ AliasName }) => AliasName ?? ''),
  };
}

/** Whether what is to be seen is what a change would have led to. */
export function sameFacts<F>(facts: F, others: F | undefined): others is F {
  try {
    assert.deepEqual(facts, others);
    return true;
  } catch {
    return false;
  }
}
