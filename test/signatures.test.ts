import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { EXAMPLE } from '../src/sigv4/naive-signer.ts';
import { ACCOUNT, REGION, ROOT_CREDENTIALS, startTestServer, type TestServer } from './support/server.ts';
import {
  type Alteration,
  type Attempt,
  assertAccepted,
  assertRefused,
  attempt,
  dateAt,
  type Headers,
  headersAt,
  MISMATCH,
  removeHeader,
  replaceHeader,
} from './support/signing-attempts.ts';

/* Who may speak to a production server at all: Signature Version 4 over the wire (errors.md section 3). */

let dataDirectory: string;
let server: TestServer;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-signatures-'));
  server = await startTestServer({ dataDirectory });
});
after(async () => {
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

describe('a request is accepted', () => {
  it('from a stock SDK client with the right credentials', async () => {
    const { Keys } = await server.client().listKeys();
    assert.deepEqual(Keys, []);
  });

  it('signed by hand as the specification says', async () => {
    assertAccepted(await attempt(server));
  });

  it('for whatever Region it is signed', async () => {
    const scope = `${dateAt(server).slice(0, 8)}/moon-base-1/kms/aws4_request`;
    assertAccepted(await attempt(server, { scope }));
  });

  for (const [what, host] of [
    ['with its port', () => new URL(server.endpoint).host],
    ['without port', () => '127.0.0.1'],
    ['by another name, as through a proxy', () => 'kms.us-east-1.amazonaws.com'],
  ] as const) {
    it(`that names the host ${what}`, async () => {
      const headers = headersAt(dateAt(server)).map(
        ([name, value]) => [name, name === 'Host' ? host() : value] as const,
      );
      assertAccepted(await attempt(server, { headers }));
    });
  }

  it('dated by a Date header instead of X-Amz-Date', async () => {
    const date = dateAt(server);
    const [host, type, target] = headersAt(date);
    assert.ok(host && type && target);
    const httpDate = new Date(Math.floor(server.clock.now() / 1000) * 1000).toUTCString();
    assertAccepted(await attempt(server, { date, headers: [host, type, target, ['Date', httpDate]] }));
  });

  for (const seconds of [-300, 300]) {
    it(`${seconds} seconds off the server's clock`, async () => {
      assertAccepted(await attempt(server, { date: dateAt(server, seconds) }));
    });
  }

  it('with a header on the way that says nothing to AWS and is not signed', async () => {
    assertAccepted(await attempt(server, { alter: ({ rawHeaders }) => rawHeaders.push('Via', '1.1 proxy') }));
  });

  it('with x-amz-content-sha256 of its body', async () => {
    const sha256 = createHash('sha256').update('{}').digest('hex');
    assertAccepted(
      await attempt(server, { headers: [...headersAt(dateAt(server)), ['X-Amz-Content-Sha256', sha256]] }),
    );
  });

  it('a second time within five minutes: a signature is no nonce', async () => {
    const date = dateAt(server);
    assertAccepted(await attempt(server, { date }));
    assertAccepted(await attempt(server, { date }));
  });
});

describe('a request is refused with MissingAuthenticationTokenException', () => {
  it('without an Authorization header', async () => {
    await assertRefused(
      attempt(server, { alter: removeHeader('Authorization') }),
      'MissingAuthenticationTokenException',
    );
  });

  for (const authorization of ['Basic cm9vdDpzZWNyZXQ=', 'Bearer token', '']) {
    it(`with the Authorization header "${authorization}"`, async () => {
      await assertRefused(
        attempt(server, { alter: replaceHeader('Authorization', () => authorization) }),
        'MissingAuthenticationTokenException',
      );
    });
  }
});

describe('a request is refused with IncompleteSignatureException', () => {
  const SENTENCES = {
    Credential: "Authorization header requires 'Credential' parameter. ",
    Signature: "Authorization header requires 'Signature' parameter. ",
    SignedHeaders: "Authorization header requires 'SignedHeaders' parameter. ",
  };
  const NO_DATE = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";

  for (const [parameter, sentence] of Object.entries(SENTENCES)) {
    it(`without ${parameter}`, async () => {
      let authorization = '';
      const alter = replaceHeader('Authorization', (value) => {
        authorization = value.replace(new RegExp(`${parameter}=[^,]*(, )?`), '').replace(/, $/, '');
        return authorization;
      });
      await assertRefused(
        attempt(server, { alter }),
        'IncompleteSignatureException',
        `${sentence}Authorization=${authorization}`,
      );
    });
  }

  it('without any of its parameters, and without a date', async () => {
    const alter: Alteration = (request) => {
      replaceHeader('Authorization', () => 'AWS4-HMAC-SHA256')(request);
      removeHeader('X-Amz-Date')(request);
    };
    await assertRefused(
      attempt(server, { alter }),
      'IncompleteSignatureException',
      `${SENTENCES.Credential}${SENTENCES.Signature}${SENTENCES.SignedHeaders}${NO_DATE}Authorization=AWS4-HMAC-SHA256`,
    );
  });

  it('without a date', async () => {
    await assertRefused(
      attempt(server, { alter: removeHeader('X-Amz-Date') }),
      'IncompleteSignatureException',
      /^Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header\. Authorization=AWS4-HMAC-SHA256 Credential=/,
    );
  });

  it('with a date of another format', async () => {
    const date = new Date(server.clock.now()).toISOString();
    await assertRefused(
      attempt(server, { alter: replaceHeader('X-Amz-Date', () => date) }),
      'IncompleteSignatureException',
      `Date must be in ISO-8601 'basic format'. Got '${date}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    );
  });

  it('with another algorithm', async () => {
    const alter = replaceHeader('Authorization', (value) => value.replace('HMAC-SHA256', 'HMAC-SHA1'));
    await assertRefused(
      attempt(server, { alter }),
      'IncompleteSignatureException',
      /^Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'/,
    );
  });

  it('with a credential that has no scope', async () => {
    const alter = replaceHeader('Authorization', (value) =>
      value.replace(/Credential=[^,]*/, 'Credential=AKID'),
    );
    await assertRefused(
      attempt(server, { alter }),
      'IncompleteSignatureException',
      "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKID'",
    );
  });

  for (const name of ['Authorization', 'X-Amz-Date']) {
    it(`with two ${name} headers`, async () => {
      const alter: Alteration = ({ rawHeaders }) => {
        rawHeaders.push(name, rawHeaders[rawHeaders.indexOf(name) + 1] ?? '');
      };
      await assertRefused(
        attempt(server, { alter }),
        'IncompleteSignatureException',
        `Found more than one '${name}'; send it once.`,
      );
    });
  }
});

describe('a request is refused with UnrecognizedClientException', () => {
  const MESSAGE = 'The security token included in the request is invalid.';

  it('with an access key id that does not exist', async () => {
    await assertRefused(
      attempt(server, { accessKeyId: EXAMPLE.accessKeyId }),
      'UnrecognizedClientException',
      MESSAGE,
    );
  });

  it('with the access key id of an account, which only a development server takes', async () => {
    await assertRefused(attempt(server, { accessKeyId: ACCOUNT }), 'UnrecognizedClientException', MESSAGE);
  });

  it('with a session token although the credential is a long-term one', async () => {
    const headers: Headers = [...headersAt(dateAt(server)), ['X-Amz-Security-Token', 'token']];
    await assertRefused(attempt(server, { headers }), 'UnrecognizedClientException', MESSAGE);
  });

  it('by the stock SDK client in the same words', async () => {
    const client = server.client();
    client.config.credentials = async () => ({ accessKeyId: 'AKIA0', secretAccessKey: 'x' });
    await assert.rejects(client.listKeys(), { name: 'UnrecognizedClientException', message: MESSAGE });
  });
});

describe('a request is refused with InvalidSignatureException', () => {
  const refused = (what: Attempt, message: string | RegExp = MISMATCH) =>
    assertRefused(attempt(server, what), 'InvalidSignatureException', message);

  it('with a wrong secret access key', async () => {
    await refused({ secretAccessKey: EXAMPLE.secretAccessKey });
    await refused({ secretAccessKey: ROOT_CREDENTIALS.secretAccessKey.toLowerCase() });
    await refused({ secretAccessKey: `${ROOT_CREDENTIALS.secretAccessKey} ` });
  });

  it('with a signature of another length, or in upper case', async () => {
    const alterSignature = (change: (signature: string) => string) =>
      replaceHeader('Authorization', (value) => value.replace(/[0-9a-f]{64}$/, change));
    await refused({ alter: alterSignature((signature) => signature.slice(1)) });
    await refused({ alter: alterSignature((signature) => `${signature}0`) });
    await refused({ alter: alterSignature((signature) => signature.toUpperCase()) });
    await refused({ alter: alterSignature(() => '0'.repeat(64)) });
  });

  it('five minutes and a second behind the clock', async () => {
    const date = dateAt(server, -301);
    await refused(
      { date },
      `Signature expired: ${date} is now earlier than ${dateAt(server, -300)} (${dateAt(server)} - 5 min.)`,
    );
  });

  it('five minutes and a second ahead of the clock', async () => {
    const date = dateAt(server, 301);
    await refused(
      { date },
      `Signature not yet current: ${date} is still later than ${dateAt(server, 300)} (${dateAt(server)} + 5 min.)`,
    );
  });

  it('that was good before the clock moved on', async (t) => {
    const own = await startTestServer({ dataDirectory });
    t.after(() => own.close());
    const date = dateAt(server);
    assertAccepted(await attempt(own, { date }));
    own.clock.advance(302_000);
    await assertRefused(attempt(own, { date }), 'InvalidSignatureException', /^Signature expired: /);
  });

  it('scoped to another service', async () => {
    const scope = `${dateAt(server).slice(0, 8)}/${REGION}/s3/aws4_request`;
    await refused({ scope }, "Credential should be scoped to correct service: 'kms'. ");
  });

  it('scoped with another terminator', async () => {
    const scope = `${dateAt(server).slice(0, 8)}/${REGION}/kms/aws5_request`;
    await refused(
      { scope },
      "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. ",
    );
  });

  it('scoped to another day', async () => {
    const date = dateAt(server);
    await refused(
      { date, scope: `20150830/${REGION}/kms/aws4_request` },
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150830' != '${date.slice(0, 8)}', from '${date}'.`,
    );
  });

  it('scoped to what cannot be a Region', async () => {
    const scope = `${dateAt(server).slice(0, 8)}/US_EAST/kms/aws4_request`;
    await refused({ scope }, "Credential should be scoped to a valid Region, not 'US_EAST'. ");
  });

  it('scoped wrongly in every way, which is said at once', async () => {
    await refused(
      { scope: '20150830/US_EAST/s3/aws5_request' },
      /^Credential should be scoped to a valid Region, .*correct service: .*valid terminator: .*Date in Credential scope does not match/,
    );
  });

  it('replayed to another Region', async () => {
    await refused({
      alter: replaceHeader('Authorization', (value) => value.replace(`/${REGION}/`, '/eu-west-1/')),
    });
  });

  it('with an altered body', async () => {
    await refused({ alter: (request) => Object.assign(request, { body: '{"Limit":1}' }) });
    await refused({ alter: (request) => Object.assign(request, { body: '' }) });
    await refused({ alter: (request) => Object.assign(request, { body: '{} ' }) });
  });

  it('with an altered header that is signed', async () => {
    await refused({ alter: replaceHeader('X-Amz-Target', () => 'TrentService.ListAliases') });
    await refused({ alter: replaceHeader('Host', () => 'kms.other') });
    await refused({ alter: replaceHeader('Content-Type', () => 'application/x-amz-json-1.0') });
    await refused({ alter: replaceHeader('X-Amz-Date', () => dateAt(server, 1)) });
  });

  it('without a header that is signed', async () => {
    const headers: Headers = [...headersAt(dateAt(server)), ['X-Amz-Meta', 'one']];
    await refused(
      { headers, alter: removeHeader('X-Amz-Meta') },
      "The signed header 'x-amz-meta' is not in the request; send it, or sign without it.",
    );
  });

  it('with a list of signed headers cut short afterwards', async () => {
    await refused({
      alter: replaceHeader('Authorization', (value) => value.replace('content-type;', '')),
    });
  });

  it('with an x-amz header added that is not signed', async () => {
    for (const name of ['X-Amz-Meta', 'x-amz-security-tokens', 'X-AMZ-Content-Sha256']) {
      await refused(
        { alter: ({ rawHeaders }) => rawHeaders.push(name, 'value') },
        `'${name.toLowerCase()}' must be a 'SignedHeader' in the AWS Authorization.`,
      );
    }
  });

  it('that leaves the host unsigned', async () => {
    await refused(
      { signedHeaders: ['content-type', 'x-amz-date', 'x-amz-target'] },
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
  });

  it('that leaves the operation unsigned', async () => {
    await refused(
      { signedHeaders: ['content-type', 'host', 'x-amz-date'] },
      "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.",
    );
  });

  for (const name of ['Host', 'Content-Type', 'X-Amz-Meta']) {
    it(`with a second ${name} header`, async () => {
      const headers: Headers = [...headersAt(dateAt(server)), ['X-Amz-Meta', 'one']];
      const [, value = ''] = headers.find(([other]) => other === name) ?? [];
      await refused({ headers, alter: ({ rawHeaders }) => rawHeaders.push(name, value) });
      await refused({ headers, alter: ({ rawHeaders }) => rawHeaders.push(name, 'other') });
    });
  }

  it('that claims another body by x-amz-content-sha256, or none', async () => {
    const claim = (value: string): Headers => [...headersAt(dateAt(server)), ['X-Amz-Content-Sha256', value]];
    await refused(
      { headers: claim('0'.repeat(64)) },
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
    await refused({ headers: claim('UNSIGNED-PAYLOAD') }, /^The body must be signed: /);
  });

  it('by the stock SDK client in the same words', async () => {
    const client = server.client();
    client.config.credentials = async () => ({ ...ROOT_CREDENTIALS, secretAccessKey: 'wrong' });
    await assert.rejects(client.listKeys(), { name: 'InvalidSignatureException', message: MISMATCH });
  });
});
describe('what comes first', () => {
  it('an unknown operation is told before who asks', async () => {
    const headers: Headers = headersAt(dateAt(server)).map(([name, value]) => [
      name,
      name === 'X-Amz-Target' ? 'TrentService.Unknown' : value,
    ]);
    await assertRefused(
      attempt(server, { headers, alter: removeHeader('Authorization') }),
      'UnknownOperationException',
    );
  });

  it('a request that asks for two operations asks for none, whoever signs it', async () => {
    const target = ['X-Amz-Target', 'TrentService.ListKeys'] as const;
    await assertRefused(
      attempt(server, { headers: [...headersAt(dateAt(server)), target] }),
      'UnknownOperationException',
    );
  });

  it('a wrong signature is told before a malformed body', async () => {
    await assertRefused(
      attempt(server, { body: '{', secretAccessKey: 'wrong' }),
      'InvalidSignatureException',
      MISMATCH,
    );
    const { status, body } = await attempt(server, { body: '{' });
    assert.deepEqual(
      { status, type: JSON.parse(body).__type },
      { status: 400, type: 'SerializationException' },
    );
  });
});
