import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseDatabaseUrl } from './database-url.ts';
import { OperatorError } from './errors.ts';
import { type ListenAddress, parseHost } from './listen-address.ts';
import { isLoopback } from './loopback.ts';
import { readQuotasFile } from './quotas/quotas-file.ts';
import { REQUEST_QUOTA_DEFAULTS } from './quotas/request-quotas.ts';
import { NO_CHANGES, type QuotaSettings } from './quotas/settings.ts';
import {
  invalid,
  quote,
  readListenAddress,
  readOneOf,
  readShare,
  readSwitch,
  readWholeNumber,
} from './setting-values.ts';
import {
  AUDIT_DURABILITIES,
  type AuditDurability,
  LOG_LEVELS,
  type LogLevel,
  nameOf,
  SETTINGS,
  type SettingName,
  type TypedFlags,
} from './settings.ts';
import { parseSinkUrl, parseWitnessUrl, type SinkUrl, type WitnessUrl } from './sink-url.ts';

/** `production` enforces signatures and policies; `development` takes any credentials and keeps nothing on disk. */
export type Mode = 'production' | 'development';

/** The PEM files that HTTPS is served with; the certificate file holds the chain, leaf first. */
export interface TlsFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Everything that the operator decides, checked and complete. Frozen. */
export interface Configuration {
  readonly mode: Mode;
  /** A host name or an address; an IPv6 address without brackets. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Absolute; `undefined` keeps nothing on disk. */
  readonly dataDirectory: string | undefined;
  /** Well-formed; `undefined` keeps the store in the data directory. */
  readonly databaseUrl?: string;
  /** Number of processes that serve. */
  readonly workers: number;
  /** Twelve digits. */
  readonly accountId: string;
  readonly partition: string;
  /** Given together with the secret, or not at all. */
  readonly rootAccessKeyId?: string;
  readonly rootSecretAccessKey?: string;
  /** Absolute; `undefined` is the place in the data directory. */
  readonly rootKeyFile?: string;
  /** Absolute; what is to be there from the start. In development only. */
  readonly seedFile?: string;
  readonly tls?: TlsFiles;
  /** Addresses and networks of proxies whose word on where a request comes from is taken. */
  readonly trustedProxies: readonly string[];
  /** Absolute; PEM of the root certificates of attestation documents that are trusted. */
  readonly attestationRootsFile?: string;
  /** The operator's word that an address other machines reach may be served without TLS. */
  readonly allowPlaintext: boolean;
  readonly logLevel: LogLevel;
  /** Where metrics are served; `undefined`: nobody counts anything. */
  readonly metricsListen?: ListenAddress;
  /** What who wants metrics has to show. */
  readonly metricsToken?: string;
  /** Where traces are sent, an HTTP(S) URL; `undefined`: nowhere. */
  readonly tracesEndpoint?: string;
  /** The share of requests that are traced without their client having said whether, 0 to 1. */
  readonly tracesSampleRatio: number;
  /** Whether calls are recorded, and answers wait for their audit records. */
  readonly auditDurability: AuditDurability;
  /** How long audit records are kept at least. */
  readonly auditRetentionDays: number;
  /** Where audit records are delivered to; no two have the same name. */
  readonly auditSinks: readonly SinkUrl[];
  /** Where checkpoints of the audit log are delivered to; no two have the same name. */
  readonly auditWitnesses: readonly WitnessUrl[];
  /** What accounts may ask for, and have. */
  readonly quotas: QuotaSettings;
}

const PARTITION = 'aws';
const DEFAULT_ACCOUNT_ID = '111122223333';
const DEFAULT_PORT = 8600;
const MAXIMUM_PORT = 65_535;
/** As long as CloudTrail keeps its event history. */
const DEFAULT_RETENTION_DAYS = 90;
/** A hundred years. */
const MAXIMUM_RETENTION_DAYS = 36_525;
/** Far above any machine's use; it catches a port number given as the number of workers. */
const MAXIMUM_WORKERS = 256;
/** Whoever records one signed request can try secrets against it at leisure. AWS issues 40 characters. */
const MINIMUM_SECRET_LENGTH = 16;

