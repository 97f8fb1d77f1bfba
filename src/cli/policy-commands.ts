import { type Command, Option } from 'commander';
import type { PolicyKind } from '../policy/index.ts';

const KINDS: readonly PolicyKind[] = ['key-policy', 'identity-policy', 'trust-policy'];

/** Adds the commands that read policies from files. They need neither a server nor a store. */
export function addPolicyCommands(program: Command): void {
  const policy = program.command('policy').description('check and compare policies before they are put');

  policy
    .command('check')
    .description('report what is wrong with a policy, and what is probably a mistake')
    .argument('<file>', 'policy document (JSON)')
    .addOption(new Option('--kind <kind>', 'what the policy is attached to').choices(KINDS).default(KINDS[0]))
    .option('--json', 'write the findings as JSON')
    .addHelpText(
      'after',
      '\nEnds with 0 when there are no errors (warnings and notes do not count), else with 1.',
    )
    .action(async (file: string, { kind, json }: { readonly kind: PolicyKind; readonly json?: true }) => {
      const { checkPolicy } = await import('./policies.ts');
      const { output, exitCode } = checkPolicy(file, kind, json === true);
      process.stdout.write(output);
      process.exitCode = exitCode;
    });

  policy
    .command('diff')
    .description('report who gains and who loses which permission when one key policy replaces another')
    .argument('<before>', 'present key policy (JSON)')
    .argument('<after>', 'new key policy (JSON)')
    .option('--json', 'write the comparison as JSON')
    .addHelpText(
      'after',
      '\nTried are all requests made of what the policies name: principals, actions, values of conditions, and others.' +
        '\n\nEnds with 0 when nobody gains or loses anything, with 1 when somebody does, with 2 when that cannot be told:' +
        '\na file is not a valid policy, or there were too many combinations to try.',
    )
    .action(async (before: string, after: string, { json }: { readonly json?: true }) => {
      const { diffPolicies } = await import('./policies.ts');
      const { output, problem, exitCode } = diffPolicies(before, after, json === true);
      process.stdout.write(output);
      process.stderr.write(problem);
      process.exitCode = exitCode;
    });
}
