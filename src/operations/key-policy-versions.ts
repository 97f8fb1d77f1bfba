import { type Iam, renderBoundPolicy } from '../iam/index.ts';
import { findKeyPolicyVersion, type KeyEntry, type KeyPolicyRecord, type Kms } from '../kms/index.ts';
import { policyVersionUnknown } from './refusals.ts';

/** The policy that a key has. */
export function presentVersion({ record }: KeyEntry): KeyPolicyRecord {
  const { region, keyId, policy, policyPrincipals, policyVersion, policyPutBy, policyPutDate } = record;
  return {
    region,
    keyId,
    policy,
    policyPrincipals,
    version: policyVersion,
    putBy: policyPutBy,
    putDate: policyPutDate,
  };
}

/**
 * A policy that a key has, or had.
 *
 * @throws ServiceError `NotFoundException` when it is not remembered
 */
export async function requireVersion(
  { store }: Kms,
  key: KeyEntry,
  version: number,
): Promise<KeyPolicyRecord> {
  const present = presentVersion(key);
  if (version === present.version) return present;
  const { region, keyId } = present;
  const found = await store.read((reader) => findKeyPolicyVersion(reader, region, keyId, version));
  if (found === undefined) throw policyVersionUnknown(version);
  return found;
}

/** The text of a key policy as it was put; users and roles that are gone are shown by their unique ids. */
export function showPolicy(
  { store, partition }: Iam,
  { policy, policyPrincipals }: Pick<KeyPolicyRecord, 'policy' | 'policyPrincipals'>,
): Promise<string> {
  return store.read((reader) => renderBoundPolicy(reader, partition, policy, policyPrincipals));
}
