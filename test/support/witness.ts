import { createPublicKey, generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { openCheckpoint, provesConsistency, type TreeHead } from '../../src/audit/log/index.ts';

/** A witness as https://c2sp.org/tlog-witness has it, for one log. */
export interface TestWitness {
  readonly url: string;
  readonly verifierKey: string;
  /** The sizes of the checkpoints that it has cosigned. */
  readonly cosigned: readonly number[];
  /** The last checkpoint with its cosignature. */
  readonly note: string;
  /** Makes it forget, or claim, what it has seen. */
  pretend(size: number): void;
  /** Makes it sign with another key. */
  lie(): void;
  /** Ends when nothing is being answered any more, so that what the log's key is read from may go. */
  close(): Promise<void>;
}

const NAME = 'witness.example.com/w1';

/** Starts a witness that knows the log by its public key. */
export async function startWitness(logKey: () => Promise<KeyObject>): Promise<TestWitness> {
  const keys = generateKeyPairSync('ed25519');
  let signingKey = keys.privateKey;
  let seen: TreeHead = { size: 0, root: Buffer.alloc(0) };
  let note = '';
  const cosigned: number[] = [];

  async function add(body: string): Promise<readonly [number, string]> {
    const [head = '', ...rest] = body.split('\n\n');
    const checkpointNote = rest.join('\n\n');
    const [old = '', ...hashes] = head.split('\n');
    const checkpoint = openCheckpoint(checkpointNote, await logKey());
    if (checkpoint === undefined) return [403, ''];
    if (!/^old \d+$/.test(old)) return [400, ''];
    const oldSize = Number(old.slice(4));
    if (oldSize > checkpoint.size) return [400, ''];
    if (oldSize !== seen.size) return [409, `${seen.size}\n`];
    const proof = hashes.map((each) => Buffer.from(each, 'base64'));
    const isConsistent = oldSize === 0 ? proof.length === 0 : provesConsistency(proof, seen, checkpoint);
    if (!isConsistent) return [422, ''];
    seen = checkpoint;
    cosigned.push(checkpoint.size);
    const time = 1_800_000_000n;
    const timestamp = Buffer.alloc(8);
    timestamp.writeBigUInt64BE(time);
    const text = checkpointNote.slice(0, checkpointNote.indexOf('\n\n') + 1);
    const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), signingKey);
    const bytes = Buffer.concat([keyIdOf(keys.publicKey), timestamp, signature]);
    const line = `— ${NAME} ${bytes.toString('base64')}\n`;
    note = `${checkpointNote}${line}`;
    return [200, line];
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await Array.fromAsync(request)).toString();
    const isKnown = request.method === 'POST' && request.url === '/log/add-checkpoint';
    const [status, text] = isKnown ? await add(body) : [404, ''];
    response.writeHead(status, status === 409 ? { 'Content-Type': 'text/x.tlog.size' } : {});
    response.end(text);
  }

  const answering = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    // A log that goes away in the middle of a request has nothing to be answered.
    const answered = answer(request, response).catch((error: unknown) => {
      if (!response.destroyed) throw error;
    });
    answering.add(answered);
    void answered.finally(() => answering.delete(answered));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const key = Buffer.concat([Buffer.of(4), rawKey(keys.publicKey)]).toString('base64');
  return {
    url: `http://127.0.0.1:${port}/log`,
    verifierKey: `${NAME}+${keyIdOf(keys.publicKey).toString('hex')}+${key}`,
    cosigned,
    get note() {
      return note;
    },
    pretend(size) {
      seen = { size, root: Buffer.alloc(32) };
    },
    lie() {
      signingKey = generateKeyPairSync('ed25519').privateKey;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await Promise.all(answering);
    },
  };
}

function rawKey(publicKey: KeyObject): Buffer {
  return createPublicKey(publicKey.export({ format: 'pem', type: 'spki' }))
    .export({ format: 'der', type: 'spki' })
    .subarray(-32);
}

function keyIdOf(publicKey: KeyObject): Buffer {
  return hash(
    'sha256',
    Buffer.concat([Buffer.from(`${NAME}\n`), Buffer.of(4), rawKey(publicKey)]),
    'buffer',
  ).subarray(0, 4);
}
