/** How much the log says, from nothing at all to everything. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Whether calls are not recorded at all, their records follow within a tenth of a second, or answers wait until these are durable. */
export const AUDIT_DURABILITIES = ['none', 'soon', 'strict'] as const;
export type AuditDurability = (typeof AUDIT_DURABILITIES)[number];

/** How one decision of the operator is written: as a flag, as an environment variable, or as both. */
export interface Setting {
  readonly variable: string;
  /** Absent for secrets: a command line can be read by every user of the machine. */
  readonly flag?: string;
  /** The name of the flag's argument; absent for a flag that stands for itself. */
  readonly argument?: string;
  /** Whether the flag can be given several times; the variable, and the values together, are separated by commas. */
  readonly isList?: true;
  readonly summary: string;
}

/** Every setting there is: the command line, its help and the texts of errors are made from this table. */
export const SETTINGS = Object.freeze({
  host: {
    flag: '--host',
    argument: 'address',
    variable: 'QKMS_HOST',
    summary: 'address to listen on (default: 127.0.0.1)',
  },
  port: {
    flag: '--port',
    argument: 'number',
    variable: 'QKMS_PORT',
    summary: 'port to listen on, 0 for any free one (default: 8600)',
  },
  dataDirectory: {
    flag: '--data-dir',
    argument: 'path',
    variable: 'QKMS_DATA_DIR',
    summary: 'where keys are kept (default: ./data; in development nowhere)',
  },
  databaseUrl: {
    flag: '--database-url',
    argument: 'url',
    variable: 'QKMS_DATABASE_URL',
    summary:
      'keep keys in PostgreSQL, postgres://user:password@host/database (default: SQLite in the data directory)',
  },
  workers: {
    flag: '--workers',
    argument: 'number',
    variable: 'QKMS_WORKERS',
    summary: 'processes that serve (default: one for each core; in development 1)',
  },
  accountId: {
    flag: '--account-id',
    argument: 'digits',
    variable: 'QKMS_ACCOUNT_ID',
    summary: 'the account of the root user, 12 digits (default: 111122223333)',
  },
  rootAccessKeyId: {
    variable: 'QKMS_ROOT_ACCESS_KEY_ID',
    summary: "the root user's access key id (generated on first start if unset)",
  },
  rootSecretAccessKey: {
    variable: 'QKMS_ROOT_SECRET_ACCESS_KEY',
    summary: "the root user's secret access key (generated on first start if unset)",
  },
  rootKeyFile: {
    flag: '--root-key-file',
    argument: 'path',
    variable: 'QKMS_ROOT_KEY_FILE',
    summary: 'file of the root key (default: root.key in the data directory)',
  },
  seedFile: {
    flag: '--seed-file',
    argument: 'path',
    variable: 'QKMS_SEED_FILE',
    summary: 'YAML or JSON file of identities and keys to begin with (in development only)',
  },
  tlsCertificateFile: {
    flag: '--tls-certificate-file',
    argument: 'path',
    variable: 'QKMS_TLS_CERTIFICATE_FILE',
    summary: 'serve HTTPS with this certificate chain (PEM)',
  },
  tlsKeyFile: {
    flag: '--tls-key-file',
    argument: 'path',
    variable: 'QKMS_TLS_KEY_FILE',
    summary: "the certificate's private key (PEM)",
  },
  allowPlaintext: {
    flag: '--insecure-http',
    variable: 'QKMS_INSECURE_HTTP',
    summary: 'allow plain HTTP on an address that other machines reach',
  },
  trustedProxies: {
    flag: '--trusted-proxies',
    argument: 'addresses',
    variable: 'QKMS_TRUSTED_PROXIES',
    summary: 'addresses and networks (CIDR), separated by commas, of proxies whose X-Forwarded-For counts',
  },
  attestationRootsFile: {
    flag: '--attestation-roots-file',
    argument: 'path',
    variable: 'QKMS_ATTESTATION_ROOTS_FILE',
    summary: 'root certificates (PEM) of the attestation documents that Recipient may hold (default: none)',
  },
  auditDurability: {
    flag: '--audit-durability',
    argument: 'when',
    variable: 'QKMS_AUDIT_DURABILITY',
    summary:
      'strict: answers wait until their audit records are durable; soon: these follow within 100 ms; none: there are none (default: strict, in development soon)',
  },
  auditRetentionDays: {
    flag: '--audit-retention-days',
    argument: 'number',
    variable: 'QKMS_AUDIT_RETENTION_DAYS',
    summary: 'how long audit records are kept (default: 90)',
  },
  auditSinks: {
    flag: '--audit-sink',
    argument: 'url',
    isList: true,
    variable: 'QKMS_AUDIT_SINKS',
    summary:
      'deliver audit records to file:/path, https://host/path, syslog+tls://host:port or cloudtrail:/directory; several by giving it again, or separated by commas (default: none)',
  },
  metricsListen: {
    flag: '--metrics-listen',
    argument: 'address',
    variable: 'QKMS_METRICS_LISTEN',
    summary: 'serve metrics for Prometheus on this host:port (default: there are none)',
  },
  metricsToken: {
    variable: 'QKMS_METRICS_TOKEN',
    summary: 'the bearer token without which there are no metrics (needed beyond loopback)',
  },
  auditWitnesses: {
    flag: '--audit-witness',
    argument: 'url',
    isList: true,
    variable: 'QKMS_AUDIT_WITNESSES',
    summary:
      'deliver checkpoints of the audit log to file:/path or https://host/path#verifier-key-file=/path; several by giving it again, or separated by commas (default: none)',
  },
  requestQuotas: {
    flag: '--request-quotas',
    argument: 'which',
    variable: 'QKMS_REQUEST_QUOTAS',
    summary:
      "requests per second of an account: generous (AWS's or more), aws (exactly AWS's) or off (default: generous)",
  },
  quotasFile: {
    flag: '--quotas-file',
    argument: 'path',
    variable: 'QKMS_QUOTAS_FILE',
    summary: 'JSON file of quotas other than the defaults, for all accounts or for one (default: none)',
  },
  tracesEndpoint: {
    flag: '--traces-endpoint',
    argument: 'url',
    variable: 'QKMS_TRACES_ENDPOINT',
    summary: 'send traces there, OTLP over HTTP, such as http://127.0.0.1:4318/v1/traces (default: none)',
  },
  tracesSampleRatio: {
    flag: '--traces-sample-ratio',
    argument: 'share',
    variable: 'QKMS_TRACES_SAMPLE_RATIO',
    summary: 'share of requests that are traced unless their client says whether, 0 to 1 (default: 1)',
  },
  logLevel: {
    flag: '--log-level',
    argument: 'level',
    variable: 'QKMS_LOG_LEVEL',
    summary: `one of ${LOG_LEVELS.join(', ')} (default: info)`,
  },
} satisfies Record<string, Setting>);

export type SettingName = keyof typeof SETTINGS;

/** What was typed for each setting; `'true'` for a flag without argument. */
export type TypedFlags = Readonly<Partial<Record<SettingName, string>>>;

/** How messages call a setting: `--port (QKMS_PORT)`. */
export function nameOf(name: SettingName): string {
  const { flag, variable }: Setting = SETTINGS[name];
  return flag === undefined ? variable : `${flag} (${variable})`;
}
