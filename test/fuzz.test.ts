import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { compileDecoder } from '../src/model/index.ts';
import { operations } from '../src/operations/index.ts';
import { naiveSign } from '../src/sigv4/naive-signer.ts';
import {
  assertWellFormed,
  inputOf,
  junk,
  type Known,
  kmsValues,
  latin1Character,
  mutatedBytes,
  mutatedText,
  policyText,
} from './support/fuzz.ts';
import { checkProperty, RUNS, SEED } from './support/fuzz-runs.ts';
import { allow, keyPolicy } from './support/key-policies.ts';
import { createAlias, createKey, encrypt } from './support/keys.ts';
import { connectRaw } from './support/raw-client.ts';
import {
  ACCOUNT,
  OTHER_ACCOUNT,
  REGION,
  ROOT_CREDENTIALS,
  startTestServer,
  type TestServer,
} from './support/server.ts';
import { codeOf, sendRequest, type WireAnswer } from './support/signed-request.ts';

/* Whatever is sent, the service answers in good form, finds no fault with itself and goes on working. */

const agent = new Agent({ keepAlive: true });
let dataDirectory: string;
/** A development server, for what is behind the signature, and a production server for the signature. */
let development: TestServer;
let production: TestServer;
const known = {
  identifiers: [] as string[],
  aliasNames: [] as string[],
  ciphertexts: [] as string[],
} satisfies Known;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-fuzz-'));
  development = await startTestServer();
  production = await startTestServer({ dataDirectory });
  await replaceKnown();
});
after(async () => {
  agent.destroy();
  await development.close();
  await production.close();
  await rm(dataDirectory, { recursive: true });
});

/** Makes new keys to be named in requests; those of before may have been disabled, locked or deleted. */
async function replaceKnown(): Promise<void> {
  known.identifiers.length = 0;
  known.aliasNames.length = 0;
  known.ciphertexts.length = 0;
  for (const account of [ACCOUNT, OTHER_ACCOUNT]) {
    const kms = development.client({ account });
    const { keyId, arn } = await createKey(kms, { Policy: keyPolicy(allow({ Principal: '*' })) });
    known.identifiers.push(arn, account === ACCOUNT ? keyId : arn);
    known.aliasNames.push(await createAlias(kms, keyId));
    known.ciphertexts.push(Buffer.from(await encrypt(kms, keyId)).toString('base64'));
    kms.destroy();
  }
}

/** Sends a request that a development server takes for one of an account's root user. */
function sendAs(account: string, operation: string, body: string | Uint8Array): Promise<WireAnswer> {
  const scope = `${account}/20150830/${REGION}/kms/aws4_request`;
  return sendRequest({
    endpoint: development.endpoint,
    rawHeaders: [
      ...['Host', 'kms.example', 'X-Amz-Date', '20150830T123600Z'],
      ...['Content-Type', 'application/x-amz-json-1.1', 'X-Amz-Target', `TrentService.${operation}`],
      ...['Authorization', `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`],
    ],
    body,
    agent,
  });
}

/** Checks a property, and that both servers are well afterwards. */
function fuzz<T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => Promise<void>): Promise<void> {
  return checkProperty([development, production], arbitrary, check);
}

/** Errors that every operation may answer with, beside those that it declares (errors.md section 3). */
const COMMON_ERRORS = ['AccessDeniedException', 'ValidationException', 'SerializationException'];

/**
 * What operations refuse that have a member, also where the model of the operation does not say so: wrong markers
 * (operations.md section 4), names that no alias can have and grant tokens (errors.md section 5), and what this version
 * does not support.
 */
const MEMBER_ERRORS: Readonly<Record<string, string>> = {
  Marker: 'InvalidMarkerException',
  AliasName: 'InvalidAliasNameException',
  GrantTokens: 'InvalidGrantTokenException',
  CustomKeyStoreType: 'UnsupportedOperationException',
};

