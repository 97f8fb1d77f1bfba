import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { listen, reservePort, urlOf } from './listening.ts';

describe('the URL of an address', () => {
  it('has its host as it was given, IPv6 in brackets', () => {
    assert.equal(urlOf({ host: '127.0.0.1', port: 8600 }, false), 'http://127.0.0.1:8600');
    assert.equal(urlOf({ host: 'localhost', port: 443 }, true), 'https://localhost:443');
    assert.equal(urlOf({ host: '::1', port: 1 }, true), 'https://[::1]:1');
  });
});

describe('listening', () => {
  it('takes a free port for 0, which can be shared once it is reserved', async () => {
    const port = await reservePort({ host: '127.0.0.1', port: 0 });
    assert.ok(port > 0);
    const server = createServer();
    assert.equal(await listen(server, { host: '127.0.0.1', port }), port);
    server.close();
  });

  it('on a port that is taken fails with what to do', async () => {
    const server = createServer();
    const port = await listen(server, { host: '127.0.0.1', port: 0 });
    await assert.rejects(reservePort({ host: '127.0.0.1', port }), {
      name: 'OperatorError',
      message:
        `cannot listen on port ${port} of 127.0.0.1: ` +
        'something else does; stop it, or give another --port (QKMS_PORT)',
    });
    server.close();
  });

  it('on an address of another machine fails with what to do', async () => {
    await assert.rejects(reservePort({ host: '192.0.2.1', port: 0 }), {
      name: 'OperatorError',
      message:
        'cannot listen on port 0 of 192.0.2.1: this machine has no such address; give another --host (QKMS_HOST)',
    });
  });
});
