import { randomBytes, randomUUID } from 'node:crypto';
import { SymmetricKeyMaterial } from '../src/crypto/index.ts';
import { defaultKeyPolicy, SYMMETRIC_KEY } from '../src/kms/index.ts';
import { wrapKeyMaterial } from '../src/kms/key-entry.ts';
import { openPresentStore, type StoreLocation } from '../src/opening.ts';
import {
  insertKey,
  type KeyMaterialRecord,
  putKeyMaterial,
  type Tag,
  type Writer,
} from '../src/store/index.ts';
import { REGION } from './requests.ts';

const ACCOUNT = '111122223333';
const KEYS_PER_TRANSACTION = 10_000;
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const POLICY = defaultKeyPolicy('aws', ACCOUNT);

/**
 * Adds keys to a store that no server has open, with the rows that CreateKey writes, authentication codes and wrapped
 * material included; only the change log, which nobody is there to read, is left alone.
 *
 * @param tagsOf the tags of each key, sorted by key
 * @returns one ciphertext (base64) of 64 bytes under each of `samples` of the keys
 */
export async function addKeys(
  location: StoreLocation,
  count: number,
  samples: number,
  progress: (done: number) => void,
  tagsOf: (index: number) => readonly Tag[] = () => [],
): Promise<readonly string[]> {
  const { store, keyring } = await openPresentStore(location);
  const ciphertexts: string[] = [];
  const sampleInterval = Math.floor(count / samples);
  for (let done = 0; done < count; done += KEYS_PER_TRANSACTION) {
    const end = Math.min(done + KEYS_PER_TRANSACTION, count);
    await store.write(async (writer) => {
      for (let index = done; index < end; index += 1) {
        const material = randomBytes(32);
        const ids = await addKey({ ...writer, changed: () => {} }, material, tagsOf(index));
        if (index % sampleInterval !== 0) continue;
        const key = new SymmetricKeyMaterial(ids, material);
        ciphertexts.push(key.encrypt(randomBytes(64), undefined).toString('base64'));
      }
    });
    progress(end);
  }
  store.forgetDeleted();
  await store.close();
  keyring.destroy();
  return ciphertexts;
}

async function addKey(
  writer: Writer,
  material: Uint8Array,
  tags: readonly Tag[],
): Promise<KeyMaterialRecord> {
  const key = { accountId: ACCOUNT, region: REGION, keyId: randomUUID(), creationDate: Date.now() };
  const wrapped = wrapKeyMaterial(writer.keyring, key, material);
  await insertKey(writer, {
    ...key,
    ...SYMMETRIC_KEY,
    revision: 1,
    description: '',
    keyManager: 'CUSTOMER',
    keyState: 'Enabled',
    settledKeyState: undefined,
    deletionDate: undefined,
    pendingWindowInDays: undefined,
    primaryRegion: undefined,
    rotationPeriodInDays: undefined,
    nextRotationDate: undefined,
    policyPrincipals: new Map(),
    policyVersion: 1,
    policyPutBy: ROOT,
    policyPutDate: Date.now(),
    policy: POLICY,
    tags,
    currentKeyMaterialId: wrapped.keyMaterialId,
  });
  await putKeyMaterial(writer, wrapped);
  return wrapped;
}
