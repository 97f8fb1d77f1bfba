/*
 * What a request costs from its last byte's arrival to its answer as text, and how that divides: the walk of
 * `src/pipeline.ts` alone, without HTTP, in a process of its own. `bench.ts` forks it; it sends one `WalkReport`.
 *
 * A profile of the whole server under load would tell more, but lies where cores are few: the thread that takes the
 * samples gets to run when the load generator does not, and so sees little of what wakes the generator.
 */
import { randomBytes } from 'node:crypto';
import { Session } from 'node:inspector/promises';
import { answerAll, openLocalService, receive } from './local-service.ts';
import { readStages, type Stage } from './profile.ts';
import { signRequests } from './requests.ts';
import { median } from './rounds.ts';

/** What one operation costs. */
export interface WalkReport {
  /** CPU per request, user and system, all threads. */
  readonly microseconds: number;
  readonly stages: readonly Stage[];
}

const REQUESTS = 4_096;
const ROUNDS = 15;
const WARM_UP_ROUNDS = 10;
/** Microseconds. */
const SAMPLING_INTERVAL = 100;

const [dataDirectory = ''] = process.argv.slice(2);
const service = await openLocalService(dataDirectory, 'generous');

const { KeyMetadata } = await service.ask('CreateKey', {});
const KeyId = Object(KeyMetadata).KeyId;
const plaintexts = Array.from({ length: REQUESTS }, () => ({
  KeyId,
  Plaintext: randomBytes(64).toString('base64'),
}));
const ciphertexts: { CiphertextBlob: unknown }[] = [];
for (const input of plaintexts) {
  const { CiphertextBlob } = await service.ask('Encrypt', input);
  ciphertexts.push({ CiphertextBlob });
}
const reports: Readonly<Record<'Encrypt' | 'Decrypt', WalkReport>> = {
  Encrypt: await measureWalk('Encrypt', plaintexts),
  Decrypt: await measureWalk('Decrypt', ciphertexts),
};
await service.close();
process.send?.(reports, () => process.exit());

async function measureWalk(operation: string, inputs: readonly object[]): Promise<WalkReport> {
  const signed = signRequests(
    0,
    operation,
    inputs.map((input) => JSON.stringify(input)),
  );
  const rounds: number[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
    rounds.push(await answerAll(service.answer, signed.map(receive)));
  }
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL });
  await session.post('Profiler.start');
  for (let round = 0; round < ROUNDS; round += 1) await answerAll(service.answer, signed.map(receive));
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return {
    microseconds: median(rounds.slice(WARM_UP_ROUNDS), (microseconds) => microseconds),
    stages: readStages(profile),
  };
}
