import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { OperatorError } from './errors.ts';
import { isLoopback } from './loopback.ts';

/** How a connection to the database is protected; names and meanings as in libpq, without its fallbacks to plaintext. */
const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** One server of the database. */
export interface DatabaseHost {
  /** A host name, an address (an IPv6 address without brackets), or the directory of a Unix-domain socket. */
  readonly host: string;
  readonly port: number;
}

/** What a `postgres://` URL says. */
export interface DatabaseUrl {
  /** At least one; the database is on the one that is the primary. */
  readonly hosts: readonly DatabaseHost[];
  /** `undefined` leaves it to `PGUSER`, or the user of the operating system. */
  readonly user: string | undefined;
  /** `undefined` leaves it to `PGPASSWORD`, or the password file. */
  readonly password: string | undefined;
  /** `undefined` leaves it to `PGDATABASE`, or the name of the user. */
  readonly database: string | undefined;
  /** Options of the server for each session, such as `-c search_path=keys`. */
  readonly options: string | undefined;
  readonly sslMode: SslMode;
  /** Absolute; PEM. */
  readonly sslRootCertificateFile: string | undefined;
  readonly sslCertificateFile: string | undefined;
  readonly sslKeyFile: string | undefined;
}

const DEFAULT_PORT = 5432;
const MAXIMUM_PORT = 65_535;
const SHAPE =
  /^postgres(?:ql)?:\/\/(?:(?<user>[^:@/?]*)(?::(?<password>[^@/?]*))?@)?(?<hosts>[^/?#]*)(?:\/(?<database>[^?#/]*))?(?:\?(?<query>[^#]*))?$/i;
const PARAMETERS = ['host', 'options', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey'] as const;

/**
 * Reads the URL of a PostgreSQL database: `postgres://user:password@host:port,host:port/database?sslmode=…`, as libpq
 * takes it (PostgreSQL documentation, "Connection URIs").
 *
 * Without `sslmode` a server that other machines reach must show a certificate for its name (`verify-full`), and one on
 * this machine is spoken to without TLS.
 *
 * @throws OperatorError saying what is wrong with it, without repeating what can hold a password
 */
export function parseDatabaseUrl(text: string): DatabaseUrl {
  const parts = SHAPE.exec(text)?.groups;
  if (parts === undefined) throw malformed(text);
  const parameters = readParameters(parts['query'] ?? '');
  const socketDirectory = parameters.get('host');
  const hosts =
    socketDirectory === undefined
      ? (parts['hosts'] ?? '').split(',').map(readHost)
      : [readSocketDirectory(socketDirectory, parts['hosts'] ?? '')];
  const sslMode = readSslMode(parameters.get('sslmode')) ?? defaultSslMode(hosts);
  const file = (name: (typeof PARAMETERS)[number]) => {
    const path = parameters.get(name);
    return path === undefined ? undefined : resolve(path);
  };
  const url: DatabaseUrl = {
    hosts,
    user: decode(parts['user'], 'user') || undefined,
    password: decode(parts['password'], 'password'),
    database: decode(parts['database'], 'database') || undefined,
    options: parameters.get('options'),
    sslMode,
    sslRootCertificateFile: file('sslrootcert'),
    sslCertificateFile: file('sslcert'),
    sslKeyFile: file('sslkey'),
  };
  requireWholeSsl(url);
  return url;
}

function malformed(text: string): OperatorError {
  // Only the scheme may be repeated: what follows it can hold a password.
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  const problem =
    scheme === undefined || /^postgres(ql)?$/.test(scheme)
      ? 'not the URL of a PostgreSQL database'
      : `the database engine ${JSON.stringify(scheme)} is not supported`;
  return new OperatorError(
    `${problem}; give one such as postgres://user:password@host:5432/database, with special characters percent-encoded`,
  );
}

function readParameters(query: string): ReadonlyMap<string, string> {
  const parameters = new Map(new URLSearchParams(query));
  for (const name of parameters.keys()) {
    if (PARAMETERS.some((known) => known === name)) continue;
    throw new OperatorError(
      `the URL has the unknown parameter ${quoteWord(name)}; known are ${PARAMETERS.join(', ')}`,
    );
  }
  return parameters;
}

function readHost(typed: string): DatabaseHost {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(typed) ?? [];
  const host = bracketed ?? decode(plain, 'host') ?? '';
  const isHost = bracketed === undefined ? /^[\w.-]+$/.test(host) : isIP(host) === 6;
  if (!isHost) {
    throw new OperatorError(
      'the URL names no host, or one that is none; give host names or addresses, separated by commas, each with :port if it is not 5432',
    );
  }
  return { host, port: readPort(port) };
}

function readSocketDirectory(directory: string, hosts: string): DatabaseHost {
  if (!directory.startsWith('/') || !/^(:\d{1,5})?$/.test(hosts)) {
    throw new OperatorError(
      'the parameter host of the URL is for the absolute directory of a Unix-domain socket alone; give hosts before the name of the database',
    );
  }
  return { host: directory, port: readPort(hosts.slice(1) || undefined) };
}

function readPort(typed: string | undefined): number {
  const port = typed === undefined ? DEFAULT_PORT : Number(typed);
  if (port >= 1 && port <= MAXIMUM_PORT) return port;
  throw new OperatorError(`the URL has the port ${port}; give one from 1 to ${MAXIMUM_PORT}`);
}

function readSslMode(typed: string | undefined): SslMode | undefined {
  if (typed === undefined) return undefined;
  const mode = SSL_MODES.find((known) => known === typed);
  if (mode !== undefined) return mode;
  throw new OperatorError(`sslmode ${quoteWord(typed)} is not one of ${SSL_MODES.join(', ')}`);
}

function defaultSslMode(hosts: readonly DatabaseHost[]): SslMode {
  return hosts.every(({ host }) => host.startsWith('/') || isLoopback(host)) ? 'disable' : 'verify-full';
}

function requireWholeSsl(url: DatabaseUrl): void {
  const { sslMode, sslRootCertificateFile, sslCertificateFile, sslKeyFile } = url;
  if ((sslCertificateFile === undefined) !== (sslKeyFile === undefined))
    throw new OperatorError('the URL has only one of sslcert and sslkey; a client certificate needs both');
  if (sslMode === 'verify-ca' && sslRootCertificateFile === undefined) {
    throw new OperatorError(
      'sslmode=verify-ca would trust every server with a public certificate; add sslrootcert, or use verify-full',
    );
  }
}

function decode(encoded: string | undefined, what: string): string | undefined {
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new OperatorError(`the ${what} in the URL is not percent-encoded correctly; write % as %25`);
  }
}

/** Only a word is repeated: of a URL that is not percent-encoded anything else may be the password. */
function quoteWord(typed: string): string {
  return /^[a-z-]{1,20}$/i.test(typed) ? JSON.stringify(typed) : '(not shown)';
}
