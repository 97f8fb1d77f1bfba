import pg from 'pg';
import type { DatabaseUrl } from '../database-url.ts';
import { OperatorError, ServiceError } from '../errors.ts';
import { storeBusy, storeUnavailable } from './refusals.ts';

/** The oldest version that is supported, as in `server_version_num`. */
const OLDEST_VERSION = 140_000;

/** What a server says of itself. */
export interface ServerFacts {
  readonly isStandby: boolean;
  readonly isReadOnly: boolean;
  readonly version: number;
  readonly encoding: string;
  /** Where tables are created; null when nowhere in the search path they can be. */
  readonly schema: string | null;
}

/** Codes of PostgreSQL (its documentation, "Error Codes") after which a transaction may simply be run again. */
const REPEATABLE: ReadonlySet<string> = new Set(['40001', '40P01']);
/** Something took longer than it may: a lock, a statement, a transaction, or the way into a full server. */
const TIMEOUTS: ReadonlySet<string> = new Set(['55P03', '57014', '25P03', '53300']);
/** What `pg` says in the same cases, without a code. */
const TIMEOUT_TEXTS =
  /^(Query read timeout|timeout exceeded when trying to connect|Connection terminated due to connection timeout)$/;

/** What an operator does about an error of the server, by its code. */
const ADVICE: Readonly<Record<string, string>> = {
  '28P01': 'check user and password in the URL',
  '28000': "check user and password in the URL, and that the server's pg_hba.conf admits this machine",
  '3D000': 'create it (create database), or name another one in the URL',
  '42501': 'give the role the right to create tables there, or let it own a schema of its own name',
  '53300': 'raise its max_connections, or start fewer processes',
};

/** Whether the engine undid a transaction for reasons of its own, so that it may be run again. */
export function isRepeatable(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code !== undefined && REPEATABLE.has(error.code);
}

/** What a failure of the database is to whoever made a request; both may be tried again. */
export function refusalOf(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  return isTimeout(error) || isRepeatable(error) ? storeBusy(error) : storeUnavailable(error);
}

function isTimeout(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return error.code !== undefined && TIMEOUTS.has(error.code);
  return error instanceof Error && TIMEOUT_TEXTS.test(error.message);
}

/** A server on which no store can be; the message says what to do about it. */
class UnusableServer extends Error {}

/** The server can be read at most. */
export function notPrimary(isStandby: boolean): Error {
  return new UnusableServer(
    isStandby
      ? 'the database is a standby, which lags behind and cannot be written; name its primary in the URL, or all of its hosts, separated by commas'
      : 'the database is read-only; name one in the URL that can be written, or take default_transaction_read_only off',
  );
}

/** @throws Error when a store cannot be on such a server */
export function requireUsableServer({ version, encoding, schema }: ServerFacts): void {
  if (version < OLDEST_VERSION) {
    throw new UnusableServer(
      `the database server is PostgreSQL ${version / 10_000}; QKMS needs ${OLDEST_VERSION / 10_000} or newer`,
    );
  }
  if (encoding !== 'UTF8') {
    throw new UnusableServer(
      `the database has the encoding ${encoding}; create one with encoding 'UTF8', which holds every text`,
    );
  }
  if (schema === null) {
    throw new UnusableServer(
      "no schema of the role's search_path exists; create one (create schema authorization …), or set the search_path of the role",
    );
  }
}

/** Why a database cannot be opened, for the operator; never with the password. Errors of other kinds stay as they are. */
export function explainFailure(error: unknown, { hosts }: DatabaseUrl): unknown {
  if (error instanceof OperatorError || error instanceof ServiceError || !(error instanceof Error))
    return error;
  if (error instanceof UnusableServer) return new OperatorError(error.message, { cause: error });
  const place = hosts.map(({ host, port }) => `${host}:${port}`).join(', ');
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const advice = ADVICE[code] ?? 'check --database-url (QKMS_DATABASE_URL) and that the server runs';
  // Of several addresses of a host each has failed; Node says so in an error without text.
  const reason = error instanceof AggregateError ? error.errors.map(String).join('; ') : error.message;
  return new OperatorError(`cannot use the database at ${place}: ${reason}; ${advice}`, { cause: error });
}
