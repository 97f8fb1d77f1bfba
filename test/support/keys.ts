import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { CreateKeyCommandInput, KMS } from '@aws-sdk/client-kms';

/** How a new key can be named. */
export interface NewKey {
  readonly keyId: string;
  readonly arn: string;
}

export async function createKey(kms: KMS, request: CreateKeyCommandInput = {}): Promise<NewKey> {
  const { KeyMetadata } = await kms.createKey(request);
  const { KeyId: keyId, Arn: arn } = KeyMetadata ?? {};
  assert.ok(keyId !== undefined && arn !== undefined);
  return { keyId, arn };
}

/** Gives a key an alias that nothing else has. */
export async function createAlias(kms: KMS, keyId: string): Promise<string> {
  const aliasName = `alias/${randomUUID()}`;
  await kms.createAlias({ AliasName: aliasName, TargetKeyId: keyId });
  return aliasName;
}

/** Encrypts something under a key. */
export async function encrypt(
  kms: KMS,
  keyId: string,
  plaintext: string | Uint8Array = 'plaintext',
  EncryptionContext?: Record<string, string>,
): Promise<Uint8Array> {
  const Plaintext = Buffer.from(plaintext);
  const { CiphertextBlob } = await kms.encrypt({ KeyId: keyId, Plaintext, EncryptionContext });
  assert.ok(CiphertextBlob !== undefined);
  return CiphertextBlob;
}

/** Checks that a ciphertext decrypts to a plaintext. */
export async function assertDecrypts(
  kms: KMS,
  CiphertextBlob: Uint8Array | undefined,
  plaintext: string | Uint8Array,
  EncryptionContext?: Record<string, string>,
): Promise<void> {
  const { Plaintext } = await kms.decrypt({ CiphertextBlob, EncryptionContext });
  assert.deepEqual(Buffer.from(Plaintext ?? []), Buffer.from(plaintext));
}

/** The id of the material under which a key encrypts. */
export async function currentMaterialOf(kms: KMS, KeyId: string): Promise<string | undefined> {
  return (await kms.describeKey({ KeyId })).KeyMetadata?.CurrentKeyMaterialId;
}

/** The states that a key of this version can be in. */
export const KEY_STATES = ['Enabled', 'Disabled', 'PendingDeletion'] as const;
export type KeyState = (typeof KEY_STATES)[number];

/** Brings an enabled key into a state. */
export async function enterState(kms: KMS, keyId: string, state: KeyState): Promise<void> {
  if (state === 'Disabled') await kms.disableKey({ KeyId: keyId });
  if (state === 'PendingDeletion') await kms.scheduleKeyDeletion({ KeyId: keyId });
}
