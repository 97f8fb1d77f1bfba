import { integer, list, optional, required, string, structure, timestamp } from '../../model/index.ts';

/* Shapes that several operations of STS share. Constraints: the STS service model. */

export const roleArn = required(string({ min: 20, max: 2048 }), 'The ARN of the role.');
export const roleSessionName = required(
  string({ min: 2, max: 64, pattern: '[\\w+=,.@-]*' }),
  'A name for the session. It becomes part of its ARN.',
);
export const sourceIdentity = string({ min: 2, max: 64, pattern: '[\\w+=,.@-]*' });

const tagKey = string({ min: 1, max: 128, pattern: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+' });
export const tags = optional(
  list(
    structure({
      Key: required(tagKey, 'The key of the tag; keys that differ only in case are the same.'),
      Value: required(
        string({ min: 0, max: 256, pattern: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*' }),
        'The value of the tag.',
      ),
    }),
    { max: 50 },
  ),
  'Session tags; at most 50. They are principal tags of the session, in place of tags of the role.',
);
export const transitiveTagKeys = optional(
  list(tagKey, { max: 50 }),
  'The keys of those session tags that sessions of roles assumed with this session inherit.',
);

export const sessionPolicy = optional(
  string({ min: 1, max: 2048, pattern: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+' }),
  'A session policy, in JSON: the session may do no more than it allows.',
);
export const sessionPolicyArns = optional(
  list(structure({ arn: optional(string({ min: 20, max: 2048 }), 'The ARN of the policy.') }), { max: 10 }),
  'Managed policies of the account that serve as session policies as well; at most 10.',
);

/** @param max seconds */
export function durationSeconds(max: number, description: string) {
  return optional(integer({ min: 900, max }), description);
}

export const minimumSessionTokenSize = optional(
  integer({ min: 0, max: 4096 }),
  'How many characters the session token shall have at least, for trying out how software takes long ones.',
);

/** Members by which other deployments prove a second factor. */
export const secondFactor = {
  SerialNumber: optional(
    string({ min: 9, max: 256, pattern: '[\\w+=/:,.@-]*' }),
    'A multi-factor authentication device. There are none here: a request that names one is refused.',
  ),
  TokenCode: optional(
    string({ min: 6, max: 6, pattern: '[\\d]*', sensitive: true }),
    'The code of that device.',
  ),
};

export const credentials = optional(
  structure({
    AccessKeyId: required(string({ min: 16, max: 128, pattern: '[\\w]*' }), 'The id of the credentials.'),
    SecretAccessKey: required(string({ sensitive: true }), 'The secret that signs requests.'),
    SessionToken: required(string({ sensitive: true }), 'The token that requests have to bring along.'),
    Expiration: required(timestamp, 'When the credentials expire.'),
  }),
  'The temporary credentials.',
);

export const assumedRoleUser = optional(
  structure({
    AssumedRoleId: required(string(), 'The unique id of the role, and the name of the session.'),
    Arn: required(string({ min: 20, max: 2048 }), 'The ARN of the session.'),
  }),
  'Who requests with these credentials are from.',
);

export const packedPolicySize = optional(
  integer({ min: 0 }),
  'How much of the room for them the session policies and tags take, in percent.',
);
