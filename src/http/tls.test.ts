import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it, type TestContext } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { pino } from 'pino';
import { issueCertificate, writeTlsFiles } from '../../test/support/certificate.ts';
import { connectRaw, speakRaw } from '../../test/support/raw-client.ts';
import type { WireRequest } from '../pipeline.ts';
import { LIMITS } from './limits.ts';
import { openHttpServer } from './server.ts';
import { readTlsPair, reloadTlsPair, type TlsPair } from './tls.ts';

const silent = pino({ level: 'silent' });

let pair: TlsPair;
let other: TlsPair;
before(async () => {
  [pair, other] = await Promise.all([issueCertificate('first'), issueCertificate('second')]);
});

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'qkms-test-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

async function serve(t: TestContext) {
  const seen: WireRequest[] = [];
  const server = await openHttpServer({
    address: { host: '127.0.0.1', port: 0 },
    tls: pair,
    answer: async (request) => {
      seen.push(request);
      return { status: 200, contentType: 'application/x-amz-json-1.1', body: '{}' };
    },
    unreadyReason: async () => undefined,
    logger: silent,
    limits: { ...LIMITS, drainTimeout: 0 },
  });
  t.after(() => server.drain());
  return { ...server, seen };
}

/** Connects, trusting the certificate of `trusted` alone. */
async function connectTls(
  port: number,
  trusted: TlsPair,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', ca: trusted.certificate, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

describe('HTTPS', () => {
  it('agrees with a plain client on TLS 1.3 and a group that quantum computers do not break', async (t) => {
    const { port } = await serve(t);
    const socket = await connectTls(port, pair);
    assert.equal(socket.getProtocol(), 'TLSv1.3');
    assert.deepEqual(
      { ...socket.getEphemeralKeyInfo() },
      { type: 'TLSGroup', name: 'X25519MLKEM768', size: undefined },
    );
    socket.destroy();
  });

  it('is spoken with TLS 1.2 too, and with nothing older', async (t) => {
    const { port } = await serve(t);
    const socket = await connectTls(port, pair, { maxVersion: 'TLSv1.2' });
    assert.equal(socket.getProtocol(), 'TLSv1.2');
    socket.destroy();
    // The ciphers of old have to be allowed on the client's side, or it would refuse by itself.
    await assert.rejects(
      connectTls(port, pair, {
        minVersion: 'TLSv1.1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT:@SECLEVEL=0',
      }),
      { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' },
    );
  });

  it('tells the pipeline so, and browsers to stay with it', async (t) => {
    const { port, seen } = await serve(t);
    const client = speakRaw(await connectTls(port, pair));
    client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}');
    const reply = await client.reply();
    assert.equal(reply.status, 200);
    assert.match(reply.headers['strict-transport-security'] ?? '', /^max-age=\d{8,}$/);
    assert.equal(seen[0]?.secureTransport, true);
    assert.equal(seen[0]?.sourceAddress, '127.0.0.1');
    assert.equal(seen[0]?.tls?.version, 'TLSv1.3');
    assert.match(seen[0]?.tls?.cipherSuite ?? '', /^TLS_[A-Z0-9_]+$/);
    client.socket.destroy();
  });

  it('drops a client that speaks plain HTTP, and serves the others', async (t) => {
    const { port, seen } = await serve(t);
    const plain = await connectRaw(port);
    plain.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}');
    assert.doesNotMatch(await plain.closed(), /HTTP/);
    (await connectTls(port, pair)).destroy();
    assert.deepEqual(seen, []);
  });

  it('presents a replaced certificate to new connections, while open ones go on', async (t) => {
    const { port, replaceTlsPair } = await serve(t);
    const old = speakRaw(await connectTls(port, pair));
    replaceTlsPair(other);
    (await connectTls(port, other)).destroy();
    await assert.rejects(connectTls(port, pair), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    await assert.rejects(connectTls(port, other, { maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }));
    old.send('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.equal((await old.reply()).status, 200);
    old.socket.destroy();
  });

  it('is drained without waiting for handshakes that have not begun', { timeout: 30_000 }, async () => {
    const server = await openHttpServer({
      address: { host: '127.0.0.1', port: 0 },
      tls: pair,
      answer: () => Promise.reject(new Error('not asked')),
      unreadyReason: async () => undefined,
      logger: silent,
      limits: { ...LIMITS, drainTimeout: 1_000_000, handshakeTimeout: 1_000_000 },
    });
    const silentClient = await connectRaw(server.port);
    const secured = speakRaw(await connectTls(server.port, pair));
    await server.drain();
    await Promise.all([silentClient.closed(), secured.closed()]);
  });
});

describe('reading a certificate and its key', () => {
  it('gives the pair', (t) => {
    assert.deepEqual(readTlsPair(writeTlsFiles(directory(t), pair)), pair);
  });

  const wrong: readonly [what: string, spoil: (path: string) => void, message: RegExp][] = [
    [
      'a certificate that is not there',
      (path) => rmSync(join(path, 'certificate.pem')),
      /^--tls-certificate-file \(QKMS_TLS_CERTIFICATE_FILE\): cannot read .*certificate\.pem \(ENOENT\); give a readable PEM file$/,
    ],
    [
      'a key that is not there',
      (path) => rmSync(join(path, 'key.pem')),
      /^--tls-key-file \(QKMS_TLS_KEY_FILE\): cannot read .*key\.pem \(ENOENT\); give a readable PEM file$/,
    ],
    [
      'a file that is no certificate',
      (path) => writeFileSync(join(path, 'certificate.pem'), pair.key),
      /^--tls-certificate-file .* holds no certificate; give a PEM file that does$/,
    ],
    [
      'a file that is no key',
      (path) => writeFileSync(join(path, 'key.pem'), pair.certificate),
      /^--tls-key-file .* holds no unencrypted private key; give a PEM file that does$/,
    ],
    [
      'the key of another certificate',
      (path) => writeFileSync(join(path, 'key.pem'), other.key),
      /^--tls-key-file .*key\.pem is not the key of the certificate in .*; give the two that were issued together$/,
    ],
  ];
  for (const [what, spoil, message] of wrong) {
    it(`refuses ${what}`, (t) => {
      const path = directory(t);
      const files = writeTlsFiles(path, pair);
      spoil(path);
      assert.throws(() => readTlsPair(files), { name: 'OperatorError', message });
    });
  }

  it('again hands over the new pair, and logs one that is no good instead', (t) => {
    const path = directory(t);
    const files = writeTlsFiles(path, pair);
    const log: string[] = [];
    const logger = pino({}, { write: (line: string) => void log.push(line) });
    const used: TlsPair[] = [];
    const reload = () => reloadTlsPair(files, logger, (next) => used.push(next));

    writeTlsFiles(path, other);
    reload();
    assert.deepEqual(used, [other]);
    writeFileSync(files.keyFile, pair.key);
    reload();
    assert.deepEqual(used, [other]);
    assert.match(log.at(-1) ?? '', /not reloaded.*|is not the key of the certificate/);
    assert.doesNotMatch(log.join(), /PRIVATE KEY/);
  });

  it('again does nothing on a server without TLS', () => {
    reloadTlsPair(undefined, silent, () => assert.fail('nothing to use'));
  });
});
