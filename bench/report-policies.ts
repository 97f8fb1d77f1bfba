import type { GrantCosts, GrantReport } from './grants.ts';
import { section, table, whole } from './markdown.ts';
import type { DocumentCost, PolicyReport } from './policy.ts';

/* The sections of the results about decisions, hostile policies and grants. */

const CPU =
  'CPU time, user and system, of all threads; medians of rounds. Without HTTP, in a process of its own';

export function renderPolicies({ decisions, documents }: PolicyReport): string {
  const refused = documents.filter(({ isRefused }) => isRefused);
  const [slowest] = [...documents].sort((one, other) => other.read - one.read);
  const [slowestRefusal] = [...refused].sort((one, other) => other.put - one.put);
  return section(
    table(
      ['decision', 'µs', ''],
      decisions.map(({ question, microseconds, allowed }) => [
        question,
        microseconds.toFixed(microseconds < 10 ? 2 : 1),
        allowed ? 'allowed' : 'denied',
      ]),
    ),
    'Policies of 32,768 bytes, the most that a key policy can have, filled with what the row says:',
    table(
      ['policy of', '', 'read, ms', 'PutKeyPolicy, ms', 'decide, µs', 'check, ms'],
      documents.map(documentRow),
    ),
    `Slowest to read: ${slowest?.title} (${slowest?.read.toFixed(2)} ms); slowest to refuse: ${slowestRefusal?.title} (${slowestRefusal?.put.toFixed(2)} ms).`,
    `${CPU} (\`bench/policy.ts\`). *Read* is to parse, judge, bind and compile, or to say what is wrong. *PutKeyPolicy* is the whole walk: signature, decoding, read, the look-ups of whom the policy names, the lockout check, the transaction, and reading the policy that was put the time before. *Decide* is by that policy, for a caller whom every statement has to be held against, with a value of 8,190 characters under the condition key that the policies ask for; a million steps are the most that a decision takes, and what is left then fails closed. *Check* is \`qkms policy check\`, which no request waits for.`,
  );
}

function documentRow({ title, isRefused, read, put, decide, lint }: DocumentCost): readonly string[] {
  return [
    title,
    isRefused ? 'refused' : 'put',
    read.toFixed(2),
    put.toFixed(2),
    decide === undefined ? '' : (decide * 1000).toFixed(1),
    lint === undefined ? '' : whole(lint),
  ];
}

const GRANT_ROWS: readonly (readonly [what: string, key: keyof GrantCosts])[] = [
  ['find the grants of a caller (cached) and decide by one', 'decide'],
  ['CreateGrant', 'create'],
  ['CreateGrant with a name', 'createNamed'],
  ['CreateGrant with a name that is there', 'createAgain'],
  ['RevokeGrant', 'revoke'],
  ['RetireGrant', 'retire'],
  ['ListGrants, the first page (of 100, if there are as many)', 'listFirst'],
  ['ListGrants, the last page', 'listLast'],
  ['ListGrants of one grantee', 'listOfGrantee'],
];

export function renderGrants({ few, many }: GrantReport): string {
  return section(
    table(
      ['µs', `${few.grants} grants`, `${whole(many.grants)} grants`],
      GRANT_ROWS.map(([what, key]) => [what, microseconds(few[key]), microseconds(many[key])]),
    ),
    `${CPU} (\`bench/grants.ts\`); waiting for the disk is not included. The grants of the key are to 500 users, or as many as there are grants.`,
  );
}

function microseconds(milliseconds: number): string {
  return milliseconds < 0.1 ? (milliseconds * 1000).toFixed(1) : whole(milliseconds * 1000);
}
