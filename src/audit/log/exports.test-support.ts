import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { type Checkpoint, checkpointLine, originOf, signCheckpoint } from './checkpoint.ts';
import { readLines } from './lines.ts';
import { LogHead } from './record.ts';
import { type Verification, verifyLogs } from './verify.ts';

export const { privateKey } = generateKeyPairSync('ed25519');
export const publicKey = createPublicKey(privateKey);
export const STORE_ID = '6f1b9a52-6d1c-4e2b-9a63-0d1a6f1f2c11';

/** A log as it was written. */
export interface WrittenLog {
  readonly origin: string;
  /** Of records, and of checkpoints where they were signed. */
  readonly lines: readonly string[];
  readonly checkpoints: readonly Checkpoint[];
}

/** Writes a log of that many records, signed after each so many and in the end. */
export function writeLog(size: number, checkpointEvery: number, name = 'node-1.0'): WrittenLog {
  const head = LogHead.begin(originOf(STORE_ID, name));
  const lines: string[] = [];
  const checkpoints: Checkpoint[] = [];
  for (let index = 0; index < size; index += 1) {
    const event = { eventName: 'Decrypt', requestID: `request ${index}`, userAgent: 'Ünïcödé\n\u001b[31m' };
    lines.push(head.append(JSON.stringify(event)).text);
    if ((index + 1) % checkpointEvery !== 0 && index + 1 !== size) continue;
    const checkpoint = signCheckpoint(head.origin, head.tree, privateKey);
    checkpoints.push(checkpoint);
    lines.push(checkpointLine(checkpoint, head.tree));
  }
  return { origin: head.origin, lines, checkpoints };
}

/** Verifies an export that is these bytes. */
export function verifyBytes(
  bytes: Buffer,
  options?: Parameters<typeof verifyLogs>[2],
): Promise<Verification> {
  const read = () =>
    readLines(
      (async function* () {
        yield bytes;
      })(),
    );
  return verifyLogs(read, publicKey, options);
}

/** Verifies an export of these lines. */
export function verifyLines(
  lines: readonly string[],
  options?: Parameters<typeof verifyLogs>[2],
): Promise<Verification> {
  return verifyBytes(Buffer.from(lines.map((line) => `${line}\n`).join('')), options);
}