/**
 * Reads the configuration: flags first, then environment variables (an empty one counts as unset), then defaults; and the
 * quotas file, where there is one.
 *
 * @throws OperatorError naming the flag, the variable and what to do; secrets are never repeated
 */
export function readConfiguration(
  mode: Mode,
  flags: TypedFlags,
  environment: Readonly<Record<string, string | undefined>>,
): Configuration {
  const read = (name: SettingName): string | undefined =>
    flags[name] ?? (environment[SETTINGS[name].variable] || undefined);

  const development = mode === 'development';
  const databaseUrl = readDatabaseUrl(read('databaseUrl'));
  // Even beside a database it holds something: the root key.
  const keepsNothing = development && databaseUrl === undefined;
  const dataDirectory = read('dataDirectory') ?? (keepsNothing ? undefined : 'data');
  const rootKeyFile = read('rootKeyFile');
  const attestationRootsFile = read('attestationRootsFile');
  const seedFile = readSeedFile(mode, read('seedFile'));
  const tls = readTlsFiles(read('tlsCertificateFile'), read('tlsKeyFile'));
  const configuration: Configuration = {
    mode,
    host: readHost(read('host') ?? '127.0.0.1'),
    port: readWholeNumber('port', read('port'), DEFAULT_PORT, 0, MAXIMUM_PORT),
    dataDirectory: dataDirectory === undefined ? undefined : resolve(dataDirectory),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    workers: readWholeNumber(
      'workers',
      read('workers'),
      development ? 1 : availableParallelism(),
      1,
      MAXIMUM_WORKERS,
    ),
    accountId: readAccountId(read('accountId') ?? DEFAULT_ACCOUNT_ID),
    partition: PARTITION,
    ...readRootCredentials(read('rootAccessKeyId'), read('rootSecretAccessKey')),
    ...(rootKeyFile === undefined ? {} : { rootKeyFile: resolve(rootKeyFile) }),
    ...(seedFile === undefined ? {} : { seedFile }),
    ...(attestationRootsFile === undefined ? {} : { attestationRootsFile: resolve(attestationRootsFile) }),
    ...(tls === undefined ? {} : { tls }),
    trustedProxies: readTrustedProxies(read('trustedProxies')),
    allowPlaintext: readSwitch('allowPlaintext', read('allowPlaintext')),
    ...readMetrics(read('metricsListen'), read('metricsToken')),
    ...readTracesEndpoint(read('tracesEndpoint')),
    tracesSampleRatio: readShare('tracesSampleRatio', read('tracesSampleRatio') ?? '1'),
    logLevel: readOneOf('logLevel', 'log level', read('logLevel') ?? 'info', LOG_LEVELS),
    auditDurability: readOneOf(
      'auditDurability',
      'durability of the audit log',
      read('auditDurability') ?? (development ? 'soon' : 'strict'),
      AUDIT_DURABILITIES,
    ),
    auditRetentionDays: readWholeNumber(
      'auditRetentionDays',
      read('auditRetentionDays'),
      DEFAULT_RETENTION_DAYS,
      1,
      MAXIMUM_RETENTION_DAYS,
    ),
    auditSinks: readUrls('auditSinks', read('auditSinks'), parseSinkUrl),
    auditWitnesses: readUrls('auditWitnesses', read('auditWitnesses'), parseWitnessUrl),
    quotas: readQuotas(read('requestQuotas'), read('quotasFile')),
  };
  requireTlsBeyondLoopback(configuration);
  requireSomethingToDeliver(configuration);
  return Object.freeze(configuration);
}

/** The account as whose root user everybody is who signs with credentials that nobody was given; in development only. */
export function developmentAccountOf({ mode, accountId }: Configuration): string | undefined {
  return mode === 'development' ? accountId : undefined;
}

function readHost(typed: string): string {
  const host = parseHost(typed);
  if (host !== undefined) return host;
  throw invalid('host', `${quote(typed)} is not an address; give one without port, such as 127.0.0.1 or ::1`);
}

