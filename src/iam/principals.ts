import {
  bindPrincipals,
  type PolicyDocument,
  parsePolicy,
  principalsToBind,
  renderPolicy,
} from '../policy/index.ts';
import { findAccount, findIdentity, findIdentityById, type Reader } from '../store/index.ts';
import { identityArn, parseIdentityArn, parseRoleSessionArn } from './identifiers.ts';

/** Which of the principals that a policy names exist. */
export interface NamedPrincipals {
  /** Unique ids of users and roles by their ARNs, for saving the policy. */
  readonly bindings: ReadonlyMap<string, string>;
  /** Whether a user, a role, a session, a provider or a unique id that the policy names exists. */
  readonly exists: (principal: string) => boolean;
}

/**
 * Looks up the principals that a policy names. Users, roles, providers and sessions of roles have to exist, in whichever
 * account of the deployment; of an account outside, only the account itself can be named.
 */
export async function findNamedPrincipals(
  reader: Reader,
  partition: string,
  document: PolicyDocument,
): Promise<NamedPrincipals> {
  const { arns, uniqueIds, sessions, federatedUsers, providers } = principalsToBind(document);
  const bindings = new Map<string, string>();
  const existing = new Set<string>();
  for (const arn of arns) {
    const uniqueId = await findByArn(reader, partition, arn);
    if (uniqueId !== undefined) bindings.set(arn, uniqueId);
  }
  for (const uniqueId of uniqueIds) {
    const found = await findIdentityById(reader, uniqueId);
    if (found?.kind === 'user' || found?.kind === 'role') existing.add(uniqueId);
  }
  for (const arn of sessions) {
    const session = parseRoleSessionArn(arn);
    if (session && (await findIdentity(reader, session.accountId, 'role', session.roleName)))
      existing.add(arn);
  }
  for (const arn of federatedUsers) {
    if (await findAccount(reader, arn.split(':')[4] ?? '')) existing.add(arn);
  }
  for (const provider of providers) {
    if (await findByArn(reader, partition, provider)) existing.add(provider);
  }
  return { bindings, exists: (principal) => bindings.has(principal) || existing.has(principal) };
}

/** The unique id of the identity that has an ARN, its path included. */
async function findByArn(reader: Reader, partition: string, arn: string): Promise<string | undefined> {
  const name = parseIdentityArn(arn);
  if (name === undefined) return undefined;
  const found = await findIdentity(reader, name.accountId, name.kind, name.name);
  return found !== undefined && identityArn(partition, found) === arn ? found.uniqueId : undefined;
}

/**
 * What a grant, which names one principal, is stored with: the unique id of a user or role; the ARN itself of an account
 * and of a session. `undefined` for what is no principal, or for one that does not exist.
 */
export async function bindPrincipal(
  reader: Reader,
  partition: string,
  arn: string,
): Promise<string | undefined> {
  const [, ofPartition, service, , account = '', ...resource] = arn.split(':');
  if (ofPartition !== partition || !/^[0-9]{12}$/.test(account)) return undefined;
  const name = resource.join(':');
  if (service === 'iam' && name === 'root') return arn;
  if (service === 'iam' && /^(?:user|role)\//.test(name)) return findByArn(reader, partition, arn);
  const session = service === 'sts' ? parseRoleSessionArn(arn) : undefined;
  if (session !== undefined)
    return (await findIdentity(reader, account, 'role', session.roleName)) === undefined ? undefined : arn;
  const isFederatedUser = service === 'sts' && /^federated-user\/[\w+=,.@-]+$/.test(name);
  return isFederatedUser && (await findAccount(reader, account)) !== undefined ? arn : undefined;
}

/** How a principal that was bound is shown: by its present ARN, or by its unique id when it is gone. */
export async function showPrincipal(reader: Reader, partition: string, bound: string): Promise<string> {
  if (bound.startsWith('arn:')) return bound;
  const identity = await findIdentityById(reader, bound);
  return identity === undefined ? bound : identityArn(partition, identity);
}

/** Parses a stored policy, its users and roles replaced by the unique ids that they were bound to. */
export function bindDocument(text: string, bindings: ReadonlyMap<string, string>): PolicyDocument {
  return bindPrincipals(parsePolicy(text), bindings);
}

/**
 * The text of a policy as it is to be shown: a user or role by its present ARN, or by its unique id when it is gone.
 *
 * @param bindings unique ids by the ARNs that the text has
 */
export async function renderBoundPolicy(
  reader: Reader,
  partition: string,
  text: string,
  bindings: ReadonlyMap<string, string>,
): Promise<string> {
  const shown = new Map<string, string>();
  for (const [arn, uniqueId] of bindings) {
    const identity = await findIdentityById(reader, uniqueId);
    shown.set(arn, identity === undefined ? uniqueId : identityArn(partition, identity));
  }
  const uniqueIds = principalsToBind(parsePolicy(text)).uniqueIds;
  for (const uniqueId of uniqueIds) {
    const identity = await findIdentityById(reader, uniqueId);
    if (identity !== undefined) shown.set(uniqueId, identityArn(partition, identity));
  }
  return renderPolicy(text, (principal) => shown.get(principal));
}
