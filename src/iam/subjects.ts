import type { Caller, CallerSession } from '../caller.ts';
import { findAccount } from '../store/index.ts';
import { ALLOW_EVERYTHING, rootCaller } from './callers.ts';
import { findNamedIdentity } from './changes.ts';
import type { Iam } from './iam.ts';
import { parseIdentityArn, parseRoleSessionArn, rootUserArn, sessionArn } from './identifiers.ts';
import { isOfKind, tagsOf } from './identity.ts';
import {
  gonePolicy,
  type PoliciesOfIdentity,
  policiesOfIdentity,
  type SourcedPolicy,
  sourcedManagedPolicy,
  storedPolicy,
} from './policy-sources.ts';

/*
 * Principals about whom somebody asks: as they would be if they made a request. What only a request can tell, such as
 * session policies and session tags, they do not have.
 */

/** What the session of a role is called that nobody has asked for. */
const SESSION_NAME = 'session';

/**
 * The principal that has an ARN: an account's root user, a user, a role (as a session of it), a role session or a
 * federated user; or a service, by its name. `undefined` when there is none such.
 *
 * @param time of the session of a role, milliseconds since the Unix epoch
 */
export async function findSubject(iam: Iam, text: string, time: number): Promise<Caller | undefined> {
  const { partition } = iam;
  if (/^[a-z0-9-]+(?:\.[a-z0-9-]+){2,}$/.test(text))
    return { ...WITHOUT_POLICIES, principal: { kind: 'service', serviceName: text, arn: text }, account: '' };
  const account = /^arn:[^:]+:(?:iam|sts)::([0-9]{12}):/.exec(text)?.[1];
  if (account === undefined) return undefined;
  if (text === rootUserArn(partition, account)) return rootCaller(partition, account, '');
  const federatedName = /:federated-user\/([\w+=,.@-]+)$/.exec(text)?.[1];
  if (
    federatedName !== undefined &&
    text === sessionArn(partition, account, 'federated-user', federatedName)
  ) {
    if ((await iam.store.read((reader) => findAccount(reader, account))) === undefined) return undefined;
    const session = sessionAt(time, 'GetFederationToken');
    return {
      ...WITHOUT_POLICIES,
      principal: { kind: 'federated-user', account, arn: text },
      account,
      session,
    };
  }
  const named = parseIdentityArn(text);
  if (named?.kind === 'user') return findUser(iam, account, text, named.name);
  const session = parseRoleSessionArn(text);
  if (named?.kind === 'role') return findRoleSession(iam, account, text, named.name, SESSION_NAME, time);
  return session && findRoleSession(iam, account, text, session.roleName, session.sessionName, time);
}

const WITHOUT_POLICIES = { accessKeyId: '', identityPolicies: [], tags: [] };

async function findUser(iam: Iam, account: string, arn: string, name: string): Promise<Caller | undefined> {
  const user = await iam.store.read((reader) =>
    findNamedIdentity(reader, iam.partition, account, 'user', name),
  );
  if (user === undefined || user.arn !== arn) return undefined;
  const principal = { kind: 'user', account, arn, uniqueId: user.uniqueId } as const;
  return { ...WITHOUT_POLICIES, principal, account, userName: user.name, tags: tagsOf(user) };
}

/** @param text the ARN of the role, or of the session */
async function findRoleSession(
  { store, partition }: Iam,
  account: string,
  text: string,
  roleName: string,
  sessionName: string,
  time: number,
): Promise<Caller | undefined> {
  const role = await store.read((reader) => findNamedIdentity(reader, partition, account, 'role', roleName));
  if (role === undefined) return undefined;
  const arn = sessionArn(partition, account, 'assumed-role', `${role.name}/${sessionName}`);
  if (text !== role.arn && text !== arn) return undefined;
  const { arn: roleArn, uniqueId } = role;
  return {
    ...WITHOUT_POLICIES,
    principal: { kind: 'assumed-role', account, arn, roleArn, uniqueId, sessionName },
    account,
    tags: tagsOf(role),
    session: sessionAt(time, 'AssumeRole'),
  };
}

function sessionAt(time: number, source: CallerSession['source']): CallerSession {
  return {
    source,
    issuedAt: time,
    expiresAt: time,
    sourceIdentity: undefined,
    transitiveTags: [],
    federatedProvider: undefined,
    policies: [],
    policyIds: [],
  };
}

/** The policies that bear on what a caller may do, with their texts: the same as its requests are judged by. */
export interface PoliciesOfCaller extends PoliciesOfIdentity {
  readonly sessionPolicies: readonly SourcedPolicy[];
}

/** Collects the policies of a caller. */
export async function policiesOfCaller(iam: Iam, { principal, session }: Caller): Promise<PoliciesOfCaller> {
  const sessionPolicies = (session?.policies ?? []).map((text, index) =>
    storedPolicy(`session policy ${index + 1}`, 'none', text),
  );
  for (const uniqueId of session?.policyIds ?? []) {
    const policy = (await iam.identities.get(uniqueId))?.identity;
    sessionPolicies.push(
      policy !== undefined && isOfKind(policy, 'policy')
        ? sourcedManagedPolicy(policy)
        : gonePolicy(uniqueId),
    );
  }
  const uniqueId =
    principal.kind === 'user' || principal.kind === 'assumed-role'
      ? principal.uniqueId
      : principal.kind === 'federated-user'
        ? principal.userUniqueId
        : undefined;
  const identity = uniqueId === undefined ? undefined : (await iam.identities.get(uniqueId))?.identity;
  if (identity !== undefined && (isOfKind(identity, 'user') || isOfKind(identity, 'role'))) {
    const own = await policiesOfIdentity(iam, identity, []);
    const boundary = identity.details.permissionsBoundary;
    const permissionsBoundary =
      own.permissionsBoundary ?? (boundary === undefined ? undefined : gonePolicy(boundary));
    return { ...own, permissionsBoundary, sessionPolicies };
  }
  const ofRootUser = storedPolicy('permissions of the root user', 'none', ALLOW_EVERYTHING);
  const identityPolicies = principal.kind === 'federated-user' ? [ofRootUser] : [];
  return { identityPolicies, permissionsBoundary: undefined, sessionPolicies };
}
