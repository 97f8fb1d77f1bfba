import type { Caller, PrincipalTag, ServiceSource } from '../caller.ts';
import { type CompiledPolicy, compilePolicy, type Principal, parsePolicy } from '../policy/index.ts';
import { findIdentity } from '../store/index.ts';
import type { Credential } from './access-keys.ts';
import type { Iam } from './iam.ts';
import { parseIdentityArn, parseRoleSessionArn, rootUserArn, sessionArn } from './identifiers.ts';
import { type Identity, type IdentityEntry, isOfKind, tagsOf } from './identity.ts';
import { mayNotActFor } from './refusals.ts';
import { callerSessionOf, type OpenedSession } from './sessions.ts';

/*
 * Who a credential stands for, with every policy that bears on what they may do. All of it comes from caches that follow
 * the change log: whatever was changed before the request passed the fence counts.
 */

/** What stands in for a policy that is gone: it allows nothing. */
const NOTHING = compilePolicy({ version: '2012-10-17', statements: [] });

/** What the root user's own sessions are judged by, who needs no identity policy. */
export const ALLOW_EVERYTHING =
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}';
const EVERYTHING = compilePolicy(parsePolicy(ALLOW_EVERYTHING));

/** The account's root user, who needs no identity policy. */
export function rootCaller(partition: string, account: string, accessKeyId: string): Caller {
  return {
    principal: { kind: 'root', account, arn: rootUserArn(partition, account) },
    account,
    accessKeyId,
    identityPolicies: [],
    tags: [],
  };
}

/** What the signed headers of a service say of a request: whose it is, or what it is for. */
export interface ServiceHeaders extends Omit<ServiceSource, 'isAccountKnown'> {
  /** The ARN of the principal on whose behalf the request is made. */
  readonly onBehalfOf: string | undefined;
}

/**
 * Whoever signs with a long-term credential; `undefined` when they are gone.
 *
 * @param headers reads what a service says of its request
 */
export async function callerOfCredential(
  iam: Iam,
  { accountId, principalId, accessKeyId }: Credential,
  headers: () => ServiceHeaders,
): Promise<Caller | undefined> {
  if (principalId === accountId) return rootCaller(iam.partition, accountId, accessKeyId);
  const entry = await find(iam, principalId);
  if (entry === undefined) return undefined;
  if (isOfKind(entry.identity, 'service')) {
    const { onBehalfOf, ...source } = headers();
    if (onBehalfOf !== undefined) return forwardedCaller(iam, entry.identity, onBehalfOf, accessKeyId);
    const { account = '' } = source;
    const isAccountKnown = (await iam.accounts.get(account)) !== undefined;
    return serviceCaller(entry.identity.name, accountId, accessKeyId, { ...source, isAccountKnown });
  }
  return userCaller(iam, entry, accessKeyId);
}

/** Whoever signs with temporary credentials; `undefined` when the user or role that they stand for is gone. */
export async function callerOfSession(
  iam: Iam,
  accessKeyId: string,
  opened: OpenedSession,
): Promise<Caller | undefined> {
  const { session } = opened;
  const { accountId, principalId } = session;
  const isRoot = principalId === accountId;
  const entry = isRoot ? undefined : await find(iam, principalId);
  if (entry === undefined && !isRoot) return undefined;
  const own =
    entry === undefined
      ? rootCaller(iam.partition, accountId, accessKeyId)
      : await userCaller(iam, entry, accessKeyId);
  const sessionPolicies = [...opened.policies];
  for (const uniqueId of session.policyIds)
    sessionPolicies.push((await find(iam, uniqueId))?.policy ?? NOTHING);
  const limits = { sessionPolicies, session: callerSessionOf(session) };
  switch (session.source) {
    case 'GetSessionToken':
      return { ...own, ...limits };
    case 'GetFederationToken': {
      const { principal } = own;
      const arn = sessionArn(iam.partition, accountId, 'federated-user', session.sessionName ?? '');
      const federated: Principal =
        principal.kind === 'user'
          ? {
              kind: 'federated-user',
              account: accountId,
              arn,
              userArn: principal.arn,
              userUniqueId: principal.uniqueId,
            }
          : { kind: 'federated-user', account: accountId, arn };
      const identityPolicies = isRoot ? [EVERYTHING] : own.identityPolicies;
      return {
        ...own,
        ...limits,
        principal: federated,
        identityPolicies,
        userName: undefined,
        tags: overrideTags(own.tags, session.tags),
      };
    }
    case 'AssumeRole':
    case 'AssumeRoleWithWebIdentity': {
      if (entry === undefined || !isOfKind(entry.identity, 'role')) return undefined;
      const { name, arn: roleArn, uniqueId } = entry.identity;
      const sessionName = session.sessionName ?? '';
      return {
        ...own,
        ...limits,
        principal: {
          kind: 'assumed-role',
          account: accountId,
          arn: sessionArn(iam.partition, accountId, 'assumed-role', `${name}/${sessionName}`),
          roleArn,
          uniqueId,
          sessionName,
        },
        userName: undefined,
        tags: overrideTags(tagsOf(entry.identity), session.tags),
      };
    }
  }
}

