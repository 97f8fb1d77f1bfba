import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { readConfiguration } from '../src/config.ts';
import { OperatorError } from '../src/errors.ts';
import { allow, deny, keyPolicy } from './support/key-policies.ts';
import { createKey } from './support/keys.ts';
import { startTestServer, type TestServer } from './support/server.ts';

/* Where requests come from that a proxy passes on. */

const CLIENT = '203.0.113.7';
let trusting: TestServer;
let plain: TestServer;

before(async () => {
  trusting = await startTestServer({ trustedProxies: ['127.0.0.1', '10.0.0.0/8'] });
  plain = await startTestServer();
});
after(async () => {
  await trusting.close();
  await plain.close();
});

/** A client whose requests carry headers, as a proxy adds them. */
function clientBehind(server: TestServer, headers: Readonly<Record<string, string>>): KMS {
  const kms = server.client();
  kms.middlewareStack.add(
    (next) => (args) => {
      const { request } = args;
      if (typeof request === 'object' && request !== null && 'headers' in request)
        Object.assign(Object(request.headers), headers);
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  return kms;
}

/** Whether a request with these headers is taken to meet a condition. */
async function meets(
  server: TestServer,
  Condition: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  headers: Readonly<Record<string, string>>,
): Promise<boolean> {
  const Policy = keyPolicy(allow(), deny({ Action: 'kms:DescribeKey', Condition }));
  const { keyId: KeyId } = await createKey(server.client(), { Policy });
  return clientBehind(server, headers)
    .describeKey({ KeyId })
    .then(
      () => false,
      (error: Error) => error.name === 'AccessDeniedException',
    );
}

const from = (address: string) => ({ IpAddress: { 'aws:SourceIp': address } });
const overTls = { Bool: { 'aws:SecureTransport': true } };

describe('behind a trusted proxy', () => {
  for (const [title, forwarded, address] of [
    ['the client', CLIENT, CLIENT],
    ['the last that no trusted proxy vouched for', `198.51.100.1, ${CLIENT}`, CLIENT],
    ['the last before a chain of trusted proxies', `198.51.100.1, ${CLIENT}, 10.1.2.3`, CLIENT],
    ['an IPv4 address in the form of IPv6', `::ffff:${CLIENT}`, CLIENT],
    ['the proxy, when what it says is no address', 'unknown', '127.0.0.1'],
  ] as const) {
    it(`aws:SourceIp is ${title}`, async () => {
      assert.equal(await meets(trusting, from(address), { 'x-forwarded-for': forwarded }), true);
      assert.equal(await meets(trusting, from('192.0.2.1'), { 'x-forwarded-for': forwarded }), false);
    });
  }

  it('aws:SourceIp is the proxy’s own, when it passes nothing on', async () => {
    assert.equal(await meets(trusting, from('127.0.0.1'), {}), true);
  });

  it('aws:SecureTransport is what the proxy says', async () => {
    assert.equal(await meets(trusting, overTls, { 'x-forwarded-proto': 'https' }), true);
    assert.equal(await meets(trusting, overTls, { 'x-forwarded-proto': 'https, http' }), false);
    assert.equal(await meets(trusting, overTls, {}), false);
  });
});

describe('without a trusted proxy', () => {
  it('nobody can say where they come from', async () => {
    const headers = { 'x-forwarded-for': CLIENT, 'x-forwarded-proto': 'https' };
    assert.equal(await meets(plain, from(CLIENT), headers), false);
    assert.equal(await meets(plain, from('127.0.0.1'), headers), true);
    assert.equal(await meets(plain, overTls, headers), false);
  });
});

describe('--trusted-proxies', () => {
  it('takes addresses and networks', () => {
    const { trustedProxies } = readConfiguration(
      'development',
      { trustedProxies: '10.1.2.3, fd00::/16' },
      {},
    );
    assert.deepEqual(trustedProxies, ['10.1.2.3', 'fd00::/16']);
  });

  for (const typed of [
    '',
    'proxy.example.com',
    '10.0.0.0/33',
    '10.0.0.0/7',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.1/8/8',
    '10.0.0.1,,',
  ]) {
    it(`refuses ${JSON.stringify(typed)}`, () => {
      assert.throws(() => readConfiguration('development', { trustedProxies: typed }, {}), OperatorError);
    });
  }
});
