import * as kms from '../kms/index.ts';
import { list, optional, required, structure, timestamp } from '../model/index.ts';
import { ID_OR_ARN } from './common.ts';
import * as examples from './example-values.ts';
import { operation } from './operation.ts';
import { paginate } from './pagination.ts';
import * as shapes from './shapes.ts';

const newAliasName = required(
  shapes.aliasName,
  'The alias name: "alias/" followed by letters, digits, "/", "_" and "-". "alias/aws/" is reserved.',
);
const targetKeyId = required(shapes.keyIdentifier, 'The key that the alias names: its key id or key ARN.');

export const createAlias = operation({
  name: 'CreateAlias',
  summary: 'Gives a KMS key a friendly name.',
  input: structure({ AliasName: newAliasName, TargetKeyId: targetKeyId }),
  output: shapes.empty,
  targets: {
    alias: { kind: 'alias', member: 'AliasName', permission: 'kms:CreateAlias' },
    key: {
      kind: 'key',
      member: 'TargetKeyId',
      accepts: ID_OR_ARN,
      permission: 'kms:CreateAlias',
      states: 'metadata',
    },
  },
  errors: [
    'AlreadyExistsException',
    'DependencyTimeoutException',
    'InvalidAliasNameException',
    'KMSInternalException',
    'KMSInvalidStateException',
    'LimitExceededException',
    'NotFoundException',
  ],
  readOnly: false,
  quota: 'CreateAlias',
  examples: [
    {
      title: 'Name a key',
      request: { AliasName: 'alias/orders', TargetKeyId: examples.KEY_ID },
    },
  ],
  validate: ({ AliasName }) => kms.requireAliasName(AliasName),
  async handler({ targets: { alias, key }, kms: domain }) {
    await kms.createAlias(domain, alias.aliasName, key);
    return {};
  },
});

export const updateAlias = operation({
  name: 'UpdateAlias',
  summary: 'Points an existing alias at another KMS key of the same type and usage.',
  input: structure({ AliasName: newAliasName, TargetKeyId: targetKeyId }),
  output: shapes.empty,
  targets: {
    alias: { kind: 'alias', member: 'AliasName', exists: true, permission: 'kms:UpdateAlias' },
    previous: {
      kind: 'key',
      fromAlias: 'alias',
      accepts: [],
      permission: 'kms:UpdateAlias',
      states: 'any',
    },
    key: {
      kind: 'key',
      member: 'TargetKeyId',
      accepts: ID_OR_ARN,
      permission: 'kms:UpdateAlias',
      states: 'metadata',
    },
  },
  errors: [
    'DependencyTimeoutException',
    'KMSInternalException',
    'KMSInvalidStateException',
    'LimitExceededException',
    'NotFoundException',
  ],
  readOnly: false,
  quota: 'UpdateAlias',
  examples: [
    {
      title: 'Point an alias at another key',
      request: { AliasName: 'alias/orders', TargetKeyId: examples.OTHER_KEY_ID },
    },
  ],
  validate: ({ AliasName }) => kms.requireAliasName(AliasName),
  async handler({ targets: { alias, previous, key }, kms: domain }) {
    await kms.retargetAlias(domain, alias.record, previous, key);
    return {};
  },
});

export const deleteAlias = operation({
  name: 'DeleteAlias',
  summary: 'Deletes an alias. The KMS key that it names is not affected.',
  input: structure({ AliasName: newAliasName }),
  output: shapes.empty,
  targets: {
    alias: { kind: 'alias', member: 'AliasName', exists: true, permission: 'kms:DeleteAlias' },
    key: { kind: 'key', fromAlias: 'alias', accepts: [], permission: 'kms:DeleteAlias', states: 'any' },
  },
  errors: [
    'DependencyTimeoutException',
    'KMSInternalException',
    'KMSInvalidStateException',
    'NotFoundException',
  ],
  readOnly: false,
  quota: 'DeleteAlias',
  examples: [{ title: 'Delete an alias', request: { AliasName: 'alias/orders' } }],
  validate: ({ AliasName }) => kms.requireAliasName(AliasName),
  async handler({ targets: { alias, key }, kms: domain }) {
    await kms.removeAlias(domain, alias.record, key);
    return {};
  },
});

const aliasListEntry = structure({
  AliasName: optional(shapes.aliasName, 'The alias name.'),
  AliasArn: optional(shapes.arn, 'The alias ARN.'),
  TargetKeyId: optional(shapes.keyIdentifier, 'The id of the key that the alias names.'),
  CreationDate: optional(timestamp, 'When the alias was created.'),
  LastUpdatedDate: optional(timestamp, 'When the alias was last pointed at a key.'),
});

export const listAliases = operation({
  name: 'ListAliases',
  summary: 'Lists the aliases of the account in the Region of the request, or those of one key, by name.',
  input: structure({
    KeyId: optional(shapes.keyIdentifier, 'Only the aliases of this key: its key id or key ARN.'),
    Limit: shapes.limit,
    Marker: shapes.marker,
  }),
  output: structure({
    Aliases: optional(list(aliasListEntry), 'The aliases.'),
    NextMarker: shapes.nextMarker,
    Truncated: shapes.truncated,
  }),
  targets: {
    account: { kind: 'account', permission: 'kms:ListAliases' },
    key: { kind: 'key', member: 'KeyId', optional: true, accepts: ID_OR_ARN, states: 'any' },
  },
  errors: [
    'DependencyTimeoutException',
    'InvalidArnException',
    'InvalidMarkerException',
    'KMSInternalException',
    'NotFoundException',
  ],
  readOnly: true,
  quota: 'ListAliases',
  pagination: { defaultLimit: 50, maximumLimit: 100 },
  examples: [
    {
      title: 'List the aliases of a key',
      request: { KeyId: examples.KEY_ID },
    },
    { title: 'List the aliases of the account, a page at a time', request: { Limit: 1 } },
  ],
  async handler(call) {
    const { caller, region, targets, kms: domain } = call;
    const targetKeyId = targets.key?.record.keyId;
    const { items, ...page } = await paginate(
      call,
      targetKeyId ?? '',
      (after, limit) =>
        kms.listAliases(domain, { accountId: caller.account, region, targetKeyId }, after, limit),
      ({ aliasName }) => aliasName,
    );
    return {
      Aliases: items.map((alias) => ({
        AliasName: alias.aliasName,
        AliasArn: kms.aliasArn(domain.partition, region, caller.account, alias.aliasName),
        TargetKeyId: alias.targetKeyId,
        CreationDate: new Date(alias.creationDate),
        LastUpdatedDate: new Date(alias.lastUpdatedDate),
      })),
      ...page,
    };
  },
});
