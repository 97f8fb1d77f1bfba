import type { Caller, PrincipalTag } from '../../caller.ts';
import { type Identity, type IdentityTag, sessionArn, type TemporaryCredentials } from '../../iam/index.ts';
import type { Conditions } from '../operation.ts';
import * as refusals from './refusals.ts';

/** Longest session of a role that was assumed with the session of another, in seconds. */
const ROLE_CHAINING_LIMIT = 3_600;
const DEFAULT_DURATION = 3_600;

interface TagMember {
  readonly Key: string;
  readonly Value: string;
}

/** Session tags, and which of them are transitive. */
export interface SessionTags {
  readonly tags: readonly IdentityTag[];
  readonly transitiveTagKeys: readonly string[];
}

/** Condition keys of a request that tags a session. */
export function sessionTagConditions(tags: readonly TagMember[] = []): Conditions {
  if (tags.length === 0) return {};
  return {
    'aws:TagKeys': tags.map(({ Key }) => Key),
    ...Object.fromEntries(tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
  };
}

/**
 * The tags of a new session: those that are passed, and the transitive ones of the calling session.
 *
 * @throws ServiceError `InvalidParameterValue` for a key that is passed twice, or is reserved, or is inherited, or is transitive and no
 * tag
 */
export function readSessionTags(
  passed: readonly TagMember[],
  transitiveKeys: readonly string[],
  inherited: readonly PrincipalTag[],
): SessionTags {
  const keys = new Set(passed.map(({ Key }) => Key.toLowerCase()));
  if (keys.size < passed.length) throw refusals.duplicateTagKeys();
  if ([...keys].some((key) => key.startsWith('aws:'))) throw refusals.reservedTagKey();
  if (inherited.some(({ key }) => keys.has(key.toLowerCase()))) throw refusals.transitiveTagConflict();
  const unknown = transitiveKeys.find((key) => !keys.has(key.toLowerCase()));
  if (unknown !== undefined) throw refusals.unknownTransitiveTag(unknown);
  return {
    tags: [...inherited, ...passed.map(({ Key, Value }) => ({ key: Key, value: Value }))],
    transitiveTagKeys: [...inherited.map(({ key }) => key), ...transitiveKeys],
  };
}

/**
 * How long a session of a role lasts, in seconds.
 *
 * @throws ServiceError `ValidationError` when that is longer than the role, or role chaining, allows
 */
export function readDuration(
  requested: number | undefined,
  { details: { maxSessionDuration } }: Identity<'role'>,
  { principal }: Caller,
): number {
  const duration = requested ?? DEFAULT_DURATION;
  if (principal.kind === 'assumed-role' && duration > ROLE_CHAINING_LIMIT)
    throw refusals.longerThanRoleChaining();
  if (duration > maxSessionDuration) throw refusals.longerThanRoleAllows();
  return duration;
}

/** How the session of a role is shown. */
export function showAssumedRole(
  partition: string,
  { accountId, name, uniqueId }: Identity<'role'>,
  sessionName: string,
) {
  return {
    AssumedRoleId: `${uniqueId}:${sessionName}`,
    Arn: sessionArn(partition, accountId, 'assumed-role', `${name}/${sessionName}`),
  };
}

/** How temporary credentials are shown. */
export function showCredentials(credentials: TemporaryCredentials) {
  return {
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    SessionToken: credentials.sessionToken,
    Expiration: new Date(credentials.expiresAt),
  };
}
