import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Member, Shape, StructureShape } from '../../src/model/index.ts';
import { allow, deny, keyPolicy, rootOf } from './key-policies.ts';
import { ACCOUNT, OTHER_ACCOUNT, REGION } from './server.ts';
import type { WireAnswer } from './signed-request.ts';

/* What the fuzz tests send, and what they expect of every answer. */

/** What requests are made of that should have a chance to be understood. What it holds may change as time goes by. */
export interface Known {
  readonly identifiers: readonly string[];
  readonly aliasNames: readonly string[];
  readonly ciphertexts: readonly string[];
}

/** Every answer is a well-formed one that finds no fault with the service. */
export function assertWellFormed({ status, headers, body }: WireAnswer): void {
  const shown = `${status} ${body.slice(0, 500)}`;
  assert.ok(status >= 200 && status < 500, shown);
  assert.match(String(headers['x-amzn-requestid']), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, shown);
  const parsed: unknown = JSON.parse(body);
  assert.ok(typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed), shown);
  if (status === 200) return;
  assert.match('__type' in parsed ? String(parsed.__type) : '', /^[A-Z][A-Za-z]+$/, shown);
}

/** A character that takes one byte in an HTTP header, the control characters aside. */
export const latin1Character = fc
  .integer({ min: 0x20, max: 0xff })
  .filter((code) => code !== 0x7f)
  .map((code) => String.fromCharCode(code));

/** Texts of any characters. Made once, for it takes fast-check most of a second to know them all. */
const binaryText = fc.string({ unit: 'binary', maxLength: 10 });

/** Any JSON at all, a great deal of it unusual. */
export const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', 0, -1, 1e308, 2 ** 31, 2 ** 53, 0.5, [], {}, [[]], [null], 'null'),
  fc.constantFrom('\0', '\ud800', '__proto__', 'constructor', '../..', '%00', '\r\nX: y', 'a'.repeat(10_000)),
  binaryText,
  fc.jsonValue({ maxDepth: 3 }),
);

/** Values for members that have a meaning which their shape does not tell, by name. */
export type NamedValues = (name: string) => fc.Arbitrary<unknown> | undefined;

/** Inputs for a declared shape: mostly of members as they should be, mixed with some that are not. */
export function inputOf(shape: StructureShape, named: NamedValues): fc.Arbitrary<Record<string, unknown>> {
  const members = Object.entries(shape.members).map(
    ([name, member]) => [name, memberOf(name, member, named)] as const,
  );
  const record = fc.record(Object.fromEntries(members)).map(withoutAbsent);
  return fc.oneof(
    { weight: 9, arbitrary: record },
    {
      weight: 1,
      arbitrary: fc
        .tuple(record, fc.dictionary(fc.string(), junk))
        .map(([one, more]) => ({ ...more, ...one })),
    },
  );
}

const ABSENT = Symbol('absent');

function withoutAbsent(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== ABSENT));
}

/** Members without which operations have little to do, although their shapes do not require them. */
const WANTED: ReadonlySet<string> = new Set([
  'CiphertextBlob',
  'GranteePrincipal',
  'GrantToken',
  'NumberOfBytes',
]);

function memberOf(name: string, { shape, required }: Member, named: NamedValues): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: required || WANTED.has(name) ? 1 : 80, arbitrary: fc.constant<unknown>(ABSENT) },
    { weight: 30, arbitrary: named(name) ?? valueFor(shape, named) },
    { weight: 1, arbitrary: valueFor(shape, named) },
    { weight: 1, arbitrary: junk },
  );
}

/** Values for members of the operations of KMS. */
export function kmsValues(known: Known): NamedValues {
  return (name) => kmsValue(name, known);
}

