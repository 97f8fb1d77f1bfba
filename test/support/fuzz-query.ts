import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compileDecoder } from '../../src/model/index.ts';
import type { Operation } from '../../src/operations/index.ts';
import { inputOf, junk, mutatedText, type NamedValues, oneOf, policyTextLike } from './fuzz.ts';
import { identityPolicy, trustPolicy } from './identities.ts';
import { ACCOUNT, OTHER_ACCOUNT } from './server.ts';
import type { WireAnswer } from './signed-request.ts';
import { childOf, jsonOf, parseXml, type XmlElement } from './xml.ts';

/* What the fuzz tests send over the AWS Query protocol, and what they expect of every answer. */

/** What requests are made of that should have a chance to be understood. What it holds may change as time goes by. */
export interface KnownIdentities {
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly roles: readonly string[];
  readonly policies: readonly string[];
  readonly providers: readonly string[];
  readonly accessKeyIds: readonly string[];
  readonly markers: readonly string[];
  readonly tokens: readonly string[];
}

/** The API versions by which requests name their service. */
const VERSIONS: Readonly<Record<string, string>> = { iam: '2010-05-08', sts: '2011-06-15' };

const arnOf = (kind: string) => (name: string) => `arn:aws:iam::${ACCOUNT}:${kind}/${name}`;

const ADMINISTRATOR_ACCESS = 'arn:aws:iam::aws:policy/AdministratorAccess';

/** Values for members of the operations of IAM and STS. */
export function identityValues(known: KnownIdentities): NamedValues {
  const nameOf = (names: readonly string[]) =>
    fc.oneof(
      { weight: 8, arbitrary: oneOf(names) },
      { weight: 1, arbitrary: mutatedText(names) },
      { weight: 1, arbitrary: fc.stringMatching(/^[a-z]{1,3}$/) },
    );
  const arnsOf = (kind: string, names: readonly string[]) =>
    fc.oneof(
      { weight: 8, arbitrary: oneOf(names).map(arnOf(kind)) },
      { weight: 1, arbitrary: mutatedText(names.map(arnOf(kind))) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          ADMINISTRATOR_ACCESS,
          `arn:aws:iam::${OTHER_ACCOUNT}:${kind}/${names[0]}`,
          `arn:aws:iam::${ACCOUNT}:root`,
          `arn:aws:iam::aws:${kind}/constructor`,
          `arn:aws:iam::${ACCOUNT}:${kind}/__proto__`,
          `arn:aws:iam::${ACCOUNT}:${kind}${'/a'.repeat(900)}`,
        ),
      },
    );
  const path = fc.oneof(fc.constantFrom('/', '/a/', '/a/b/'), fc.stringMatching(/^\/[!-~]{1,5}\/$/));
  const values: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    UserName: nameOf(known.users),
    NewUserName: nameOf(known.users),
    GroupName: nameOf(known.groups),
    NewGroupName: nameOf(known.groups),
    RoleName: nameOf(known.roles),
    PolicyName: nameOf(known.policies),
    PolicyArn: arnsOf('policy', known.policies),
    PermissionsBoundary: arnsOf('policy', known.policies),
    arn: arnsOf('policy', known.policies),
    RoleArn: arnsOf('role', known.roles),
    PolicySourceArn: fc.oneof(
      arnsOf('user', known.users),
      arnsOf('group', known.groups),
      arnsOf('role', known.roles),
    ),
    CallerArn: arnsOf('user', known.users),
    OpenIDConnectProviderArn: arnsOf('oidc-provider', known.providers),
    Url: fc.oneof(fc.webUrl(), mutatedText(['https://issuer.example.com/path', 'http://127.0.0.1:1'])),
    AccessKeyId: fc.oneof(oneOf(known.accessKeyIds), mutatedText(['AKIAIOSFODNN7EXAMPLE'])),
    Marker: fc.oneof(oneOf(known.markers), mutatedText(known.markers)),
    VersionId: fc.constantFrom('v1', 'v2', 'v3', 'v0', 'v99999999999999999999'),
    Path: path,
    NewPath: path,
    PathPrefix: path,
    PolicyDocument: identityPolicyText,
    AssumeRolePolicyDocument: trustPolicyText,
    Policy: identityPolicyText,
    ResourcePolicy: trustPolicyText,
    WebIdentityToken: webIdentityToken(known),
    ThumbprintList: fc.array(fc.constantFrom('a'.repeat(40), 'b'.repeat(40)), { maxLength: 6 }),
    ContextKeyName: fc.constantFrom('aws:SourceIp', 'aws:CurrentTime', 'kms:EncryptionContext:a', 'aws:x'),
    ContextKeyValues: fc.array(fc.constantFrom('::1', '1', 'true', '2026-01-01T00:00:00Z', '\u00e9'), {
      maxLength: 3,
    }),
    Key: fc.stringMatching(/^[a-zA-Z]{1,3}$/),
  };
  return (name) => values[name];
}

