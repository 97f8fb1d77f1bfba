/*
 * Quotas of IAM ("IAM and AWS STS quotas"). Sizes of policies count characters without white space. Users, roles and
 * groups of an account are not limited as AWS limits them: a deployment that has the machine for more may have more.
 */

export const ACCESS_KEYS_PER_USER = 2;
export const ATTACHED_POLICIES = 10;
export const GROUPS_PER_USER = 10;
export const VERSIONS_PER_POLICY = 5;
export const TAGS_PER_IDENTITY = 50;
export const CLIENT_IDS_PER_PROVIDER = 100;
export const THUMBPRINTS_PER_PROVIDER = 5;

export const MANAGED_POLICY_SIZE = 6_144;
export const TRUST_POLICY_SIZE = 2_048;

/** All inline policies of an identity together. */
export const INLINE_POLICIES_SIZE = { user: 2_048, group: 5_120, role: 10_240 } as const;

/** What an account may have of each kind, and how messages call it. */
export const PER_ACCOUNT = {
  user: { name: 'UsersPerAccount', limit: 1_000_000 },
  group: { name: 'GroupsPerAccount', limit: 100_000 },
  role: { name: 'RolesPerAccount', limit: 1_000_000 },
  policy: { name: 'PoliciesPerAccount', limit: 100_000 },
  'oidc-provider': { name: 'OpenIDConnectProvidersPerAccount', limit: 700 },
} as const;
