import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { IAM } from '@aws-sdk/client-iam';
import { STS } from '@aws-sdk/client-sts';
import { credentialsIn } from '../support/identities.ts';
import { type Ending, runQkms, temporaryDirectory } from '../support/qkms-process.ts';

/* The commands for whoever can read the data directory, beside a server that runs. */

interface Beside {
  readonly port: number;
  /** Runs a command on the server's data directory. */
  command(...args: readonly string[]): Promise<Ending>;
}

async function serve(t: TestContext): Promise<Beside> {
  const QKMS_DATA_DIR = temporaryDirectory(t);
  const server = runQkms(t, ['start', '--port', '0', '--workers', '2'], { QKMS_DATA_DIR });
  const port = await server.port();
  return { port, command: (...args) => runQkms(t, args, { QKMS_DATA_DIR }).ended };
}

function clientsOf(t: TestContext, port: number, shown: string) {
  const settings = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: credentialsIn(shown),
    maxAttempts: 1,
  };
  const clients = { sts: new STS(settings), iam: new IAM(settings) };
  t.after(() => {
    for (const client of Object.values(clients)) client.destroy();
  });
  return clients;
}

describe('qkms', () => {
  it('create-administrator creates a user who may do everything', async (t) => {
    const { port, command } = await serve(t);
    const { code, stdout } = await command('create-administrator', 'ada');
    assert.equal(code, 0);
    const { iam } = clientsOf(t, port, stdout);
    assert.equal((await iam.getUser({})).User?.Arn, 'arn:aws:iam::111122223333:user/ada');
    await iam.createUser({ UserName: 'grace' });
    const again = await command('create-administrator', 'Ada');
    assert.deepEqual([again.code, again.stderr], [1, 'qkms: User with name Ada already exists.\n']);
    const lines = (await command('list-principals')).stdout.split('\n').map((line) => line.split('\t')[0]);
    assert.deepEqual(lines, [
      'arn:aws:iam::111122223333:root',
      'arn:aws:iam::111122223333:user/ada',
      'arn:aws:iam::111122223333:user/grace',
      '',
    ]);
    assert.equal((await command('list-principals', 'roles')).stdout, '');
  });

  it('reset-root-credentials replaces the credentials of the root user at once', async (t) => {
    const { port, command } = await serve(t);
    const first = clientsOf(t, port, (await command('reset-root-credentials')).stdout);
    assert.match((await first.sts.getCallerIdentity()).Arn ?? '', /:root$/);
    const second = clientsOf(t, port, (await command('reset-root-credentials')).stdout);
    await second.sts.getCallerIdentity();
    await assert.rejects(first.sts.getCallerIdentity(), { name: 'InvalidClientTokenId' });
  });

  it('create-account adds an account with a root user', async (t) => {
    const { port, command } = await serve(t);
    const { stdout } = await command('create-account', '222233334444', '--name', 'orders');
    const { sts } = clientsOf(t, port, stdout);
    assert.equal((await sts.getCallerIdentity()).Account, '222233334444');
    const again = await command('create-account', '222233334444');
    assert.equal(again.code, 1);
    assert.match(again.stderr, /^qkms: the account 222233334444 exists already; choose another id\n$/);
    const administrator = await command('create-administrator', 'ada', '--account-id', '222233334444');
    const { iam } = clientsOf(t, port, administrator.stdout);
    assert.equal((await iam.getUser({})).User?.Arn, 'arn:aws:iam::222233334444:user/ada');
  });

  for (const [args, problem] of [
    [['create-account', '12'], /Give 12 digits/],
    [['create-administrator', 'a/b'], /Give 1 to 64 letters/],
    [['create-administrator'], /missing required argument 'user-name'/],
    [['register-service', 's3'], /Give a name such as s3\.amazonaws\.com/],
    [['register-service', 's3.amazonaws.com', '--acts-for', 'x'], /Give 12 digits/],
    [['list-principals', 'groups'], /Allowed choices are accounts, users, roles, services/],
    [['list-principals', '--data-dir', '/nowhere'], /there is no store in \/nowhere; start QKMS once/],
    [['create-administrator', 'ada', '--port', '1'], /unknown option '--port'/],
  ] as const) {
    it(`${args.join(' ')} ends with 1 and says why in a line`, async (t) => {
      const { code, stdout, stderr } = await runQkms(t, args, { QKMS_DATA_DIR: temporaryDirectory(t) }).ended;
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(stderr, problem);
      assert.equal(stderr.trimEnd().split('\n').length, 1);
    });
  }

  it('an account that does not exist has no administrators', async (t) => {
    const { command } = await serve(t);
    const { code, stderr } = await command('create-administrator', 'ada', '--account-id', '999988887777');
    assert.equal(code, 1);
    assert.match(stderr, /there is no account 999988887777; qkms create-account adds one/);
  });
});
