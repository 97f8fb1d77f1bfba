import { rootCredentialsReset } from '../audit/index.ts';
import type { Configuration } from '../config.ts';
import { OperatorError } from '../errors.ts';
import * as iam from '../iam/index.ts';
import { withIdentities } from '../service.ts';

/*
 * What whoever can read the data directory and the root key may do to the identities in it. Each function answers with
 * the lines to be shown.
 */

const ADMINISTRATOR_ACCESS = 'AdministratorAccess';
const PAGE = 500;

/** Creates a user of the configured account who may do everything. */
export function createAdministrator(configuration: Configuration, name: string): Promise<readonly string[]> {
  const { accountId } = configuration;
  return withIdentities(configuration, async (identities, record) => {
    await requireAccount(identities, accountId);
    const attachedPolicies = iam.findAwsManagedPolicies(identities.partition, ADMINISTRATOR_ACCESS);
    const accessKey = iam.generateAccessKey();
    const user = await identities.store.write(async (writer) => {
      const place = { accountId, path: '/', name };
      const details = { inlinePolicies: [], attachedPolicies, groups: [], tags: [] };
      const created = await iam.createIdentity(identities, writer, 'user', place, details);
      const owner = { accountId, principalId: created.uniqueId };
      await iam.addAccessKey(writer, owner, accessKey, created.creationDate);
      await record(writer, {
        name: 'CreateAdministrator',
        accountId,
        resources: [{ kind: 'user', arn: created.arn }],
        details: { userName: name, accessKeyId: accessKey.accessKeyId },
      });
      return created;
    });
    return shown(
      `created ${user.arn}, who may do everything; the access key, shown only this once:`,
      accessKey,
    );
  });
}

/** Gives the root user of the configured account a new access key in place of all others. */
export function resetRootCredentials(configuration: Configuration): Promise<readonly string[]> {
  const { accountId } = configuration;
  return withIdentities(configuration, async (identities, record) => {
    await requireAccount(identities, accountId);
    const accessKey = iam.generateAccessKey();
    await identities.store.write(async (writer) => {
      const owner = { accountId, principalId: accountId };
      await iam.replaceAccessKeysWithin(writer, owner, accessKey, identities.clock.now());
      await record(writer, rootCredentialsReset(identities.partition, accountId, accessKey.accessKeyId));
    });
    return shown(
      `new credentials of the root user of account ${accountId}, shown only this once:`,
      accessKey,
    );
  });
}

/** Adds an account to the deployment. */
export function createAccount(
  configuration: Configuration,
  accountId: string,
  name: string,
): Promise<readonly string[]> {
  return withIdentities(configuration, async ({ store, clock, partition }, record) => {
    const accessKey = iam.generateAccessKey();
    const creationDate = clock.now();
    await store.write(async (writer) => {
      await iam.createAccount(writer, { accountId, name, email: '', creationDate });
      await iam.addAccessKey(writer, { accountId, principalId: accountId }, accessKey, creationDate);
      const { accessKeyId } = accessKey;
      // The operator's account is told as well: it is the one that watches over the deployment.
      for (const recipient of new Set([configuration.accountId, accountId]))
        await record(writer, {
          name: 'CreateAccount',
          accountId: recipient,
          resources: [{ kind: 'account', arn: iam.rootUserArn(partition, accountId) }],
          details: { accountId, accountName: name, accessKeyId },
        });
    });
    return shown(
      `created account ${accountId}; credentials of its root user, shown only this once:`,
      accessKey,
    );
  });
}

/** Registers a service principal, which belongs to the configured account. */
export function registerService(
  configuration: Configuration,
  name: string,
  actsFor: readonly string[],
): Promise<readonly string[]> {
  const { accountId } = configuration;
  return withIdentities(configuration, async (identities, record) => {
    await requireAccount(identities, accountId);
    const accessKey = iam.generateAccessKey();
    await identities.store.write(async (writer) => {
      if (await iam.findIdentityById(writer, name))
        throw new OperatorError(`the service ${name} is registered already; remove it first`);
      const place = { accountId, path: '/', name };
      const service = await iam.createIdentity(identities, writer, 'service', place, { actsFor });
      const owner = { accountId, principalId: service.uniqueId };
      await iam.addAccessKey(writer, owner, accessKey, service.creationDate);
      await record(writer, {
        name: 'RegisterService',
        accountId,
        resources: [{ kind: 'service', arn: service.arn }],
        details: { serviceName: name, actsFor, accessKeyId: accessKey.accessKeyId },
      });
    });
    return shown(`registered ${name}; its access key, shown only this once:`, accessKey);
  });
}

/** Removes a service principal with its access keys. */
export function removeService(configuration: Configuration, name: string): Promise<readonly string[]> {
  return withIdentities(configuration, async ({ store, partition }, record) => {
    await store.write(async (writer) => {
      const service = await iam.findIdentityById(writer, name);
      if (service?.kind !== 'service') throw new OperatorError(`there is no service ${name}`);
      await iam.deleteIdentityWithKeys(writer, service.uniqueId);
      await record(writer, {
        name: 'RemoveService',
        accountId: service.accountId,
        resources: [{ kind: 'service', arn: iam.identityArn(partition, service) }],
        details: { serviceName: name },
      });
    });
    return [`removed ${name}`];
  });
}

/** Lists principals of all accounts, a line each: ARN, unique id, date of creation, separated by tabs. */
export function listPrincipals(
  configuration: Configuration,
  only: string | undefined,
  print: (line: string) => void,
): Promise<void> {
  return withIdentities(configuration, async ({ store, partition }) => {
    for (const { accountId, creationDate } of await store.read(iam.listAccounts)) {
      if (only === undefined || only === 'accounts')
        print(lineOf(iam.rootUserArn(partition, accountId), accountId, creationDate));
      for (const kind of ['user', 'role', 'service'] as const) {
        if (only !== undefined && only !== `${kind}s`) continue;
        for (let after: string | undefined = ''; after !== undefined; ) {
          const start: string = after;
          const page = await store.read((reader) =>
            iam.listIdentities(reader, { accountId, kind }, start, PAGE),
          );
          for (const record of page)
            print(lineOf(iam.identityArn(partition, record), record.uniqueId, record.creationDate));
          after = page.length < PAGE ? undefined : page.at(-1)?.name;
        }
      }
    }
  });
}

function lineOf(arn: string, uniqueId: string, creationDate: number): string {
  return [arn, uniqueId, new Date(creationDate).toISOString()].join('\t');
}

async function requireAccount({ accounts }: iam.Iam, accountId: string): Promise<void> {
  if ((await accounts.get(accountId)) !== undefined) return;
  throw new OperatorError(`there is no account ${accountId}; qkms create-account adds one`);
}

function shown(title: string, { accessKeyId, secretAccessKey }: iam.AccessKey): readonly string[] {
  return [title, `  AWS_ACCESS_KEY_ID=${accessKeyId}`, `  AWS_SECRET_ACCESS_KEY=${secretAccessKey}`];
}
