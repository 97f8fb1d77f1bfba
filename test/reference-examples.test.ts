import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readRecordedAnswers, redacted } from '../scripts/reference/examples/recorded.ts';
import { runExample } from '../scripts/reference/examples/run.ts';
import { allOperations } from '../src/operations/index.ts';

/* Every example of the reference is run against a real server, and answered as the reference says. */

const answers = readRecordedAnswers();

/** Operations that do several things, of which one example says too little. */
const VARIED = [
  ...[
    'CreateGrant',
    'CreateKey',
    'Decrypt',
    'DescribeKey',
    'EnableKeyRotation',
    'Encrypt',
    'GenerateDataKey',
  ],
  ...['GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext', 'GenerateDataKeyWithoutPlaintext'],
  ...[
    'GenerateMac',
    'GetParametersForImport',
    'GetPublicKey',
    'ImportKeyMaterial',
    'ListAliases',
    'ListGrants',
  ],
  ...['ListKeyRotations', 'ListKeys', 'PutKeyPolicy', 'ReEncrypt', 'ReplicateKey', 'RetireGrant'],
  ...[
    'ScheduleKeyDeletion',
    'Sign',
    'Verify',
    'VerifyMac',
    'LookupEvents',
    'ComparePolicies',
    'ExplainAccess',
  ],
  ...['AssumeRole', 'CreateRole', 'CreateUser', 'SimulateCustomPolicy'],
];

describe('the examples of the reference', () => {
  it('are there for every operation, with titles of their own, at least two where one says too little', () => {
    for (const { name, examples } of allOperations) {
      assert.ok(examples.length >= (VARIED.includes(name) ? 2 : 1), name);
      assert.equal(new Set(examples.map(({ title }) => title)).size, examples.length, name);
    }
  });

  it('are all that answers are recorded of', () => {
    const places = allOperations.map(({ service, name }) => `${service}/${name}`).sort();
    assert.deepEqual(Object.keys(answers), places);
    for (const { service, name, examples } of allOperations)
      assert.deepEqual(
        Object.keys(answers[`${service}/${name}`] ?? {}),
        examples.map(({ title }) => title),
      );
  });

  for (const operation of allOperations) {
    const { service, name, examples } = operation;
    it(`of ${service} ${name} are answered as recorded`, async () => {
      for (const example of examples) {
        const recorded = answers[`${service}/${name}`]?.[example.title];
        assert.ok(recorded, example.title);
        const answer = await runExample(operation, example);
        assert.equal(redacted(name, answer), redacted(name, recorded), example.title);
      }
    });
  }
});
