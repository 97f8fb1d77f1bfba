import { DAY } from '../clock.ts';
import {
  cancelDeletion,
  changeKey,
  enableKey as enableStoredKey,
  type KeyEntry,
  listKeys as listStoredKeys,
  scheduleDeletion,
} from '../kms/index.ts';
import { integer, list, optional, required, structure, timestamp } from '../model/index.ts';
import { ANY_IDENTIFIER, MANAGEMENT_ERRORS, managedKey } from './common.ts';
import * as examples from './example-values.ts';
import { describeKeyEntry } from './key-metadata.ts';
import { type Conditions, operation } from './operation.ts';
import { paginate } from './pagination.ts';
import { deletionWindowInvalid } from './refusals.ts';
import * as shapes from './shapes.ts';

export const describeKey = operation({
  name: 'DescribeKey',
  summary: 'Returns what there is to know of a KMS key, except its material.',
  input: structure({ KeyId: shapes.anyKeyIdMember, GrantTokens: shapes.grantTokensMember }),
  output: structure({ KeyMetadata: optional(shapes.keyMetadata, 'What there is to know of the key.') }),
  targets: {
    key: {
      kind: 'key',
      member: 'KeyId',
      accepts: ANY_IDENTIFIER,
      crossAccount: true,
      permission: 'kms:DescribeKey',
      states: 'any',
    },
  },
  errors: ['DependencyTimeoutException', 'InvalidArnException', 'KMSInternalException', 'NotFoundException'],
  readOnly: true,
  quota: 'DescribeKey',
  examples: [
    {
      title: 'Describe a key by its alias',
      request: { KeyId: 'alias/orders' },
    },
    { title: 'Describe a multi-Region primary key', request: { KeyId: examples.MULTI_REGION_KEY_ARN } },
    { title: 'Describe an RSA key', request: { KeyId: 'alias/parcels' } },
  ],
  handler: ({ targets: { key }, kms }) => ({ KeyMetadata: describeKeyEntry(kms.partition, key) }),
});

const keyListEntry = structure({
  KeyId: optional(shapes.keyIdentifier, 'The key id.'),
  KeyArn: optional(shapes.arn, 'The key ARN.'),
});

export const listKeys = operation({
  name: 'ListKeys',
  summary: 'Lists the KMS keys of the account in the Region of the request, in order of their ids.',
  input: structure({ Limit: shapes.limit, Marker: shapes.marker }),
  output: structure({
    Keys: optional(list(keyListEntry), 'The keys.'),
    NextMarker: shapes.nextMarker,
    Truncated: shapes.truncated,
  }),
  targets: { account: { kind: 'account', permission: 'kms:ListKeys' } },
  errors: ['DependencyTimeoutException', 'InvalidMarkerException', 'KMSInternalException'],
  readOnly: true,
  quota: 'ListKeys',
  pagination: { defaultLimit: 100, maximumLimit: 1000 },
  examples: [
    {
      title: 'List the keys of the account',
      request: {},
    },
    { title: 'List the keys a page at a time', request: { Limit: 1 } },
  ],
  async handler(call) {
    const { caller, region, kms } = call;
    const { items, ...page } = await paginate(
      call,
      '',
      (after, limit) => listStoredKeys(kms, caller.account, region, after, limit),
      ({ keyId }) => keyId,
    );
    return { Keys: items.map(({ keyId, arn }) => ({ KeyId: keyId, KeyArn: arn })), ...page };
  },
});

export const updateKeyDescription = operation({
  name: 'UpdateKeyDescription',
  summary: 'Replaces the description of a KMS key.',
  input: structure({
    KeyId: shapes.keyIdMember,
    Description: required(shapes.description, 'The new description; empty to remove it.'),
  }),
  output: shapes.empty,
  targets: {
    key: managedKey('kms:UpdateKeyDescription', 'metadata'),
  },
  errors: MANAGEMENT_ERRORS,
  readOnly: false,
  quota: 'UpdateKeyDescription',
  examples: [
    {
      title: 'Describe what a key is for',
      request: { KeyId: examples.KEY_ID, Description: 'orders database, production' },
    },
  ],
  async handler({ input, targets: { key }, kms }) {
    await changeKey(kms, key, { description: input.Description });
    return {};
  },
});

export const enableKey = operation({
  name: 'EnableKey',
  summary: 'Sets the state of a KMS key to Enabled, so that it can be used.',
  input: structure({ KeyId: shapes.keyIdMember }),
  output: shapes.empty,
  targets: {
    key: managedKey('kms:EnableKey', 'enablement'),
  },
  errors: [...MANAGEMENT_ERRORS, 'LimitExceededException'],
  readOnly: false,
  quota: 'EnableKey',
  examples: [{ title: 'Enable a key', request: { KeyId: examples.KEY_ID } }],
  async handler({ targets: { key }, kms }) {
    if (key.state !== 'Enabled') await enableStoredKey(kms, key);
    return {};
  },
});

