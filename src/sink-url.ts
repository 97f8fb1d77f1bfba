import { OperatorError } from './errors.ts';
import { isLoopback } from './loopback.ts';

/** How TLS is spoken with a receiver; paths of PEM files. */
export interface TlsClientFiles {
  /** What the receiver's certificate has to lead to; `undefined` leaves that to the certificates that come with Node. */
  readonly caFile: string | undefined;
  /** By which QKMS shows who it is; both or neither. */
  readonly certificateFile: string | undefined;
  readonly keyFile: string | undefined;
}

/** JSON lines in a file that is rotated. */
export interface FileSinkUrl {
  readonly kind: 'file';
  /** The URL without its options: how the sink is called everywhere. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly maxBytes: number;
  readonly maxAgeHours: number;
  /** How many rotated files are kept; `undefined` keeps all. */
  readonly keep: number | undefined;
}

/** JSON lines posted to an HTTP endpoint. */
export interface HttpSinkUrl extends TlsClientFiles {
  readonly kind: 'http';
  readonly name: string;
  /** Holds a header, such as `Authorization: Bearer …`, in one line. */
  readonly headerFile: string | undefined;
}

/** Syslog messages (RFC 5424) over TLS (RFC 5425). */
export interface SyslogSinkUrl extends TlsClientFiles {
  readonly kind: 'syslog';
  readonly name: string;
  /** An IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Log files as CloudTrail lays them out. */
export interface CloudTrailSinkUrl {
  readonly kind: 'cloudtrail';
  readonly name: string;
  /** Absolute. */
  readonly directory: string;
  /** How long records wait at most for others to share a file with. */
  readonly intervalSeconds: number;
}

/** A witness that is a file: checkpoints are added to it. */
export interface FileWitnessUrl {
  readonly kind: 'file';
  /** How the witness is called everywhere; no sink has such a name. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly intervalSeconds: number;
}

/** A witness on the network (https://c2sp.org/tlog-witness). */
export interface HttpWitnessUrl extends TlsClientFiles {
  readonly kind: 'http';
  readonly name: string;
  /** To which `/add-checkpoint` is appended. */
  readonly url: string;
  readonly headerFile: string | undefined;
  /** Holds the verifier key by which its cosignatures are verified. */
  readonly verifierKeyFile: string;
  readonly intervalSeconds: number;
}

/** Where checkpoints of the audit log are delivered to. Plain data. */
export type WitnessUrl = FileWitnessUrl | HttpWitnessUrl;

/** Where audit records are delivered to. Plain data. */
export type SinkUrl = FileSinkUrl | HttpSinkUrl | SyslogSinkUrl | CloudTrailSinkUrl;

const MEBIBYTE = 1_048_576;
const SYSLOG_PORT = 6514;
const TLS_OPTIONS = ['ca-file', 'certificate-file', 'key-file'] as const;

/**
 * Reads the URL of an audit sink: `file:/…`, `https://…`, `syslog+tls://host:port` or `cloudtrail:/…`. Options of a sink
 * follow a `#`, as in `file:/var/log/audit.jsonl#keep=30&max-age-hours=1`: that part of a URL is sent nowhere.
 *
 * @throws OperatorError saying what is wrong with it, without repeating what can hold a secret
 */
export function parseSinkUrl(text: string): SinkUrl {
  const scheme = schemeOf(text);
  const [name = '', ...rest] = text.split('#');
  const optionsText = rest.join('#');
  switch (scheme) {
    case 'file': {
      const options = readOptions(optionsText, ['max-bytes', 'max-age-hours', 'keep']);
      return {
        kind: 'file',
        name,
        path: readPath(name, scheme),
        maxBytes: options.number('max-bytes', 100 * MEBIBYTE, MEBIBYTE, Number.MAX_SAFE_INTEGER),
        maxAgeHours: options.number('max-age-hours', 24, 1, 24 * 366),
        keep: options.has('keep') ? options.number('keep', 0, 1, 1_000_000) : undefined,
      };
    }
    case 'cloudtrail': {
      const options = readOptions(optionsText, ['interval-seconds']);
      return {
        kind: 'cloudtrail',
        name,
        directory: readPath(name, scheme),
        intervalSeconds: options.number('interval-seconds', 300, 1, 3600),
      };
    }
    case 'http':
    case 'https': {
      const options = readOptions(optionsText, ['header-file', ...TLS_OPTIONS]);
      return {
        kind: 'http',
        name: readHttpUrl(name),
        headerFile: options.path('header-file'),
        ...options.tls(),
      };
    }
    case 'syslog+tls': {
      const options = readOptions(optionsText, TLS_OPTIONS);
      return { kind: 'syslog', name, ...readAddress(name), ...options.tls() };
    }
    default:
      throw new OperatorError(
        scheme === undefined
          ? 'not the URL of a sink; give one such as file:/var/log/qkms/audit.jsonl'
          : `sinks of the kind ${JSON.stringify(scheme)} are not supported; give a URL that begins with file:, https:, syslog+tls: or cloudtrail:`,
      );
  }
}

/**
 * Reads the URL of a witness of the audit log: `file:/…` or `https://…#verifier-key-file=/…`.
 *
 * @throws OperatorError saying what is wrong with it, without repeating what can hold a secret
 */
export function parseWitnessUrl(text: string): WitnessUrl {
  const scheme = schemeOf(text);
  const [typed = '', ...rest] = text.split('#');
  const optionsText = rest.join('#');
  if (scheme === 'file') {
    const options = readOptions(optionsText, ['interval-seconds']);
    const intervalSeconds = options.number('interval-seconds', 60, 1, 86_400);
    return { kind: 'file', name: `witness ${typed}`, path: readPath(typed, scheme), intervalSeconds };
  }
  if (scheme !== 'http' && scheme !== 'https')
    throw new OperatorError(
      'not the URL of a witness; give one such as file:/mnt/witness/checkpoints, or https://witness.example.com#verifier-key-file=/etc/qkms/witness.key',
    );
  const known = ['verifier-key-file', 'interval-seconds', 'header-file', ...TLS_OPTIONS];
  const options = readOptions(optionsText, known);
  const verifierKeyFile = options.path('verifier-key-file');
  if (verifierKeyFile === undefined)
    throw new OperatorError(
      'the URL has no option verifier-key-file; give the path of the file that holds the verifier key of the witness',
    );
  const url = readHttpUrl(typed).replace(/\/$/, '');
  return {
    kind: 'http',
    name: `witness ${url}`,
    url,
    headerFile: options.path('header-file'),
    verifierKeyFile,
    intervalSeconds: options.number('interval-seconds', 60, 1, 86_400),
    ...options.tls(),
  };
}

/** What may be repeated of any URL. */
function schemeOf(text: string): string | undefined {
  return /^([a-z][a-z0-9+.-]{0,19}):/i.exec(text)?.[1]?.toLowerCase();
}

/** @throws OperatorError when it is not an absolute path */
function readPath(url: string, scheme: string): string {
  const [, encoded] = /^[a-z]+:(?:\/\/)?(\/[^/?].*)$/i.exec(url) ?? [];
  const path = decode(encoded ?? '');
  if (path === undefined || path === '' || hasControls(path) || encoded?.includes('?') || path.endsWith('/'))
    throw new OperatorError(
      `the URL does not name an absolute path; give one such as ${scheme}:/var/log/qkms/audit, with special characters percent-encoded`,
    );
  return path;
}

/**
 * The URL in the one form that there is of it.
 *
 * @throws OperatorError when requests cannot or must not be sent there
 */
function readHttpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '')
    throw new OperatorError(
      'not the URL of an HTTP endpoint; give one such as https://collector.example.com/records',
    );
  if (url.username !== '' || url.password !== '')
    throw new OperatorError(
      'the URL holds credentials, and URLs are logged; give them in a file with the option #header-file=<path>',
    );
  if (url.protocol === 'http:' && !isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1')))
    throw new OperatorError('plain HTTP would show audit records to others; give an https URL');
  return url.href;
}

function readAddress(name: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, typedPort] =
    /^syslog\+tls:\/\/(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?\/?$/i.exec(name) ?? [];
  const host = bracketed ?? plain;
  const port = typedPort === undefined ? SYSLOG_PORT : Number(typedPort);
  if (host === undefined || port < 1 || port > 65_535)
    throw new OperatorError(
      `not the address of a syslog receiver; give one such as syslog+tls://logs.example.com:${SYSLOG_PORT}`,
    );
  return { host, port };
}

/** The options after the `#` of a URL. */
interface UrlOptions {
  has(name: string): boolean;
  /** @throws OperatorError when it is not a whole number in this range */
  number(name: string, otherwise: number, least: number, most: number): number;
  /** @throws OperatorError when it is not an absolute path */
  path(name: string): string | undefined;
  /** @throws OperatorError when there is only half of a client's certificate */
  tls(): TlsClientFiles;
}

/** @throws OperatorError when there are options that are not known, or some twice */
function readOptions(text: string, known: readonly string[]): UrlOptions {
  const options = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (!known.includes(name))
      throw new OperatorError(
        `the URL has the unknown option ${quoteWord(name)}; known here are ${known.join(', ')}`,
      );
    if (options.has(name)) throw new OperatorError(`the URL has the option ${name} twice; give it once`);
    options.set(name, value);
  }
  const path = (name: string) => {
    const value = options.get(name);
    if (value === undefined || (value.startsWith('/') && !hasControls(value))) return value;
    throw new OperatorError(`the option ${name} of the URL is not an absolute path; give the path of a file`);
  };
  return {
    has: (name) => options.has(name),
    path,
    number(name, otherwise, least, most) {
      const value = options.get(name);
      if (value === undefined) return otherwise;
      const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
      if (number >= least && number <= most) return number;
      throw new OperatorError(
        `the option ${name} of the URL is out of range; give a whole number from ${least} to ${most}`,
      );
    },
    tls() {
      const certificateFile = path('certificate-file');
      const keyFile = path('key-file');
      if ((certificateFile === undefined) !== (keyFile === undefined))
        throw new OperatorError(
          'the URL has only one of the options certificate-file and key-file; a client certificate needs both',
        );
      return { caFile: path('ca-file'), certificateFile, keyFile };
    },
  };
}

function decode(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

function hasControls(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

/** Only a word is repeated: anything else may be part of a secret. */
function quoteWord(typed: string): string {
  return /^[a-z-]{1,20}$/i.test(typed) ? JSON.stringify(typed) : '(not shown)';
}