function readMetrics(
  listen: string | undefined,
  token: string | undefined,
): Pick<Configuration, 'metricsListen' | 'metricsToken'> {
  if (listen === undefined) {
    if (token === undefined) return {};
    throw invalid('metricsListen', `missing although ${nameOf('metricsToken')} is set; set both, or neither`);
  }
  const metricsListen = readListenAddress('metricsListen', listen);
  if (token === undefined && !isLoopback(metricsListen.host)) {
    throw invalid(
      'metricsToken',
      `missing although other machines reach ${quote(metricsListen.host)}; set it to at least ` +
        `${MINIMUM_SECRET_LENGTH} characters chosen at random`,
    );
  }
  if (token !== undefined && !/^[\w.~+/-]+=*$/.test(token)) {
    throw invalid('metricsToken', 'not a bearer token; give letters, digits and -._~+/ only');
  }
  if (token !== undefined && token.length < MINIMUM_SECRET_LENGTH) {
    throw invalid(
      'metricsToken',
      `too short to be safe; give at least ${MINIMUM_SECRET_LENGTH} characters chosen at random`,
    );
  }
  return { metricsListen, ...(token === undefined ? {} : { metricsToken: token }) };
}

function readTracesEndpoint(typed: string | undefined): Pick<Configuration, 'tracesEndpoint'> {
  if (typed === undefined) return {};
  const url = URL.canParse(typed) ? new URL(typed) : undefined;
  // Not repeated: a URL that is wrong may hold a password all the same.
  const example = 'give one such as http://127.0.0.1:4318/v1/traces';
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw invalid('tracesEndpoint', `not an HTTP URL; ${example}`);
  if (url.username !== '' || url.password !== '')
    throw invalid('tracesEndpoint', 'has a password; give credentials in OTEL_EXPORTER_OTLP_HEADERS instead');
  if (url.pathname === '/') throw invalid('tracesEndpoint', `has no path; ${example}`);
  return { tracesEndpoint: url.href };
}

function readAccountId(typed: string): string {
  if (/^\d{12}$/.test(typed)) return typed;
  throw invalid('accountId', `${quote(typed)} is not an account id; give 12 digits`);
}

function readRootCredentials(
  accessKeyId: string | undefined,
  secret: string | undefined,
): Pick<Configuration, 'rootAccessKeyId' | 'rootSecretAccessKey'> {
  if (accessKeyId === undefined && secret === undefined) return {};
  if (accessKeyId === undefined || secret === undefined) {
    const [given, missing]: readonly [SettingName, SettingName] =
      secret === undefined
        ? ['rootAccessKeyId', 'rootSecretAccessKey']
        : ['rootSecretAccessKey', 'rootAccessKeyId'];
    throw invalid(
      missing,
      `missing although ${nameOf(given)} is set; set both, or neither to have them generated`,
    );
  }
  // The characters of IAM's accessKeyIdType: none of them means anything in an Authorization header.
  if (!/^\w{3,128}$/.test(accessKeyId)) {
    throw invalid('rootAccessKeyId', 'not an access key id; give 3 to 128 letters, digits or underscores');
  }
  if (secret.length < MINIMUM_SECRET_LENGTH) {
    throw invalid(
      'rootSecretAccessKey',
      `too short to be safe; give at least ${MINIMUM_SECRET_LENGTH} characters chosen at random`,
    );
  }
  return { rootAccessKeyId: accessKeyId, rootSecretAccessKey: secret };
}

function readSeedFile(mode: Mode, typed: string | undefined): string | undefined {
  if (typed === undefined) return undefined;
  if (mode === 'development') return resolve(typed);
  throw invalid(
    'seedFile',
    'a seed file holds secrets in the clear and is for development mode only; use qkms dev, or leave it unset',
  );
}

function readTlsFiles(
  certificateFile: string | undefined,
  keyFile: string | undefined,
): TlsFiles | undefined {
  if (certificateFile === undefined && keyFile === undefined) return undefined;
  if (certificateFile === undefined) {
    throw invalid('tlsCertificateFile', `missing although ${nameOf('tlsKeyFile')} is set; HTTPS needs both`);
  }
  if (keyFile === undefined) {
    throw invalid('tlsKeyFile', `missing although ${nameOf('tlsCertificateFile')} is set; HTTPS needs both`);
  }
  return Object.freeze({ certificateFile: resolve(certificateFile), keyFile: resolve(keyFile) });
}

