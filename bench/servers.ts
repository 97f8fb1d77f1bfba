import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import manifest from '../package.json' with { type: 'json' };
import type { RequestQuotaDefaults } from '../src/quotas/request-quotas.ts';
import type { AuditDurability } from '../src/settings.ts';
import { CREDENTIALS } from './requests.ts';

/** A server under test, in processes of its own. */
export interface RunningServer {
  readonly port: number;
  readonly pid: number;
  /** Milliseconds from its start until it said that it serves. */
  readonly startTime: number;
  /** Ends it with SIGTERM; resolves when it is gone. */
  stop(): Promise<void>;
}

/** Node's flags, the same for every server: those of `npm start`. */
export const NODE_FLAGS: readonly string[] = manifest.scripts.start
  .split(' ')
  .filter((word) => word.startsWith('--'));

/** Lets an account have more keys than any benchmark makes. */
const QUOTAS_FILE = fileURLToPath(new URL('quotas.json', import.meta.url));

/**
 * QKMS in production mode: signatures and policies are enforced, keys are kept in a SQLite file, or in the database of a
 * URL.
 */
export function startQkms(
  dataDirectory: string,
  workers: number,
  options: {
    readonly databaseUrl?: string;
    readonly quotasFile?: string;
    readonly requestQuotas?: RequestQuotaDefaults;
    /** Calls are not recorded by default: what that takes is measured by itself. */
    readonly auditDurability?: AuditDurability;
  } = {},
): Promise<RunningServer> {
  const { databaseUrl, quotasFile = QUOTAS_FILE } = options;
  const { requestQuotas = 'generous', auditDurability = 'none' } = options;
  const program = fileURLToPath(new URL('../bin/qkms.cjs', import.meta.url));
  const flags = [
    ...['--port', '0', '--data-dir', dataDirectory, '--workers', String(workers)],
    ...['--quotas-file', quotasFile, '--request-quotas', requestQuotas],
    ...['--audit-durability', auditDurability],
  ];
  return start(process.execPath, [...NODE_FLAGS, program, 'start', ...flags], /ready on http:.*:(\d+)$/, {
    QKMS_ROOT_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    QKMS_ROOT_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    ...(databaseUrl === undefined ? {} : { QKMS_DATABASE_URL: databaseUrl }),
  });
}

/** The bare echo server of `echo-server.ts`. */
export function startEcho(workers: number): Promise<RunningServer> {
  const program = fileURLToPath(new URL('echo-server.ts', import.meta.url));
  return start(process.execPath, [...NODE_FLAGS, program, String(workers)], /ready on (\d+)$/);
}

/** The version of moto (Python) on this machine; `undefined` when it has none. */
export function findMoto(): string | undefined {
  const { status, stdout } = spawnSync('python3', ['-c', 'import moto.server; print(moto.__version__)'], {
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** Moto's server, which checks neither signatures nor policies. */
export async function startMoto(): Promise<RunningServer> {
  const port = await freePort();
  const args = ['-m', 'moto.server', '--host', '127.0.0.1', '--port', String(port)];
  return start('python3', args, /Running on http:.*:(\d+)$/);
}

async function start(
  command: string,
  args: readonly string[],
  ready: RegExp,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const startedAt = performance.now();
  const server = spawn(command, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => void server.kill();
  process.once('exit', kill);
  const { pid } = server;
  if (pid === undefined) throw new Error(`${command} cannot be started`);
  const port = await waitUntilReady(server, ready);
  const startTime = performance.now() - startedAt;
  return {
    port,
    pid,
    startTime,
    async stop() {
      const gone = once(server, 'exit');
      server.kill('SIGTERM');
      await gone;
      process.off('exit', kill);
    },
  };
}

/** Waits for the line that says so, on either stream, and gives the port in it. */
function waitUntilReady(server: ChildProcess, ready: RegExp): Promise<number> {
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    for (const stream of [server.stdout, server.stderr]) {
      if (stream === null) continue;
      createInterface(stream).on('line', (line) => {
        const port = ready.exec(line)?.[1];
        if (port !== undefined) resolve(Number(port));
        else if (said.length < 20) said.push(line);
      });
    }
    server.once('exit', (code) =>
      reject(new Error(`a server ended with ${code} before it was ready: ${said.join('\n')}`)),
    );
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no free port');
  return address.port;
}
