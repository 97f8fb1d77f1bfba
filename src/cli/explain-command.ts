import { type Command, InvalidArgumentError } from 'commander';
import type { Configuration } from '../config.ts';
import type { ExplainOptions } from './explain.ts';

/**
 * Adds `qkms explain`.
 *
 * @param add makes a command that takes the settings by which a store is found
 * @param read the configuration that a command was given
 */
export function addExplainCommand(
  add: (name: string, description: string) => Command,
  read: (command: Command) => Configuration,
): void {
  add('explain', 'explain whether a principal may perform an action on a key, and what would have to change')
    .requiredOption('--key <id>', 'key id, key ARN, alias name or alias ARN')
    .requiredOption('--action <name>', 'action, such as kms:Decrypt')
    .requiredOption(
      '--principal <arn>',
      'ARN of a user, role, session or account root user, or name of a service',
    )
    .option(
      '--context <key=value>',
      'condition key, such as kms:EncryptionContext:department=sales; can be given several times',
      readContext,
      {},
    )
    .option('--region <region>', 'Region of the key, if it is not named by an ARN', 'us-east-1')
    .option('--json', 'write the answer as JSON')
    .action(async (options: ExplainOptions, command: Command) => {
      const { explain } = await import('./explain.ts');
      process.stdout.write(await explain(read(command), options));
    });
}

function readContext(
  typed: string,
  before: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const at = typed.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Give a condition key and its value: key=value.');
  return { ...before, [typed.slice(0, at)]: typed.slice(at + 1) };
}
