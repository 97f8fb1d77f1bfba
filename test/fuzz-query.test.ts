import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { IAMServiceException } from '@aws-sdk/client-iam';
import { STSServiceException } from '@aws-sdk/client-sts';
import fc from 'fast-check';
import { type Issuer, startIssuer } from '../src/iam/openid-connect/issuer.test-support.ts';
import { allOperations, type Operation } from '../src/operations/index.ts';
import { naiveSign } from '../src/sigv4/naive-signer.ts';
import { mutatedBytes, mutatedText } from './support/fuzz.ts';
import {
  formOf,
  identityPolicyText,
  type KnownIdentities,
  OPEN_TRUST,
  readQueryAnswer,
  readResult,
  trustPolicyText,
} from './support/fuzz-query.ts';
import { checkProperty, RUNS, SEED } from './support/fuzz-runs.ts';
import { createUserWithKey, identityPolicy } from './support/identities.ts';
import {
  ACCOUNT,
  type Credentials,
  OTHER_ACCOUNT,
  REGION,
  ROOT_CREDENTIALS,
  startTestServer,
  type TestServer,
} from './support/server.ts';
import { codeOf, sendRequest, type WireAnswer } from './support/signed-request.ts';
import { dateAt } from './support/signing-attempts.ts';

/* Whatever is sent over the AWS Query protocol, the service answers in good form and goes on working. */

const AUDIENCE = 'sts.amazonaws.com';
const SUBJECT = 'workload';

const agent = new Agent({ keepAlive: true });
let dataDirectory: string;
/** A development server, for what is behind the signature, and a production server for the credentials. */
let development: TestServer;
let production: TestServer;
let issuer: Issuer;
/** Whom requests are from: undefined for nobody. */
const callers: (Credentials | undefined)[] = [];
const known = {
  users: ['ada', 'bob'],
  groups: ['team'],
  roles: ['reader', 'writer'],
  policies: ['orders', 'bounds'],
  providers: [] as string[],
  accessKeyIds: [] as string[],
  markers: ['marker'],
  tokens: [] as string[],
} satisfies KnownIdentities;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-fuzz-'));
  development = await startTestServer();
  production = await startTestServer({ dataDirectory });
  issuer = await startIssuer({ clock: development.clock });
  known.providers.push(issuer.url.replace('http://', ''));
  known.tokens.push(
    await issuer.sign({ aud: AUDIENCE, sub: SUBJECT }),
    await issuer.sign({ aud: AUDIENCE, sub: SUBJECT, exp: 1 }),
    await issuer.sign({ aud: 'other', sub: SUBJECT }),
  );
  await restoreKnown();
  await prepareCallers();
});
after(async () => {
  agent.destroy();
  await issuer.close();
  await development.close();
  await production.close();
  await rm(dataDirectory, { recursive: true });
});

/** Makes sure that what requests name is there, whatever requests of before have done. */
async function restoreKnown(): Promise<void> {
  const iam = development.iam();
  const ensure = async (creation: Promise<unknown>) => {
    try {
      await creation;
    } catch (error) {
      if (!(error instanceof IAMServiceException) || error.name !== 'EntityAlreadyExistsException')
        throw error;
    }
  };
  const PolicyDocument = JSON.stringify(identityPolicy({ Effect: 'Allow', Action: 'kms:*', Resource: '*' }));
  for (const UserName of known.users) await ensure(iam.createUser({ UserName }));
  for (const GroupName of known.groups) await ensure(iam.createGroup({ GroupName }));
  for (const PolicyName of known.policies) await ensure(iam.createPolicy({ PolicyName, PolicyDocument }));
  for (const RoleName of known.roles) {
    await ensure(iam.createRole({ RoleName, AssumeRolePolicyDocument: OPEN_TRUST }));
    await iam.updateAssumeRolePolicy({ RoleName, PolicyDocument: OPEN_TRUST });
  }
  await ensure(iam.createOpenIDConnectProvider({ Url: issuer.url, ClientIDList: [AUDIENCE] }));
  known.accessKeyIds.length = 0;
  for (const UserName of known.users) {
    const { AccessKeyMetadata = [] } = await iam.listAccessKeys({ UserName });
    const [present = (await iam.createAccessKey({ UserName })).AccessKey] = AccessKeyMetadata;
    known.accessKeyIds.push(present?.AccessKeyId ?? '');
  }
  iam.destroy();
}

async function prepareCallers(): Promise<void> {
  const iam = development.iam();
  const everything = identityPolicy({ Effect: 'Allow', Action: '*', Resource: '*' });
  const administrator = (await createUserWithKey(iam, 'administrator', { everything })).credentials;
  const nobody = (await createUserWithKey(iam, 'nobody')).credentials;
  const { Role } = await iam.createRole({ RoleName: 'assumed', AssumeRolePolicyDocument: OPEN_TRUST });
  const sts = development.sts({ credentials: administrator });
  const asked = [
    await sts.getSessionToken(),
    await sts.getFederationToken({ Name: 'guest', Policy: JSON.stringify(everything) }),
    await sts.assumeRole({ RoleArn: Role?.Arn ?? '', RoleSessionName: 'session' }),
  ];
  const sessions = asked.map(({ Credentials }) => ({
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  }));
  const rootOf = (account: string) => ({ accessKeyId: account, secretAccessKey: 'any' });
  callers.push(rootOf(ACCOUNT), administrator, rootOf(ACCOUNT), administrator);
  callers.push(rootOf(OTHER_ACCOUNT), nobody, ...sessions, undefined);
}

