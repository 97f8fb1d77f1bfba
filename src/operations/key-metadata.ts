import type { KeyEntry } from '../kms/index.ts';
import type { ValueOf } from '../model/index.ts';
import type { keyMetadata } from './shapes.ts';

/** The KeyMetadata of a key; which members are present is in operations.md section 5. */
export function describeKeyEntry({ arn, state, record }: KeyEntry): ValueOf<typeof keyMetadata> {
  return {
    AWSAccountId: record.accountId,
    KeyId: record.keyId,
    Arn: arn,
    CreationDate: new Date(record.creationDate),
    Enabled: state === 'Enabled',
    Description: record.description,
    KeyUsage: 'ENCRYPT_DECRYPT',
    KeyState: state,
    ...(record.deletionDate === undefined ? {} : { DeletionDate: new Date(record.deletionDate) }),
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    KeySpec: 'SYMMETRIC_DEFAULT',
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    MultiRegion: record.multiRegion,
    CurrentKeyMaterialId: record.currentKeyMaterialId,
  };
}
