import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One HTTP/1.1 reply as it came over the wire. */
export interface RawReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A client that sends whatever bytes a test wants. */
export interface RawClient {
  readonly socket: Socket;
  send(text: string): void;
  /** The next reply; rejects when the connection ends before it is complete. */
  reply(): Promise<RawReply>;
  /** Resolves when the server has closed the connection, to what had not been read as a reply. */
  closed(): Promise<string>;
}

/** Connects to a server on loopback. */
export async function connectRaw(port: number, host = '127.0.0.1'): Promise<RawClient> {
  const socket = connect({ port, host });
  await once(socket, 'connect');
  return speakRaw(socket);
}

/** Speaks over a connection that is there already, such as one with TLS. */
export function speakRaw(socket: Socket): RawClient {
  let received = '';
  let ended = false;
  let wake = () => {};
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    received += text;
    wake();
  });
  // A server that cuts a client off may do so by a reset.
  socket.on('error', () => {});
  socket.on('close', () => {
    ended = true;
    wake();
  });
  const change = () => new Promise<void>((resolve) => (wake = resolve));

  return {
    socket,
    send: (text) => void socket.write(text),
    async reply() {
      for (;;) {
        const found = parseReply(received);
        if (found !== undefined) {
          received = received.slice(found.length);
          return found.reply;
        }
        if (ended) throw new Error(`the connection ended after ${JSON.stringify(received)}`);
        await change();
      }
    },
    async closed() {
      while (!ended) await change();
      return received;
    },
  };
}

function parseReply(text: string): { reply: RawReply; length: number } | undefined {
  const headLength = text.indexOf('\r\n\r\n');
  if (headLength < 0) return undefined;
  const [statusLine = '', ...lines] = text.slice(0, headLength).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const length = headLength + 4 + Number(headers['content-length'] ?? 0);
  if (text.length < length) return undefined;
  const status = Number(statusLine.split(' ')[1]);
  return { reply: { status, headers, body: text.slice(headLength + 4, length) }, length };
}
