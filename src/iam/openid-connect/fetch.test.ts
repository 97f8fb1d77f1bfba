import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';
import { afterEach, describe, it } from 'node:test';
import { ManualClock } from '../../testing/manual-clock.ts';
import { type ChainOptions, issueChain } from './certificates.test-support.ts';
import { WebIdentityVerifier } from './index.ts';
import { type Issuer, type IssuerOptions, type Misbehaviour, startIssuer } from './issuer.test-support.ts';

const AUDIENCE = 'sts.amazonaws.com';

const started: Issuer[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((issuer) => issuer.close()));
});

async function start(options?: IssuerOptions): Promise<Issuer> {
  const issuer = await startIssuer(options);
  started.push(issuer);
  return issuer;
}

/** Verifies a token of the issuer's with nothing kept from before. */
async function verify(issuer: Issuer, thumbprints: readonly string[] = [], clock = new ManualClock()) {
  const verifier = new WebIdentityVerifier({ clock });
  const token = await issuer.sign({ sub: 'alice', aud: AUDIENCE, iss: issuer.url });
  return await verifier.verify({ url: issuer.url, clientIds: [AUDIENCE], thumbprints }, token);
}

/** The refusal for a reason, which says at which host. */
const failure = (issuer: Pick<Issuer, 'url'>, reason: string) => ({
  code: 'IDPCommunicationError',
  status: 400,
  message: `The keys of the identity provider at ${new URL(issuer.url).host} could not be read: ${reason}.`,
});

describe('an issuer that answers badly', () => {
  const paths = { configuration: '/.well-known/openid-configuration', keys: '/keys' } as const;
  const reasons: [Misbehaviour, (path: string) => string][] = [
    ['failing', (path) => `it answered ${path} with status 500`],
    ['redirecting', (path) => `it answered ${path} with status 302`],
    ['huge', (path) => `it answered ${path} with more than 262144 bytes`],
    ['not JSON', (path) => `it answered ${path} with something else than JSON`],
    ['breaking', () => 'the connection failed'],
    ['switching', () => 'the connection failed'],
  ];
  for (const [how, reason] of reasons) {
    it(`is refused: ${how}`, async () => {
      const issuer = await start();
      for (const document of ['configuration', 'keys'] as const) {
        issuer.misbehave(undefined);
        issuer.misbehave(how, document);
        await assert.rejects(verify(issuer), failure(issuer, reason(paths[document])));
      }
    });
  }

  for (const how of ['silent', 'stalling'] as const) {
    it(`is given up after five seconds: ${how}`, async () => {
      const issuer = await start();
      for (const document of ['configuration', 'keys'] as const) {
        issuer.misbehave(undefined);
        issuer.misbehave(how, document);
        const clock = new ManualClock();
        const before = issuer.requests[document];
        const verification = assert.rejects(
          verify(issuer, [], clock),
          failure(issuer, 'it did not answer in time'),
        );
        while (issuer.requests[document] === before) await issuer.nextRequest();
        clock.advance(4999);
        clock.advance(1);
        await verification;
      }
    });
  }

  it('is given up after the time that is configured', async () => {
    const issuer = await start();
    issuer.misbehave('silent');
    const clock = new ManualClock();
    const verifier = new WebIdentityVerifier({ clock, fetchTimeout: 200 });
    const token = await issuer.sign({ sub: 'alice', aud: AUDIENCE });
    const arrived = issuer.nextRequest();
    const verification = verifier.verify({ url: issuer.url, clientIds: [AUDIENCE], thumbprints: [] }, token);
    const refused = assert.rejects(verification, failure(issuer, 'it did not answer in time'));
    await arrived;
    clock.advance(200);
    await refused;
  });

  it('is refused when it cannot be reached', async () => {
    const issuer = await startIssuer();
    await issuer.close();
    await assert.rejects(verify(issuer), failure(issuer, 'it refuses connections'));
  });
});

describe('an issuer’s documents', () => {
  it('must be for the issuer', async () => {
    const issuer = await start();
    for (const other of ['https://issuer.example.com', `${issuer.url}/x`, undefined, 7]) {
      issuer.documents.configuration['issuer'] = other;
      await assert.rejects(verify(issuer), failure(issuer, 'its configuration is for another issuer'));
    }
    issuer.misbehave('not an object');
    await assert.rejects(verify(issuer), failure(issuer, 'its configuration is for another issuer'));
  });

  it('must say where the keys are', async () => {
    const issuer = await start();
    for (const other of [undefined, 7, '', 'keys', 'file:///etc/passwd', 'data:application/json,{}']) {
      issuer.documents.configuration['jwks_uri'] = other;
      await assert.rejects(
        verify(issuer),
        failure(issuer, "its configuration has no HTTP URL as 'jwks_uri'"),
      );
    }
  });

  it('must contain up to 200 keys, each an object', async () => {
    const issuer = await start();
    const [published = {}] = issuer.documents.keys.keys;
    const fill = (length: number) => [
      published,
      ...Array.from({ length: length - 1 }, (_, kid) => ({ ...published, kid: `${kid}` })),
    ];
    issuer.documents.keys.keys = fill(200);
    await verify(issuer);
    issuer.documents.keys.keys = fill(201);
    await assert.rejects(verify(issuer), failure(issuer, 'its key set is not one of up to 200 keys'));
    issuer.misbehave('not an object', 'keys');
    await assert.rejects(verify(issuer), failure(issuer, 'its key set is not one of up to 200 keys'));
    issuer.misbehave(undefined);
    issuer.documents.keys.keys = JSON.parse('[null]');
    await assert.rejects(verify(issuer), failure(issuer, 'its key set is malformed'));
  });

  it('are not fetched from a malformed URL', async () => {
    const issuer = await start();
    const verifier = new WebIdentityVerifier({ clock: new ManualClock() });
    for (const url of ['issuer', 'ftp://issuer.example.com', 'https://issuer.example.com:port']) {
      const token = await issuer.sign({ sub: 'alice', aud: AUDIENCE, iss: url });
      await assert.rejects(verifier.verify({ url, clientIds: [AUDIENCE], thumbprints: [] }, token), {
        code: 'IDPCommunicationError',
        message: /its URL is malformed\.$/,
      });
    }
  });

  it('are named in refusals by no more than a part of a long URL', async () => {
    const issuer = await start();
    issuer.documents.configuration['jwks_uri'] = `${issuer.url}/${'x'.repeat(5000)}`;
    await assert.rejects(verify(issuer), failure(issuer, `it answered /${'x'.repeat(99)} with status 404`));
  });
});

