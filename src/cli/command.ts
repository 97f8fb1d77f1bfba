import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { type Mode, SETTINGS, type Setting, type SettingName, type TypedFlags } from '../config.ts';
import { OperatorError } from '../errors.ts';

/**
 * Runs `qkms` with these arguments. What the operator can put right ends the process with 1 and one line on standard
 * error.
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

  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // What the system refuses, such as a directory without write permission, is for the operator too.
    if (!(error instanceof OperatorError) && !(error instanceof Error && 'syscall' in error)) throw error;
    complain(error.message);
    process.exit(1);
  }
}

/** Tells the operator in one line what is wrong. */
function complain(text: string): void {
  process.stderr.write(`qkms: ${text.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`);
}

function addSettings(command: Command): Command {
  const secrets: string[] = [];
  for (const [, { flag, argument, variable, summary }] of settings()) {
    if (flag === undefined) secrets.push(`  ${variable}: ${summary}`);
    else command.option(argument === undefined ? flag : `${flag} <${argument}>`, `${summary} [${variable}]`);
  }
  return command.addHelpText('after', `\nOnly as environment variables:\n${secrets.join('\n')}`);
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

function settings(): readonly (readonly [SettingName, Setting])[] {
  return Object.entries<Setting>(SETTINGS).map(([name, setting]) => [name as SettingName, setting]);
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
    return String(manifest.version);
  throw new Error('package.json has no version');
}
