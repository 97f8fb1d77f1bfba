/*
 * What Node can do at best: a bare HTTP server that parses the JSON it gets and answers JSON. `echo-server.ts <workers>`
 * says `ready on <port>` when it serves. With one worker it is a single process, as QKMS is.
 */
import cluster from 'node:cluster';
import { createServer } from 'node:http';

/** Makes an answer as long as one of Encrypt. */
const PADDING = 'A'.repeat(180);

const workers = Number(process.argv[2] ?? 1);

if (cluster.isPrimary && workers > 1) {
  cluster.schedulingPolicy = cluster.SCHED_RR;
  let listening = 0;
  cluster.on('listening', (_worker, { port }) => {
    listening += 1;
    if (listening === workers) announce(port);
  });
  for (let started = 0; started < workers; started += 1) cluster.fork();
} else {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [first] = chunks;
      const body = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
      const answer = JSON.stringify({ ...JSON.parse(body.toString()), padding: PADDING });
      response.writeHead(200, {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(answer),
      });
      response.end(answer);
    });
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (cluster.isPrimary && typeof address === 'object' && address !== null) announce(address.port);
  });
}

function announce(port: number): void {
  process.stdout.write(`ready on ${port}\n`);
}
