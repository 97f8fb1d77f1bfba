import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { OperatorError } from '../errors.ts';
import { parseQuotas, readQuotasFile } from './quotas-file.ts';
import { DEFAULT_RESOURCE_QUOTAS, rateOf, resourceQuotasOf } from './settings.ts';

const ACCOUNT = '111122223333';
const OTHER = '444455556666';
const RSA = 'Cryptographic operations (RSA)';

function parse(content: unknown) {
  return parseQuotas('quotas.json', JSON.stringify(content));
}

describe('a quotas file', () => {
  it('changes quotas for all accounts, and for one', () => {
    const file = parse({
      requestRates: { CreateKey: 50, [RSA]: 0.5 },
      resources: { keys: 1_000 },
      accounts: {
        [OTHER]: { requestRates: { CreateKey: 'unlimited' }, resources: { keys: 0, grantsPerKey: 7 } },
      },
    });
    const settings = { requestQuotas: 'aws', ...file } as const;
    const rate = (account: string, quota: 'CreateKey' | 'CreateAlias' | typeof RSA) =>
      rateOf(settings, account, 'eu-west-1', quota);
    assert.deepEqual([rate(ACCOUNT, 'CreateKey'), rate(ACCOUNT, RSA)], [50, 0.5]);
    assert.deepEqual([rate(OTHER, 'CreateKey'), rate(OTHER, RSA)], [Number.POSITIVE_INFINITY, 0.5]);
    assert.equal(rate(OTHER, 'CreateAlias'), 5);
    assert.deepEqual(resourceQuotasOf(settings, ACCOUNT), { ...DEFAULT_RESOURCE_QUOTAS, keys: 1_000 });
    assert.deepEqual(resourceQuotasOf(settings, OTHER), {
      keys: 0,
      aliasesPerKey: 50,
      grantsPerKey: 7,
    });
  });

  it('may say nothing', () => {
    assert.deepEqual(parse({}), { changes: { requestRates: {}, resources: {} }, accounts: {} });
  });

  const wrong: readonly (readonly [content: unknown, ...mistakes: string[]])[] = [
    [[], 'the file: has to be an object'],
    [
      { rates: {}, accounts: { 12: [] } },
      'accounts.12: an account id has 12 digits',
      'accounts.12: has to be an object',
      'rates: not known; give requestRates, resources or accounts',
    ],
    [
      { accounts: { [ACCOUNT]: { accounts: {} } } },
      `accounts.${ACCOUNT}.accounts: not known; give requestRates or resources`,
    ],
    [
      { requestRates: { CreateKeys: 1, toString: 1, CreateKey: 0, DescribeKey: '5', [RSA]: 1_000_001 } },
      'requestRates.CreateKeys: no request quota is called so; docs/quotas.md has all of them',
      'requestRates.toString: no request quota is called so; docs/quotas.md has all of them',
      'requestRates.CreateKey: give requests per second, from 0.01 to 1000000, or "unlimited"',
      'requestRates.DescribeKey: give requests per second, from 0.01 to 1000000, or "unlimited"',
      `requestRates.${RSA}: give requests per second, from 0.01 to 1000000, or "unlimited"`,
    ],
    [
      { resources: { keys: 1.5, aliases: 1, grantsPerKey: -1 } },
      'resources.keys: give a whole number from 0 to 1000000000',
      'resources.aliases: no such resource quota; there are keys, aliasesPerKey, grantsPerKey',
      'resources.grantsPerKey: give a whole number from 0 to 1000000000',
    ],
    [{ resources: null }, 'resources: has to be an object'],
  ];
  for (const [content, ...mistakes] of wrong) {
    it(`is told all that is wrong with it: ${JSON.stringify(content)}`, () => {
      assert.throws(
        () => parse(content),
        (error: OperatorError) => {
          const [title, ...lines] = error.message.split('\n');
          assert.equal(title, 'quotas.json has mistakes:');
          assert.deepEqual(lines.sort(), mistakes.toSorted());
          return true;
        },
      );
    });
  }

  it('has to be there, and JSON', () => {
    assert.throws(() => readQuotasFile('/nowhere/quotas.json'), {
      name: 'OperatorError',
      message: '"/nowhere/quotas.json" cannot be read: ENOENT',
    });
    assert.throws(
      () => parseQuotas('quotas.json', '{"requestRates":'),
      /^OperatorError: quotas.json is not JSON: /,
    );
  });

  it('is read or refused, whatever it holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        try {
          parseQuotas('quotas.json', text);
        } catch (error) {
          assert.ok(error instanceof OperatorError);
        }
      }),
    );
  });
});
