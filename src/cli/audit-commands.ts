import { type Command, InvalidArgumentError } from 'commander';
import type { Configuration } from '../config.ts';

interface VerifyOptions {
  readonly publicKey: string;
  readonly witness: readonly string[];
  readonly part?: true;
  readonly json?: true;
}

/**
 * Adds the commands on audit logs. Those on the log of a store work beside the server or without it; `verify` needs neither.
 *
 * @param onStore adds the settings by which a command finds its store
 * @param readStore reads them
 */
export function addAuditCommands(
  program: Command,
  onStore: (command: Command) => Command,
  readStore: (command: Command) => Configuration,
): void {
  const audit = program.command('audit').description('export, search and verify audit logs');

  onStore(audit.command('public-key'))
    .description('write the public audit key, by which exports are verified (PEM)')
    .action(async (_options: unknown, command: Command) => {
      const { showPublicKey } = await import('./audit-store.ts');
      process.stdout.write(await showPublicKey(readStore(command)));
    });

  onStore(audit.command('export'))
    .description(
      'write the audit log, or the part of it that holds some records, with signed checkpoints (JSON lines)',
    )
    .option('--from <index>', 'the first record that is wanted', readIndex, 0)
    .option('--to <index>', 'the last record that is wanted', readIndex, Number.MAX_SAFE_INTEGER - 1)
    .action(async ({ from, to }: { readonly from: number; readonly to: number }, command: Command) => {
      const { exportAuditLog } = await import('./audit-store.ts');
      await exportAuditLog(readStore(command), { from, to: to + 1 }, process.stdout);
    });

  onStore(audit.command('tail'))
    .description('write the last records')
    .option('-n, --lines <number>', 'how many', readIndex, 10)
    .option('-f, --follow', 'go on with those to come')
    .action(
      async ({ lines, follow }: { readonly lines: number; readonly follow?: true }, command: Command) => {
        const { tailAuditLog } = await import('./audit-store.ts');
        await tailAuditLog(readStore(command), { lines, follow: follow === true }, process.stdout);
      },
    );

  audit
    .command('verify')
    .description('make sure that nothing in exported audit logs was changed, removed, added or moved')
    .argument(
      '<file...>',
      'records and checkpoints (JSON lines, also compressed with gzip), in the order of the logs',
    )
    .requiredOption('--public-key <file>', 'the public audit key (PEM)')
    .option('--witness <file...>', 'checkpoints that a witness has seen: the logs have to reach that far', [])
    .option('--part', 'logs may begin with any record, not only with the first or where a checkpoint is')
    .option('--json', 'write the report as JSON')
    .addHelpText(
      'after',
      '\nEnds with 0 when all is as it was signed; with 1 when something is not, and says what and where; with 2 when that' +
        '\ncannot be told: a file cannot be read, or there are records after the last checkpoint.',
    )
    .action(async (files: readonly string[], options: VerifyOptions) => {
      const { verifyExports } = await import('./audit.ts');
      const { output, problem, exitCode } = await verifyExports(files, options);
      process.stdout.write(output);
      process.stderr.write(problem);
      process.exitCode = exitCode;
    });
}

function readIndex(typed: string): number {
  if (!/^\d{1,15}$/.test(typed)) throw new InvalidArgumentError('Give a whole number from 0.');
  return Number(typed);
}