/** Sends a form to the development server. */
function sendForm(body: Uint8Array, service = 'iam', caller = callers[0]): Promise<WireAnswer> {
  const date = dateAt(development);
  const headers = [
    ['Host', 'iam.example'],
    ['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'],
    ['X-Amz-Date', date],
    ...(caller?.sessionToken === undefined ? [] : [['X-Amz-Security-Token', caller.sessionToken] as const]),
  ] as const;
  const { rawHeaders } =
    caller === undefined
      ? { rawHeaders: headers.flat() }
      : naiveSign({
          headers,
          body: Buffer.from(body).toString('latin1'),
          ...caller,
          date,
          scope: `${date.slice(0, 8)}/${REGION}/${service}/aws4_request`,
        });
  return sendRequest({ endpoint: development.endpoint, rawHeaders, body, agent });
}

function fuzz<T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => Promise<void>): Promise<void> {
  return checkProperty([development, production], arbitrary, check);
}

/** Codes that every operation of the protocol may answer with, beside those that it declares. */
const COMMON_CODES = ['AccessDenied', 'ValidationError', 'MalformedInput'];
/** What STS says of values that no shape rules out. */
const STS_CODES = ['InvalidParameterValue'];
/** What is said of requests that do not name the operation any more, or lack a signature. */
const BROKEN_CODES = [
  'InvalidAction',
  'MissingAuthenticationToken',
  'IncompleteSignature',
  'SignatureDoesNotMatch',
];

