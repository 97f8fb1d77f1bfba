import { contextOf } from '../authorization.ts';
import type { Configuration } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { organizationOf, rootCaller } from '../iam/index.ts';
import { createKms, parseIdentifier } from '../kms/index.ts';
import {
  type AccessReport,
  accessConditions,
  canonicalAction,
  explainAccess,
  reasonNotKnown,
  reportAccess,
  requireAccessQuestion,
  requireSubject,
} from '../operations/index.ts';
import { withIdentities } from '../service.ts';
import { findTargets } from '../targets/index.ts';

/** What `qkms explain` was asked. */
export interface ExplainOptions {
  readonly key: string;
  readonly action: string;
  readonly principal: string;
  /** Condition keys and their values. */
  readonly context: Readonly<Record<string, string>>;
  /** That of the key's ARN counts first. */
  readonly region: string;
  readonly json?: true;
}

/**
 * Explains whether a principal may perform an action on a key of the store. Nothing is withheld: whoever can read the data
 * directory and the root key may know everything in it.
 *
 * @returns lines, each ended, or JSON
 * @throws OperatorError when there is no such key or principal
 */
export function explain(configuration: Configuration, options: ExplainOptions): Promise<string> {
  return withIdentities(configuration, async (iam) => {
    const input = { KeyId: options.key, Action: options.action, Context: options.context };
    requireAccessQuestion(input);
    const kms = createKms(iam);
    const time = iam.clock.now();
    const identifier = parseIdentifier(options.key);
    const named = 'accountId' in identifier ? identifier : undefined;
    const account = named?.accountId ?? configuration.accountId;
    const region = named?.region ?? options.region;
    const subject = await requireSubject(iam, options.principal, time);
    const caller = rootCaller(iam.partition, account, '');
    const [found] = await findTargets({ kms, iam, caller, account, region }, explainAccess, input);
    const key = found?.kind === 'key' ? found.key?.entry : undefined;
    if (key === undefined) throw new OperatorError(`there is no key ${options.key} in ${region}`);
    const action = canonicalAction(options.action);
    const organization = organizationOf(iam);
    const request = { caller: subject, partition: iam.partition, region, organization, time };
    const report = await reportAccess(kms, iam, {
      key,
      subject,
      action,
      context: contextOf(request, subject, key, accessConditions(key, action, input)),
      given: new Set(Object.keys(options.context).map((name) => name.toLowerCase())),
      withheld: reasonNotKnown(subject),
    });
    return options.json ? `${JSON.stringify(report, null, 2)}\n` : render(report);
  });
}

function render({ Decision, Message, DecidingLayer, Layers, Grants, Remedies }: AccessReport): string {
  const lines = [`${Decision}${DecidingLayer === undefined ? '' : ` (${DecidingLayer})`}`];
  if (Message !== undefined) lines.push(Message);
  for (const { Layer, Verdict, Note, Statements } of Layers) {
    lines.push('', `${Layer}: ${Verdict}${Note === undefined ? '' : ` (${Note})`}`);
    for (const each of Statements) {
      const sid = each.Sid === undefined ? '' : ` ("${each.Sid}")`;
      lines.push(
        `  ${each.Source}, statement ${each.Statement}${sid}, line ${each.Line}, column ${each.Column}`,
        `    ${each.Effect} ${each.Applies ? 'applies' : 'does not apply'}: ${each.Because}`,
        ...each.Text.split('\n').map((line) => `    | ${line}`),
      );
    }
    if (Layer !== 'grants') continue;
    for (const { GrantId, Applies, Because } of Grants)
      lines.push(`  ${GrantId} ${Applies ? 'applies' : 'does not apply'}: ${Because}`);
  }
  if (Remedies.length > 0)
    lines.push('', 'What would have to change:', ...Remedies.map((each) => `  - ${each}`));
  return `${lines.join('\n')}\n`;
}
