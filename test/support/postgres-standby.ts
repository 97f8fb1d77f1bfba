import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Client, escapeIdentifier, escapeLiteral } from 'pg';
import { connected } from './postgres/database.ts';
import { giveTo, type User } from './postgres/installation.ts';
import { type PostgresServer, startFrom } from './postgres.ts';

export interface StandbyOptions {
  /** Whether commits on the primary wait until this standby, and none before it, has them on its disk. */
  readonly synchronous?: boolean;
}

/** What a base backup leaves out ("Making a Base Backup Using the Low Level API"): of these directories, all files. */
const LEFT_OUT = new Set(['postmaster.pid', 'postmaster.opts', 'pg_internal.init']);
const EMPTIED = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
]);
const CATCH_UP_DEADLINE = 30_000;
let standbys = 0;

/**
 * Starts a standby that streams from `primary`, has caught up, and answers reads; `promote` makes it a primary. It
 * has the options of `primary`. The base backup is made by SQL, since there is no pg_basebackup among the binaries.
 */
export async function startStandby(
  primary: PostgresServer,
  { synchronous = false }: StandbyOptions = {},
): Promise<PostgresServer> {
  const name = `standby_${process.pid}_${++standbys}`;
  const { port: _port, directory: _directory, ...options } = primary.options;
  const standby = await startFrom(options, async (data, { user }) => {
    await primary.query('SELECT pg_create_physical_replication_slot($1, true)', [name]);
    const label = await connected(primary.superuser, (client) =>
      baseBackup(client, primary.data, data, user),
    );
    const { username, password, hostname, port } = new URL(primary.superuser.url);
    const connection = `host=${hostname} port=${port} user=${username} password=${password} application_name=${name}`;
    const files = {
      backup_label: label,
      'standby.signal': '',
      // Read last of all, and what ALTER SYSTEM wrote on the primary is not for the standby.
      'postgresql.auto.conf': `primary_conninfo = '${connection}'\nprimary_slot_name = '${name}'\n`,
    };
    for (const [file, content] of Object.entries(files)) {
      await writeFile(join(data, file), content, { mode: 0o600 });
      await giveTo(user, join(data, file));
    }
    return password;
  });
  await connected(primary.superuser, async (client) => {
    if (synchronous) {
      await client.query(
        `ALTER SYSTEM SET synchronous_standby_names = ${escapeLiteral(escapeIdentifier(name))}`,
      );
      await client.query('SELECT pg_reload_conf()');
    }
    await caughtUp(client, name, synchronous ? 'sync' : 'async');
  });
  return standby;
}

/** Copies a data directory that is in use, and resolves to the label of the backup. */
async function baseBackup(client: Client, from: string, to: string, user: User | undefined): Promise<string> {
  await client.query("SELECT pg_backup_start('standby', fast => true)");
  await copyTree(from, to, user);
  const { rows } = await client.query('SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)');
  return rows[0].labelfile;
}

async function copyTree(from: string, to: string, user: User | undefined): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (LEFT_OUT.has(entry.name) || entry.name.startsWith('pgsql_tmp')) continue;
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) {
      await mkdir(target, { mode: 0o700 });
      if (!EMPTIED.has(basename(target))) await copyTree(source, target, user);
    } else {
      try {
        await copyFile(source, target);
      } catch (error) {
        // Tables come and go meanwhile; the write-ahead log tells the standby of them.
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') continue;
        throw error;
      }
    }
    await giveTo(user, target);
  }
}

async function caughtUp(client: Client, name: string, state: 'sync' | 'async'): Promise<void> {
  const deadline = Date.now() + CATCH_UP_DEADLINE;
  for (;;) {
    const { rowCount } = await client.query(
      `SELECT FROM pg_stat_replication WHERE application_name = $1 AND state = 'streaming' AND sync_state = $2
        AND replay_lsn >= pg_current_wal_flush_lsn()`,
      [name, state],
    );
    if (rowCount === 1) return;
    if (Date.now() > deadline) throw new Error(`${name} does not catch up with its primary`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
