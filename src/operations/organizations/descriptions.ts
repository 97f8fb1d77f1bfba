import { type AccountRecord, type Iam, organizationOf } from '../../iam/index.ts';
import { enumeration, list, optional, string, structure, timestamp } from '../../model/index.ts';

/* How the organization and its accounts are shown. */

export const createAccountStatus = structure({
  Id: optional(string(), 'What DescribeCreateAccountStatus asks by; absent when no account was created.'),
  AccountName: optional(string(), 'What the account is for.'),
  State: optional(enumeration('IN_PROGRESS', 'SUCCEEDED', 'FAILED'), 'How it went.'),
  RequestedTimestamp: optional(timestamp, 'When the account was asked for.'),
  CompletedTimestamp: optional(timestamp, 'When that was done, which is then too.'),
  AccountId: optional(string(), 'The new account.'),
  FailureReason: optional(
    enumeration('EMAIL_ALREADY_EXISTS'),
    'Why no account was created: another account has the address.',
  ),
});

export const account = structure({
  Id: optional(string(), 'The account.'),
  Arn: optional(string(), 'The ARN of the account.'),
  Email: optional(string(), 'Whom to write to about it.'),
  Name: optional(string(), 'What it is for.'),
  Status: optional(enumeration('ACTIVE', 'SUSPENDED', 'PENDING_CLOSURE'), 'ACTIVE.'),
  State: optional(
    enumeration('PENDING_ACTIVATION', 'ACTIVE', 'SUSPENDED', 'PENDING_CLOSURE', 'CLOSED'),
    'ACTIVE.',
  ),
  JoinedMethod: optional(enumeration('INVITED', 'CREATED'), 'CREATED.'),
  JoinedTimestamp: optional(timestamp, 'When it was created.'),
});

export const organization = structure({
  Id: optional(string(), 'The organization.'),
  Arn: optional(string(), 'Its ARN.'),
  FeatureSet: optional(
    enumeration('ALL', 'CONSOLIDATED_BILLING'),
    'CONSOLIDATED_BILLING, which is what AWS calls an organization without service control policies.',
  ),
  MasterAccountArn: optional(string(), 'The ARN of the operator’s account.'),
  MasterAccountId: optional(string(), 'The operator’s account.'),
  AvailablePolicyTypes: optional(
    list(structure({ Type: optional(enumeration('SERVICE_CONTROL_POLICY'), 'The type.') })),
    'Empty.',
  ),
});

/** The id of the creation of an account, which tells the account. */
export function creationId(accountId: string): string {
  return `car-${accountId.padStart(32, '0')}`;
}

/** How the creation of an account is shown. */
export function showCreation({ accountId, name, creationDate }: AccountRecord) {
  const date = new Date(creationDate);
  return {
    Id: creationId(accountId),
    AccountName: name,
    State: 'SUCCEEDED',
    RequestedTimestamp: date,
    CompletedTimestamp: date,
    AccountId: accountId,
  } as const;
}

/** How an account is shown. */
export function showAccount(iam: Iam, { accountId, name, email, creationDate }: AccountRecord) {
  return {
    Id: accountId,
    Arn: accountArn(iam, accountId),
    Email: email === '' ? undefined : email,
    Name: name,
    Status: 'ACTIVE',
    State: 'ACTIVE',
    JoinedMethod: 'CREATED',
    JoinedTimestamp: new Date(creationDate),
  } as const;
}

/** How the organization is shown. */
export function showOrganization(iam: Iam) {
  const { partition, operatorAccount } = iam;
  return {
    Id: organizationOf(iam).id,
    Arn: `arn:${partition}:organizations::${operatorAccount}:organization/${organizationOf(iam).id}`,
    FeatureSet: 'CONSOLIDATED_BILLING',
    MasterAccountArn: accountArn(iam, operatorAccount),
    MasterAccountId: operatorAccount,
    AvailablePolicyTypes: [],
  } as const;
}

function accountArn(iam: Iam, accountId: string): string {
  const { partition, operatorAccount } = iam;
  return `arn:${partition}:organizations::${operatorAccount}:account/${organizationOf(iam).id}/${accountId}`;
}
