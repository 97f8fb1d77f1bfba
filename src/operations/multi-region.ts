import {
  areInOnePartition,
  createReplica,
  exchangePrimary,
  type KeyEntry,
  type Kms,
  keyArn,
  keyNotFound,
  multiRegionKeyType,
  notMultiRegionKey,
  primaryRegionUnchanged,
  replicaExists,
  replicaInOtherPartition,
  replicaInPrimaryRegion,
  synchronizeFamily,
} from '../kms/index.ts';
import { optional, required, structure } from '../model/index.ts';
import { managedKey, policyConditions, requirePrimary, tagConditions } from './common.ts';
import * as examples from './example-values.ts';
import { describeKeyEntry } from './key-metadata.ts';
import { kindConditions, newKeyMembers, readNewKey } from './new-key.ts';
import { operation } from './operation.ts';
import { primaryRegionQuota, replicaQuota } from './quotas.ts';
import * as shapes from './shapes.ts';

/** @throws ServiceError `UnsupportedOperationException` */
function requireMultiRegion(key: KeyEntry): void {
  if (multiRegionKeyType(key) === undefined) throw notMultiRegionKey(key.arn);
}

/** @throws ServiceError `NotFoundException` */
function requireReplica(
  { partition }: Kms,
  { record: { accountId, keyId } }: KeyEntry,
  replica: KeyEntry | undefined,
  region: string,
): KeyEntry {
  if (replica === undefined) throw keyNotFound(keyArn(partition, region, accountId, keyId));
  return replica;
}

const ERRORS = [
  'DisabledException',
  'InvalidArnException',
  'KMSInternalException',
  'KMSInvalidStateException',
  'NotFoundException',
  'UnsupportedOperationException',
];

const REPLICA_REGION = 'eu-central-1';
const _EXAMPLE_REPLICA = `arn:aws:kms:${REPLICA_REGION}:111122223333:key/${examples.MULTI_REGION_KEY_ID}`;

export const replicateKey = operation({
  name: 'ReplicateKey',
  summary:
    'Creates a replica of a multi-Region primary key in another Region: a key with the same key id and the same material. What is answered is the replica as it comes into being, in state Creating; by then it is Enabled, or PendingImport when its material is to be imported.',
  notes: ['What siblings share and what they do not: [multi-Region keys](multi-region.md).'],
  input: structure({
    KeyId: required(shapes.keyIdentifier, 'The primary key: its key id or key ARN.'),
    ReplicaRegion: required(shapes.regionName, 'The Region to create the replica in.'),
    ...newKeyMembers,
  }),
  output: structure({
    ReplicaKeyMetadata: optional(shapes.keyMetadata, 'What there is to know of the replica.'),
    ReplicaPolicy: optional(shapes.policyDocument, 'The key policy of the replica, in JSON.'),
    ReplicaTags: optional(shapes.tagList, 'The tags of the replica.'),
  }),
  targets: {
    primary: {
      ...managedKey('kms:ReplicateKey', 'replicate'),
      kind: 'key',
      requires: requireMultiRegion,
      conditions: (input) => ({ 'kms:ReplicaRegion': input.ReplicaRegion }),
    },
    creation: {
      kind: 'account',
      permission: 'kms:CreateKey',
      regionMember: 'ReplicaRegion',
      conditions: (input, { primary }) => ({
        ...policyConditions(input),
        ...(primary && kindConditions(primary.record)),
        'kms:MultiRegion': 'true',
        'kms:MultiRegionKeyType': 'REPLICA',
        ...tagConditions(input.Tags),
      }),
    },
    tagging: {
      kind: 'account',
      permission: 'kms:TagResource',
      when: (input) => (input.Tags?.length ?? 0) > 0,
      regionMember: 'ReplicaRegion',
      conditions: (input) => tagConditions(input.Tags),
    },
  },
  errors: [
    ...ERRORS,
    'AlreadyExistsException',
    'LimitExceededException',
    'MalformedPolicyDocumentException',
    'TagException',
  ],
  readOnly: false,
  quota: replicaQuota,
  audit: {
    response: ['ReplicaKeyMetadata', 'ReplicaPolicy', 'ReplicaTags'],
    elsewhere: ({ input }, { ReplicaKeyMetadata }) => ({
      region: input.ReplicaRegion,
      name: 'CreateKey',
      arn: ReplicaKeyMetadata?.Arn ?? '',
    }),
  },
  examples: [
    {
      title: 'Replicate a key to Frankfurt',
      request: { KeyId: examples.MULTI_REGION_KEY_ID, ReplicaRegion: REPLICA_REGION },
    },
    {
      title: 'Replicate a key with a key policy, a description and a tag',
      request: {
        KeyId: examples.MULTI_REGION_KEY_ARN,
        ReplicaRegion: 'eu-west-1',
        Policy: examples.KEY_POLICY,
        Description: 'orders in Ireland',
        Tags: [{ TagKey: 'team', TagValue: 'orders' }],
      },
    },
  ],
  check({ input: { ReplicaRegion: region }, targets: { primary }, kms }) {
    requirePrimary(primary);
    const { accountId, keyId } = primary.record;
    if (region === primary.record.region) throw replicaInPrimaryRegion(region);
    if (!areInOnePartition(region, primary.record.region)) throw replicaInOtherPartition();
    if (primary.regions.includes(region))
      throw replicaExists(keyArn(kms.partition, region, accountId, keyId));
  },
  async handler(call) {
    const { input, targets, kms } = call;
    const { primary } = targets;
    const region = input.ReplicaRegion;
    const requested = await readNewKey(call, { ...primary.record, region });
    const replica = await createReplica(kms, primary, { ...requested, region });
    await synchronizeFamily(kms, primary.record.keyId);
    return {
      ReplicaKeyMetadata: describeKeyEntry(kms.partition, replica),
      ReplicaPolicy: requested.policy,
      ReplicaTags: requested.tags.map(({ key, value }) => ({ TagKey: key, TagValue: value })),
    };
  },
});

