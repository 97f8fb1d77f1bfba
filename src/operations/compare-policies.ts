import { setImmediate } from 'node:timers/promises';
import {
  boolean,
  enumeration,
  integer,
  list,
  optional,
  required,
  string,
  structure,
} from '../model/index.ts';
import {
  type ConditionRange,
  comparePoliciesInSlices,
  type PolicyChange,
  type PolicyComparison,
  parsePolicy,
  type StatementReference,
} from '../policy/index.ts';
import { MANAGEMENT_ERRORS, managedKey, readNewKeyPolicy } from './common.ts';
import * as examples from './example-values.ts';
import { requireVersion, showPolicy } from './key-policy-versions.ts';
import { operation } from './operation.ts';
import { onePolicyExpected } from './refusals.ts';
import * as shapes from './shapes.ts';

/** So that an answer takes a few hundredths of a second at most, and has at most about a megabyte. */
const LIMITS = { steps: 2_000_000, characters: 400_000 };

/** How long others wait for their turn, in milliseconds, as far as work can be interrupted. */
const SLICE = 5;

const verdict = enumeration('denies', 'nothing', 'delegates', 'allows-within-boundary', 'allows');

const statements = list(
  structure({
    Statement: required(integer(), 'Which statement of the policy, from 1.'),
    Sid: optional(string(), 'The Sid of the statement.'),
    Line: required(integer(), 'The line where the statement begins, from 1.'),
    Column: required(integer(), 'The column where the statement begins, from 1.'),
  }),
);

const conditions = list(
  structure({
    Key: required(string(), 'The condition key.'),
    Text: required(string(), 'When it holds, in the words of a policy where that is possible.'),
    Examples: required(
      list(
        structure({
          Value: optional(string(), 'The value.'),
          Values: optional(
            list(string()),
            'The values, if they are several. Without either, none is carried.',
          ),
        }),
      ),
      'What requests carry for which it holds: one example of each kind.',
    ),
  }),
);

const changes = list(
  structure({
    Direction: required(enumeration('gains', 'loses'), 'Whether the principals gain or lose.'),
    Principals: required(
      list(string()),
      'ARNs, names of services, and such as "any other user of 111122223333" and "anyone else".',
    ),
    Actions: required(list(string()), 'The actions; "any other action" stands for those that are not known.'),
    Conditions: required(conditions, 'All of them hold when the change is felt; none, when it always is.'),
    Before: required(
      verdict,
      'What the present policy says by itself: denies; nothing; delegates to the identity policies of the account; allows within a permissions boundary; allows.',
    ),
    After: required(verdict, 'What the new policy says.'),
    StatementsBefore: required(statements, 'The statements of the present policy that decide.'),
    StatementsAfter: required(statements, 'The statements of the new policy that decide.'),
  }),
);

export const comparePolicies = operation({
  name: 'ComparePolicies',
  service: 'qkms',
  summary:
    'Works out who would gain and who would lose which permission on a KMS key, under which conditions, if a new policy took the place of the one that it has. Nothing is changed.',
  input: structure({
    KeyId: shapes.keyIdMember,
    Policy: optional(shapes.policyDocument, 'The new key policy, in JSON; at most 32,768 bytes.'),
    Version: optional(
      shapes.policyVersion,
      'Instead of a new policy one that the key had before, as ListKeyPolicyVersions shows it.',
    ),
  }),
  output: structure({
    KeyId: required(shapes.keyIdentifier, 'The ARN of the key.'),
    Unchanged: required(boolean, 'Whether nobody gains or loses anything, as far as was tried.'),
    Complete: required(
      boolean,
      'Whether every request was tried that can be made of the vocabulary, and every change is told.',
    ),
    Omitted: required(list(string()), 'What was left out, in words; empty when the answer is complete.'),
    Changes: required(changes, 'Who gains and who loses what.'),
    Vocabulary: required(
      structure({
        Principals: required(list(string()), 'The principals.'),
        Actions: required(list(string()), 'The actions.'),
        ConditionKeys: required(list(string()), 'The condition keys.'),
      }),
      'What the requests that were tried are made of: all that either policy names, and something else besides.',
    ),
  }),
  targets: { key: managedKey('kms:GetKeyPolicy', 'any') },
  errors: [...MANAGEMENT_ERRORS, 'LimitExceededException', 'MalformedPolicyDocumentException'],
  readOnly: true,
  examples: [
    {
      title: 'See what a new policy would change',
      request: {
        KeyId: examples.KEY_ID,
        Policy:
          '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"},{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/backup"},"Action":"kms:Decrypt","Resource":"*"}]}',
      },
    },
    {
      title: 'See what going back to an old policy would change',
      request: { KeyId: examples.KEY_ID, Version: 1 },
    },
  ],
  validate({ Policy, Version }) {
    if ((Policy === undefined) === (Version === undefined)) throw onePolicyExpected();
  },
  async handler({ input: { Policy, Version }, targets: { key }, kms, iam }) {
    const before = parsePolicy(await showPolicy(iam, key.record));
    const after =
      Version === undefined
        ? (await readNewKeyPolicy(iam, Policy ?? '')).document
        : parsePolicy(await showPolicy(iam, await requireVersion(kms, key, Version)));
    const comparison = await inSlices(comparePoliciesInSlices(before, after, { ...LIMITS, key: key.arn }));
    return { KeyId: key.arn, ...report(comparison) };
  },
});

/** Does some work in slices, between which others have their turn. */
async function inSlices<Result>(work: Iterator<undefined, Result>): Promise<Result> {
  let since = performance.now();
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    if (performance.now() - since < SLICE) continue;
    await setImmediate();
    since = performance.now();
  }
}

function report({ unchanged, complete, omitted, changes: found, vocabulary }: PolicyComparison) {
  return {
    Unchanged: unchanged,
    Complete: complete,
    Omitted: omitted,
    Changes: found.map(reportChange),
    Vocabulary: {
      Principals: vocabulary.principals,
      Actions: vocabulary.actions,
      ConditionKeys: vocabulary.conditionKeys,
    },
  };
}

function reportChange(change: PolicyChange) {
  return {
    Direction: change.direction,
    Principals: change.principals,
    Actions: change.actions,
    Conditions: change.conditions.map(reportCondition),
    Before: change.before,
    After: change.after,
    StatementsBefore: change.statementsBefore.map(reportStatement),
    StatementsAfter: change.statementsAfter.map(reportStatement),
  };
}

function reportCondition({ key, text, examples: carried }: ConditionRange) {
  return {
    Key: key,
    Text: text,
    Examples: carried.map((each) =>
      each === null ? {} : typeof each === 'string' ? { Value: each } : { Values: each },
    ),
  };
}

function reportStatement({ index, sid, line, column }: StatementReference) {
  return { Statement: index + 1, Sid: sid, Line: line, Column: column };
}
