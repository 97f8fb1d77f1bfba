import {
  findManagedPolicy,
  findNamedIdentity,
  type Iam,
  type Identity,
  type IdentityEntry,
  type IdentityKind,
  identityArn,
  type NewIdentity,
  parseIdentityArn,
  rootUserArn,
  userNameMissing,
} from '../iam/index.ts';
import {
  type AnyInput,
  asDeclared,
  type IdentityTarget,
  type NewIdentityTarget,
} from '../operations/index.ts';
import type { Scope } from './scope.ts';

/** An identity that a request names. */
export interface NamedIdentity {
  readonly arn: string;
  /** The name, or the ARN where the request gave that. */
  readonly name: string;
  /** `undefined` when there is none such, or when the root user is meant. */
  readonly identity: Identity | undefined;
  /** ARN of the permissions boundary that it has. */
  readonly boundaryArn: string | undefined;
  readonly isRootUser: boolean;
}

/** The identity that a request names, or means by naming none. */
export async function findIdentity(
  { iam, caller, account }: Scope,
  target: IdentityTarget,
  input: AnyInput,
): Promise<NamedIdentity> {
  const member = input[target.member];
  if (typeof member === 'string') return findByName(iam, account, target.identity, member);
  if (caller.principal.kind === 'root') {
    const arn = rootUserArn(iam.partition, account);
    return { arn, name: account, identity: undefined, boundaryArn: undefined, isRootUser: true };
  }
  if (caller.userName === undefined) throw userNameMissing();
  return findByName(iam, account, 'user', caller.userName);
}

async function findByName(
  iam: Iam,
  account: string,
  kind: IdentityKind,
  name: string,
): Promise<NamedIdentity> {
  const { partition, store } = iam;
  const found = await store.read(async (reader) => {
    if (kind === 'policy') return findManagedPolicy(reader, partition, account, name).catch(() => undefined);
    if (kind !== 'oidc-provider') return findNamedIdentity(reader, partition, account, kind, name);
    const parsed = parseIdentityArn(name);
    if (parsed?.kind !== kind || parsed.accountId !== account) return undefined;
    const provider = await findNamedIdentity(reader, partition, account, kind, parsed.name);
    return provider?.arn === name ? provider : undefined;
  });
  const isNamedByArn = kind === 'policy' || kind === 'oidc-provider';
  const guess = isNamedByArn ? name : identityArn(partition, { accountId: account, kind, path: '/', name });
  const boundary = found && 'permissionsBoundary' in found.details && found.details.permissionsBoundary;
  const boundaryArn = boundary ? (await iam.identities.get(boundary))?.identity.arn : undefined;
  return { arn: found?.arn ?? guess, name, identity: found, boundaryArn, isRootUser: false };
}

/**
 * Where the identity will be that a request creates or moves.
 *
 * @param moved the identity that it moves
 */
export function placeOf(
  { iam, account }: Scope,
  target: NewIdentityTarget,
  input: AnyInput,
  moved: Identity | undefined,
): NewIdentity {
  const { path = moved?.path ?? '/', name } = target.place(asDeclared(input));
  const place = { accountId: account, path, name };
  return { ...place, arn: identityArn(iam.partition, { ...place, kind: target.identity }) };
}

/** A role by its ARN, path included, in whichever account of the deployment. */
export async function findRole({ iam }: Scope, arn: string): Promise<IdentityEntry | undefined> {
  const parsed = parseIdentityArn(arn);
  if (parsed?.kind !== 'role') return undefined;
  const role = await iam.store.read((reader) =>
    findNamedIdentity(reader, iam.partition, parsed.accountId, 'role', parsed.name),
  );
  return role?.arn === arn ? iam.identities.get(role.uniqueId) : undefined;
}