function kmsValue(name: string, known: Known): fc.Arbitrary<unknown> | undefined {
  switch (name) {
    case 'KeyId':
    case 'TargetKeyId':
    case 'SourceKeyId':
    case 'DestinationKeyId':
      return identifier(known);
    case 'PolicyName':
      return fc.constantFrom('default', 'default', 'other');
    case 'GrantTokens':
      return fc.constantFrom([], [], [], ['token']);
    case 'AliasName':
      return fc.oneof(
        oneOf(known.aliasNames),
        fc.stringMatching(/^alias\/[a-z/:_-]{0,8}$/),
        fc.constantFrom('alias/aws/s3', 'alias/', 'alias'),
      );
    case 'Policy':
      return policyText;
    case 'CiphertextBlob':
      return fc.oneof(
        oneOf(known.ciphertexts),
        mutatedBytes(known.ciphertexts).map((bytes) => bytes.toString('base64')),
      );
    default:
      return undefined;
  }
}

function identifier({ identifiers, aliasNames }: Known): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 6, arbitrary: oneOf(identifiers) },
    { weight: 2, arbitrary: oneOf(aliasNames) },
    { weight: 1, arbitrary: mutatedText(identifiers) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '00000000-0000-0000-0000-000000000000',
        `mrk-${'0'.repeat(32)}`,
        `arn:aws:kms:${REGION}:${OTHER_ACCOUNT}:key/00000000-0000-0000-0000-000000000000`,
        `arn:aws:kms:eu-west-1:${ACCOUNT}:key/00000000-0000-0000-0000-000000000000`,
        `arn:aws:kms:${REGION}:${ACCOUNT}:alias/`,
        'arn:aws:kms:::key/',
        'alias//',
      ),
    },
  );
}

function valueFor(shape: Shape, named: NamedValues): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'string': {
      const { values, min = 0, max = min + 50 } = shape;
      if (values !== undefined) return fc.constantFrom(...values);
      const unit = fc.constantFrom(...'aZ09/_-:. é');
      return fc.oneof(
        {
          weight: 19,
          arbitrary: fc.string({ unit, minLength: Math.min(min, 64), maxLength: Math.min(max, 64) }),
        },
        {
          weight: 1,
          arbitrary: fc.constantFrom(
            'a'.repeat(Math.min(max, 200_000)),
            'a'.repeat(Math.min(max + 1, 200_000)),
          ),
        },
      );
    }
    case 'integer': {
      const { min = 0, max = 100 } = shape;
      return fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min, max: Math.min(max, min + 40) }) },
        { weight: 1, arbitrary: fc.constantFrom(min - 1, min, max, max + 1) },
      );
    }
    case 'boolean':
      return fc.boolean();
    case 'timestamp':
      return fc.double();
    case 'blob': {
      const { max = 100 } = shape;
      const bytes = fc.uint8Array({ maxLength: 64 }).map((some) => Buffer.from(some));
      const limits = fc.constantFrom(max, max + 1).map((length) => Buffer.alloc(Math.min(length, 300_000)));
      return fc
        .oneof({ weight: 19, arbitrary: bytes }, { weight: 1, arbitrary: limits })
        .map((some) => some.toString('base64'));
    }
    case 'list':
      return fc.array(
        fc.oneof({ weight: 30, arbitrary: valueFor(shape.member, named) }, { weight: 1, arbitrary: junk }),
        {
          maxLength: 5,
        },
      );
    case 'map':
      return fc.dictionary(binaryText, binaryText);
    case 'structure':
      return inputOf(shape, named);
  }
}

const USER = `arn:aws:iam::${ACCOUNT}:user/alice`;

/** Sound policies, in which a good deal of the language occurs. */
const SOUND_POLICIES = [
  keyPolicy(allow()),
  keyPolicy(
    allow({ Principal: '*' }),
    deny({ Principal: { AWS: [USER, OTHER_ACCOUNT] }, Action: 'kms:?ncrypt' }),
  ),
  keyPolicy(
    allow({
      Sid: 'one',
      Condition: { IpAddress: { 'aws:SourceIp': ['127.0.0.0/8', '::1'] }, Null: { 'aws:userid': false } },
    }),
    allow({
      Sid: 'two',
      Principal: { AWS: rootOf(OTHER_ACCOUNT), Service: 's3.amazonaws.com' },
      Condition: {
        'ForAnyValue:StringLike': { 'kms:EncryptionContextKeys': 'team*' },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
        StringEqualsIfExists: { 'kms:EncryptionContext:team': ['${aws:userid}', 'a'] },
      },
    }),
    deny({
      NotPrincipal: { AWS: rootOf(ACCOUNT) },
      Condition: {
        DateGreaterThan: { 'aws:CurrentTime': '2100-01-01T00:00:00Z' },
        NumericLessThan: { 'aws:EpochTime': 1 },
        ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/?*' },
      },
    }),
  ),
];