/** A user, or a role as it would be without a session, with its policies. */
async function userCaller(iam: Iam, entry: IdentityEntry, accessKeyId: string): Promise<Caller> {
  const { identity } = entry;
  const { accountId: account, arn, uniqueId, name, details } = identity;
  const boundary = 'permissionsBoundary' in details ? details.permissionsBoundary : undefined;
  return {
    principal: { kind: 'user', account, arn, uniqueId },
    account,
    accessKeyId,
    identityPolicies: await collectPolicies(iam, entry),
    permissionsBoundary:
      boundary === undefined ? undefined : ((await find(iam, boundary))?.policy ?? NOTHING),
    userName: name,
    tags: tagsOf(identity),
  };
}

/**
 * The principal on whose behalf a service makes a request, as if it made the request itself through the service.
 *
 * @throws ServiceError `AccessDeniedException` when the service may not act for that account, or there is no such
 * principal there
 */
async function forwardedCaller(
  iam: Iam,
  { name: viaService, details: { actsFor } }: Identity<'service'>,
  arn: string,
  accessKeyId: string,
): Promise<Caller> {
  const account = arn.split(':')[4] ?? '';
  if (!actsFor.includes(account)) throw mayNotActFor(viaService, arn);
  if (arn === rootUserArn(iam.partition, account))
    return { ...rootCaller(iam.partition, account, accessKeyId), viaService };
  const session = parseRoleSessionArn(arn);
  const record = await iam.store.read((reader) =>
    session === undefined
      ? findIdentity(reader, account, 'user', parseIdentityArn(arn)?.name ?? '')
      : findIdentity(reader, account, 'role', session.roleName),
  );
  const entry = record === undefined ? undefined : await find(iam, record.uniqueId);
  if (entry === undefined) throw mayNotActFor(viaService, arn);
  const { arn: entryArn, uniqueId, name } = entry.identity;
  const itsArn =
    session === undefined
      ? entryArn
      : sessionArn(iam.partition, account, 'assumed-role', `${name}/${session.sessionName}`);
  if (itsArn !== arn) throw mayNotActFor(viaService, arn);
  const own = await userCaller(iam, entry, accessKeyId);
  if (session === undefined) return { ...own, viaService };
  return {
    ...own,
    principal: {
      kind: 'assumed-role',
      account,
      arn,
      roleArn: entryArn,
      uniqueId,
      sessionName: session.sessionName,
    },
    userName: undefined,
    viaService,
  };
}

function serviceCaller(
  serviceName: string,
  account: string,
  accessKeyId: string,
  serviceSource: ServiceSource,
): Caller {
  return {
    serviceSource,
    principal: { kind: 'service', serviceName, arn: serviceName },
    account,
    accessKeyId,
    identityPolicies: [],
    tags: [],
  };
}

/** The identity policies of a user or role: inline, attached, and those of its groups. */
export async function collectPolicies(iam: Iam, entry: IdentityEntry): Promise<readonly CompiledPolicy[]> {
  const policies: CompiledPolicy[] = [];
  await collectOwn(iam, entry, policies);
  const { details } = entry.identity;
  if (!('groups' in details)) return policies;
  for (const uniqueId of details.groups) {
    const group = await find(iam, uniqueId);
    if (group !== undefined) await collectOwn(iam, group, policies);
  }
  return policies;
}

async function collectOwn(
  iam: Iam,
  { identity: { details }, inlinePolicies }: IdentityEntry,
  into: CompiledPolicy[],
): Promise<void> {
  into.push(...inlinePolicies);
  if (!('attachedPolicies' in details)) return;
  for (const uniqueId of details.attachedPolicies) {
    const found = iam.identities.get(uniqueId);
    const attached = found instanceof Promise ? await found : found;
    if (attached?.policy !== undefined) into.push(attached.policy);
  }
}

function find(iam: Iam, uniqueId: string): IdentityEntry | Promise<IdentityEntry | undefined> | undefined {
  return iam.identities.get(uniqueId);
}

/** Tags of a user or role with those of its session, which count where both have a key, whatever its case. */
function overrideTags(own: readonly PrincipalTag[], over: readonly PrincipalTag[]): readonly PrincipalTag[] {
  const overridden = new Set(over.map(({ key }) => key.toLowerCase()));
  return [...own.filter(({ key }) => !overridden.has(key.toLowerCase())), ...over];
}
