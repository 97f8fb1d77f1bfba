import { type Command, Option } from 'commander';
import type { Configuration } from '../config.ts';
import { readIndex } from './audit-arguments.ts';
import type { InclusionOptions } from './audit-prove.ts';

interface VerifyProofOptions {
  readonly publicKey: string;
  readonly record?: string;
  readonly witnessKey?: string;
  readonly json?: true;
}

/**
 * Adds the commands that write and verify proofs.
 *
 * @param audit the command that they are added to
 * @param onStore adds the settings by which a command finds its store
 * @param readStore reads them
 */
export function addProofCommands(
  audit: Command,
  onStore: (command: Command) => Command,
  readStore: (command: Command) => Configuration,
): void {
  const prove = audit
    .command('prove')
    .description('write a proof that anybody can verify who has the public key');

  onStore(prove.command('inclusion'))
    .description(
      'write a proof that a record is in the log that was signed, with the record (C2SP tlog-proof)',
    )
    .addOption(new Option('--event-id <id>', 'id of the event whose record it is').conflicts('index'))
    .option('--index <index>', 'index of the record', readIndex)
    .option(
      '--size <size>',
      'number of records of the checkpoint (default: the first that covers the record)',
      readIndex,
    )
    .option('--witness-key <file>', 'verifier key of a witness that has to have cosigned the checkpoint')
    .action(async (options: InclusionOptions, command: Command) => {
      const { proveInclusion } = await import('./audit-prove.ts');
      process.stdout.write(await proveInclusion(readStore(command), options));
    });

  onStore(prove.command('consistency'))
    .description('write a proof that the log that was signed goes on from what it was earlier')
    .requiredOption('--from <size>', 'number of records of the older checkpoint', readIndex)
    .option('--to <size>', 'number of records of the newer checkpoint (default: signed now)', readIndex)
    .action(async (options: { readonly from: number; readonly to?: number }, command: Command) => {
      const { proveConsistency } = await import('./audit-prove.ts');
      process.stdout.write(await proveConsistency(readStore(command), options));
    });

  audit
    .command('verify-proof')
    .description('make sure that a proof of inclusion or of consistency shows what it is to show')
    .argument('<file>', 'the proof, as `prove` writes it')
    .requiredOption('--public-key <file>', 'the public audit key (PEM)')
    .option('--record <file>', 'the record that has to be in the log (default: the one in the proof)')
    .option('--witness-key <file>', 'verifier key of a witness that has to have cosigned the checkpoints')
    .option('--json', 'write the report as JSON')
    .addHelpText(
      'after',
      '\nEnds with 0 when the proof shows it, and writes the record; with 1 when something is not as it was signed, and says' +
        '\nwhat; with 2 when that cannot be told: a file cannot be read, the record or a cosignature is missing.',
    )
    .action(async (file: string, options: VerifyProofOptions) => {
      const { verifyProofFile } = await import('./audit-verify-proof.ts');
      const { output, problem, exitCode } = await verifyProofFile(file, options);
      process.stdout.write(output);
      process.stderr.write(problem);
      process.exitCode = exitCode;
    });
}