describe('an issuer with TLS', () => {
  const untrusted = 'its certificate is by an authority that is not trusted';
  const unregistered = 'none of its certificates has a thumbprint that is registered';

  async function startSecure(options?: ChainOptions) {
    const chain = await issueChain(options);
    return { issuer: await start({ tls: chain }), ...chain };
  }

  it('is not trusted when its authority is unknown', async () => {
    const { issuer } = await startSecure();
    await assert.rejects(verify(issuer), failure(issuer, untrusted));
    assert.deepEqual(issuer.requests, { configuration: 0, keys: 0 });
  });

  it('is trusted when the thumbprint of one of its certificates is registered, in any case', async () => {
    const { issuer, thumbprints } = await startSecure();
    await verify(issuer, [thumbprints.intermediate]);
    await verify(issuer, ['00'.repeat(20), thumbprints.intermediate.toUpperCase()]);
    await verify(issuer, [thumbprints.leaf]);
  });

  it('is not trusted by the thumbprint of a certificate that it does not send', async () => {
    const { issuer, thumbprints } = await startSecure();
    for (const thumbprint of ['00'.repeat(20), '', thumbprints.root, thumbprints.intermediate.slice(1)]) {
      await assert.rejects(verify(issuer, [thumbprint]), failure(issuer, unregistered));
    }
    assert.deepEqual(issuer.requests, { configuration: 0, keys: 0 });
  });

  it('must have a certificate for its host, whatever thumbprint is registered', async () => {
    const { issuer, thumbprints } = await startSecure({ address: '127.0.0.2' });
    for (const thumbprint of [thumbprints.intermediate, thumbprints.leaf]) {
      await assert.rejects(
        verify(issuer, [thumbprint]),
        failure(issuer, 'its certificate is for another host'),
      );
    }
  });

  it('must have a certificate that has not expired, whatever thumbprint is registered', async () => {
    const { issuer, thumbprints } = await startSecure({ notAfter: new Date(Date.now() - 60_000) });
    for (const thumbprint of [thumbprints.intermediate, thumbprints.leaf]) {
      await assert.rejects(verify(issuer, [thumbprint]), failure(issuer, 'its certificate has expired'));
    }
  });

  it('must have a certificate that the registered one may have signed', async () => {
    const { issuer, thumbprints } = await startSecure({ intermediateIsAuthority: false });
    await assert.rejects(verify(issuer, [thumbprints.intermediate]), { code: 'IDPCommunicationError' });
  });

  it('is not trusted by a certificate of the right thumbprint that its own does not chain to', async () => {
    const trusted = await issueChain();
    const own = await issueChain();
    const [ownLeaf] = own.certificate.split(/(?<=-----END CERTIFICATE-----)\n/);
    const [, foreignAuthority] = trusted.certificate.split(/(?<=-----END CERTIFICATE-----)\n/);
    const issuer = await start({ tls: { certificate: `${ownLeaf}\n${foreignAuthority}`, key: own.key } });
    await assert.rejects(verify(issuer, [trusted.thumbprints.intermediate]), {
      code: 'IDPCommunicationError',
    });
    assert.deepEqual(issuer.requests, { configuration: 0, keys: 0 });
  });

  it('must have its keys at a URL with TLS', async () => {
    const { issuer, thumbprints } = await startSecure();
    const plain = await start();
    issuer.documents.configuration['jwks_uri'] = `${plain.url}/keys`;
    await assert.rejects(
      verify(issuer, [thumbprints.intermediate]),
      failure(issuer, "its configuration has a 'jwks_uri' without TLS"),
    );
    assert.equal(plain.requests.keys, 0);
  });

  it('is refused when it does not speak TLS', async () => {
    const issuer = await start();
    const url = issuer.url.replace('http:', 'https:');
    await assert.rejects(verify({ ...issuer, url }), failure(issuer, 'the connection failed'));
  });

  it('is given up when it stops answering, also while its certificates are being read', async () => {
    const { issuer, thumbprints } = await startSecure();
    for (const answered of [0, 1, 2]) {
      const clock = new ManualClock();
      const stopped = Promise.withResolvers<void>();
      const gateway = await startGateway(issuer.url, answered, stopped.resolve);
      try {
        const verification = assert.rejects(
          verify({ ...issuer, url: gateway.url }, [thumbprints.intermediate], clock),
          failure(gateway, 'it did not answer in time'),
        );
        await stopped.promise;
        clock.advance(5000);
        await verification;
      } finally {
        gateway.server.close();
      }
    }
  });
});

/** Forwards so many connections to an issuer, then accepts but does not answer, and calls `onStop`. */
async function startGateway(target: string, answered: number, onStop: () => void) {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => {});
    if (connections > answered) onStop();
    else pipeline(socket, connect(Number(new URL(target).port), '127.0.0.1'), socket, () => {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { server, url: `https://127.0.0.1:${port}` };
}
