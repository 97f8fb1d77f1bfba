import { required, structure } from '../../model/index.ts';
import { requestTagConditions } from './common.ts';
import * as examples from './example-values.ts';
import { iamOperation } from './iam-operation.ts';
import { namedPolicy, requireCustomerManaged, requirePolicyArn } from './policies.ts';
import * as shapes from './shapes.ts';
import {
  EXAMPLE_TAG,
  givenTagKeys,
  givenTags,
  pageOfTags,
  putTags,
  removeTags,
  TAG_ERRORS,
  tagList,
} from './tagging.ts';

const userName = required(shapes.userName, 'The name of the user.');
const roleName = required(shapes.roleName, 'The name of the role.');

export const tagUser = iamOperation({
  name: 'TagUser',
  summary:
    'Adds tags to a user, or gives tags that are there new values. Policies may depend on them at once.',
  input: structure({ UserName: userName, Tags: givenTags }),
  output: shapes.empty,
  targets: {
    identity: {
      kind: 'identity',
      identity: 'user',
      member: 'UserName',
      permission: 'iam:TagUser',
      conditions: ({ Tags }) => requestTagConditions(Tags),
    },
  },
  errors: TAG_ERRORS,
  readOnly: false,
  examples: [{ title: 'Tag a user', request: { UserName: 'ada', Tags: [EXAMPLE_TAG] }, response: {} }],
  async handler({ input, targets, iam }) {
    await putTags(iam, 'user', targets.identity, input.Tags);
    return {};
  },
});

export const untagUser = iamOperation({
  name: 'UntagUser',
  summary: 'Takes tags away from a user.',
  input: structure({ UserName: userName, TagKeys: givenTagKeys }),
  output: shapes.empty,
  targets: {
    identity: {
      kind: 'identity',
      identity: 'user',
      member: 'UserName',
      permission: 'iam:UntagUser',
      conditions: ({ TagKeys }) => ({ 'aws:TagKeys': TagKeys }),
    },
  },
  errors: ['NoSuchEntity'],
  readOnly: false,
  examples: [
    { title: 'Untag a user', request: { UserName: 'ada', TagKeys: [EXAMPLE_TAG.Key] }, response: {} },
  ],
  async handler({ input, targets, iam }) {
    await removeTags(iam, 'user', targets.identity, input.TagKeys);
    return {};
  },
});

export const listUserTags = iamOperation({
  name: 'ListUserTags',
  summary: 'Lists the tags of a user, by key.',
  input: structure({ UserName: userName, ...shapes.pageRequest }),
  output: tagList,
  targets: {
    identity: { kind: 'identity', identity: 'user', member: 'UserName', permission: 'iam:ListUserTags' },
  },
  errors: ['NoSuchEntity'],
  readOnly: true,
  examples: [
    {
      title: 'List the tags of a user',
      request: { UserName: 'ada' },
      response: { Tags: [EXAMPLE_TAG], IsTruncated: false },
    },
  ],
  handler: (call) => pageOfTags(call, call.targets.identity),
});

export const tagRole = iamOperation({
  name: 'TagRole',
  summary:
    'Adds tags to a role, or gives tags that are there new values. Policies may depend on them at once.',
  input: structure({ RoleName: roleName, Tags: givenTags }),
  output: shapes.empty,
  targets: {
    identity: {
      kind: 'identity',
      identity: 'role',
      member: 'RoleName',
      permission: 'iam:TagRole',
      conditions: ({ Tags }) => requestTagConditions(Tags),
    },
  },
  errors: TAG_ERRORS,
  readOnly: false,
  examples: [{ title: 'Tag a role', request: { RoleName: 'orders', Tags: [EXAMPLE_TAG] }, response: {} }],
  async handler({ input, targets, iam }) {
    await putTags(iam, 'role', targets.identity, input.Tags);
    return {};
  },
});