/** Network prefixes shorter than these would trust whole parts of the internet to say who they are. */
const SHORTEST_PREFIX = { 4: 8, 6: 16 } as const;

function readTrustedProxies(typed: string | undefined): readonly string[] {
  if (typed === undefined) return [];
  const proxies = typed.split(',').map((proxy) => proxy.trim());
  for (const proxy of proxies) {
    const [address = '', prefix, ...more] = proxy.split('/');
    const version = isIP(address);
    const longest = version === 4 ? 32 : 128;
    const isPrefix =
      prefix === undefined ||
      (/^\d{1,3}$/.test(prefix) &&
        Number(prefix) >= SHORTEST_PREFIX[version === 4 ? 4 : 6] &&
        Number(prefix) <= longest);
    if (version === 0 || more.length > 0 || !isPrefix) {
      throw invalid(
        'trustedProxies',
        `${quote(proxy)} is neither an address nor a network; give some such as 10.1.2.3 or 10.1.0.0/16`,
      );
    }
  }
  return Object.freeze(proxies);
}

function readDatabaseUrl(typed: string | undefined): string | undefined {
  if (typed === undefined) return undefined;
  try {
    parseDatabaseUrl(typed);
    return typed;
  } catch (error) {
    if (error instanceof OperatorError) throw invalid('databaseUrl', error.message);
    throw error;
  }
}

function readUrls<T extends { readonly name: string }>(
  setting: SettingName,
  typed: string | undefined,
  parse: (url: string) => T,
): readonly T[] {
  if (typed === undefined) return [];
  const urls = typed.split(',').map((url) => {
    try {
      return Object.freeze(parse(url.trim()));
    } catch (error) {
      if (error instanceof OperatorError) throw invalid(setting, error.message);
      throw error;
    }
  });
  if (new Set(urls.map(({ name }) => name)).size < urls.length)
    throw invalid(setting, 'the same URL is there twice; give each once');
  return Object.freeze(urls);
}

function requireSomethingToDeliver({ auditSinks, auditWitnesses, auditDurability }: Configuration): void {
  if (auditDurability !== 'none' || auditSinks.length + auditWitnesses.length === 0) return;
  throw invalid(
    auditSinks.length > 0 ? 'auditSinks' : 'auditWitnesses',
    `calls are not recorded, so that there is nothing to deliver; set ${nameOf('auditDurability')} to strict or soon`,
  );
}

function readQuotas(defaults: string | undefined, file: string | undefined): QuotaSettings {
  const requestQuotas = readOneOf(
    'requestQuotas',
    'choice of request quotas',
    defaults ?? 'generous',
    REQUEST_QUOTA_DEFAULTS,
  );
  if (file === undefined) return Object.freeze({ requestQuotas, changes: NO_CHANGES, accounts: {} });
  try {
    return Object.freeze({ requestQuotas, ...readQuotasFile(resolve(file)) });
  } catch (error) {
    if (error instanceof OperatorError) throw invalid('quotasFile', error.message);
    throw error;
  }
}

function requireTlsBeyondLoopback({ host, metricsListen, tls, allowPlaintext }: Configuration): void {
  if (tls !== undefined || allowPlaintext) return;
  const advice =
    `set ${nameOf('tlsCertificateFile')} and ${nameOf('tlsKeyFile')}, ` +
    `or ${nameOf('allowPlaintext')} if something else protects the connection`;
  if (!isLoopback(host)) {
    const danger = 'plain HTTP would show them plaintext keys';
    throw invalid('host', `other machines reach ${quote(host)}, and ${danger}; ${advice}`);
  }
  if (metricsListen !== undefined && !isLoopback(metricsListen.host)) {
    const danger = 'plain HTTP would show the token to who listens in';
    throw invalid(
      'metricsListen',
      `other machines reach ${quote(metricsListen.host)}, and ${danger}; ${advice}`,
    );
  }
}
