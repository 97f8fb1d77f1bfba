import { randomBytes } from 'node:crypto';
import { authenticateRow, verifyRow } from './rows.ts';
import type { Reader, Writer } from './store.ts';

/** How many write transactions the change log reaches back; a process that lags further drops its caches. */
const CHANGE_LOG_LENGTH = 65_536;
const PRUNE_INTERVAL = 1_024;
const STAMP_BYTES = 8;
const ROWS_PER_STATEMENT = 100;

/** A write transaction: how many there have been, this one included, and what tells it from any other. */
export interface LogPosition {
  readonly version: number;
  readonly stamp: string;
}

/** The last write transaction that changed anything. */
export async function readPosition({ db, keyring }: Reader): Promise<LogPosition> {
  const row = await db.selectFrom('fence').selectAll().executeTakeFirstOrThrow();
  const { version, stamp } = verifyRow(keyring, 'fence', row);
  return { version, stamp };
}

/**
 * The entities that were changed after a transaction, and the last one that is known now. The entities are `undefined`
 * when it cannot be told what has changed: the log does not reach back that far, was cut, or does not hold that
 * transaction (the database lost it in a failover, or was restored from a backup).
 */
export async function readChanges(
  reader: Reader,
  since: LogPosition | undefined,
): Promise<{ readonly position: LogPosition; readonly entities: readonly string[] | undefined }> {
  const position = await readPosition(reader);
  if (since?.version === position.version && since.stamp === position.stamp)
    return { position: since, entities: [] };
  const isWithinReach =
    since !== undefined &&
    position.version >= since.version &&
    position.version - since.version <= CHANGE_LOG_LENGTH - PRUNE_INTERVAL;
  if (!isWithinReach) return { position, entities: undefined };
  const stored = await reader.db
    .selectFrom('change_log')
    .selectAll()
    .where('version', '>=', since.version)
    .orderBy('version')
    .execute();
  const rows = stored.map((row) => verifyRow(reader.keyring, 'change_log', row));
  const stamps = new Map(rows.map(({ version, stamp }) => [version, stamp]));
  // Of the version with which a store begins there are no rows.
  if (since.version === 0) stamps.set(0, since.stamp);
  const isComplete =
    stamps.size === position.version - since.version + 1 &&
    stamps.get(since.version) === since.stamp &&
    stamps.get(position.version) === position.stamp;
  const entities = rows.filter(({ version }) => version > since.version).map(({ entity }) => entity);
  return { position, entities: isComplete ? entities : undefined };
}

/** Notes which entities the present transaction changes, at least one. */
export async function appendChanges(writer: Writer, entities: readonly string[]): Promise<void> {
  const { db, keyring } = writer;
  const version = (await readPosition(writer)).version + 1;
  const stamp = randomBytes(STAMP_BYTES).toString('hex');
  await db
    .updateTable('fence')
    .set(authenticateRow(keyring, 'fence', { id: 1, version, stamp }))
    .execute();
  const rows = entities.map((entity, position) =>
    authenticateRow(keyring, 'change_log', { version, position, entity, stamp }),
  );
  for (let first = 0; first < rows.length; first += ROWS_PER_STATEMENT) {
    await db
      .insertInto('change_log')
      .values(rows.slice(first, first + ROWS_PER_STATEMENT))
      .execute();
  }
  if (version % PRUNE_INTERVAL === 0) {
    await db
      .deleteFrom('change_log')
      .where('version', '<=', version - CHANGE_LOG_LENGTH)
      .execute();
  }
}