export const updatePrimaryRegion = operation({
  name: 'UpdatePrimaryRegion',
  summary: 'Makes a replica of a multi-Region key the primary key, and the primary key a replica.',
  input: structure({
    KeyId: required(shapes.keyIdentifier, 'The present primary key: its key id or key ARN.'),
    PrimaryRegion: required(shapes.regionName, 'The Region of the replica that becomes the primary key.'),
  }),
  output: shapes.empty,
  targets: {
    primary: {
      ...managedKey('kms:UpdatePrimaryRegion', 'updatePrimaryRegion'),
      kind: 'key',
      requires: requireMultiRegion,
      conditions: (input) => ({ 'kms:PrimaryRegion': input.PrimaryRegion }),
    },
    replica: {
      kind: 'key',
      sibling: { of: 'primary', regionMember: 'PrimaryRegion' },
      accepts: [],
      optional: true,
      permission: 'kms:UpdatePrimaryRegion',
      states: 'updatePrimaryRegion',
      conditions: (input) => ({ 'kms:PrimaryRegion': input.PrimaryRegion }),
    },
  },
  errors: ERRORS,
  readOnly: false,
  quota: primaryRegionQuota,
  audit: {
    elsewhere: ({ input, targets: { primary }, kms }) => ({
      region: input.PrimaryRegion,
      arn: keyArn(kms.partition, input.PrimaryRegion, primary.record.accountId, primary.record.keyId),
    }),
  },
  examples: [
    {
      title: 'Make the replica in Frankfurt the primary key',
      request: { KeyId: examples.MULTI_REGION_KEY_ID, PrimaryRegion: REPLICA_REGION },
    },
  ],
  check({ input, targets: { primary, replica }, kms }) {
    requirePrimary(primary);
    if (input.PrimaryRegion === primary.record.region) throw primaryRegionUnchanged(input.PrimaryRegion);
    requireReplica(kms, primary, replica, input.PrimaryRegion);
  },
  async handler({ input, targets: { primary, replica }, kms }) {
    await exchangePrimary(kms, primary, requireReplica(kms, primary, replica, input.PrimaryRegion));
    await synchronizeFamily(kms, primary.record.keyId);
    return {};
  },
});