describe(`whatever is sent over the AWS Query protocol is answered in good form (${RUNS} runs, seed ${SEED})`, () => {
  const queryOperations = allOperations.filter(({ service }) => service === 'iam' || service === 'sts');

  it('forms that follow the declared shape of an operation, more or less', async () => {
    const request = fc.constantFrom(...queryOperations).chain((operation) =>
      fc.record({
        name: fc.constant(operation.name),
        form: formOf(operation, known),
        caller: fc.nat().map((index) => callers[index % callers.length]),
      }),
    );
    await fuzz(request, async ({ name, form, caller }) => {
      const operation = operationOf(`${name}Response`);
      const received = await sendForm(form, operation.service, caller);
      const answer = readQueryAnswer(received);
      if (answer.code === undefined) {
        const answered = operationOf(answer.response.name);
        const result = readResult(answered, answer.response);
        noteMarker(result);
        if (!answered.readOnly) await restoreKnown();
        return;
      }
      const service = operation.service === 'sts' ? STS_CODES : [];
      const declared = [...COMMON_CODES, ...BROKEN_CODES, ...service, ...operation.errors];
      assert.ok(declared.includes(answer.code), `${operation.name} does not declare ${received.body}`);
    });
  });

  function operationOf(response: string): Operation {
    const found = queryOperations.find(({ name }) => response === `${name}Response`);
    assert.ok(found !== undefined, response);
    return found;
  }

  function noteMarker(result: object): void {
    if (!('Marker' in result) || typeof result.Marker !== 'string') return;
    known.markers.push(result.Marker);
    if (known.markers.length > 20) known.markers.splice(1, 1);
  }

  it('bytes that are hardly a form', async () => {
    const prefix = fc.constantFrom(
      '',
      'Action=GetUser&Version=2010-05-08&',
      'Action=AssumeRoleWithWebIdentity&Version=2011-06-15&WebIdentityToken=',
      'Version=__proto__&Action=__proto__&',
      'Version=2010-05-08&Action=constructor&',
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ unit: fc.constantFrom(...'%&=+.;a1F0\u00e9') }).map((text) => Buffer.from(text)),
    );
    const caller = fc.nat().map((index) => callers[index % callers.length]);
    await fuzz(fc.tuple(prefix, bytes, caller), async ([before, more, caller]) => {
      readQueryAnswer(await sendForm(Buffer.concat([Buffer.from(before), more]), 'iam', caller));
    });
  });

  it('policies of users: what is accepted can be read and judged by, what is not is called malformed', async () => {
    const iam = development.iam();
    const { credentials } = await createUserWithKey(iam, 'judged');
    const [ownIam, ownSts] = [development.iam({ credentials }), development.sts({ credentials })];
    const kms = development.client({ credentials });
    const place = { UserName: 'judged', PolicyName: 'fuzzed' };
    await fuzz(identityPolicyText, async (PolicyDocument) => {
      const code = await codeOfCall(iam.putUserPolicy({ ...place, PolicyDocument }));
      if (code !== undefined) {
        const expected = ['MalformedPolicyDocumentException', 'LimitExceededException', 'ValidationError'];
        assert.ok(expected.includes(code), code);
        return;
      }
      const read = await iam.getUserPolicy(place);
      assert.equal(decodeURIComponent(read.PolicyDocument ?? ''), PolicyDocument);
      for (const call of [() => ownIam.getUser({}), () => ownSts.getFederationToken({ Name: 'guest' })])
        assert.match((await codeOfCall(call())) ?? '', /^(AccessDenied)?$/);
      await kms
        .listKeys()
        .catch((error: unknown) => assert.equal(Object(error).name, 'AccessDeniedException'));
    });
  });

  it('trust policies: what is accepted can be read and judged by, what is not is called malformed', async () => {
    const iam = development.iam();
    const { credentials } = await createUserWithKey(iam, 'assuming');
    const sts = development.sts({ credentials });
    const RoleName = 'trusting';
    await iam.createRole({ RoleName, AssumeRolePolicyDocument: OPEN_TRUST });
    await fuzz(trustPolicyText, async (PolicyDocument) => {
      const code = await codeOfCall(iam.updateAssumeRolePolicy({ RoleName, PolicyDocument }));
      if (code !== undefined) {
        const expected = ['MalformedPolicyDocumentException', 'LimitExceededException', 'ValidationError'];
        assert.ok(expected.includes(code), code);
        return;
      }
      const { Role } = await iam.getRole({ RoleName });
      assert.equal(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''), PolicyDocument);
      const RoleArn = Role?.Arn ?? '';
      const assumed = await codeOfCall(sts.assumeRole({ RoleArn, RoleSessionName: 'session' }));
      assert.match(assumed ?? 'AccessDenied', /^AccessDenied$/);
    });
  });

  /** The name of the error with which a call was refused; `undefined` for a success. */
  async function codeOfCall(call: Promise<unknown>): Promise<string | undefined> {
    try {
      await call;
      return undefined;
    } catch (error) {
      if (error instanceof IAMServiceException || error instanceof STSServiceException) return error.name;
      throw error;
    }
  }

  it('altered session tokens and access key ids: no request passes but with the original ones', async () => {
    const { Credentials } = await production.sts().getSessionToken();
    const accessKeyId = Credentials?.AccessKeyId ?? '';
    const secretAccessKey = Credentials?.SecretAccessKey ?? '';
    const token = Credentials?.SessionToken ?? '';
    const other = (await production.sts().getSessionToken()).Credentials?.SessionToken ?? '';
    const send = (presented: string | undefined, id: string, protocol: 'json' | 'query') => {
      const date = dateAt(production);
      const isJson = protocol === 'json';
      const headers = [
        ['Host', 'kms.example'],
        ['Content-Type', isJson ? 'application/x-amz-json-1.1' : 'application/x-www-form-urlencoded'],
        ...(isJson ? [['X-Amz-Target', 'TrentService.ListKeys'] as const] : []),
        ['X-Amz-Date', date],
        ...(presented === undefined ? [] : [['X-Amz-Security-Token', presented] as const]),
      ] as const;
      const body = isJson ? '{}' : 'Action=GetCallerIdentity&Version=2011-06-15';
      const scope = `${date.slice(0, 8)}/${REGION}/${isJson ? 'kms' : 'sts'}/aws4_request`;
      const { rawHeaders } = naiveSign({ headers, body, accessKeyId: id, secretAccessKey, date, scope });
      return sendRequest({ endpoint: production.endpoint, rawHeaders, body, agent });
    };
    for (const protocol of ['json', 'query'] as const)
      assert.equal((await send(token, accessKeyId, protocol)).status, 200);

    const presented = fc.oneof(
      { weight: 4, arbitrary: mutatedText([token]) },
      { weight: 4, arbitrary: mutatedBytes([token]).map((bytes) => bytes.toString('base64')) },
      fc.constantFrom(undefined, '', other, token.repeat(3), `${token}=`, ` ${token}`, 'null'),
    );
    const id = fc.oneof(
      { weight: 4, arbitrary: fc.constant(accessKeyId) },
      mutatedText([accessKeyId]),
      fc.constantFrom(ROOT_CREDENTIALS.accessKeyId, `${accessKeyId}A`, accessKeyId.toLowerCase(), 'ASIA'),
    );
    const protocol = fc.constantFrom('json' as const, 'query' as const);
    await fuzz(fc.tuple(presented, id, protocol), async ([sent, chosen, protocol]) => {
      // A header value can hold neither line ends nor characters beyond a byte.
      const value = sent?.replace(/[^ -~\u00a0-\u00ff]/g, '?');
      const name = chosen.replace(/[^ -~]/g, '?');
      const answer = await send(value, name, protocol);
      const code = protocol === 'json' ? jsonCode(answer) : readQueryAnswer(answer).code;
      if (code === undefined) assert.deepEqual([value?.trim(), name.trim()], [token, accessKeyId]);
      else
        assert.match(
          code,
          /^(UnrecognizedClient|InvalidSignature|IncompleteSignature)Exception$|^(InvalidClientTokenId|SignatureDoesNotMatch|IncompleteSignature)$/,
        );
    });
  });

  function jsonCode(answer: WireAnswer): string | undefined {
    assert.ok(answer.status === 200 || answer.status === 400, answer.body);
    return codeOf(answer);
  }
});
