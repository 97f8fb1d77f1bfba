import { createMemberAccount, findAccount, findAccountByEmail, listAccountsAfter } from '../../iam/index.ts';
import { enumeration, integer, list, optional, required, string, structure } from '../../model/index.ts';
import { operation } from '../operation.ts';
import { pageOf } from '../pagination.ts';
import * as descriptions from './descriptions.ts';
import * as refusals from './refusals.ts';

/*
 * The part of AWS Organizations that has a meaning here: the deployment is an organization, the operator's account
 * manages it, and creates the others.
 */

const DEFAULT_ROLE_NAME = 'OrganizationAccountAccessRole';
const MOST_RESULTS = 20;

/** An operation of the organization, which only the operator's account may call. */
function byManagement<const P extends `organizations:${string}`>(permission: P) {
  return { organization: { kind: 'account', permission } } as const;
}

export const createAccount = operation({
  name: 'CreateAccount',
  service: 'organizations',
  summary:
    'Creates an account in the deployment, with a role that the operator’s account may assume. The account’s root user gets no credentials; qkms reset-root-credentials makes some.',
  input: structure({
    Email: required(
      string({ min: 6, max: 64, pattern: '[^\\s@]+@[^\\s@]+\\.[^\\s@]+' }),
      'Whom to write to about the account. No two accounts have the same.',
    ),
    AccountName: required(
      string({ min: 1, max: 50, pattern: '[\\u0020-\\u007E]+' }),
      'What the account is for.',
    ),
    RoleName: optional(
      string({ pattern: '[\\w+=,.@-]{1,64}' }),
      'The name of the role; OrganizationAccountAccessRole by default.',
    ),
    IamUserAccessToBilling: optional(
      enumeration('ALLOW', 'DENY'),
      'Who may see bills. There are none: either is accepted.',
    ),
    Tags: optional(
      list(
        structure({
          Key: required(string({ min: 1, max: 128 }), 'The key.'),
          Value: required(string({ min: 0, max: 256 }), 'The value.'),
        }),
      ),
      'Tags of the account. There are none here: a request that has some is refused.',
    ),
  }),
  output: structure({ CreateAccountStatus: optional(descriptions.createAccountStatus, 'How it went.') }),
  targets: byManagement('organizations:CreateAccount'),
  errors: ['InvalidInputException'],
  readOnly: false,
  audit: { response: ['CreateAccountStatus'] },
  examples: [
    {
      title: 'Create an account',
      request: { Email: 'orders@example.com', AccountName: 'orders' },
    },
  ],
  check({ input: { Tags = [] }, caller, iam }) {
    refusals.requireManagement(iam, caller);
    if (Tags.length > 0) throw refusals.accountTagsUnsupported();
  },
  async handler({ input: { Email, AccountName, RoleName = DEFAULT_ROLE_NAME }, time, iam }) {
    const requested = { AccountName, RequestedTimestamp: new Date(time), CompletedTimestamp: new Date(time) };
    const created = await iam.store.write(async (writer) => {
      if (await findAccountByEmail(writer, Email)) return undefined;
      return createMemberAccount(iam, writer, { name: AccountName, email: Email, roleName: RoleName });
    });
    if (created === undefined) {
      const failed = { State: 'FAILED', FailureReason: 'EMAIL_ALREADY_EXISTS' } as const;
      return { CreateAccountStatus: { ...requested, ...failed } };
    }
    return { CreateAccountStatus: { ...requested, ...descriptions.showCreation(created) } };
  },
});

export const describeCreateAccountStatus = operation({
  name: 'DescribeCreateAccountStatus',
  service: 'organizations',
  summary: 'Tells how the creation of an account went. It is over when CreateAccount answers.',
  input: structure({
    CreateAccountRequestId: required(
      string({ max: 36, pattern: 'car-[a-z0-9]{8,32}' }),
      'The Id that CreateAccount answered with.',
    ),
  }),
  output: structure({ CreateAccountStatus: optional(descriptions.createAccountStatus, 'How it went.') }),
  targets: byManagement('organizations:DescribeCreateAccountStatus'),
  errors: ['CreateAccountStatusNotFoundException'],
  readOnly: true,
  examples: [
    {
      title: 'See how the creation of an account went',
      request: { CreateAccountRequestId: 'car-00000000000000000000222233334444' },
    },
  ],
  check: ({ caller, iam }) => refusals.requireManagement(iam, caller),
  async handler({ input: { CreateAccountRequestId }, iam }) {
    const accountId = CreateAccountRequestId.slice(-12);
    const account = await iam.store.read((reader) => findAccount(reader, accountId));
    if (account === undefined || descriptions.creationId(accountId) !== CreateAccountRequestId)
      throw refusals.creationNotFound();
    return { CreateAccountStatus: descriptions.showCreation(account) };
  },
});

export const listAccounts = operation({
  name: 'ListAccounts',
  service: 'organizations',
  summary: 'Lists the accounts of the deployment, by id.',
  input: structure({
    NextToken: optional(string({ max: 100_000 }), 'The NextToken of the page before, for the next page.'),
    MaxResults: optional(
      integer({ min: 1, max: MOST_RESULTS }),
      'The most accounts to be listed; 20 by default.',
    ),
  }),
  output: structure({
    Accounts: optional(list(descriptions.account), 'The accounts.'),
    NextToken: optional(string(), 'What to ask the next page with, when there are more.'),
  }),
  targets: byManagement('organizations:ListAccounts'),
  errors: ['InvalidInputException'],
  readOnly: true,
  examples: [{ title: 'List accounts', request: {} }],
  check: ({ caller, iam }) => refusals.requireManagement(iam, caller),
  async handler(call) {
    const { input, iam } = call;
    const { items, next } = await pageOf(
      call,
      { marker: input.NextToken, limit: input.MaxResults ?? MOST_RESULTS, scope: [] },
      (after, limit) => iam.store.read((reader) => listAccountsAfter(reader, after, limit)),
      ({ accountId }) => accountId,
    );
    return { Accounts: items.map((account) => descriptions.showAccount(iam, account)), NextToken: next };
  },
});

export const describeAccount = operation({
  name: 'DescribeAccount',
  service: 'organizations',
  summary: 'Describes an account of the deployment.',
  input: structure({ AccountId: required(string({ max: 12, pattern: '\\d{12}' }), 'The account.') }),
  output: structure({ Account: optional(descriptions.account, 'The account.') }),
  targets: byManagement('organizations:DescribeAccount'),
  errors: ['AccountNotFoundException'],
  readOnly: true,
  examples: [
    {
      title: 'Describe an account',
      request: { AccountId: '222233334444' },
    },
  ],
  check: ({ caller, iam }) => refusals.requireManagement(iam, caller),
  async handler({ input: { AccountId }, iam }) {
    const account = await iam.store.read((reader) => findAccount(reader, AccountId));
    if (account === undefined) throw refusals.accountNotFound();
    return { Account: descriptions.showAccount(iam, account) };
  },
});

export const describeOrganization = operation({
  name: 'DescribeOrganization',
  service: 'organizations',
  summary: 'Describes the organization that the deployment is, to any of its accounts.',
  input: structure({}),
  output: structure({ Organization: optional(descriptions.organization, 'The organization.') }),
  targets: byManagement('organizations:DescribeOrganization'),
  errors: [],
  readOnly: true,
  examples: [
    {
      title: 'Describe the organization',
      request: {},
    },
  ],
  handler: ({ iam }) => ({ Organization: descriptions.showOrganization(iam) }),
});
