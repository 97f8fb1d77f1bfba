import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { openTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** Answers everything with itself, in capitals. */
let echo: Server;
let heard: string[];
let proxy: TcpProxy;
const sockets: Socket[] = [];

before(async () => {
  echo = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      heard.push(String(data));
      socket.write(String(data).toUpperCase());
    });
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await openTcpProxy((echo.address() as AddressInfo).port);
});
beforeEach(() => {
  heard = [];
});
after(async () => {
  for (const socket of sockets) socket.destroy();
  await proxy.close();
  echo.close();
});

async function open(): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1');
  socket.on('error', () => {});
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

async function ask(socket: Socket, text: string): Promise<string> {
  const answer = once(socket, 'data');
  socket.write(text);
  return String((await answer)[0]);
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => {}).once('close', () => resolve());
    // An end is noticed by those who read.
    socket.resume();
  });
}

describe('the proxy', () => {
  it('lets everything pass', async () => {
    const socket = await open();
    assert.equal(await ask(socket, 'one'), 'ONE');
    assert.equal(await ask(socket, 'two'), 'TWO');
  });

  it('ends what is open when it is cut, and what is opened while it is', async () => {
    const socket = await open();
    await ask(socket, 'before');
    const ended = closed(socket);
    proxy.cut();
    await ended;

    const late = connect(proxy.port, '127.0.0.1');
    sockets.push(late);
    await closed(late);
    assert.deepEqual(heard, ['before']);

    proxy.heal();
    assert.equal(await ask(await open(), 'after'), 'AFTER');
  });

  it('holds requests back until it is healed', async () => {
    const [frozen, other] = [await open(), await open()];
    await Promise.all([ask(frozen, 'before'), ask(other, 'before')]);
    heard = [];
    proxy.freeze('requests');
    const answer = ask(frozen, 'held back');
    // Whatever was going to get through would have done so before a connection that does not take the proxy is answered.
    await direct('passes');
    assert.deepEqual(heard, ['passes']);
    proxy.heal();
    assert.equal(await answer, 'HELD BACK');
  });

  it('holds answers back, though the requests arrive', async () => {
    const socket = await open();
    await ask(socket, 'before');
    proxy.freeze('answers');
    const answer = ask(socket, 'carried out');
    let isAnswered = false;
    void answer.then(() => {
      isAnswered = true;
    });
    while (!heard.includes('carried out')) await direct('asks');
    await direct('asks once more');
    assert.equal(isAnswered, false);
    proxy.heal();
    assert.equal(await answer, 'CARRIED OUT');
  });

  it('holds connections back that are opened while it is frozen', async () => {
    proxy.freeze('both');
    const answer = ask(await open(), 'early');
    await direct('passes');
    assert.deepEqual(heard, ['passes']);
    proxy.heal();
    assert.equal(await answer, 'EARLY');
  });

  async function direct(text: string): Promise<void> {
    const socket = connect((echo.address() as AddressInfo).port, '127.0.0.1');
    assert.equal(await ask(socket, text), text.toUpperCase());
    socket.destroy();
  }
});