/** Sound policies of users, groups and roles, in which a good deal of the language occurs. */
const IDENTITY_POLICIES = [
  identityPolicy({ Effect: 'Allow', Action: '*', Resource: '*' }),
  identityPolicy(
    { Sid: 'one', Effect: 'Allow', NotAction: ['iam:*', 'kms:?ncrypt'], Resource: ['arn:aws:kms:*:*:key/*'] },
    {
      Effect: 'Deny',
      Action: 'iam:*',
      NotResource: `arn:aws:iam::${ACCOUNT}:user/\${aws:username}`,
      Condition: {
        'ForAllValues:StringLike': { 'aws:TagKeys': ['a*', 'b'] },
        ArnNotEquals: { 'iam:PolicyARN': ADMINISTRATOR_ACCESS },
        DateLessThan: { 'aws:CurrentTime': '2100-01-01T00:00:00Z' },
        NotIpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '::1'] },
      },
    },
  ),
].map((policy) => JSON.stringify(policy));
export const identityPolicyText = policyTextLike(IDENTITY_POLICIES);

/** The trust policy by which users of the account may assume a role. */
export const OPEN_TRUST = trustPolicy({ Effect: 'Allow', Principal: '*', Action: 'sts:*' });
export const trustPolicyText = policyTextLike([
  OPEN_TRUST,
  trustPolicy({
    Effect: 'Allow',
    Principal: { AWS: [ACCOUNT, `arn:aws:iam::${OTHER_ACCOUNT}:root`], Service: 's3.amazonaws.com' },
    Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
    Condition: {
      StringEqualsIfExists: { 'sts:ExternalId': 'a', 'aws:RequestTag/team': ['x', 'y'] },
      NumericLessThanEquals: { 'aws:MultiFactorAuthAge': 10 },
    },
  }),
  trustPolicy({
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/127.0.0.1` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: { StringEquals: { '127.0.0.1:sub': 'someone' }, Bool: { 'aws:SecureTransport': false } },
  }),
]);

/** OpenID Connect tokens: good ones, altered ones, and some that nobody should make. */
function webIdentityToken(known: KnownIdentities): fc.Arbitrary<string> {
  const part = fc.oneof(
    fc.json(),
    fc.constantFrom('{"alg":"none"}', '{"alg":"ES256","crit":["x"],"x":1}', ''),
  );
  const encode = (text: string) => Buffer.from(text).toString('base64url');
  const claims = fc
    .record({
      iss: fc.oneof(
        oneOf(known.providers).map((name) => `http://${name}`),
        junk,
      ),
      exp: junk,
      aud: junk,
    })
    .map((made) => JSON.stringify(made) ?? '');
  return fc.oneof(
    oneOf(known.tokens),
    mutatedText(known.tokens),
    fc
      .tuple(oneOf(known.tokens), part, fc.nat({ max: 2 }))
      .map(([token, replacement, at]) => token.split('.').with(at, encode(replacement)).join('.')),
    fc.tuple(part, fc.oneof(claims, part), fc.string()).map((parts) => parts.map(encode).join('.')),
    fc.nat({ max: 3_000 }).map((dots) => '.'.repeat(dots)),
  );
}

/** A name and a value of a form, not yet encoded. */
type Field = readonly [name: string, value: string];

/** A form for an operation: its input, mostly as it should be, with fields that are not mixed in. */
export function formOf(operation: Operation, known: KnownIdentities): fc.Arbitrary<Buffer> {
  const input = inputOf(operation.input, identityValues(known)).map((value) => [...fieldsOf('', value)]);
  const target: readonly Field[] = [
    ['Action', operation.name],
    ['Version', VERSIONS[operation.service] ?? ''],
  ];
  const whole = input.map((fields) => [...target, ...fields]);
  return fc.oneof(
    { weight: 20, arbitrary: whole.map(encodeForm) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(whole, fc.array(disturbance(operation), { minLength: 1, maxLength: 3 }))
        .map(([fields, disturb]) =>
          encodeForm(disturb.reduce<readonly Field[]>((all, one) => one(all), fields)),
        ),
    },
    {
      weight: 1,
      arbitrary: whole.chain((fields) => mutatedText([encodeForm(fields).toString()])).map(bytesOf),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(whole, fc.uint8Array({ maxLength: 100 }))
        .map(([fields, bytes]) => Buffer.concat([encodeForm(fields), bytes])),
    },
  );
}

const ODD_LABELS = [
  '',
  '0',
  '-1',
  '01',
  '1e0',
  '999999999',
  '__proto__',
  'constructor',
  'member',
  '\u00e9',
  '\0',
];