describe(`whatever is sent is answered in good form (${RUNS} runs, seed ${SEED})`, () => {
  const text = fc.string({ unit: latin1Character });
  const name = fc.stringMatching(/^[a-zA-Z0-9!#$%&'*+.^_|~-]{1,20}$/);
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((json) => Buffer.from(json)),
    fc.string({ unit: 'binary' }).map((some) => Buffer.from(some)),
    fc.constantFrom(...['', '{', '[]', 'null', '{}'].map((some) => Buffer.from(some))),
  );

  it('requests of any method, path, headers and body, with or without a signature', async () => {
    const target = fc.oneof(
      fc.constantFrom(...operations.keys()).map((operation) => `TrentService.${operation}`),
      mutatedText(['TrentService.ListKeys']),
      text,
    );
    const type = fc.oneof(
      fc.constantFrom('application/x-amz-json-1.1', 'application/json; charset=utf-8'),
      text,
    );
    const request = fc.record({
      method: fc.oneof(
        { weight: 5, arbitrary: fc.constant('POST') },
        fc.constantFrom('GET', 'PUT', 'OPTIONS', 'PATCH'),
      ),
      path: fc.oneof(
        { weight: 5, arbitrary: fc.constant('/') },
        fc.webPath(),
        fc.webQueryParameters().map((query) => `/?${query}`),
      ),
      headers: fc.array(fc.tuple(name, text), { maxLength: 8 }),
      authorization: fc.oneof(
        fc.constant(undefined),
        text,
        mutatedText([
          `AWS4-HMAC-SHA256 Credential=${ACCOUNT}/20150830/${REGION}/kms/aws4_request, SignedHeaders=host, Signature=0`,
        ]),
      ),
      date: fc.oneof(fc.constant('20150830T123600Z'), text),
      target,
      type,
      body: bytes,
    });
    await fuzz(request, async ({ method, path, headers, authorization, date, target, type, body }) => {
      // What decides the framing is the client's own.
      const free = headers.filter(
        ([name]) => !/^(connection|content-length|transfer-encoding|upgrade|expect|trailer|te)$/i.test(name),
      );
      const rawHeaders = [
        ...['Host', 'kms.example', 'X-Amz-Date', date, 'X-Amz-Target', target, 'Content-Type', type],
        ...(authorization === undefined ? [] : ['Authorization', authorization]),
        ...free.flat(),
      ];
      for (const { endpoint } of [development, production]) {
        assertWellFormed(
          await sendRequest({ endpoint, method, target: encodeURI(path), rawHeaders, body, agent }),
        );
      }
    });
  });

  it('bytes that are hardly HTTP: they are answered, or the connection ends', async () => {
    const whole = `POST / HTTP/1.1\r\nHost: kms\r\nX-Amz-Target: TrentService.ListKeys\r\nContent-Length: 2\r\n\r\n{}`;
    const chunked = `POST / HTTP/1.1\r\nHost: kms\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`;
    await fuzz(fc.oneof(mutatedText([whole, chunked, whole + chunked]), text), async (sent) => {
      const client = await connectRaw(Number(new URL(development.endpoint).port));
      client.socket.end(sent, 'latin1');
      const received = await client.closed();
      for (const answer of received.split(/(?=HTTP\/1\.1 )/)) {
        if (answer === '') continue;
        const [, status = '', head = '', body = ''] =
          /^HTTP\/1\.1 (\d{3}) [^\r]*\r\n([\s\S]*?)\r\n\r\n([\s\S]*)$/.exec(answer) ?? [];
        if (status === '100') continue;
        const [, requestId] = /x-amzn-RequestId: (\S+)/.exec(head) ?? [];
        assertWellFormed({ status: Number(status), headers: { 'x-amzn-requestid': requestId }, body });
      }
    });
  });

  it('inputs that follow the declared shape of an operation, more or less', async () => {
    const inputs = [...operations.values()].map(
      ({ name, input }) => [name, inputOf(input, kmsValues(known))] as const,
    );
    const decoders = new Map(
      [...operations.values()].map(({ name, output }) => [name, compileDecoder(output)]),
    );
    const request = fc.constantFrom(...inputs).chain(([name, input]) =>
      fc.record({
        name: fc.constant(name),
        account: fc.constantFrom(...Array<string>(8).fill(ACCOUNT), OTHER_ACCOUNT, '999999999999'),
        body: fc.oneof(
          { weight: 20, arbitrary: input.map((value) => JSON.stringify(value)) },
          { weight: 1, arbitrary: input.chain((value) => mutatedText([JSON.stringify(value)])) },
          { weight: 1, arbitrary: junk.map((value) => JSON.stringify(value) ?? '') },
        ),
      }),
    );
    await fuzz(request, async ({ name, account, body }) => {
      const answer = await sendAs(account, name, body);
      assertWellFormed(answer);
      const operation = operations.get(name);
      const code = codeOf(answer);
      if (code !== undefined) {
        const members = Object.keys(operation?.input.members ?? {});
        const declared = [
          ...COMMON_ERRORS,
          ...members.map((member) => MEMBER_ERRORS[member] ?? ''),
          ...(operation?.errors ?? []),
        ];
        assert.ok(declared.includes(code), `${name} does not declare ${answer.body}`);
        return;
      }
      decoders.get(name)?.(JSON.parse(answer.body));
      if (operation?.readOnly === false) await replaceKnown();
    });
  });

  it('ciphertexts that were altered: none of them decrypts', async () => {
    const context = fc.constantFrom(undefined, {}, { a: 'b' });
    await fuzz(
      fc.tuple(mutatedBytes(known.ciphertexts), context, fc.boolean()),
      async ([blob, context, withKey]) => {
        const CiphertextBlob = blob.toString('base64');
        const [key = ''] = known.identifiers;
        const answers = [
          await sendAs(
            ACCOUNT,
            'Decrypt',
            JSON.stringify({ CiphertextBlob, EncryptionContext: context, KeyId: withKey ? key : undefined }),
          ),
          await sendAs(
            ACCOUNT,
            'ReEncrypt',
            JSON.stringify({
              CiphertextBlob,
              SourceEncryptionContext: context,
              DestinationKeyId: key,
              SourceKeyId: withKey ? key : undefined,
            }),
          ),
        ];
        for (const answer of answers) {
          assertWellFormed(answer);
          const expected = [
            'InvalidCiphertextException',
            'IncorrectKeyException',
            'AccessDeniedException',
            'ValidationException',
          ];
          assert.ok(expected.includes(codeOf(answer) ?? ''), answer.body);
        }
      },
    );
  });

  it('key policies: what is accepted can be read and judged by, what is not is called malformed', async () => {
    await fuzz(policyText, async (Policy) => {
      const created = await sendAs(
        ACCOUNT,
        'CreateKey',
        JSON.stringify({ Policy, BypassPolicyLockoutSafetyCheck: true }),
      );
      assertWellFormed(created);
      const code = codeOf(created);
      if (code !== undefined) {
        const expected = [
          'MalformedPolicyDocumentException',
          'ValidationException',
          'LimitExceededException',
        ];
        assert.ok(expected.includes(code), created.body);
        return;
      }
      const { KeyId } = JSON.parse(created.body).KeyMetadata;
      for (const account of [ACCOUNT, OTHER_ACCOUNT]) {
        const Plaintext = 'AA==';
        const answer = await sendAs(
          account,
          'Encrypt',
          JSON.stringify({ KeyId, Plaintext, EncryptionContext: { team: 'a' } }),
        );
        assertWellFormed(answer);
        const expected = [
          undefined,
          'AccessDeniedException',
          ...(account === ACCOUNT ? [] : ['NotFoundException']),
        ];
        assert.ok(expected.includes(codeOf(answer)), answer.body);
      }
      const read = await sendAs(ACCOUNT, 'GetKeyPolicy', JSON.stringify({ KeyId }));
      assertWellFormed(read);
      if (codeOf(read) === undefined) assert.equal(JSON.parse(read.body).Policy, Policy);
      else assert.equal(codeOf(read), 'AccessDeniedException');
    });
  });

  it('altered Authorization headers: no request passes that does not say what was signed', async () => {
    const date = new Date(production.clock.now()).toISOString().replace(/[-:]|\.\d{3}/g, '');
    const signed = naiveSign({
      headers: [
        ['Host', 'kms.example'],
        ['Content-Type', 'application/x-amz-json-1.1'],
        ['X-Amz-Target', 'TrentService.ListKeys'],
        ['X-Amz-Date', date],
      ],
      body: '{}',
      ...ROOT_CREDENTIALS,
      date,
      scope: `${date.slice(0, 8)}/${REGION}/kms/aws4_request`,
    });
    const original = signed.rawHeaders.at(-1) ?? '';
    const parts = original.replaceAll(',', '').split(' ').slice(1);
    const send = (authorization: string) =>
      sendRequest({
        endpoint: production.endpoint,
        rawHeaders: [...signed.rawHeaders.slice(0, -1), authorization],
        body: signed.body,
        agent,
      });
    assert.equal((await send(original)).status, 200);
    await fuzz(mutatedText([original]), async (authorization) => {
      // A header value can hold neither line ends nor characters beyond a byte.
      const value = authorization.replace(/[^ -~\u00a0-\u00ff]/g, '?');
      const answer = await send(value);
      assertWellFormed(answer);
      if (codeOf(answer) !== undefined) return;
      const present = value.split(/[ ,]+/);
      assert.ok(
        parts.every((part) => present.includes(part)),
        `${value} was accepted`,
      );
    });
  });
});
