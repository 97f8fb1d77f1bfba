import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ServiceError } from '../errors.ts';
import {
  blob,
  boolean,
  compileDecoder,
  enumeration,
  integer,
  list,
  map,
  optional,
  required,
  string,
  stringMap,
  structure,
  timestamp,
} from './index.ts';

const text = 'a member';
const shape = structure({
  KeyId: required(string({ min: 1, max: 8 }), text),
  Name: optional(string({ pattern: '^[a-z]+$' }), text),
  Limit: optional(integer({ min: 1, max: 100 }), text),
  Spec: optional(enumeration('AES_256', 'AES_128'), text),
  DryRun: optional(boolean, text),
  Plaintext: optional(blob({ min: 1, max: 4 }), text),
  Token: optional(string({ max: 2, sensitive: true }), text),
  ValidTo: optional(timestamp, text),
  Context: optional(stringMap, text),
  Counts: optional(map(integer({ max: 9 })), text),
  Tokens: optional(list(string({ min: 2, max: 3 }), { max: 2 }), text),
  Operations: optional(list(enumeration('Encrypt', 'Decrypt')), text),
  Tags: optional(list(structure({ TagKey: required(string({ max: 3 }), text) })), text),
});
const decode = compileDecoder(shape);

function refusal(body: unknown): { code: string; message: string } {
  try {
    decode(body);
  } catch (error) {
    assert.ok(error instanceof ServiceError);
    return { code: error.code, message: error.message };
  }
  return assert.fail('accepted');
}

