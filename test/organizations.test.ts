import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Organizations } from '@aws-sdk/client-organizations';
import { createUserWithKey, identityPolicy } from './support/identities.ts';
import {
  ACCOUNT,
  type Credentials,
  OTHER_ACCOUNT,
  REGION,
  startTestServer,
  type TestServer,
} from './support/server.ts';

/* Accounts, created by the operator's account with the API of AWS Organizations. */

let server: TestServer;
let root: Organizations;
const clients: Organizations[] = [];

before(async () => {
  server = await startTestServer();
  server.clock.advance(Date.now() - server.clock.now());
  root = clientOf({ accessKeyId: ACCOUNT, secretAccessKey: 'any' });
});
after(async () => {
  for (const client of clients) client.destroy();
  await server.close();
});

function clientOf(credentials: Credentials): Organizations {
  const client = new Organizations({
    endpoint: server.endpoint,
    region: REGION,
    credentials,
    maxAttempts: 1,
  });
  clients.push(client);
  return client;
}

async function assertRefused(call: Promise<unknown>, name: string, message?: RegExp): Promise<void> {
  await assert.rejects(call, (error: Error) => error.name === name && (message ?? /./).test(error.message));
}

describe('CreateAccount', () => {
  it('creates an account with a role that the operator’s account may assume', async () => {
    const { CreateAccountStatus } = await root.createAccount({
      Email: 'orders@example.com',
      AccountName: 'orders',
    });
    assert.equal(CreateAccountStatus?.State, 'SUCCEEDED');
    const AccountId = CreateAccountStatus?.AccountId ?? '';
    assert.match(AccountId, /^[0-9]{12}$/);
    const again = await root.describeCreateAccountStatus({ CreateAccountRequestId: CreateAccountStatus?.Id });
    assert.equal(again.CreateAccountStatus?.AccountId, AccountId);

    const policy = identityPolicy({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' });
    const { credentials } = await createUserWithKey(server.iam(), 'operator', { p: policy });
    const { Credentials: session } = await server.sts({ credentials }).assumeRole({
      RoleArn: `arn:aws:iam::${AccountId}:role/OrganizationAccountAccessRole`,
      RoleSessionName: 'setup',
    });
    const inside = server.iam({
      credentials: {
        accessKeyId: session?.AccessKeyId ?? '',
        secretAccessKey: session?.SecretAccessKey ?? '',
        sessionToken: session?.SessionToken ?? '',
      },
    });
    const { User } = await inside.createUser({ UserName: 'first' });
    assert.equal(User?.Arn, `arn:aws:iam::${AccountId}:user/first`);
  });

  it('gives the role the name that is asked for', async () => {
    const { CreateAccountStatus } = await root.createAccount({
      Email: 'role@example.com',
      AccountName: 'role',
      RoleName: 'Operators',
    });
    const iam = server.iam({ account: CreateAccountStatus?.AccountId ?? '' });
    assert.equal((await iam.getRole({ RoleName: 'Operators' })).Role?.RoleName, 'Operators');
  });

  it('fails for an address that another account has', async () => {
    await root.createAccount({ Email: 'twice@example.com', AccountName: 'one' });
    const { CreateAccountStatus } = await root.createAccount({
      Email: 'twice@example.com',
      AccountName: 'two',
    });
    assert.equal(CreateAccountStatus?.State, 'FAILED');
    assert.equal(CreateAccountStatus?.FailureReason, 'EMAIL_ALREADY_EXISTS');
  });

  it('refuses what is no address or no name, and tags', async () => {
    await assertRefused(root.createAccount({ Email: 'nobody', AccountName: 'x' }), 'ValidationException');
    await assertRefused(
      root.createAccount({ Email: 'a@example.com', AccountName: '' }),
      'ValidationException',
    );
    const Tags = [{ Key: 'a', Value: 'b' }];
    await assertRefused(
      root.createAccount({ Email: 'a@example.com', AccountName: 'x', Tags }),
      'InvalidInputException',
    );
  });
});

describe('the organization', () => {
  it('lists and describes its accounts, in pages', async () => {
    for (const name of ['a', 'b', 'c'])
      await root.createAccount({ Email: `${name}@list.example.com`, AccountName: name });
    const names: (string | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const page = await root.listAccounts({ MaxResults: 2, NextToken });
      assert.ok((page.Accounts?.length ?? 0) <= 2);
      names.push(...(page.Accounts ?? []).map(({ Name }) => Name));
      ({ NextToken } = page);
    } while (NextToken !== undefined);
    for (const name of ['a', 'b', 'c']) assert.ok(names.includes(name));
    await assertRefused(root.listAccounts({ NextToken: 'x' }), 'InvalidInputException');
    const { Account } = await root.describeAccount({ AccountId: ACCOUNT });
    assert.equal(Account?.Arn, `arn:aws:organizations::${ACCOUNT}:account/o-${ACCOUNT}/${ACCOUNT}`);
    await assertRefused(root.describeAccount({ AccountId: '999988887777' }), 'AccountNotFoundException');
    await assertRefused(
      root.describeCreateAccountStatus({ CreateAccountRequestId: 'car-00000000000000000000999988887777' }),
      'CreateAccountStatusNotFoundException',
    );
    assert.equal((await root.describeOrganization()).Organization?.MasterAccountId, ACCOUNT);
  });

  it('is managed by the operator’s account alone, by whoever a policy allows it', async () => {
    const other = clientOf({ accessKeyId: OTHER_ACCOUNT, secretAccessKey: 'any' });
    await assertRefused(
      other.createAccount({ Email: 'x@example.com', AccountName: 'x' }),
      'AccessDeniedException',
    );
    await assertRefused(other.listAccounts(), 'AccessDeniedException');
    assert.equal((await other.describeOrganization()).Organization?.Id, `o-${ACCOUNT}`);
    const user = await createUserWithKey(server.iam(), 'plain');
    await assertRefused(
      clientOf(user.credentials).listAccounts(),
      'AccessDeniedException',
      /not authorized to perform: organizations:ListAccounts on resource: \* because no identity-based policy allows/,
    );
  });
});
