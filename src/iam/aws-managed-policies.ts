import { identityArn } from './identifiers.ts';
import type { Identity } from './identity.ts';

/*
 * Managed policies that are there from the start, under the names by which AWS has them. They say what AWS's say of the
 * services that exist here.
 */

interface BuiltIn {
  readonly uniqueId: string;
  readonly name: string;
  readonly description: string;
  readonly allows: readonly string[];
  /** Instead of `allows`: everything but these. */
  readonly except?: readonly string[];
}

const READ_KMS = ['kms:Describe*', 'kms:Get*', 'kms:List*'];
const READ_IAM = ['iam:Get*', 'iam:List*', 'iam:SimulateCustomPolicy', 'iam:SimulatePrincipalPolicy'];

const BUILT_IN: readonly BuiltIn[] = [
  {
    uniqueId: 'ANPAIWMBCKSKIEE64ZLYK',
    name: 'AdministratorAccess',
    description: 'Everything.',
    allows: ['*'],
  },
  {
    uniqueId: 'ANPAJYRXTHIB4FOVS3ZXS',
    name: 'PowerUserAccess',
    description: 'Everything but the management of identities.',
    allows: [],
    except: ['iam:*'],
  },
  {
    uniqueId: 'ANPAILL3HVNFSB6DCOWYQ',
    name: 'ReadOnlyAccess',
    description: 'Reads everything, without using keys.',
    allows: [...READ_KMS, ...READ_IAM],
  },
  {
    uniqueId: 'ANPAJNPP7PPPPMJRV2SA4',
    name: 'AWSKeyManagementServicePowerUser',
    description: 'Creates keys and manages their aliases and tags; key policies decide on the rest.',
    allows: [
      'kms:CreateAlias',
      'kms:CreateKey',
      'kms:DeleteAlias',
      ...READ_KMS,
      'kms:TagResource',
      'kms:UntagResource',
      'iam:ListGroups',
      'iam:ListRoles',
      'iam:ListUsers',
    ],
  },
  {
    uniqueId: 'ANPAI7XKCFMBPM3QQRRVQ',
    name: 'IAMFullAccess',
    description: 'Manages identities.',
    allows: ['iam:*'],
  },
  {
    uniqueId: 'ANPAJKSO7NDY4T57MWDSQ',
    name: 'IAMReadOnlyAccess',
    description: 'Reads identities.',
    allows: READ_IAM,
  },
];

/** When these policies were written. */
const DATE = Date.UTC(2026, 10, 23);

const byPartition = new Map<string, ReadonlyMap<string, Identity<'policy'>>>();

/** The policies that every account finds under `arn:aws:iam::aws:policy/`, by unique id. */
export function awsManagedPolicies(partition: string): ReadonlyMap<string, Identity<'policy'>> {
  const known = byPartition.get(partition);
  if (known !== undefined) return known;
  const policies = new Map(
    BUILT_IN.map((policy) => [policy.uniqueId, identityOf(partition, policy)] as const),
  );
  byPartition.set(partition, policies);
  return policies;
}

/** The unique ids of the AWS managed policies of a name: one, or none. */
export function findAwsManagedPolicies(partition: string, name: string): readonly string[] {
  return [...awsManagedPolicies(partition).values()]
    .filter((policy) => policy.name === name)
    .map(({ uniqueId }) => uniqueId);
}

/** Finds an AWS managed policy by its unique id. */
export function findAwsManagedPolicy(partition: string, uniqueId: string): Identity<'policy'> | undefined {
  return awsManagedPolicies(partition).get(uniqueId);
}

function identityOf(
  partition: string,
  { uniqueId, name, description, allows, except }: BuiltIn,
): Identity<'policy'> {
  const place = { accountId: 'aws', kind: 'policy', path: '/', name } as const;
  const action = except === undefined ? { Action: allows } : { NotAction: except };
  const document = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', ...action, Resource: '*' }],
  });
  return Object.freeze({
    ...place,
    uniqueId,
    arn: identityArn(partition, place),
    creationDate: DATE,
    details: {
      description,
      defaultVersionId: 'v1',
      versions: [{ versionId: 'v1', document, creationDate: DATE }],
      nextVersion: 2,
      updateDate: DATE,
      tags: [],
    },
  });
}