describe('decoding a request', () => {
  it('gives every member its type', () => {
    const decoded = decode({
      KeyId: 'k',
      Limit: 5,
      Spec: 'AES_128',
      DryRun: true,
      Plaintext: 'AQID',
      ValidTo: 1_700_000_000.5,
      Context: { a: 'b' },
      Counts: { a: 1 },
      Tags: [{ TagKey: 'x' }],
    });
    assert.deepEqual(decoded.Plaintext, Buffer.from([1, 2, 3]));
    assert.equal(decoded.ValidTo?.getTime(), 1_700_000_000_500);
    assert.deepEqual(decoded.Context, { a: 'b' });
    assert.deepEqual(decoded.Counts, { a: 1 });
    assert.deepEqual(decoded.Tags, [{ TagKey: 'x' }]);
  });

  it('ignores unknown members and takes null for absent', () => {
    assert.deepEqual(decode({ KeyId: 'k', Unknown: { deep: [1] }, Name: null }), { KeyId: 'k' });
  });

  it('takes no member from the prototype of an object', () => {
    assert.equal(refusal(JSON.parse('{"__proto__":{"KeyId":"k"}}')).code, 'ValidationException');
  });

  it('keeps names like __proto__ in a map as ordinary keys', () => {
    const { Context } = decode(JSON.parse('{"KeyId":"k","Context":{"__proto__":"x","constructor":"y"}}'));
    assert.deepEqual(Object.entries(Context ?? {}), [
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  const violations: readonly [string, Record<string, unknown>, string][] = [
    [
      'a missing required member',
      { KeyId: null },
      "Value null at 'keyId' failed to satisfy constraint: Member must not be null",
    ],
    [
      'a length below the minimum',
      { KeyId: '' },
      "Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'a length above the maximum',
      { KeyId: '123456789' },
      "Value '123456789' at 'keyId' failed to satisfy constraint: Member must have length less than or equal to 8",
    ],
    [
      'a pattern',
      { Name: 'a\n' },
      "Value 'a\n' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z]+$",
    ],
    [
      'a number below the minimum',
      { Limit: 0 },
      "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    [
      'a number above the maximum',
      { Limit: 101 },
      "Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100",
    ],
    [
      'an enumeration',
      { Spec: 'X' },
      "Value 'X' at 'spec' failed to satisfy constraint: Member must satisfy enum value set: [AES_256, AES_128]",
    ],
    [
      'the length of a sensitive string, which is not echoed',
      { Token: 'abc' },
      "Value at 'token' failed to satisfy constraint: Member must have length less than or equal to 2",
    ],
    [
      'the length of a blob, which is not echoed',
      { Plaintext: 'AQIDBAU=' },
      "Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4",
    ],
    [
      'the length of a list',
      { Tokens: ['ab', 'cd', 'ef'] },
      "Value '[ab, cd, ef]' at 'tokens' failed to satisfy constraint: Member must have length less than or equal to 2",
    ],
    [
      'the length of a member of a list',
      { Tokens: ['a'] },
      "Value '[a]' at 'tokens' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 3, Member must have length greater than or equal to 2]",
    ],
    [
      'an enumeration in a list',
      { Operations: ['Encrypt', 'X'] },
      "Value '[Encrypt, X]' at 'operations' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [Encrypt, Decrypt]]",
    ],
    [
      'a member of a structure in a list',
      { Tags: [{ TagKey: 'ok' }, { TagKey: 'long' }] },
      "Value 'long' at 'tags.2.member.tagKey' failed to satisfy constraint: Member must have length less than or equal to 3",
    ],
    [
      'a null in a list of structures',
      { Tags: [null] },
      "Value null at 'tags.1.member' failed to satisfy constraint: Member must not be null",
    ],
    [
      'an integer in a map that is too large',
      { Counts: { a: 10 } },
      "Value '10' at 'counts.a.member' failed to satisfy constraint: Member must have value less than or equal to 9",
    ],
    [
      'a null in a map',
      { Context: { a: null } },
      "Value null at 'context.a.member' failed to satisfy constraint: Member must not be null",
    ],
  ];
  for (const [name, members, message] of violations) {
    it(`refuses ${name}`, () => {
      assert.deepEqual(refusal({ KeyId: 'k', ...members }), {
        code: 'ValidationException',
        message: `1 validation error detected: ${message}`,
      });
    });
  }

  it('reports all violations in one message', () => {
    const { message } = refusal({ Limit: 0, Spec: 'X' });
    assert.match(
      message,
      /^3 validation errors detected: Value null at 'keyId' .*; Value '0' .*; Value 'X' /,
    );
  });

  const mismatches: readonly [string, unknown, string][] = [
    ['a number for a string', { KeyId: 5 }, 'NUMBER_VALUE can not be converted to a String'],
    ['a boolean for a string', { KeyId: true }, 'TRUE_VALUE can not be converted to a String'],
    ['a string for an integer', { Limit: '5' }, 'STRING_VALUE can not be converted to an Integer'],
    ['a fraction for an integer', { Limit: 1.5 }, 'NUMBER_VALUE can not be converted to an Integer'],
    ['a number past 32 bits', { Limit: 2 ** 31 }, 'NUMBER_VALUE can not be converted to an Integer'],
    ['a structure for a string', { KeyId: {} }, 'Start of structure or map found where not expected.'],
    ['a list for a string', { KeyId: [] }, 'Start of list found where not expected.'],
    ['a list for a body', [], 'Start of list found where not expected.'],
    ['a string for a body', 'x', 'STRING_VALUE can not be converted to a structure'],
    ['null for a body', null, 'NULL_VALUE can not be converted to a structure'],
    [
      'a string in a map of integers',
      { Counts: { a: '1' } },
      'STRING_VALUE can not be converted to an Integer',
    ],
    ['a number in a map', { Context: { a: 1 } }, 'NUMBER_VALUE can not be converted to a String'],
    ['a null in a list of strings', { Tokens: [null] }, 'NULL_VALUE can not be converted to a String'],
    ['a timestamp out of range', { ValidTo: 1e300 }, 'NUMBER_VALUE can not be converted to a Timestamp'],
    ['an unpaired surrogate', { KeyId: '\ud800' }, 'STRING_VALUE holds an unpaired surrogate'],
    ['an unpaired surrogate in a list', { Tokens: ['a\udc00'] }, 'STRING_VALUE holds an unpaired surrogate'],
    [
      'an unpaired surrogate in a map',
      { Context: { a: '\ud800' } },
      'STRING_VALUE holds an unpaired surrogate',
    ],
    [
      'an unpaired surrogate as a key',
      { Context: { '\ud800': 'a' } },
      'STRING_VALUE holds an unpaired surrogate',
    ],
    ['bad base64', { Plaintext: 'A*==' }, 'STRING_VALUE is not a valid base64 string'],
    ['base64 without padding', { Plaintext: 'AQ' }, 'STRING_VALUE is not a valid base64 string'],
    ['base64 of the URL alphabet', { Plaintext: '-_-_' }, 'STRING_VALUE is not a valid base64 string'],
  ];
  for (const [name, body, message] of mismatches) {
    it(`refuses ${name}`, () => {
      const members =
        typeof body === 'object' && body !== null && !Array.isArray(body) ? { KeyId: 'k', ...body } : body;
      assert.deepEqual(refusal(members), { code: 'SerializationException', message });
    });
  }

  it('accepts or refuses any JSON value, and never fails otherwise', () => {
    const member = fc.constantFrom(...Object.keys(shape.members));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(member, fc.jsonValue())), (body) => {
        try {
          decode(body);
        } catch (error) {
          assert.ok(error instanceof ServiceError, String(error));
        }
      }),
    );
  });

  it('tells of a hundred violations and a few, however many there are', () => {
    const one = structure({ Key: required(string({ max: 1 }), 'a member') });
    const many = compileDecoder(structure({ Items: optional(list(one), 'a member') }));
    assert.throws(
      () => many({ Items: Array.from({ length: 100_000 }, () => ({ Key: 'too long' })) }),
      (error: unknown) =>
        error instanceof ServiceError && error.message.startsWith('100 validation errors detected: '),
    );
  });
});
