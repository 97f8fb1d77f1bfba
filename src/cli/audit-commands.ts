import { type Command, Option } from 'commander';
import type { EventFilter, LookupAttribute } from '../audit/index.ts';
import type { Configuration } from '../config.ts';
import { LATEST_TIME, readIndex, readTime } from './audit-arguments.ts';
import { addProofCommands } from './audit-proof-commands.ts';

interface VerifyOptions {
  readonly publicKey: string;
  readonly witness: readonly string[];
  readonly witnessKey?: string;
  readonly part?: true;
  readonly json?: true;
}

interface SearchOptions {
  readonly account?: string;
  readonly region?: string;
  readonly from?: number;
  readonly to?: number;
  readonly lines: number;
  readonly table?: true;
}

/** The options by which events are searched. */
const ATTRIBUTES: readonly (readonly [string, LookupAttribute, string])[] = [
  ['--event-name <name>', 'EventName', 'operation, or what the service did, such as Decrypt'],
  ['--user-name <name>', 'Username', 'user, session of a role, or root'],
  ['--resource <arn>', 'ResourceName', 'ARN of a key, an alias, an identity'],
  ['--access-key-id <id>', 'AccessKeyId', 'access key that signed'],
  ['--event-id <id>', 'EventId', 'id of the event'],
  ['--request-id <id>', 'RequestId', 'id of the request'],
  ['--error-code <code>', 'ErrorCode', 'code of a refusal, such as AccessDenied'],
  ['--event-source <service>', 'EventSource', 'service, such as kms.amazonaws.com'],
  ['--read-only <boolean>', 'ReadOnly', 'true or false'],
];

/**
 * Adds the commands on audit logs. Those on the log of a store work beside the server or without it; those that verify need neither.
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
    .option('--verifier-key', 'write it in the form in which witnesses take it, with the origin of the log')
    .action(async ({ verifierKey }: { readonly verifierKey?: true }, command: Command) => {
      const { showPublicKey, showVerifierKey } = await import('./audit-store.ts');
      const show = verifierKey ? showVerifierKey : showPublicKey;
      process.stdout.write(await show(readStore(command)));
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

  const search = onStore(audit.command('search'))
    .description('find events, the newest first, and write their records (JSON lines)')
    .option('--account <id>', 'only events of this account')
    .option('--region <region>', 'only events of this Region')
    .option('--from <time>', 'only events at this time or later, such as 2026-01-31T12:00:00Z', readTime)
    .option('--to <time>', 'only events at this time or before', readTime)
    .option('-n, --lines <number>', 'how many events at most', readIndex, Number.MAX_SAFE_INTEGER)
    .option('--table', 'write a table to be read, in place of JSON');
  for (const [flags, , description] of ATTRIBUTES) search.option(flags, `only events of this ${description}`);
  search.action(async (options: SearchOptions, command: Command) => {
    const { searchAuditLog } = await import('./audit-store.ts');
    const output = { lines: options.lines, table: options.table === true };
    await searchAuditLog(readStore(command), filterOf(options, command), output, process.stdout);
  });

  audit
    .command('verify')
    .description('make sure that nothing in exported audit logs was changed, removed, added or moved')
    .argument(
      '<file...>',
      'records and checkpoints (JSON lines, also compressed with gzip), in the order of the logs',
    )
    .requiredOption('--public-key <file>', 'the public audit key (PEM)')
    .option('--witness <file...>', 'checkpoints that a witness has seen: the logs have to reach that far', [])
    .option('--witness-key <file>', 'verifier key of a witness that has to have cosigned its checkpoints')
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

  addProofCommands(audit, onStore, readStore);
}

function filterOf({ account, region, from, to }: SearchOptions, command: Command): EventFilter {
  const attributes = ATTRIBUTES.flatMap(([flags, key]) => {
    const value: unknown = command.getOptionValue(new Option(flags).attributeName());
    return typeof value === 'string' ? [{ key, value }] : [];
  });
  return { accountId: account, region, from: from ?? 0, to: to ?? LATEST_TIME, attributes };
}
