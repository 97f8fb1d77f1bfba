import type { Command } from 'commander';
import { OperatorError } from '../errors.ts';

/** What the command is asked besides settings: as a flag, or as a variable, which hides the password of a URL. */
const PLACES = {
  from: { flag: '--from', variable: 'QKMS_MIGRATE_FROM', summary: 'where the store is' },
  to: { flag: '--to', variable: 'QKMS_MIGRATE_TO', summary: 'where to copy it, an empty place' },
} as const;

/**
 * Adds the command that copies a store from one engine to the other.
 *
 * @param add makes a command that takes the setting of the root key file
 * @param readRootKeyFile the root key file that a command was given
 */
export function addMigrateStoreCommand(
  add: (name: string, description: string) => Command,
  readRootKeyFile: (command: Command) => string | undefined,
): void {
  const command = add('migrate-store', 'copy a store from SQLite to PostgreSQL, or back');
  for (const { flag, variable, summary } of Object.values(PLACES))
    command.option(`${flag} <place>`, `${summary}: a data directory, or postgres://… [${variable}]`);
  command
    .addHelpText(
      'after',
      '\nStop every QKMS that runs on the store first. The store stays as it is. Broken off, the copy goes on where it was when' +
        '\nthe command is run again. The root key stays the same; its file is not copied.' +
        '\n\nEvery user of a machine can see command lines: give a URL with a password as an environment variable.',
    )
    .action(async (typed: Readonly<Partial<Record<keyof typeof PLACES, string>>>, command: Command) => {
      const place = (name: keyof typeof PLACES) => {
        const { flag, variable } = PLACES[name];
        const given = typed[name] ?? (process.env[variable] || undefined);
        if (given !== undefined) return { name: `${flag} (${variable})`, typed: given };
        throw new OperatorError(
          `${flag} (${variable}): missing; give a data directory, or the postgres:// URL of a database`,
        );
      };
      // What is created at the target is the operator's alone.
      process.umask(0o077);
      const { migrateStore } = await import('./migrate-store.ts');
      await migrateStore(place('from'), place('to'), readRootKeyFile(command), process.stdout);
    });
}
