import {
  bindPrincipals,
  type PolicyDocument,
  parsePolicy,
  principalsToBind,
  renderPolicy,
} from '../policy/index.ts';
import {
  findAccount,
  findAccounts,
  findIdentities,
  findIdentitiesById,
  findIdentity,
  type IdentityName,
  type Reader,
} from '../store/index.ts';
import { identityArn, parseIdentityArn, parseRoleSessionArn } from './identifiers.ts';

/** Which of the principals that a policy names exist. */
export interface NamedPrincipals {
  /** Unique ids of users and roles by their ARNs, for saving the policy. */
  readonly bindings: ReadonlyMap<string, string>;
  /** Whether a user, a role, a session, a provider or a unique id that the policy names exists. */
  readonly exists: (principal: string) => boolean;
}

/**
 * Looks up the principals that a policy names, all at once. Users, roles, providers and sessions of roles have to exist,
 * in whichever account of the deployment; of an account outside, only the account itself can be named.
 */
export async function findNamedPrincipals(
  reader: Reader,
  partition: string,
  document: PolicyDocument,
): Promise<NamedPrincipals> {
  const { arns, uniqueIds, sessions, federatedUsers, providers } = principalsToBind(document);
  const roles = new Map(sessions.map((arn) => [arn, roleOfSession(arn)]));
  const named = await findIdentities(reader, [
    ...[...arns, ...providers].flatMap((arn) => parseIdentityArn(arn) ?? []),
    ...[...roles.values()].filter((role) => role !== undefined),
  ]);
  const identified = await findIdentitiesById(reader, uniqueIds);
  const accounts = await findAccounts(reader, federatedUsers.map(accountIn));

  const idsByArn = new Map(named.map((record) => [identityArn(partition, record), record.uniqueId]));
  const roleNames = new Set(named.flatMap((record) => (record.kind === 'role' ? nameOf(record) : [])));
  const accountIds = new Set(accounts.map(({ accountId }) => accountId));
  const isNamed = (arn: string): boolean => {
    const role = roles.get(arn);
    return role === undefined ? idsByArn.has(arn) : roleNames.has(nameOf(role));
  };
  const existing = new Set([
    ...[...sessions, ...providers].filter(isNamed),
    ...identified.filter(({ kind }) => kind === 'user' || kind === 'role').map(({ uniqueId }) => uniqueId),
    ...federatedUsers.filter((arn) => accountIds.has(accountIn(arn))),
  ]);
  const bindings = new Map(
    arns.flatMap((arn): [string, string][] => {
      const uniqueId = idsByArn.get(arn);
      return uniqueId === undefined ? [] : [[arn, uniqueId]];
    }),
  );
  return { bindings, exists: (principal) => bindings.has(principal) || existing.has(principal) };
}

/** The name of the role that made a session. */
function roleOfSession(arn: string): IdentityName | undefined {
  const { accountId, roleName } = parseRoleSessionArn(arn) ?? {};
  return accountId && roleName ? { accountId, kind: 'role', name: roleName } : undefined;
}

function nameOf({ accountId, kind, name }: IdentityName): string {
  return `${accountId}/${kind}/${name}`;
}

/** The account in an ARN. */
function accountIn(arn: string): string {
  return arn.split(':')[4] ?? '';
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

/**
 * How principals that were bound are shown: by the present ARNs of those unique ids whose identity there is. What is not
 * among them is shown as it is.
 */
export async function showPrincipals(
  reader: Reader,
  partition: string,
  bound: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = await findIdentitiesById(reader, bound);
  return new Map(found.map((record) => [record.uniqueId, identityArn(partition, record)]));
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
  const { uniqueIds } = principalsToBind(parsePolicy(text));
  const arns = await showPrincipals(reader, partition, [...bindings.values(), ...uniqueIds]);
  return renderPolicy(text, (principal) => {
    const uniqueId = bindings.get(principal);
    return uniqueId === undefined ? arns.get(principal) : (arns.get(uniqueId) ?? uniqueId);
  });
}
