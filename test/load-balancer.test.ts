import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { it, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { LoadBalancer } from '../scripts/cluster/load-balancer.ts';

/** A server that answers each request with its name, after what `/slow` waits for, and its health. */
interface FakeNode {
  readonly server: Server;
  readonly port: number;
  health: number;
  /** Lets `/slow` be answered. */
  go(): void;
}

async function startNode(t: TestContext, name: string): Promise<FakeNode> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = createServer(async ({ url }, response) => {
    if (url === '/slow') await promise;
    if (url === '/health/ready') response.statusCode = node.health;
    response.end(name);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => stop(server));
  const node = { server, port: portOf(server), health: 200, go: resolve };
  return node;
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('it does not listen');
  return address.port;
}

function stop(server: Server): void {
  server.close();
  server.closeAllConnections();
}

async function startBalancer(t: TestContext, ...nodes: readonly FakeNode[]): Promise<LoadBalancer> {
  const balancer = await LoadBalancer.listen(0);
  t.after(() => balancer.close());
  for (const { port } of nodes) await balancer.add(port);
  return balancer;
}

/** What is answered to a request on a connection of its own. */
async function ask({ port }: LoadBalancer, path = '/'): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', path, agent: false }, async (response) => {
      resolve((await response.setEncoding('utf8').toArray()).join(''));
    }).on('error', reject);
  });
}

async function answers(balancer: LoadBalancer, count: number): Promise<string> {
  let all = '';
  for (let index = 0; index < count; index++) all += await ask(balancer);
  return all;
}

it('gives connections to nodes in turn', async (t) => {
  const balancer = await startBalancer(
    t,
    await startNode(t, 'A'),
    await startNode(t, 'B'),
    await startNode(t, 'C'),
  );
  const [first = '', second = '', third = '', ...others] = await answers(balancer, 9);
  assert.deepEqual([first, second, third].toSorted(), ['A', 'B', 'C']);
  assert.equal(others.join(''), `${first}${second}${third}`.repeat(2));
});

it('passes over a node that does not listen, for the same connection', async (t) => {
  const [one, other] = [await startNode(t, 'A'), await startNode(t, 'B')];
  const balancer = await startBalancer(t, one, other);
  stop(one.server);
  assert.equal(await answers(balancer, 4), 'BBBB');
});

it('closes the connections of a node that is not ready any more, and gives it some again when it is', async (t) => {
  const [one, other] = [await startNode(t, 'A'), await startNode(t, 'B')];
  const balancer = await startBalancer(t, one, other);
  const slow = [ask(balancer, '/slow'), ask(balancer, '/slow')];
  await Promise.all([once(one.server, 'request'), once(other.server, 'request')]);
  one.health = 503;
  await assert.rejects(Promise.race(slow), { code: 'ECONNRESET' });
  other.go();
  assert.deepEqual((await Promise.allSettled(slow)).map(({ status }) => status).toSorted(), [
    'fulfilled',
    'rejected',
  ]);
  assert.equal(await answers(balancer, 4), 'BBBB');
  one.health = 200;
  while ((await ask(balancer)) !== 'A') await setTimeout(20);
});

it('closes a connection at once when no node is ready', async (t) => {
  const node = await startNode(t, 'A');
  const balancer = await startBalancer(t, node);
  stop(node.server);
  await assert.rejects(ask(balancer), { code: 'ECONNRESET' });
});

it('lets a client that has finished sending read the whole answer', async (t) => {
  const node = await startNode(t, 'A'.repeat(1_000_000));
  const { port } = await startBalancer(t, node);
  const socket = connect({ port, host: '127.0.0.1' });
  socket.end('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  const answer = (await socket.setEncoding('latin1').toArray()).join('');
  assert.match(answer, /\r\n\r\nA{1000000}$/);
});

it('takes no more connections when it stops listening, and lets go of all when it is closed', async (t) => {
  const node = await startNode(t, 'A');
  const balancer = await startBalancer(t, node);
  const { port } = balancer;
  const request = once(node.server, 'request');
  const slow = ask(balancer, '/slow');
  slow.catch(() => {});
  await request;
  balancer.stopListening();
  const refused = once(connect({ port, host: '127.0.0.1' }), 'connect');
  await assert.rejects(refused, { code: 'ECONNREFUSED' });
  balancer.close();
  await assert.rejects(slow, { code: 'ECONNRESET' });
});
