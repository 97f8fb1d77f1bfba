import {
  countIdentities,
  decodeIdentity,
  type Iam,
  isOfKind,
  listAccessKeys,
  listIdentities,
  quotas,
  type Reader,
} from '../../iam/index.ts';
import { integer, list, map, optional, required, string, structure } from '../../model/index.ts';
import { iamOperation } from './iam-operation.ts';
import { iamPage } from './pages.ts';
import * as shapes from './shapes.ts';

/** How many policies are looked at at a time. */
const BATCH = 1000;

/** The versions of all managed policies of an account. */
async function countPolicyVersions(reader: Reader, partition: string, accountId: string): Promise<number> {
  let count = 0;
  for (let after = ''; ; ) {
    const records = await listIdentities(reader, { accountId, kind: 'policy' }, after, BATCH);
    for (const record of records) {
      const policy = decodeIdentity(partition, record);
      if (isOfKind(policy, 'policy')) count += policy.details.versions.length;
    }
    const last = records.at(-1);
    if (last === undefined || records.length < BATCH) return count;
    after = last.name;
  }
}

/** What an account has. What does not exist here, it has none of. */
function countAll({ store, partition }: Iam, accountId: string): Promise<Readonly<Record<string, number>>> {
  return store.read(async (reader) => ({
    AccountAccessKeysPresent: (await listAccessKeys(reader, accountId)).length > 0 ? 1 : 0,
    AccountMFAEnabled: 0,
    AccountPasswordPresent: 0,
    AccountSigningCertificatesPresent: 0,
    Groups: await countIdentities(reader, accountId, 'group'),
    InstanceProfiles: 0,
    MFADevices: 0,
    MFADevicesInUse: 0,
    Policies: await countIdentities(reader, accountId, 'policy'),
    PolicyVersionsInUse: await countPolicyVersions(reader, partition, accountId),
    Providers: await countIdentities(reader, accountId, 'oidc-provider'),
    Roles: await countIdentities(reader, accountId, 'role'),
    ServerCertificates: 0,
    Users: await countIdentities(reader, accountId, 'user'),
  }));
}

const QUOTAS = {
  AccessKeysPerUserQuota: quotas.ACCESS_KEYS_PER_USER,
  AssumeRolePolicySizeQuota: quotas.TRUST_POLICY_SIZE,
  AttachedPoliciesPerGroupQuota: quotas.ATTACHED_POLICIES,
  AttachedPoliciesPerRoleQuota: quotas.ATTACHED_POLICIES,
  AttachedPoliciesPerUserQuota: quotas.ATTACHED_POLICIES,
  GroupPolicySizeQuota: quotas.INLINE_POLICIES_SIZE.group,
  GroupsPerUserQuota: quotas.GROUPS_PER_USER,
  GroupsQuota: quotas.PER_ACCOUNT.group.limit,
  PoliciesQuota: quotas.PER_ACCOUNT.policy.limit,
  PolicySizeQuota: quotas.MANAGED_POLICY_SIZE,
  RolePolicySizeQuota: quotas.INLINE_POLICIES_SIZE.role,
  RolesQuota: quotas.PER_ACCOUNT.role.limit,
  UserPolicySizeQuota: quotas.INLINE_POLICIES_SIZE.user,
  UsersQuota: quotas.PER_ACCOUNT.user.limit,
  VersionsPerPolicyQuota: quotas.VERSIONS_PER_POLICY,
};

export const getAccountSummary = iamOperation({
  name: 'GetAccountSummary',
  summary: 'Counts what the account has of each kind, and tells how much it may have.',
  input: structure({}),
  output: structure({
    SummaryMap: optional(map(integer()), 'Counts and quotas by name; quotas end in Quota.'),
  }),
  targets: { account: { kind: 'account', permission: 'iam:GetAccountSummary' } },
  errors: [],
  readOnly: true,
  examples: [
    {
      title: 'Count users and roles, among others',
      request: {},
    },
  ],
  async handler({ caller, iam }) {
    return { SummaryMap: { ...(await countAll(iam, caller.account)), ...QUOTAS } };
  },
});

export const listAccountAliases = iamOperation({
  name: 'ListAccountAliases',
  summary:
    'Lists the aliases of the account. Accounts have none here, since there is no sign-in page to name.',
  input: structure(shapes.pageRequest),
  output: structure({
    AccountAliases: required(list(string()), 'The aliases: none.'),
    ...shapes.pageAnswer,
  }),
  targets: { account: { kind: 'account', permission: 'iam:ListAccountAliases' } },
  errors: [],
  readOnly: true,
  examples: [
    {
      title: 'List the aliases of the account',
      request: {},
    },
  ],
  async handler(call) {
    const { items, page } = await iamPage<string>(
      call,
      [],
      () => [],
      (alias) => alias,
    );
    return { AccountAliases: items, ...page };
  },
});
