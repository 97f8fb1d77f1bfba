import { required, structure } from '../../model/index.ts';
import { requestTagConditions } from './common.ts';
import * as examples from './example-values.ts';
import { iamOperation } from './iam-operation.ts';
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

const providerArn = required(shapes.arn, 'The ARN of the provider.');

export const tagOpenIDConnectProvider = iamOperation({
  name: 'TagOpenIDConnectProvider',
  summary: 'Adds tags to an OpenID Connect provider, or gives tags that are there new values.',
  input: structure({ OpenIDConnectProviderArn: providerArn, Tags: givenTags }),
  output: shapes.empty,
  targets: {
    identity: {
      kind: 'identity',
      identity: 'oidc-provider',
      member: 'OpenIDConnectProviderArn',
      permission: 'iam:TagOpenIDConnectProvider',
      conditions: ({ Tags }) => requestTagConditions(Tags),
    },
  },
  errors: TAG_ERRORS,
  readOnly: false,
  examples: [
    {
      title: 'Tag a provider',
      request: { OpenIDConnectProviderArn: examples.PROVIDER_ARN, Tags: [EXAMPLE_TAG] },
      response: {},
    },
  ],
  async handler({ input, targets, iam }) {
    await putTags(iam, 'oidc-provider', targets.identity, input.Tags);
    return {};
  },
});

export const untagOpenIDConnectProvider = iamOperation({
  name: 'UntagOpenIDConnectProvider',
  summary: 'Takes tags away from an OpenID Connect provider.',
  input: structure({ OpenIDConnectProviderArn: providerArn, TagKeys: givenTagKeys }),
  output: shapes.empty,
  targets: {
    identity: {
      kind: 'identity',
      identity: 'oidc-provider',
      member: 'OpenIDConnectProviderArn',
      permission: 'iam:UntagOpenIDConnectProvider',
      conditions: ({ TagKeys }) => ({ 'aws:TagKeys': TagKeys }),
    },
  },
  errors: ['NoSuchEntity'],
  readOnly: false,
  examples: [
    {
      title: 'Untag a provider',
      request: { OpenIDConnectProviderArn: examples.PROVIDER_ARN, TagKeys: [EXAMPLE_TAG.Key] },
      response: {},
    },
  ],
  async handler({ input, targets, iam }) {
    await removeTags(iam, 'oidc-provider', targets.identity, input.TagKeys);
    return {};
  },
});

export const listOpenIDConnectProviderTags = iamOperation({
  name: 'ListOpenIDConnectProviderTags',
  summary: 'Lists the tags of an OpenID Connect provider, by key.',
  input: structure({ OpenIDConnectProviderArn: providerArn, ...shapes.pageRequest }),
  output: tagList,
  targets: {
    identity: {
      kind: 'identity',
      identity: 'oidc-provider',
      member: 'OpenIDConnectProviderArn',
      permission: 'iam:ListOpenIDConnectProviderTags',
    },
  },
  errors: ['NoSuchEntity'],
  readOnly: true,
  examples: [
    {
      title: 'List the tags of a provider',
      request: { OpenIDConnectProviderArn: examples.PROVIDER_ARN },
      response: { Tags: [EXAMPLE_TAG], IsTruncated: false },
    },
  ],
  handler: (call) => pageOfTags(call, call.targets.identity),
});
