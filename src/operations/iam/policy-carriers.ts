import { changeIdentity, type Iam, type Identity, type PolicyCarrier, type Writer } from '../../iam/index.ts';
import { required } from '../../model/index.ts';
import * as shapes from './shapes.ts';

/* What the operations on the policies of users, groups and roles have in common. */

/** The kinds of identities that carry policies. */
export type CarrierKind = 'user' | 'group' | 'role';

const MEMBERS = { user: 'UserName', group: 'GroupName', role: 'RoleName' } as const;

/** The member that names the identity, by kind. */
export const named = {
  user: { UserName: required(shapes.userName, 'The name of the user.') },
  group: { GroupName: required(shapes.groupName, 'The name of the group.') },
  role: { RoleName: required(shapes.roleName, 'The name of the role.') },
};

/** What examples have for that member. */
export const NAMED_EXAMPLE = {
  user: { UserName: 'ada' },
  group: { GroupName: 'encrypters' },
  role: { RoleName: 'orders' },
} as const;

/** The target of an operation on an identity that a request names. */
export function onNamed<const K extends CarrierKind, const P extends `iam:${string}`>(
  kind: K,
  permission: P,
) {
  return { kind: 'identity', identity: kind, member: MEMBERS[kind], permission } as const;
}

/**
 * Changes the policies that an identity carries.
 *
 * @param change gives what is to be replaced
 * @throws ServiceError `NoSuchEntity` when the identity is gone
 */
export async function changePolicies<K extends CarrierKind>(
  iam: Iam,
  kind: K,
  identity: Identity<K>,
  change: (
    present: PolicyCarrier,
    writer: Writer,
  ) => Partial<PolicyCarrier> | Promise<Partial<PolicyCarrier>>,
): Promise<void> {
  await changeIdentity(iam, kind, identity, async ({ details }, writer) => ({
    details: { ...details, ...(await change(details, writer)) },
  }));
}
