import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { type Mode, readConfiguration } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { SETTINGS, type Setting, type SettingName, type TypedFlags } from '../settings.ts';
import { addAuditCommands } from './audit-commands.ts';
import { addExplainCommand } from './explain-command.ts';
import { addIdentityCommands } from './identity-commands.ts';
import { addMigrateStoreCommand } from './migrate-store-command.ts';
import { addPolicyCommands } from './policy-commands.ts';

/** The settings by which commands that work on a store find it. */
const STORE_SETTINGS: readonly SettingName[] = ['dataDirectory', 'databaseUrl', 'rootKeyFile', 'accountId'];

/**
 * Runs `qkms` with these arguments. What the operator can put right ends the process with 1 and one line on standard
 * error, or with a line for each mistake of a file.
 *
 * @param entry the file that workers run
 */
export async function runCommand(args: readonly string[], entry: string): Promise<void> {
  const version = readVersion();
  const program = new Command('qkms')
    .description('A key management service that speaks the AWS KMS protocol.')
    .version(version)
    .configureOutput({ outputError: (text) => complain(text.replace(/^error: /, '')) });

  const serve = (mode: Mode) => async (_options: unknown, command: Command) => {
    const { startServer } = await import('./start.ts');
    await startServer(mode, typedFlags(command), { version, entry });
  };
  addSettings(program.command('start'))
    .description('serve: signatures and policies are enforced, keys are kept in the data directory')
    .action(serve('production'));
  addSettings(program.command('dev'))
    .description('serve for development: any credentials are accepted, nothing is kept on disk')
    .action(serve('development'));
  const onStore = (name: string, description: string) =>
    addSettings(program.command(name), STORE_SETTINGS).description(description);
  const readStore = (command: Command) =>
    readConfiguration('production', typedFlags(command), variablesOf(STORE_SETTINGS));
  addIdentityCommands(onStore, readStore);
  addExplainCommand(onStore, readStore);
  addMigrateStoreCommand(
    (name, description) => addSettings(program.command(name), ['rootKeyFile']).description(description),
    (command) =>
      readConfiguration('production', typedFlags(command), variablesOf(['rootKeyFile'])).rootKeyFile,
  );
  addPolicyCommands(program);
  addAuditCommands(program, (command) => addSettings(command, STORE_SETTINGS), readStore);

  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // What the system refuses, such as a directory without write permission, is for the operator too.
    if (!(error instanceof OperatorError) && !(error instanceof Error && 'syscall' in error)) throw error;
    const [text = '', ...mistakes] = error.message.split('\n');
    complain(text, mistakes);
    process.exit(1);
  }
}

/** Tells the operator in one line what is wrong, and each of several mistakes in a line of its own. */
function complain(text: string, mistakes: readonly string[] = []): void {
  const lines = [`qkms: ${text.trim().replaceAll(/\s*\n\s*/g, ' ')}`, ...mistakes.map((line) => `  ${line}`)];
  process.stderr.write(`${lines.join('\n')}\n`);
}

/** @param names the settings that the command takes; all, when absent */
function addSettings(command: Command, names?: readonly SettingName[]): Command {
  const secrets: string[] = [];
  for (const [name, { flag, argument, variable, summary, isList }] of settings()) {
    if (names?.includes(name) === false) continue;
    if (flag === undefined) {
      secrets.push(`  ${variable}: ${summary}`);
      continue;
    }
    const option = new Option(
      argument === undefined ? flag : `${flag} <${argument}>`,
      `${summary} [${variable}]`,
    );
    if (isList)
      option.argParser((typed, before: unknown) => (before === undefined ? typed : `${before},${typed}`));
    command.addOption(option);
  }
  return secrets.length === 0
    ? command
    : command.addHelpText('after', `\nOnly as environment variables:\n${secrets.join('\n')}`);
}

function typedFlags(command: Command): TypedFlags {
  const typed: Partial<Record<SettingName, string>> = {};
  for (const [name, { flag }] of settings()) {
    if (flag === undefined) continue;
    const value: unknown = command.getOptionValue(new Option(flag).attributeName());
    if (value !== undefined) typed[name] = String(value);
  }
  return typed;
}

/** The environment as far as it says what a command asks: what is wrong with the rest is no concern of its own. */
function variablesOf(names: readonly SettingName[]): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    names.map((name) => [SETTINGS[name].variable, process.env[SETTINGS[name].variable]]),
  );
}

function settings(): readonly (readonly [SettingName, Setting])[] {
  return Object.entries<Setting>(SETTINGS).map(([name, setting]) => [name as SettingName, setting]);
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
    return String(manifest.version);
  throw new Error('package.json has no version');
}
