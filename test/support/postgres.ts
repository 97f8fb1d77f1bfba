import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TlsPair } from '../../src/http/tls.ts';
import { createDatabase, type Database, query, type Server } from './postgres/database.ts';
import { giveTo, type Installation, installPostgres, requireReach } from './postgres/installation.ts';
import { killTree, pauseTree, resumeTree } from './postgres/process-tree.ts';
import { spawnWatched, type WatchedCommand } from './postgres/watched-command.ts';

export interface PostgresOptions {
  /** Whether commits reach the disk. Off unless asked for: only a crash of the machine would tell the difference. */
  readonly fsync?: boolean;
  /** As in postgresql.conf: `{ max_connections: '20' }`. What ALTER SYSTEM sets goes before them. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A certificate and its key. Connections without TLS are refused then. */
  readonly tls?: TlsPair;
  /** Any free one unless given. */
  readonly port?: number;
  /** A directory that is kept, and taken up again when it holds a server's; a temporary one unless given. */
  readonly directory?: string;
}

/** As `pg_ctl stop --mode` names them. */
export type StopMode = 'smart' | 'fast' | 'immediate';

const STOP_SIGNALS = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const;
const READY = /database system is ready to accept (?:read-only )?connections/;
const LOG_LENGTH = 1 << 16;
/** For a port that another process has taken between the search for it and its use. */
const START_ATTEMPTS = 5;

/**
 * Starts a real PostgreSQL on the loopback address with nothing in it but the superuser `postgres`. It does not
 * outlive this process, however that ends, nor does it keep this process alive.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  return startFrom(options, async (data, { template, password, user }) => {
    await promisify(execFile)('cp', ['-R', `${template}/.`, data], { cwd: '/', ...user });
    await appendFile(join(data, 'postgresql.conf'), "include 'qkms.conf'\n");
    return password;
  });
}

/**
 * Starts a PostgreSQL in a data directory that `fill` fills, unless it is there already; `fill` resolves to the
 * password of the superuser in it.
 */
export async function startFrom(
  options: PostgresOptions,
  fill: (data: string, installation: Installation) => Promise<string>,
): Promise<PostgresServer> {
  const installation = await installPostgres();
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'qkms-postgres-server-')));
  await mkdir(directory, { recursive: true });
  await requireReach(installation.user, directory);
  const data = join(directory, 'data');
  const passwordFile = join(directory, 'password');
  if (!(await exists(passwordFile))) {
    await rm(data, { recursive: true, force: true });
    await mkdir(data, { mode: 0o700, recursive: true });
    // Whom PostgreSQL runs as needs to get to its own directory, not to see what else is there.
    await chmod(directory, 0o711);
    await giveTo(installation.user, data);
    const password = await fill(data, installation);
    if (options.tls !== undefined) await installCertificate(data, options.tls, installation);
    await writeFile(passwordFile, password, { mode: 0o600 });
  }
  const server = new PostgresServer(options, installation, directory, await readFile(passwordFile, 'utf8'));
  await server.start();
  return server;
}

/** A PostgreSQL in processes of its own. */
export class PostgresServer {
  /** Its data directory (PGDATA). */
  readonly data: string;
  readonly options: PostgresOptions;
  readonly #installation: Installation;
  readonly #directory: string;
  readonly #password: string;
  #port: number | undefined;
  #running: Running | undefined;
  #log = '';

