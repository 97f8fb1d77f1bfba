import { addTags, changeKey, removeTags } from '../kms/index.ts';
import { list, optional, required, string, structure } from '../model/index.ts';
import { managedKey, tagConditions } from './common.ts';
import * as examples from './example-values.ts';
import { operation } from './operation.ts';
import { paginate } from './pagination.ts';
import * as shapes from './shapes.ts';

const errors = [
  'InvalidArnException',
  'KMSInternalException',
  'KMSInvalidStateException',
  'NotFoundException',
  'TagException',
];

export const tagResource = operation({
  name: 'TagResource',
  summary: 'Adds tags to a KMS key, or replaces the values of those that it has.',
  input: structure({
    KeyId: shapes.keyIdMember,
    Tags: required(shapes.tagList, 'The tags. A key can have at most 50.'),
  }),
  output: shapes.empty,
  targets: {
    key: {
      ...managedKey('kms:TagResource', 'metadata'),
      kind: 'key',
      conditions: (input) => tagConditions(input.Tags),
    },
  },
  errors: [...errors, 'LimitExceededException'],
  readOnly: false,
  quota: 'TagResource',
  examples: [
    {
      title: 'Tag a key',
      request: { KeyId: examples.KEY_ID, Tags: [{ TagKey: 'team', TagValue: 'orders' }] },
    },
  ],
  async handler({ input, targets: { key }, kms }) {
    const added = input.Tags.map(({ TagKey, TagValue }) => ({ key: TagKey, value: TagValue }));
    await changeKey(kms, key, { tags: addTags(key.record.tags, added) });
    return {};
  },
});

export const untagResource = operation({
  name: 'UntagResource',
  summary: 'Removes tags from a KMS key; tags that it does not have are ignored.',
  input: structure({
    KeyId: shapes.keyIdMember,
    TagKeys: required(list(string({ min: 1, max: 128 })), 'The keys of the tags.'),
  }),
  output: shapes.empty,
  targets: {
    key: {
      ...managedKey('kms:UntagResource', 'metadata'),
      kind: 'key',
      conditions: (input) => ({ 'aws:TagKeys': input.TagKeys }),
    },
  },
  errors,
  readOnly: false,
  quota: 'UntagResource',
  examples: [{ title: 'Remove a tag', request: { KeyId: examples.KEY_ID, TagKeys: ['team'] } }],
  async handler({ input, targets: { key }, kms }) {
    await changeKey(kms, key, { tags: removeTags(key.record.tags, input.TagKeys) });
    return {};
  },
});

export const listResourceTags = operation({
  name: 'ListResourceTags',
  summary: 'Lists the tags of a KMS key, by tag key.',
  input: structure({ KeyId: shapes.keyIdMember, Limit: shapes.limit, Marker: shapes.marker }),
  output: structure({
    Tags: optional(shapes.tagList, 'The tags.'),
    NextMarker: shapes.nextMarker,
    Truncated: shapes.truncated,
  }),
  targets: {
    key: managedKey('kms:ListResourceTags', 'any'),
  },
  errors: ['InvalidArnException', 'InvalidMarkerException', 'KMSInternalException', 'NotFoundException'],
  readOnly: true,
  quota: 'ListResourceTags',
  pagination: { defaultLimit: 50, maximumLimit: 50 },
  examples: [
    {
      title: 'List tags',
      request: { KeyId: examples.KEY_ID },
    },
  ],
  async handler(call) {
    const { record } = call.targets.key;
    const { items, ...page } = await paginate(
      call,
      record.keyId,
      (after, limit) => record.tags.filter(({ key }) => key > after).slice(0, limit),
      ({ key }) => key,
    );
    return { Tags: items.map(({ key, value }) => ({ TagKey: key, TagValue: value })), ...page };
  },
});
