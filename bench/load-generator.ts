/*
 * A process that puts load on a server: `load.ts` forks it and tells it what to send. Every connection sends its next
 * request as soon as the last one is answered. Requests arrive ready-made, so that all that is done here for one is a
 * write, a look at the answer and a count.
 */
import { connect } from 'node:net';
import { HISTOGRAM_BUCKETS, HISTOGRAM_STEP, type LoadOrder, type LoadReport } from './load.ts';

const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;
const SUCCESS = 'HTTP/1.1 200';
const CLOSING = '\r\nConnection: close\r\n';

process.on('disconnect', () => process.exit());
process.on('message', (order: LoadOrder) => {
  void putLoad(order).then((report) => process.send?.(report));
});

async function putLoad({ ports, connections, milliseconds, requests }: LoadOrder): Promise<LoadReport> {
  const histogram = new Uint32Array(HISTOGRAM_BUCKETS);
  let next = 0;
  let answered = 0;
  let refused = 0;
  let firstRefusal: string | undefined;
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const end = start + milliseconds;

  /** Resolves when time is up and the last answer is there. */
  function keepAsking(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let sentAt = 0;
      /** Bytes of the present answer that are still to come; 0 between answers. */
      let missing = 0;
      let isLast = false;
      const socket = connect({
        port,
        host: '127.0.0.1',
        noDelay: true,
        onread: { buffer: Buffer.allocUnsafe(65_536), callback: receive },
      });
      const ask = () => {
        sentAt = performance.now();
        const request = requests[next];
        if (request === undefined) throw new Error('there is nothing to send');
        next = (next + 1) % requests.length;
        socket.write(request);
      };
      socket.on('connect', ask);
      socket.on('error', reject);
      socket.on('close', () => resolve(performance.now() < end ? keepAsking(port) : undefined));

      function receive(length: number, bytes: Uint8Array): boolean {
        if (missing === 0) {
          const text = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
          missing = answerLength(text);
          // Some servers take one request a connection.
          isLast = text.includes(CLOSING);
        }
        missing -= length;
        if (missing > 0) return true;
        const now = performance.now();
        answered += 1;
        const bucket = Math.min(Math.floor((now - sentAt) / HISTOGRAM_STEP), HISTOGRAM_BUCKETS - 1);
        histogram[bucket] = (histogram[bucket] ?? 0) + 1;
        if (isLast || now >= end) socket.destroy();
        else ask();
        return true;
      }
    });
  }

  /** The length of a whole answer, head and body, of which the beginning is here. */
  function answerLength(text: string): number {
    const bodyAt = text.indexOf('\r\n\r\n') + 4;
    const [, contentLength] = CONTENT_LENGTH.exec(text) ?? [];
    if (bodyAt === 3 || contentLength === undefined) throw new Error(`not an answer: ${text}`);
    if (!text.startsWith(SUCCESS)) {
      refused += 1;
      firstRefusal ??= text;
    }
    return bodyAt + Number(contentLength);
  }

  await Promise.all(
    Array.from({ length: connections }, (_, index) => keepAsking(ports[index % ports.length] ?? 0)),
  );
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { answered, refused, firstRefusal, seconds, cpuSeconds: (user + system) / 1e6, histogram };
}
