import type { KMS } from '@aws-sdk/client-kms';
import { createAlias, createKey, encrypt, type NewKey } from './keys.ts';

export interface KeyUnderPolicy extends NewKey {
  readonly ciphertext: Uint8Array;
  readonly aliasName: string;
}

/** A key under a policy, with what only a key under the default policy could have been given. */
export async function createKeyUnder(kms: KMS, Policy: string): Promise<KeyUnderPolicy> {
  const key = await createKey(kms);
  const ciphertext = await encrypt(kms, key.keyId);
  const aliasName = await createAlias(kms, key.keyId);
  await putPolicy(kms, key, Policy);
  return { ...key, ciphertext, aliasName };
}

/** Attaches a key policy, even one under which nobody can attach the next. */
export async function putPolicy(kms: KMS, { keyId }: NewKey, Policy: string): Promise<void> {
  await kms.putKeyPolicy({ KeyId: keyId, Policy, BypassPolicyLockoutSafetyCheck: true });
}
