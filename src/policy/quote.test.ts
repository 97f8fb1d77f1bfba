import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PolicyDocumentError } from './fault.ts';
import { quoteStatements } from './quote.ts';

const statement = fc.record({
  Sid: fc.string({ maxLength: 20 }).filter((text) => !text.includes('\0') && text.isWellFormed()),
  Effect: fc.constantFrom('Allow', 'Deny'),
  Action: fc.constantFrom('kms:*', ['kms:Encrypt', 'kms:Decrypt']),
  Resource: fc.constant('*'),
  Condition: fc.constantFrom({}, { StringEquals: { 'aws:UserAgent': '"}{\\' } }),
});

describe('quoteStatements', () => {
  it('cuts every statement out as it stands, whatever braces and quotes its texts hold', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(statement, { minLength: 1, maxLength: 4, selector: ({ Sid }) => Sid }),
        fc.constantFrom(undefined, 2, '\t'),
        (statements, space) => {
          const text = JSON.stringify({ Version: '2012-10-17', Statement: statements }, undefined, space);
          const quoted = quoteStatements(text);
          const written: { readonly Statement: unknown } = JSON.parse(text);
          assert.deepEqual(
            quoted.map((each) => JSON.parse(each.text)),
            written.Statement,
          );
          const lines = text.split('\n');
          for (const { line, column, text: quote } of quoted)
            assert.ok(
              lines
                .slice(line - 1)
                .join('\n')
                .startsWith(quote, column - 1),
            );
        },
      ),
    );
  });

  it('takes a statement that stands alone', () => {
    const alone = '{"Effect":"Allow","Action":"kms:*","Resource":"*"}';
    assert.deepEqual(quoteStatements(`{"Statement": ${alone}}`), [{ line: 1, column: 15, text: alone }]);
  });

  it('refuses what is not a policy', () => {
    assert.throws(() => quoteStatements('{'), PolicyDocumentError);
  });
});
