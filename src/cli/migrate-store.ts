import { resolve } from 'node:path';
import { parseDatabaseUrl } from '../database-url.ts';
import { OperatorError } from '../errors.ts';
import type { Keyring } from '../keyring/index.ts';
import {
  explainDamage,
  openDatabase,
  openDatabaseReader,
  openKeyring,
  rootKeyFileOf,
  type StoreLocation,
} from '../opening.ts';
import {
  type Beginning,
  type CopyObserver,
  copyStore,
  type EngineReader,
  openStoreForReading,
  requireRoomForCopy,
} from '../store/index.ts';
import { ProgressLine, type ProgressOutput } from './progress.ts';

/** A data directory or the URL of a database as it was given, and what it was given by: `--from (QKMS_MIGRATE_FROM)`. */
export interface GivenPlace {
  readonly name: string;
  readonly typed: string;
}

interface Place extends GivenPlace {
  readonly location: StoreLocation;
}

const BEGINNINGS: Readonly<Record<Beginning, string>> = {
  new: 'copying the store',
  continued: 'going on with the copy that was begun',
  'started over': 'starting over: the store has changed since the copy was begun, or the copy was not right',
};

/**
 * Copies a store to an empty place, or goes on with that.
 *
 * @param rootKeyFile absolute; by default that in the data directory that is copied from, or else to
 * @throws OperatorError when something has to be put right first; the source is never changed, and the target only when
 *   it is empty, or an unfinished copy of the same store
 */
export async function migrateStore(
  from: GivenPlace,
  to: GivenPlace,
  rootKeyFile: string | undefined,
  output: ProgressOutput,
): Promise<void> {
  const source = readPlace(from);
  const target = readPlace(to);
  const keyFile = rootKeyFile ?? defaultRootKeyFile(source, target);
  const location = { ...source.location, rootKeyFile: keyFile };
  await using resources = new AsyncDisposableStack();
  const reader = await opened(source, () => openDatabaseReader(source.location));
  if (reader !== undefined) resources.defer(() => reader.close());
  const store = await opened(source, async () => reader && openSource(reader, location), reader);
  if (reader === undefined || store === undefined)
    throw problemAt(source, 'there is no store; give the place of one that QKMS has run on');
  const { storeId, keyring } = store;
  resources.defer(() => keyring.destroy());
  await requireRoom(target, keyring, storeId);
  const engine = await opened(target, () => openDatabase(target.location));
  resources.defer(() => engine.close());

  const progress = new ProgressLine(output);
  resources.defer(() => progress.end());
  const records = await copyStore(reader, engine, keyring, storeId, observerOf(output, progress));
  output.write(
    `copied ${numberOf(records)} records, and compared them; the store is now at ${nameOf(target)} as well\n`,
  );
  output.write(`start QKMS on it with ${settingOf(target)} and --root-key-file ${keyFile}\n`);
}

function openSource(reader: EngineReader, location: StoreLocation) {
  return openStoreForReading(reader, (storeId) => openKeyring(location, storeId));
}

/** Looks before anything is opened that could be changed by that. */
async function requireRoom(place: Place, keyring: Keyring, storeId: string): Promise<void> {
  const reader = await opened(place, () => openDatabaseReader(place.location));
  if (reader === undefined) return;
  const look = () => reader.read((db) => requireRoomForCopy(reader, db, keyring, storeId));
  await opened(place, look, reader).finally(() => reader.close());
}

/** Names the place in what is wrong with it. */
async function opened<T>(place: Place, open: () => Promise<T>, reader?: EngineReader): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const explained = explainDamage(place.location, reader === undefined ? error : reader.explain(error));
    throw explained instanceof OperatorError ? problemAt(place, explained.message, explained) : explained;
  }
}

function problemAt({ name }: GivenPlace, problem: string, cause?: unknown): OperatorError {
  return new OperatorError(`${name}: ${problem}`, { cause });
}

function readPlace(given: GivenPlace): Place {
  const { typed } = given;
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(typed))
    return { ...given, location: { dataDirectory: resolve(typed) } };
  try {
    parseDatabaseUrl(typed);
  } catch (error) {
    throw error instanceof OperatorError ? problemAt(given, error.message, error) : error;
  }
  return { ...given, location: { dataDirectory: undefined, databaseUrl: typed } };
}

function defaultRootKeyFile(source: Place, target: Place): string {
  const directory = [source, target].find(({ location }) => location.dataDirectory !== undefined);
  if (directory !== undefined) return rootKeyFileOf(directory.location);
  throw new OperatorError(
    '--root-key-file (QKMS_ROOT_KEY_FILE): missing; between two databases there is no data directory with a root key',
  );
}

function observerOf(output: ProgressOutput, progress: ProgressLine): CopyObserver {
  return {
    begun: (beginning) => output.write(`${BEGINNINGS[beginning]}\n`),
    progressed(step, table, done, total) {
      if (total > 0)
        progress.show(`${step} ${table}: ${numberOf(done)} of ${numberOf(total)}`, done === total);
    },
  };
}

function nameOf({ location: { dataDirectory } }: Place): string {
  return dataDirectory ?? 'the database';
}

function settingOf({ location: { dataDirectory } }: Place): string {
  return dataDirectory === undefined
    ? 'the URL of the database as --database-url (QKMS_DATABASE_URL)'
    : `--data-dir ${dataDirectory}`;
}

function numberOf(count: number): string {
  return count.toLocaleString('en-US');
}
