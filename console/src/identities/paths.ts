/** What has policies: named as in the operations of IAM. */
export type CarrierKind = 'User' | 'Group' | 'Role';

/** The member that names one. */
export function nameMember(kind: CarrierKind): `${CarrierKind}Name` {
  return `${kind}Name`;
}

/** Where the pages of a kind are. */
export function pathOfKind(kind: CarrierKind): string {
  return `/identities/${kind.toLowerCase()}s`;
}

/** The page of one. */
export function pathOfCarrier(kind: CarrierKind, name: string): string {
  return `${pathOfKind(kind)}/${encodeURIComponent(name)}`;
}

/** The page of a managed policy. */
export function pathOfPolicy(arn: string): string {
  return `/identities/policies/${encodeURIComponent(arn)}`;
}

/** The page of an OpenID Connect provider. */
export function pathOfProvider(arn: string): string {
  return `/identities/providers/${encodeURIComponent(arn)}`;
}

/** The page of a user or role of the account by its ARN, or by that of a session; `undefined` for anybody else. */
export function pathOfPrincipal(arn: string, account: string): string | undefined {
  const [, , service, , owner, resource = ''] = arn.split(':');
  if (owner !== account) return undefined;
  const [type, ...path] = resource.split('/');
  if (service === 'iam' && type === 'user') return pathOfCarrier('User', path.at(-1) ?? '');
  if (service === 'iam' && type === 'role') return pathOfCarrier('Role', path.at(-1) ?? '');
  return service === 'sts' && type === 'assumed-role' ? pathOfCarrier('Role', path[0] ?? '') : undefined;
}

/** The name in a part of a path, as `pathOfCarrier` and `pathOfPolicy` put it there. */
export function nameIn(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
