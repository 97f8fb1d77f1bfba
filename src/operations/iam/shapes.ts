import { constraints } from '../../iam/index.ts';
import {
  boolean,
  enumeration,
  integer,
  list,
  optional,
  required,
  string,
  structure,
  timestamp,
} from '../../model/index.ts';

/* Shapes that several operations of IAM share. Constraints: the IAM service model. */

export const newUserName = string(constraints.NEW_USER_NAME);
export const userName = string(constraints.USER_NAME);
export const groupName = string(constraints.GROUP_NAME);
export const roleName = string(constraints.ROLE_NAME);
export const policyName = string(constraints.POLICY_NAME);
export const path = string(constraints.PATH);
export const pathPrefix = string({ min: 1, max: 512, pattern: '\\u002F[\\u0021-\\u007F]*' });
export const arn = string({ min: 20, max: 2048 });
export const uniqueId = string({ min: 16, max: 128, pattern: '[\\w]+' });
export const accessKeyId = string(constraints.ACCESS_KEY_ID);
export const policyDocument = string({
  min: 1,
  max: 131_072,
  pattern: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+',
});

export const tagKey = string(constraints.TAG_KEY);
export const tag = structure({
  Key: required(tagKey, 'The key of the tag; keys that differ only in case are the same.'),
  Value: required(string(constraints.TAG_VALUE), 'The value of the tag.'),
});
export const tags = list(tag, { max: 50 });
export const tagKeys = list(tagKey, { max: 50 });

/** Members that every listing takes. */
export const pageRequest = {
  Marker: optional(
    string({ min: 1, pattern: '[\\u0020-\\u00FF]+' }),
    'The Marker of the page before, for the next page.',
  ),
  MaxItems: optional(integer({ min: 1, max: 1000 }), 'The most items to be listed; 100 by default.'),
};

/** Members that every listing answers with. */
export const pageAnswer = {
  IsTruncated: optional(boolean, 'Whether there are more items.'),
  Marker: optional(string(), 'What to ask the next page with, when there are more items.'),
};

export const permissionsBoundary = structure({
  PermissionsBoundaryType: optional(enumeration('PermissionsBoundaryPolicy'), 'PermissionsBoundaryPolicy.'),
  PermissionsBoundaryArn: optional(arn, 'The ARN of the managed policy that is the boundary.'),
});

export const empty = structure({});

export const requiredCreateDate = required(timestamp, 'When it was created.');
export const lastUsedDate = optional(timestamp, 'When it was last used; absent when it never was.');
export const createDate = optional(timestamp, 'When it was created.');

/** Paths of managed policies admit fewer characters. */
export const policyPath = string(constraints.POLICY_PATH);
export const policyVersionId = string({ pattern: 'v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?' });
