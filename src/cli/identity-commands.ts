import { Argument, type Command, InvalidArgumentError } from 'commander';
import type { Configuration } from '../config.ts';

/*
 * Commands for whoever can read the data directory and the root key: they need no credentials, and work whether or not
 * the server runs. A server that runs goes by what they change from its very next request on.
 */

/**
 * Adds the commands.
 *
 * @param add makes a command that takes the settings by which a store is found
 * @param read the configuration that a command was given
 */
export function addIdentityCommands(
  add: (name: string, description: string) => Command,
  read: (command: Command) => Configuration,
): void {
  add('create-administrator', 'create a user who may do everything, and show an access key for it')
    .argument('<user-name>', 'name of the user', readUserName)
    .action(async (name: string, _options, command: Command) => {
      const { createAdministrator } = await import('./identities.ts');
      printAll(await createAdministrator(read(command), name));
    });

  add('reset-root-credentials', "replace the root user's access keys by a new one, and show it").action(
    async (_options, command: Command) => {
      const { resetRootCredentials } = await import('./identities.ts');
      printAll(await resetRootCredentials(read(command)));
    },
  );

  add('create-account', 'add an account to the deployment, and show the credentials of its root user')
    .argument('<new-account-id>', 'twelve digits', readAccountId)
    .option('--name <text>', 'what the account is for', '')
    .action(async (accountId: string, { name }: { readonly name: string }, command: Command) => {
      const { createAccount } = await import('./identities.ts');
      printAll(await createAccount(read(command), accountId, name));
    });

  add('register-service', 'let a service, such as an object store, sign requests, and show its access key')
    .argument('<service-name>', 'service principal, such as s3.amazonaws.com', readServiceName)
    .option(
      '--acts-for <account-id>',
      'account on behalf of whose users and roles it may use keys; can be given several times',
      (typed: string, before: readonly string[]) => [...before, readAccountId(typed)],
      [],
    )
    .action(async (name: string, { actsFor }: { readonly actsFor: readonly string[] }, command: Command) => {
      const { registerService } = await import('./identities.ts');
      printAll(await registerService(read(command), name, actsFor));
    });

  add('remove-service', 'remove a service principal and its access keys')
    .argument('<service-name>', 'service principal, such as s3.amazonaws.com', readServiceName)
    .action(async (name: string, _options, command: Command) => {
      const { removeService } = await import('./identities.ts');
      printAll(await removeService(read(command), name));
    });

  add(
    'list-principals',
    'list accounts, users, roles and services: ARN, unique id and date, separated by tabs',
  )
    .addArgument(new Argument('[kind]', 'only these').choices(['accounts', 'users', 'roles', 'services']))
    .action(async (kind: string | undefined, _options, command: Command) => {
      const { listPrincipals } = await import('./identities.ts');
      await listPrincipals(read(command), kind, print);
    });
}

function printAll(lines: readonly string[]): void {
  for (const line of lines) print(line);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function readUserName(typed: string): string {
  if (/^[\w+=,.@-]{1,64}$/.test(typed)) return typed;
  throw new InvalidArgumentError('Give 1 to 64 letters, digits or characters of +=,.@_-');
}

function readAccountId(typed: string): string {
  if (/^[0-9]{12}$/.test(typed)) return typed;
  throw new InvalidArgumentError('Give 12 digits.');
}

function readServiceName(typed: string): string {
  if (/^[a-z0-9-]+(?:\.[a-z0-9-]+){2,}$/.test(typed) && typed.length <= 128) return typed;
  throw new InvalidArgumentError('Give a name such as s3.amazonaws.com.');
}
