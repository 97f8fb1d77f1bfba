import { generateKeyMaterial } from '../crypto/index.ts';
import { type AliasRecord, findAlias } from '../store/index.ts';
import { createAliasWithin } from './aliases.ts';
import { rootArn } from './identifiers.ts';
import { createKeyWithin, newKeyId, SYMMETRIC_KEY } from './keys.ts';
import type { Kms } from './kms.ts';

const PREFIX = 'alias/aws/';

/** AWS managed keys are rotated every year (crypto.md section 10). */
const ROTATION_PERIOD_IN_DAYS = 365;

/** What AWS managed keys are looked up by. */
interface ManagedAlias {
  readonly accountId: string;
  readonly region: string;
  readonly aliasName: string;
}

/**
 * The alias of a service's AWS managed key in an account, which is made together with its key when the service asks for
 * it the first time; `undefined` when the alias is not the service's own.
 *
 * @param serviceName such as `s3.amazonaws.com`, whose alias is `alias/aws/s3`
 */
export async function ensureAwsManagedKey(
  kms: Kms,
  alias: ManagedAlias,
  serviceName: string,
): Promise<AliasRecord | undefined> {
  const { accountId, region, aliasName } = alias;
  const label = serviceName.slice(0, serviceName.indexOf('.'));
  if (aliasName !== `${PREFIX}${label}`) return undefined;
  const material = await generateKeyMaterial(SYMMETRIC_KEY.keySpec);
  try {
    return await kms.store.write(async (writer) => {
      const find = () => findAlias(writer, accountId, region, aliasName);
      const present = await find();
      if (present !== undefined) return present;
      const key = await createKeyWithin(writer, kms, material, {
        ...SYMMETRIC_KEY,
        keyId: newKeyId(false),
        accountId,
        region,
        keyManager: 'AWS',
        rotationPeriodInDays: ROTATION_PERIOD_IN_DAYS,
        description: `Default key that protects the data of ${serviceName} when no other key is given`,
        policy: awsManagedKeyPolicy(kms.partition, alias, label),
        policyPrincipals: new Map(),
        policyPutBy: serviceName,
        tags: [],
      });
      await createAliasWithin(writer, kms, aliasName, key);
      return find();
    });
  } finally {
    material.fill(0);
  }
}

/** The policy of an AWS managed key, which nobody can change: use through the service only, metadata for the account. */
function awsManagedKeyPolicy(partition: string, { accountId, region }: ManagedAlias, label: string): string {
  const policy = {
    Version: '2012-10-17',
    Id: `auto-${label}-1`,
    Statement: [
      {
        Sid: `Allow use through ${label} by all principals of the account`,
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: [
          'kms:Encrypt',
          'kms:Decrypt',
          'kms:ReEncrypt*',
          'kms:GenerateDataKey*',
          'kms:CreateGrant',
          'kms:DescribeKey',
        ],
        Resource: '*',
        Condition: {
          StringEquals: {
            'kms:CallerAccount': accountId,
            'kms:ViaService': `${label}.${region}.amazonaws.com`,
          },
        },
      },
      {
        Sid: 'Allow the account to see metadata and to revoke grants',
        Effect: 'Allow',
        Principal: { AWS: rootArn(partition, accountId) },
        Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:RevokeGrant'],
        Resource: '*',
      },
    ],
  };
  return JSON.stringify(policy, null, 2);
}