/** For how many whole days a key has not been used, or existed if it never was. */
function daysWithoutUse({ record, lastUse }: KeyEntry, time: number): Conditions {
  const since = lastUse?.lastUsedDate ?? record.creationDate;
  return { 'kms:TrailingDaysWithoutKeyUsage': String(Math.max(0, Math.floor((time - since) / DAY))) };
}

export const disableKey = operation({
  name: 'DisableKey',
  summary: 'Sets the state of a KMS key to Disabled: until it is enabled again it cannot be used.',
  input: structure({ KeyId: shapes.keyIdMember }),
  output: shapes.empty,
  targets: {
    key: { ...managedKey('kms:DisableKey', 'enablement'), keyConditions: daysWithoutUse },
  },
  errors: MANAGEMENT_ERRORS,
  readOnly: false,
  quota: 'DisableKey',
  examples: [{ title: 'Disable a key', request: { KeyId: examples.KEY_ID } }],
  async handler({ targets: { key }, kms }) {
    if (key.state !== 'Disabled') await changeKey(kms, key, { keyState: 'Disabled' });
    return {};
  },
});

const DEFAULT_WINDOW = 30;
const SHORTEST_WINDOW = 7;
const LONGEST_WINDOW = 30;

const pendingWindow = integer({ min: 1, max: 365 });

export const scheduleKeyDeletion = operation({
  name: 'ScheduleKeyDeletion',
  summary:
    'Schedules the destruction of a KMS key after a waiting period, during which it cannot be used. That of a multi-Region primary key begins when its last replica is gone.',
  input: structure({
    KeyId: shapes.keyIdMember,
    PendingWindowInDays: optional(pendingWindow, 'The waiting period in days, 7 to 30; 30 by default.'),
  }),
  output: structure({
    KeyId: optional(shapes.keyIdentifier, 'The ARN of the key.'),
    DeletionDate: optional(
      timestamp,
      'When the key will be destroyed; not known of a primary key that has replicas.',
    ),
    KeyState: optional(
      shapes.keyState,
      'The state of the key: PendingDeletion, or PendingReplicaDeletion for a primary key that has replicas.',
    ),
    PendingWindowInDays: optional(pendingWindow, 'The waiting period in days.'),
  }),
  targets: {
    key: {
      ...managedKey('kms:ScheduleKeyDeletion', 'scheduleDeletion'),
      kind: 'key',
      keyConditions: daysWithoutUse,
      conditions: (input) => ({
        'kms:ScheduleKeyDeletionPendingWindowInDays': String(input.PendingWindowInDays ?? DEFAULT_WINDOW),
      }),
    },
  },
  errors: MANAGEMENT_ERRORS,
  readOnly: false,
  quota: 'ScheduleKeyDeletion',
  audit: { response: ['KeyId', 'KeyState', 'DeletionDate', 'PendingWindowInDays'] },
  examples: [
    {
      title: 'Destroy a key in a week',
      request: { KeyId: examples.KEY_ID, PendingWindowInDays: 7 },
    },
    { title: 'Destroy a key in 30 days', request: { KeyId: examples.KEY_ARN } },
  ],
  validate({ PendingWindowInDays: days = DEFAULT_WINDOW }) {
    if (days < SHORTEST_WINDOW || days > LONGEST_WINDOW) throw deletionWindowInvalid(days);
  },
  async handler({ input: { PendingWindowInDays: days = DEFAULT_WINDOW }, targets: { key }, kms }) {
    const { keyState, deletionDate } = await scheduleDeletion(kms, key, days);
    return {
      KeyId: key.arn,
      ...(deletionDate !== undefined && { DeletionDate: new Date(deletionDate) }),
      KeyState: keyState,
      PendingWindowInDays: days,
    };
  },
});

export const cancelKeyDeletion = operation({
  name: 'CancelKeyDeletion',
  summary: 'Cancels the scheduled destruction of a KMS key. The key is left disabled.',
  input: structure({ KeyId: shapes.keyIdMember }),
  output: structure({ KeyId: optional(shapes.keyIdentifier, 'The ARN of the key.') }),
  targets: {
    key: managedKey('kms:CancelKeyDeletion', 'cancelDeletion'),
  },
  errors: MANAGEMENT_ERRORS,
  readOnly: false,
  quota: 'CancelKeyDeletion',
  audit: { response: ['KeyId'] },
  examples: [{ title: 'Keep a key', request: { KeyId: examples.KEY_ID } }],
  async handler({ targets: { key }, kms }) {
    await cancelDeletion(kms, key);
    return { KeyId: key.arn };
  },
});
