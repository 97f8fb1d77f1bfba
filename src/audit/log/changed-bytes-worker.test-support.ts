import { parentPort, workerData } from 'node:worker_threads';
import { changeBytes } from './changed-bytes.test-support.ts';

/* Changes every byte of the parts of a log that the thread is given, and says which changes were not noticed. */

const { parts, publicKey } = workerData;
const records = (part: { readonly records: Uint8Array }) => ({ ...part, records: Buffer.from(part.records) });
parentPort?.postMessage(await changeBytes(parts.map(records), publicKey, 1));
