/*
 * What traces add to the walk of a request, without HTTP. `bench.ts` forks it; it sends one `TracingReport`.
 */

import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { answerAll, type LocalService, openLocalService, receive } from './local-service.ts';
import { type SignedRequest, signRequests } from './requests.ts';
import { median } from './rounds.ts';

/** Encrypt with one share of requests traced. */
export interface TracingCost {
  /** `undefined` without traces. */
  readonly sampleRatio: string | undefined;
  /** Per request, user and system, all threads. */
  readonly cpuMicroseconds: number;
  /** By what the same rounds cost without traces. */
  readonly toNone: number;
}

export interface TracingReport {
  readonly costs: readonly TracingCost[];
}

const SAMPLE_RATIOS = [undefined, '0', '0.01', '1'];
const REQUESTS = 4_096;
const ROUNDS = 15;
const WARM_UP_ROUNDS = 5;

const [directory = ''] = process.argv.slice(2);
// In a process of its own: what it takes is not what traces take.
const collector = fork(new URL('./trace-collector.ts', import.meta.url));
const [port] = await once(collector, 'message');
const subjects: { readonly service: LocalService; readonly signed: readonly SignedRequest[] }[] = [];
for (const sampleRatio of SAMPLE_RATIOS) {
  const traces =
    sampleRatio === undefined
      ? {}
      : { tracesEndpoint: `http://127.0.0.1:${port}/v1/traces`, tracesSampleRatio: sampleRatio };
  const service = await openLocalService(join(directory, sampleRatio ?? 'none'), 'off', traces);
  const { KeyMetadata } = await service.ask('CreateKey', {});
  const KeyId = Object(KeyMetadata).KeyId;
  const bodies = Array.from({ length: REQUESTS }, () =>
    JSON.stringify({ KeyId, Plaintext: randomBytes(64).toString('base64') }),
  );
  subjects.push({ service, signed: signRequests(0, 'Encrypt', bodies) });
}
const rounds: number[][] = [];
for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
  const costs: number[] = [];
  for (const { service, signed } of subjects)
    costs.push(await answerAll(service.answer, signed.map(receive)));
  if (round >= WARM_UP_ROUNDS) rounds.push(costs);
}
const report: TracingReport = {
  costs: SAMPLE_RATIOS.map((sampleRatio, subject) => ({
    sampleRatio,
    cpuMicroseconds: median(rounds, (costs) => costs[subject] ?? Number.NaN),
    toNone: median(rounds, (costs) => (costs[subject] ?? Number.NaN) / (costs[0] ?? Number.NaN)),
  })),
};
if (process.send === undefined) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
else process.send(report);
for (const { service } of subjects) await service.close();
collector.disconnect();
process.disconnect?.();
