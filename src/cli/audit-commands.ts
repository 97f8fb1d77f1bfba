import type { Command } from 'commander';

interface VerifyOptions {
  readonly publicKey: string;
  readonly witness: readonly string[];
  readonly part?: true;
  readonly json?: true;
}

/** Adds the commands on audit logs that were exported. They need neither a server nor a store. */
export function addAuditCommands(program: Command): void {
  const audit = program.command('audit').description('verify audit logs');

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