  constructor(options: PostgresOptions, installation: Installation, directory: string, password: string) {
    this.options = options;
    this.data = join(directory, 'data');
    this.#installation = installation;
    this.#directory = directory;
    this.#password = password;
    this.#port = options.port;
    if (options.directory === undefined) process.once('exit', () => this.#running ?? this.#removeSync());
  }

  get port(): number {
    if (this.#port === undefined) throw new Error('the server was never started');
    return this.#port;
  }

  /** How to connect as the superuser. */
  get superuser(): Server {
    const url = `postgres://postgres:${this.#password}@127.0.0.1:${this.port}/postgres`;
    const { tls } = this.options;
    return tls === undefined ? { url } : { url, ssl: { ca: tls.certificate } };
  }

  /** The end of what the server has written to its log. */
  get log(): string {
    return this.#log;
  }

  /** Starts it after it was stopped or killed, on the same port, and resolves when it accepts connections. */
  async start(): Promise<void> {
    if (this.#running !== undefined) throw new Error('the server is running');
    const portIsFree = this.#port === undefined;
    for (let attempt = 1; ; attempt++) {
      this.#port ??= await findPort();
      await writeFile(join(this.data, 'qkms.conf'), this.#settings());
      this.#log = '';
      if (await this.#spawn()) return;
      if (!portIsFree || attempt === START_ATTEMPTS || !/Address already in use/.test(this.#log)) {
        throw new Error(`PostgreSQL does not start:\n${this.#log}`);
      }
      this.#port = undefined;
    }
  }

  /** Ends it as `pg_ctl stop` does: `fast` ends its connections, `smart` waits for them, `immediate` is as a crash. */
  async stop(mode: StopMode = 'fast'): Promise<void> {
    if (this.#running === undefined) return;
    const { watchdog, pid, exited } = this.#running;
    watchdog.ref();
    resumeTree(pid);
    process.kill(pid, STOP_SIGNALS[mode]);
    await exited;
  }

  /** Resolves when it has ended, for whatever reason. */
  async ended(): Promise<void> {
    await this.#running?.exited;
  }

  async restart(mode?: StopMode): Promise<void> {
    await this.stop(mode);
    await this.start();
  }

  /** Kills the server and the processes of all connections at once, by SIGKILL. */
  async kill(): Promise<void> {
    if (this.#running === undefined) return;
    const { watchdog, pid, exited } = this.#running;
    watchdog.ref();
    await killTree(pid);
    await exited;
  }

  /** Stops all its processes where they are (SIGSTOP): connections stay, and nothing answers. */
  pause(): void {
    if (this.#running !== undefined) pauseTree(this.#running.pid);
  }

  /** Lets what was paused go on. */
  resume(): void {
    if (this.#running !== undefined) resumeTree(this.#running.pid);
  }

  /** Runs one statement of SQL as the superuser, in the database `postgres`, and resolves to the rows. */
  async query(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]> {
    return query(this.superuser, text, values);
  }

  /** Creates an empty database, and a role without any privileges but to own it. */
  async createDatabase(): Promise<Database> {
    return createDatabase(this.superuser);
  }

  /** Makes a standby accept writes, and resolves when it does. */
  async promote(): Promise<void> {
    const [row] = await this.query('SELECT pg_promote() AS promoted');
    if (row?.['promoted'] !== true) throw new Error(`the standby was not promoted:\n${this.#log}`);
  }

  /** Ends it, and removes its directory unless that is to be kept. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('immediate');
    if (this.options.directory === undefined) this.#removeSync();
  }

  #removeSync(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #settings(): string {
    const settings = {
      listen_addresses: '127.0.0.1',
      port: String(this.port),
      unix_socket_directories: '',
      max_connections: '200',
      fsync: this.options.fsync ? 'on' : 'off',
      ssl: this.options.tls === undefined ? 'off' : 'on',
      // In the data directory, lest a killed server leaves segments behind.
      dynamic_shared_memory_type: 'mmap',
      ...this.options.settings,
    };
    return Object.entries(settings)
      .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
      .join('');
  }

  /** Resolves to whether it accepts connections; it has ended if not. */
  async #spawn(): Promise<boolean> {
    const watched: WatchedCommand = {
      command: this.#installation.program,
      args: ['-D', this.data],
      cwd: '/',
      ...this.#installation.user,
      endSignal: 'SIGQUIT',
      temporaryDirectory: this.options.directory === undefined ? this.#directory : undefined,
    };
    const { watchdog, pid, stderr } = spawnWatched(watched);
    const exited = once(watchdog, 'exit').then(() => {
      this.#running = undefined;
    });
    for (const stream of watchdog.stdio) if (stream instanceof Socket) stream.unref();
    const ready = new Promise<true>((resolve) => {
      stderr.setEncoding('utf8').on('data', (text: string) => {
        this.#log = (this.#log + text).slice(-LOG_LENGTH);
        if (READY.test(this.#log)) resolve(true);
      });
    });
    const closed = once(watchdog, 'close').then(() => false);
    const isReady = await Promise.race([ready, closed]);
    if (isReady) this.#running = { watchdog, pid: await pid, exited };
    watchdog.unref();
    return isReady;
  }
}

interface Running {
  readonly watchdog: ChildProcess;
  /** Of PostgreSQL's first process. */
  readonly pid: number;
  /** Resolves when that has ended. */
  readonly exited: Promise<unknown>;
}

async function installCertificate(data: string, tls: TlsPair, { user }: Installation): Promise<void> {
  const keyFile = join(data, 'server.key');
  await writeFile(join(data, 'server.crt'), tls.certificate);
  await writeFile(keyFile, tls.key, { mode: 0o600 });
  await giveTo(user, keyFile);
  const accessFile = join(data, 'pg_hba.conf');
  await writeFile(accessFile, (await readFile(accessFile, 'utf8')).replace(/^host\b/gm, 'hostssl'));
}

/** A port that nobody listens on, of those that systems do not give to connections going out. */
async function findPort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    probe.close();
    if (isFree) return port;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
