import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { IAM } from '@aws-sdk/client-iam';
import { KMS } from '@aws-sdk/client-kms';
import { STS } from '@aws-sdk/client-sts';
import { engineFlags } from './engine.ts';
import { COMPILE_CACHE } from './qkms-process.ts';
import { type Credentials, REGION, ROOT_CREDENTIALS } from './server.ts';

const ENTRY = fileURLToPath(new URL('../../src/cli/qkms.ts', import.meta.url));

/** A QKMS as operators run it: `qkms start` in processes of its own, in production. */
export interface NodeProcess {
  readonly endpoint: string;
  /** Of the primary process. */
  readonly pid: number;
  /** All that it has logged, once it has ended. */
  readonly log: Promise<string>;
  /** A stock AWS SDK client, signing as the root user of ACCOUNT. It does not retry. */
  client(region?: string): KMS;
  /** Signing as the root user of ACCOUNT, or with whatever credentials. */
  iam(credentials?: Credentials): IAM;
  /** A client that signs with whatever credentials. */
  sts(credentials: Credentials): STS;
  /** Stops its processes where they are (SIGSTOP): connections stay, and nothing is answered. */
  pause(): void;
  /** Lets what was paused go on. */
  resume(): void;
  /** Ends the primary process at once, and with `everything` its workers at the same moment, as nothing can prevent. */
  kill(options?: { readonly everything?: boolean }): Promise<void>;
  /** Asks it to end, and resolves to its exit code. */
  stop(): Promise<number | null>;
}

export interface NodeOptions {
  readonly dataDirectory: string;
  readonly workers: number;
  /** Options of `qkms start` besides. */
  readonly flags?: readonly string[];
  /** Variables besides those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A command that runs the one that follows it in its place. */
  readonly launcher?: readonly string[];
}

/** How a start ended that was not to succeed. */
export interface FailedStart {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a node on a free port and resolves when it serves. */
export async function startNode(options: NodeOptions): Promise<NodeProcess> {
  const child = await spawnNode(options);
  const log = collect(child.stderr);
  const endpoint = await readyLine(child);
  const { pid } = child;
  if (endpoint === undefined || pid === undefined) throw new Error(`the node did not start: ${await log}`);
  const exited = once(child, 'exit');
  const clients: { destroy(): void }[] = [];
  const settings = { endpoint, region: REGION, credentials: ROOT_CREDENTIALS, maxAttempts: 1 };
  function keep<C extends { destroy(): void }>(client: C): C {
    clients.push(client);
    return client;
  }
  const end = async () => {
    for (const client of clients) client.destroy();
    await exited;
  };
  return {
    endpoint,
    pid,
    log,
    client: (region = REGION) => keep(new KMS({ ...settings, region })),
    iam: (credentials = ROOT_CREDENTIALS) => keep(new IAM({ ...settings, credentials })),
    sts: (credentials) => keep(new STS({ ...settings, credentials })),
    pause: () => void process.kill(-pid, 'SIGSTOP'),
    resume: () => void process.kill(-pid, 'SIGCONT'),
    async kill({ everything = false } = {}) {
      if (everything) killGroup(child);
      else child.kill('SIGKILL');
      await end();
    },
    async stop() {
      child.kill('SIGTERM');
      await end();
      return child.exitCode;
    },
  };
}

const running = new Set<ChildProcess>();

/** Ends every process that a test has left behind. */
export function endNodes(): void {
  for (const child of running) killGroup(child);
}

/** Starts a node that is expected to end by itself. */
export async function startNodeInVain(options: NodeOptions): Promise<FailedStart> {
  const child = await spawnNode(options);
  const output = [collect(child.stdout), collect(child.stderr)];
  await once(child, 'close');
  const [stdout = '', stderr = ''] = await Promise.all(output);
  return { code: child.exitCode, stdout, stderr };
}

/** Starts a node, and kills all of its processes after so many milliseconds, whether it serves by then or not. */
export async function killNodeWhileItStarts(options: NodeOptions, delay: number): Promise<void> {
  const child = await spawnNode(options);
  const exited = once(child, 'exit');
  await setTimeout(delay);
  killGroup(child);
  await exited;
}

async function spawnNode(options: NodeOptions): Promise<ChildProcess> {
  const { dataDirectory, workers, flags = [], environment, launcher = [] } = options;
  const settings = ['--port', '0', '--data-dir', dataDirectory, '--workers', String(workers), ...flags];
  const [command = '', ...args] = [...launcher, process.execPath, ENTRY, 'start', ...settings];
  const { databaseUrl } = await engineFlags(dataDirectory);
  const child = spawn(command, args, {
    // A process group of its own, which can be ended as a whole.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ...(databaseUrl === undefined ? {} : { QKMS_DATABASE_URL: databaseUrl }),
      // What tests send a node may be more on a fast machine than an account may send.
      QKMS_REQUEST_QUOTAS: 'off',
      QKMS_ROOT_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
      QKMS_ROOT_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
      ...environment,
    },
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

process.once('exit', endNodes);

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** The URL that a node announces; `undefined` when it ends without. */
async function readyLine({ stdout }: ChildProcess): Promise<string | undefined> {
  if (stdout === null) return undefined;
  for await (const line of createInterface({ input: stdout })) {
    const [, endpoint] = /^qkms ready on (http:\/\/\S+)$/.exec(line) ?? [];
    if (endpoint !== undefined) return endpoint;
  }
  return undefined;
}

async function collect(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = '';
  for await (const chunk of stream ?? []) text += String(chunk);
  return text;
}
