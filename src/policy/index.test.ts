import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  accessDeniedMessage,
  authorize,
  compilePolicy,
  PolicyDocumentError,
  parsePolicy,
  validateKeyPolicy,
} from './index.ts';

const sources = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.ts') && !name.includes('.test'))
  .map((name) => ({ name, text: readFileSync(`${import.meta.dirname}/${name}`, 'utf8') }));

describe('the policy room', () => {
  for (const { name, text } of sources) {
    it(`${name} imports nothing from outside the folder, and reads no clock and no randomness`, () => {
      const imported = [...text.matchAll(/(?:from|import) ?\(?'([^']+)'/g)].map(([, path = '']) => path);
      for (const path of imported) assert.match(path, /^\.\/[a-z-]+\.ts$/);
      assert.doesNotMatch(
        text,
        /Date\.now|new Date\(\)|Math\.random|performance\.|process\.|globalThis|Buffer/,
      );
    });
  }
});

describe('the façade', () => {
  const principal = { kind: 'root', account: '444455556666', arn: 'arn:aws:iam::444455556666:root' } as const;
  const resource = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const context = new Map<string, string>();
  const request = { principal, action: 'kms:Decrypt', resource, resourceAccount: '111122223333', context };
  const text = (principalValue: string) =>
    JSON.stringify({
      Statement: { Effect: 'Allow', Principal: { AWS: principalValue }, Action: 'kms:*', Resource: '*' },
    });

  it('leads from a text to a decision', () => {
    const document = parsePolicy(text('444455556666'));
    assert.deepEqual(validateKeyPolicy(document, { partition: 'aws' }), []);
    const decision = authorize(request, { keyPolicy: compilePolicy(document), identityPolicies: [] });
    assert.ok(decision.allowed);
  });

  it('leads from a text to a refusal that says why', () => {
    const keyPolicy = compilePolicy(parsePolicy(text('111122223333')));
    const decision = authorize(request, { keyPolicy, identityPolicies: [] });
    assert.match(
      accessDeniedMessage(request, decision),
      /^User: arn:aws:iam::444455556666:root is not authorized/,
    );
  });

  it('lets a caller make an error of the faults that it found', () => {
    const faults = validateKeyPolicy(parsePolicy(text('somebody')), { partition: 'aws' });
    assert.equal(
      new PolicyDocumentError(faults).message,
      'Policy contains a statement with one or more invalid principals. statement 1: Principal "somebody" is not a principal of type "AWS" (line 1, column 51)',
    );
  });
});