export const untagRole = iamOperation({
  name: 'UntagRole',
  summary: 'Takes tags away from a role.',
  input: structure({ RoleName: roleName, TagKeys: givenTagKeys }),
  output: shapes.empty,
  targets: {
    identity: {
      kind: 'identity',
      identity: 'role',
      member: 'RoleName',
      permission: 'iam:UntagRole',
      conditions: ({ TagKeys }) => ({ 'aws:TagKeys': TagKeys }),
    },
  },
  errors: ['NoSuchEntity'],
  readOnly: false,
  examples: [
    { title: 'Untag a role', request: { RoleName: 'orders', TagKeys: [EXAMPLE_TAG.Key] }, response: {} },
  ],
  async handler({ input, targets, iam }) {
    await removeTags(iam, 'role', targets.identity, input.TagKeys);
    return {};
  },
});

export const listRoleTags = iamOperation({
  name: 'ListRoleTags',
  summary: 'Lists the tags of a role, by key.',
  input: structure({ RoleName: roleName, ...shapes.pageRequest }),
  output: tagList,
  targets: {
    identity: { kind: 'identity', identity: 'role', member: 'RoleName', permission: 'iam:ListRoleTags' },
  },
  errors: ['NoSuchEntity'],
  readOnly: true,
  examples: [
    {
      title: 'List the tags of a role',
      request: { RoleName: 'orders' },
      response: { Tags: [EXAMPLE_TAG], IsTruncated: false },
    },
  ],
  handler: (call) => pageOfTags(call, call.targets.identity),
});

export const tagPolicy = iamOperation({
  name: 'TagPolicy',
  summary:
    'Adds tags to a managed policy, or gives tags that are there new values. Policies may depend on them at once.',
  input: structure({ ...namedPolicy, Tags: givenTags }),
  output: shapes.empty,
  targets: {
    policy: {
      kind: 'identity',
      identity: 'policy',
      member: 'PolicyArn',
      permission: 'iam:TagPolicy',
      conditions: ({ Tags }) => requestTagConditions(Tags),
    },
  },
  errors: TAG_ERRORS,
  readOnly: false,
  examples: [
    {
      title: 'Tag a managed policy',
      request: { PolicyArn: examples.POLICY_ARN, Tags: [EXAMPLE_TAG] },
      response: {},
    },
  ],
  validate: requirePolicyArn,
  check: (call) => requireCustomerManaged(call),
  async handler({ input, targets, iam }) {
    await putTags(iam, 'policy', targets.policy, input.Tags);
    return {};
  },
});

export const untagPolicy = iamOperation({
  name: 'UntagPolicy',
  summary: 'Takes tags away from a managed policy.',
  input: structure({ ...namedPolicy, TagKeys: givenTagKeys }),
  output: shapes.empty,
  targets: {
    policy: {
      kind: 'identity',
      identity: 'policy',
      member: 'PolicyArn',
      permission: 'iam:UntagPolicy',
      conditions: ({ TagKeys }) => ({ 'aws:TagKeys': TagKeys }),
    },
  },
  errors: ['InvalidInput', 'NoSuchEntity'],
  readOnly: false,
  examples: [
    {
      title: 'Untag a managed policy',
      request: { PolicyArn: examples.POLICY_ARN, TagKeys: [EXAMPLE_TAG.Key] },
      response: {},
    },
  ],
  validate: requirePolicyArn,
  check: (call) => requireCustomerManaged(call),
  async handler({ input, targets, iam }) {
    await removeTags(iam, 'policy', targets.policy, input.TagKeys);
    return {};
  },
});

export const listPolicyTags = iamOperation({
  name: 'ListPolicyTags',
  summary: 'Lists the tags of a managed policy, by key.',
  input: structure({ ...namedPolicy, ...shapes.pageRequest }),
  output: tagList,
  targets: {
    policy: { kind: 'identity', identity: 'policy', member: 'PolicyArn', permission: 'iam:ListPolicyTags' },
  },
  errors: ['InvalidInput', 'NoSuchEntity'],
  readOnly: true,
  examples: [
    {
      title: 'List the tags of a managed policy',
      request: { PolicyArn: examples.POLICY_ARN },
      response: { Tags: [EXAMPLE_TAG], IsTruncated: false },
    },
  ],
  validate: requirePolicyArn,
  handler: (call) => pageOfTags(call, call.targets.policy),
});
