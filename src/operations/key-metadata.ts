import { factsOf } from '../crypto/index.ts';
import { familyOf, type KeyEntry, type KeyOutline, multiRegionKeyType } from '../kms/index.ts';
import type { ValueOf } from '../model/index.ts';
import { customerMasterKeySpec, type keyMetadata, type multiRegionConfiguration } from './shapes.ts';

type KeyMetadata = ValueOf<typeof keyMetadata>;

/** The KeyMetadata of a key; which members are present is in operations.md section 5. */
export function describeKeyEntry(partition: string, key: KeyOutline): KeyMetadata {
  const { arn, state, keySpec, keyUsage, origin, record } = key;
  const { deletionDate, pendingWindowInDays, primaryRegion } = record;
  return {
    AWSAccountId: record.accountId,
    KeyId: record.keyId,
    Arn: arn,
    CreationDate: new Date(record.creationDate),
    Enabled: state === 'Enabled',
    Description: record.description,
    KeyUsage: keyUsage,
    KeyState: state,
    ...(deletionDate === undefined ? {} : { DeletionDate: new Date(deletionDate) }),
    ...(pendingWindowInDays === undefined ? {} : { PendingDeletionWindowInDays: pendingWindowInDays }),
    Origin: origin,
    ...describeExpiration(key),
    KeyManager: record.keyManager === 'AWS' ? 'AWS' : 'CUSTOMER',
    ...(hasOldName(keySpec) ? { CustomerMasterKeySpec: keySpec } : {}),
    KeySpec: keySpec,
    ...describeAlgorithms(key),
    MultiRegion: primaryRegion !== undefined,
    ...describeFamily(partition, key),
    ...(keySpec === 'SYMMETRIC_DEFAULT' && { CurrentKeyMaterialId: record.currentKeyMaterialId }),
  };
}

/** The algorithms that a key works with. */
export function describeAlgorithms({ keySpec, keyUsage }: KeyOutline) {
  const { encryption, signing, mac, keyAgreement, encapsulation } = factsOf(keySpec);
  switch (keyUsage) {
    case 'ENCRYPT_DECRYPT':
      return { EncryptionAlgorithms: encryption };
    case 'SIGN_VERIFY':
      return { SigningAlgorithms: signing };
    case 'GENERATE_VERIFY_MAC':
      return { MacAlgorithms: mac };
    case 'KEY_AGREEMENT':
      return { KeyAgreementAlgorithms: keyAgreement };
    case 'ENCAPSULATE_DECAPSULATE':
      return { EncapsulationAlgorithms: encapsulation };
  }
}

/** CustomerMasterKeySpec has no names for the specs that came after it. */
export function hasOldName(keySpec: KeyEntry['keySpec']): keySpec is ValueOf<typeof customerMasterKeySpec> {
  return customerMasterKeySpec.values?.some((name) => name === keySpec) === true;
}

/** Whether imported material expires, and when the first of it does. */
function describeExpiration({ origin, materialRecords }: KeyOutline): Partial<KeyMetadata> {
  const imported = materialRecords.filter(
    ({ wrappedKeyMaterial, pending }) => wrappedKeyMaterial !== undefined && pending === undefined,
  );
  if (origin !== 'EXTERNAL' || imported.length === 0) return {};
  const dates = imported.map(({ validTo }) => validTo).filter((date) => date !== undefined);
  if (dates.length === 0) return { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' };
  return { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: new Date(Math.min(...dates)) };
}

function describeFamily(partition: string, key: KeyOutline): Partial<KeyMetadata> {
  const family = familyOf(partition, key);
  if (family === undefined) return {};
  const configuration: ValueOf<typeof multiRegionConfiguration> = {
    MultiRegionKeyType: multiRegionKeyType(key),
    PrimaryKey: { Arn: family.primary.arn, Region: family.primary.region },
    ReplicaKeys: family.replicas.map(({ arn, region }) => ({ Arn: arn, Region: region })),
  };
  return { MultiRegionConfiguration: configuration };
}
