import type { Command } from './cell-commands.ts';
import { DONE } from './cell-model.ts';
import type { Call } from './linearizability.ts';
import { type Finding, sum, type TortureResult } from './torture.ts';

/** What a run came to, for people. */
export function renderResult(result: TortureResult): string {
  const { answers, faults, findings } = result;
  const refusals = new Map([...answers].filter(([kind]) => kind !== DONE && kind !== 'lost'));
  const lines = [
    `${sum(answers)} calls in ${result.cells} cells: ${answers.get(DONE) ?? 0} done, ${sum(refusals)} refused, ${answers.get('lost') ?? 0} with unknown outcome`,
    `refusals: ${renderCounts(refusals)}`,
    `${sum(faults)} faults: ${renderCounts(faults)}`,
    `${result.ciphertexts} ciphertexts`,
    ...(result.keys === undefined
      ? []
      : [`${result.keys} keys in the store, every record of which was verified`]),
    ...findings.map(renderFinding),
    findings.length === 0
      ? 'Every history is linearizable, nothing that was acknowledged is missing, every ciphertext decrypts.'
      : `${findings.length} of ${result.cells} histories are not known to be linearizable.`,
  ];
  return `${lines.join('\n')}\n`;
}

function renderCounts(counts: ReadonlyMap<string, number>): string {
  if (counts.size === 0) return 'none';
  return [...counts]
    .sort()
    .map(([kind, count]) => `${kind} ${count}`)
    .join(', ');
}

function renderFinding({ cell, verdict }: Finding): string {
  if (verdict.is === 'undecided') return `\n${cell} is undecided: there are too many explanations to follow`;
  const { call, possibleAnswers, since, calls } = verdict.violation;
  const start = calls[0]?.invoked ?? 0;
  return [
    `\nVIOLATION in ${cell}: ${renderCommand(call.command)} was answered "${call.returned?.answer}"`,
    `  possible was only: ${possibleAnswers.map((answer) => `"${answer}"`).join(' or ')}`,
    `  the state before these calls: ${JSON.stringify(since)}`,
    '  from ms to ms          who                         what',
    ...calls.map((each) => `${each === call ? '>' : ' '} ${renderCall(each, start)}`),
    '',
  ].join('\n');
}

function renderCall({ client, command, invoked, returned }: Call<Command>, start: number): string {
  const from = (invoked - start).toFixed(2).padStart(9);
  const to = (returned === undefined ? '...' : (returned.at - start).toFixed(2)).padStart(9);
  const answer = returned === undefined ? 'never answered' : returned.answer;
  return `${from} ${to}   ${client.padEnd(28)}${renderCommand(command)} -> ${answer}`;
}

function renderCommand({ operation, signer, ...details }: Command): string {
  const by = signer.by === 'root' ? 'root' : `${signer.by} (access key ${signer.accessKey})`;
  const members = Object.entries(details).map(([name, value]) => `${name} ${value}`);
  return `${operation} by ${by}${members.length === 0 ? '' : `, ${members.join(', ')}`}`;
}