/** Changes the fields of a form as no client would. */
function disturbance({ input }: Operation): fc.Arbitrary<(fields: readonly Field[]) => readonly Field[]> {
  const member = fc.constantFrom(...Object.keys(input.members), 'Tags', 'UserName');
  const count = fc.constantFrom(2, 60, 5_000);
  const name = fc.oneof(
    fc.tuple(member, fc.array(fc.constantFrom(...ODD_LABELS, '1', 'Key', 'entry'), { maxLength: 5 })),
    fc.tuple(
      member,
      count.map((length) => Array<string>(length).fill('member.1')),
    ),
    fc.tuple(
      fc.constant(''),
      count.map((length) => Array<string>(length).fill('')),
    ),
    fc.tuple(fc.constant('a'.repeat(100_000)), fc.constant<string[]>([])),
  );
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '\r\n',
      '\0',
      '\ud800',
      '<a>&amp;</a>',
      ']]>',
      '\uffff',
      '1'.repeat(400),
      'a'.repeat(200_000),
    ),
  );
  return fc.oneof(
    fc.tuple(name, value).map(([[first, labels], text]) => (fields: readonly Field[]): readonly Field[] => [
      ...fields,
      [[first, ...labels].join('.'), text],
    ]),
    fc.tuple(fc.nat(), value, fc.boolean()).map(([at, text, replace]) => (fields: readonly Field[]) => {
      const chosen = fields[at % fields.length]?.[0] ?? '';
      const rest = replace ? fields.filter(([other]) => other !== chosen) : fields;
      return [...rest, [chosen, text] as const];
    }),
    fc.tuple(fc.nat(), fc.constantFrom(...ODD_LABELS)).map(
      ([at, label]) =>
        (fields: readonly Field[]) =>
          fields.map(
            ([other, text], index): Field =>
              index === at % fields.length ? [other.replace(/[^.]+$/, label), text] : [other, text],
          ),
    ),
    fc.tuple(member, count).map(([first, length]) => (fields: readonly Field[]): readonly Field[] => [
      ...fields,
      ...Array.from({ length }, (_, index): Field => [`${first}.member.${index + 1}`, 'a']),
      ...Array.from({ length }, (_, index): Field => [`${first}.member.${index + 1}.Key`, `k${index}`]),
    ]),
    fc
      .nat()
      .map((at) => (fields: readonly Field[]) => fields.filter((_, index) => index !== at % fields.length)),
  );
}

/** A JSON value as the fields of a form: lists are `Name.member.1`, structures `Name.Member`. */
function* fieldsOf(prefix: string, value: unknown): Generator<Field> {
  const below = (label: string) => (prefix === '' ? label : `${prefix}.${label}`);
  if (Array.isArray(value)) {
    if (value.length === 0) yield [prefix, ''];
    for (const [index, member] of value.entries()) yield* fieldsOf(below(`member.${index + 1}`), member);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) yield* fieldsOf(below(name), member);
  } else if (value !== undefined && value !== null) yield [prefix, String(value)];
}

function encodeForm(fields: readonly Field[]): Buffer {
  return Buffer.from(fields.map((field) => field.map(percentEncode).join('=')).join('&'));
}

/** Half of a surrogate pair is encoded as if it were a character, which makes bytes that are no UTF-8. */
function percentEncode(text: string): string {
  return text
    .split(/(\p{Surrogate})/u)
    .map((part) => (part.isWellFormed() ? encodeURIComponent(part) : '%ED%A0%80'))
    .join('');
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text);
}

/** An answer of the AWS Query protocol that was found to be well-formed. */
export type QueryAnswer =
  | { readonly code: string }
  | { readonly code: undefined; readonly response: XmlElement };

/** Every answer is a well-formed one that finds no fault with the service. */
export function readQueryAnswer({ status, headers, body }: WireAnswer): QueryAnswer {
  const shown = `${status} ${body.slice(0, 500)}`;
  const requestId = String(headers['x-amzn-requestid']);
  assert.ok(status >= 200 && status < 500, shown);
  assert.match(requestId, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, shown);
  assert.equal(headers['content-type'], 'text/xml; charset=utf-8', shown);
  const document = parseXml(body);
  if (status === 200) {
    assert.equal(childOf(childOf(document, 'ResponseMetadata'), 'RequestId').text, requestId);
    return { code: undefined, response: document };
  }
  assert.equal(document.name, 'ErrorResponse', shown);
  assert.equal(childOf(document, 'RequestId').text, requestId);
  const error = childOf(document, 'Error');
  assert.equal(childOf(error, 'Type').text, 'Sender', shown);
  const code = childOf(error, 'Code').text;
  assert.match(code, /^[A-Z][A-Za-z]+$/, shown);
  return { code };
}

/** Reads what an operation answered; everything in it must be as the operation declares it. */
export function readResult({ name, service, output }: Operation, response: XmlElement): object {
  assert.equal(response.name, `${name}Response`);
  assert.deepEqual(response.attributes, {
    xmlns: `https://${service}.amazonaws.com/doc/${VERSIONS[service]}/`,
  });
  const hasResult = Object.keys(output.members).length > 0;
  assert.equal(response.children.length, hasResult ? 2 : 1);
  const result = hasResult ? jsonOf(output, childOf(response, `${name}Result`)) : {};
  // The root user goes by a name and an id that no user can have.
  if (JSON.stringify(result).includes('"<root_account>"')) return Object(result);
  return compileDecoder(output)(result);
}