/** A part of a JSON value is exchanged for any other JSON value, or is taken away. */
function mutatedPolicy(sound: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...sound), fc.nat(), fc.oneof(junk, fc.constant(ABSENT)))
    .map(([policy, seed, value]) => {
      let count = 0;
      const chosen = seed % policy.split(/[:,[{]/).length;
      return JSON.stringify(JSON.parse(policy), (_key, part) => {
        count += 1;
        if (count - 1 !== chosen) return part;
        return value === ABSENT ? undefined : value;
      });
    })
    .map((text) => text ?? '');
}

/** Texts that may or may not be policies, most of them close to sound ones. */
export function policyTextLike(sound: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(...sound),
    mutatedPolicy(sound),
    mutatedText(sound),
    fc.json({ maxDepth: 6 }),
    fc.string({
      unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
      minLength: 1,
    }),
    fc.nat({ max: 20_000 }).map((depth) => '['.repeat(depth + 1)),
    fc.nat({ max: 3_000 }).map((depth) => `${'{"Statement":'.repeat(depth)}1${'}'.repeat(depth)}`),
  );
}

/** Texts that may or may not be key policies. */
export const policyText: fc.Arbitrary<string> = policyTextLike(SOUND_POLICIES);

/** One of the texts that there are at the moment. */
export function oneOf(texts: readonly string[]): fc.Arbitrary<string> {
  return fc.nat().map((index) => texts[index % texts.length] ?? '');
}

/** Texts with some characters exchanged, taken out or put in. */
export function mutatedText(texts: readonly string[]): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.nat(),
    removed: fc.nat({ max: 3 }),
    inserted: fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('"', '\\', ',', '=', ' ', '/', 'ÿ')),
  });
  return fc.tuple(oneOf(texts), fc.array(edit, { minLength: 1, maxLength: 3 })).map(([text, edits]) =>
    edits.reduce((edited, { at, removed, inserted }) => {
      const start = at % (edited.length + 1);
      return edited.slice(0, start) + inserted + edited.slice(start + removed);
    }, text),
  );
}

/** Base64 texts as bytes, one or more of them changed, cut off or appended. Never the original. */
export function mutatedBytes(texts: readonly string[]): fc.Arbitrary<Buffer> {
  const change: fc.Arbitrary<(bytes: Buffer) => Buffer> = fc.oneof(
    fc
      .tuple(fc.nat(), fc.integer({ min: 1, max: 255 }))
      .map(([at, difference]) => (bytes: Buffer): Buffer => {
        const index = at % Math.max(bytes.length, 1);
        return Buffer.from(bytes.map((byte, place) => (place === index ? byte ^ difference : byte)));
      }),
    fc.nat().map(
      (length) =>
        (bytes: Buffer): Buffer =>
          bytes.subarray(0, length % Math.max(bytes.length, 1)),
    ),
    fc.nat().map(
      (start) =>
        (bytes: Buffer): Buffer =>
          bytes.subarray((start % Math.max(bytes.length, 1)) + 1),
    ),
    fc.uint8Array({ minLength: 1, maxLength: 40 }).map(
      (more) =>
        (bytes: Buffer): Buffer =>
          Buffer.concat([bytes, more]),
    ),
  );
  return fc
    .tuple(oneOf(texts), fc.array(change, { minLength: 1, maxLength: 2 }))
    .map(([text, changes]) =>
      changes.reduce<Buffer>((bytes, apply) => apply(bytes), Buffer.from(text, 'base64')),
    )
    .filter((bytes) => !texts.includes(bytes.toString('base64')));
}
