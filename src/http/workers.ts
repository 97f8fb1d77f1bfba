import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { OperatorError } from '../errors.ts';
import type { LogLevel } from '../settings.ts';
import type { MetricsSnapshot } from '../telemetry/metrics.ts';
import { LIMITS } from './limits.ts';
import { isReport, type Order, type Report } from './orders.ts';
import type { TlsPair } from './tls.ts';
import { WorkerMetrics } from './worker-metrics.ts';

/**
 * V8's options for workers, on top of the primary's own. A young generation that starts with 8 MB instead of 1 is
 * collected less often: a sixth to a third less CPU for every request, for 6 MB more memory.
 */
const WORKER_V8_FLAGS: readonly string[] = ['--min-semi-space-size=8'];

/** The first pause before a dead worker is replaced; it doubles with every death that follows soon. Milliseconds. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;
/** A worker that has lived this long, in milliseconds, died of something new. */
const LONG_LIFE = 10_000;
/** How much longer than its own limit a draining worker may take before it is killed, in milliseconds. */
const KILL_DELAY = 2_000;

type ServeOrder = Order & { readonly kind: 'serve' };

/** The processes that serve. */
export interface Workers {
  /**
   * Resolves when all of them listen; later ones are given the same order.
   *
   * @throws OperatorError with the worker's own words when one cannot start
   */
  serve(order: ServeOrder): Promise<void>;
  /** For those that serve and for those to come. */
  replaceTlsPair(tls: TlsPair): void;
  /** For those that serve and for those to come. */
  changeLogLevel(level: LogLevel): void;
  /** The figures of those that live, by process id; `undefined` for one that does not say them in time. */
  metrics(): Promise<ReadonlyMap<number, MetricsSnapshot | undefined>>;
  /** How many have ended so far without being told to. */
  deaths(): number;
  /** Resolves when all of them have ended. */
  drain(): Promise<void>;
}

/**
 * Forks `count` workers, which load while the primary prepares, and replaces those that die.
 *
 * @param entry the file that workers run
 */
export function forkWorkers(count: number, entry: string, logger: Logger): Workers {
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({
    exec: entry,
    args: ['worker'],
    execArgv: [...process.execArgv, ...WORKER_V8_FLAGS],
  });

  const alive = new Set<Worker>();
  const standingBy = new Set<Worker>();
  const metrics = new WorkerMetrics();
  const allListen = Promise.withResolvers<void>();
  const allEnded = Promise.withResolvers<void>();
  let order: ServeOrder | undefined;
  let listening = 0;
  let deaths = 0;
  let deathsInARow = 0;
  let draining = false;

  function fork(): void {
    if (draining) return;
    const worker = cluster.fork();
    const bornAt = performance.now();
    alive.add(worker);
    worker.on('message', (message: unknown) => {
      if (isReport(message)) hear(worker, message);
    });
    worker.once('exit', (code: number | null, signal: string | null) => {
      alive.delete(worker);
      standingBy.delete(worker);
      metrics.hear(worker, undefined);
      if (!draining) replace(worker, { code, signal, lived: performance.now() - bornAt });
      else if (alive.size === 0) allEnded.resolve();
    });
  }

  function hear(worker: Worker, report: Report): void {
    switch (report.kind) {
      case 'standing-by':
        if (draining) tell(worker, { kind: 'drain' });
        else if (order === undefined) standingBy.add(worker);
        else tell(worker, order);
        break;
      case 'listening':
        listening += 1;
        if (listening === count) allListen.resolve();
        break;
      case 'metrics':
        metrics.hear(worker, report.snapshot);
        break;
      case 'failed':
        allListen.reject(new OperatorError(report.message));
        logger.error({ worker: worker.process.pid, reason: report.message }, 'worker cannot start');
    }
  }

  function replace(
    worker: Worker,
    { code, signal, lived }: { code: number | null; signal: string | null; lived: number },
  ): void {
    if (listening < count) {
      allListen.reject(
        new OperatorError(`a worker ended before it served (${signal ?? `exit code ${code}`})`),
      );
      return;
    }
    if (lived > LONG_LIFE) deathsInARow = 0;
    const pause = Math.min(FIRST_PAUSE * 2 ** deathsInARow, LONGEST_PAUSE);
    deathsInARow += 1;
    deaths += 1;
    logger.error({ worker: worker.process.pid, code, signal, pause }, 'worker died, starting another');
    setTimeout(fork, pause);
  }

  function killAll(): void {
    for (const worker of alive) worker.process.kill('SIGKILL');
  }

  for (let started = 0; started < count; started += 1) fork();
  // However the primary ends, short of being killed, it leaves none behind.
  process.once('exit', killAll);

  return {
    serve(given) {
      order = given;
      for (const worker of standingBy) tell(worker, given);
      standingBy.clear();
      return allListen.promise;
    },
    replaceTlsPair(tls) {
      if (order !== undefined) order = { ...order, tls };
      for (const worker of alive) tell(worker, { kind: 'replace-tls-pair', tls });
    },
    changeLogLevel(level) {
      if (order !== undefined)
        order = { ...order, configuration: { ...order.configuration, logLevel: level } };
      for (const worker of alive) tell(worker, { kind: 'change-log-level', level });
    },
    metrics: () => metrics.ask(alive, (worker) => tell(worker, { kind: 'report-metrics' })),
    deaths: () => deaths,
    drain() {
      draining = true;
      if (alive.size === 0) allEnded.resolve();
      for (const worker of alive) tell(worker, { kind: 'drain' });
      const kill = setTimeout(killAll, LIMITS.drainTimeout + KILL_DELAY);
      return allEnded.promise.finally(() => clearTimeout(kill));
    },
  };
}

/** A worker that is just dying does not hear it, which its exit makes up for. */
function tell(worker: Worker, order: Order): void {
  worker.process.send(order, () => {});
}
