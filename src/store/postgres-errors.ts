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

/** What `pg` says when a connection breaks, without a code. */
const BREAK_TEXTS = /^(Connection terminated|Client has encountered a connection error)/;

const GIVE_AUTHORITY = 'give the certificate of its authority as sslrootcert in the URL';
const CHOOSE_ANOTHER = 'what is in the database is not of QKMS; choose another one';
/** What an operator does about an error of the server, of TLS or of `pg`, by its code or, where it has none, its text. */
const ADVICE: Readonly<Record<string, string>> = {
  '28P01': 'check user and password in the URL',
  '28000':
    "see whether the server's pg_hba.conf admits the role from this machine, and with or without TLS (sslmode)",
  '3D000': 'create it (create database), or name another one in the URL',
  '42501':
    'give the role the right to connect to the database, and to create tables there or in a schema of its own',
  '42703': CHOOSE_ANOTHER,
  '42710': CHOOSE_ANOTHER,
  '42P07': CHOOSE_ANOTHER,
  '53300': 'raise its max_connections or the limit of the role, or start fewer processes',
  '55P03': 'somebody keeps the lock of the store; see pg_locks for who, and end that session',
  DEPTH_ZERO_SELF_SIGNED_CERT: GIVE_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: GIVE_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: GIVE_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: GIVE_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: GIVE_AUTHORITY,
  CERT_HAS_EXPIRED: "renew the server's certificate",
  ERR_TLS_CERT_ALTNAME_INVALID: 'name the host as its certificate does, or add sslmode=verify-ca to the URL',
  'The server does not support SSL connections':
    'turn it on there (ssl = on), or, where nobody can listen in, add sslmode=disable to the URL',
  'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string':
    'the server asks for a password; put one into the URL, or set PGPASSWORD',
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

/** The server follows another one. */
class StandbyServer extends UnusableServer {}

/** The server can be read at most. */
export function notPrimary(isStandby: boolean): Error {
  return isStandby
    ? new StandbyServer(
        'the database is a standby, which lags behind and cannot be written; name its primary in the URL, or all of its hosts, separated by commas',
      )
    : new UnusableServer(
        'the database is read-only; name one in the URL that can be written, or take default_transaction_read_only off',
      );
}

/** Whether a connection was refused because the server follows another one. */
export function isOfStandby(error: unknown): boolean {
  return error instanceof StandbyServer;
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

/** Whether something failed because of the database, after a connection to it had been made. */
export function isOfDatabase(error: unknown): boolean {
  if (error instanceof pg.DatabaseError || error instanceof UnusableServer || isTimeout(error)) return true;
  return error instanceof Error && ('syscall' in error || BREAK_TEXTS.test(error.message));
}

/** Why a database cannot be used, for the operator; never with the password. */
export function explainFailure(error: unknown, { hosts }: DatabaseUrl): unknown {
  if (error instanceof OperatorError || error instanceof ServiceError || !(error instanceof Error))
    return error;
  if (error instanceof UnusableServer) return new OperatorError(error.message, { cause: error });
  const place = hosts.map(({ host, port }) => `${host}:${port}`).join(', ');
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
  const advice = ADVICE[code] ?? 'check the database URL and that the server runs';
  // Of several addresses of a host each has failed; Node says so in an error without text.
  const texts = error instanceof AggregateError ? error.errors.map(String) : [error.message];
  // Node advises options of its own, which nobody who starts QKMS can give.
  const reason = texts.join('; ').replace(/; if the root CA is installed locally, .*/, '');
  return new OperatorError(`cannot use the database at ${place}: ${reason}; ${advice}`, { cause: error });
}
