import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { type Mode, readConfiguration } from './config.ts';
import { isLoopback } from './loopback.ts';
import { SETTINGS, type Setting, type TypedFlags } from './settings.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

let directory: string;
let quotasFile: string;
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'qkms-configuration-'));
  quotasFile = join(directory, 'quotas.json');
  writeFileSync(quotasFile, '{"resources":{"keys":7}}');
});
after(() => rmSync(directory, { recursive: true }));

describe('the configuration without any setting', () => {
  it('of production keeps keys in ./data, on loopback, with a worker for each core', () => {
    assert.deepEqual(readConfiguration('production', {}, {}), {
      mode: 'production',
      host: '127.0.0.1',
      port: 8600,
      dataDirectory: resolve('data'),
      workers: availableParallelism(),
      accountId: '111122223333',
      partition: 'aws',
      trustedProxies: [],
      allowPlaintext: false,
      logLevel: 'info',
      auditDurability: 'strict',
      auditRetentionDays: 90,
      tracesSampleRatio: 1,
      auditSinks: [],
      auditWitnesses: [],
      quotas: { requestQuotas: 'generous', changes: { requestRates: {}, resources: {} }, accounts: {} },
    });
  });

  it('of development keeps nothing on disk, in one process', () => {
    const { dataDirectory, workers } = readConfiguration('development', {}, {});
    assert.equal(dataDirectory, undefined);
    assert.equal(workers, 1);
  });

  it('is frozen', () => {
    assert.ok(Object.isFrozen(readConfiguration('production', {}, {})));
  });
});

describe('a setting', () => {
  it('is taken from the flag before the variable before the default', () => {
    const environment = { QKMS_PORT: '2000', QKMS_WORKERS: '3' };
    const { port, workers, host } = readConfiguration('production', { port: '1000' }, environment);
    assert.deepEqual({ port, workers, host }, { port: 1000, workers: 3, host: '127.0.0.1' });
  });

  it('counts as unset when its variable is empty', () => {
    const empty = Object.fromEntries(Object.values<Setting>(SETTINGS).map(({ variable }) => [variable, '']));
    assert.deepEqual(readConfiguration('production', {}, empty), readConfiguration('production', {}, {}));
  });

  it('can be given for everything', () => {
    const configuration = readConfiguration(
      'development',
      {},
      {
        QKMS_HOST: '[::1]',
        QKMS_PORT: '0',
        QKMS_DATA_DIR: 'keys',
        QKMS_WORKERS: '4',
        QKMS_ACCOUNT_ID: '000000000001',
        QKMS_ROOT_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
        QKMS_ROOT_SECRET_ACCESS_KEY: SECRET,
        QKMS_ROOT_KEY_FILE: 'root.key',
        QKMS_TLS_CERTIFICATE_FILE: 'certificate.pem',
        QKMS_TLS_KEY_FILE: 'key.pem',
        QKMS_TRUSTED_PROXIES: '10.1.2.3,10.2.0.0/16',
        QKMS_INSECURE_HTTP: '1',
        QKMS_LOG_LEVEL: 'debug',
        QKMS_AUDIT_DURABILITY: 'strict',
        QKMS_AUDIT_RETENTION_DAYS: '400',
        QKMS_AUDIT_SINKS: 'cloudtrail:/trail',
        QKMS_TRACES_ENDPOINT: 'https://collector:4318/v1/traces',
        QKMS_TRACES_SAMPLE_RATIO: '0.25',
        QKMS_METRICS_LISTEN: '[::]:9464',
        QKMS_METRICS_TOKEN: 'prometheus-0123456789',
        QKMS_AUDIT_WITNESSES: 'file:/witness',
        QKMS_REQUEST_QUOTAS: 'aws',
        QKMS_QUOTAS_FILE: quotasFile,
        QKMS_SEED_FILE: 'seed.yaml',
      },
    );
    assert.deepEqual(configuration, {
      mode: 'development',
      host: '::1',
      port: 0,
      dataDirectory: resolve('keys'),
      workers: 4,
      accountId: '000000000001',
      partition: 'aws',
      rootAccessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      rootSecretAccessKey: SECRET,
      rootKeyFile: resolve('root.key'),
      seedFile: resolve('seed.yaml'),
      tls: { certificateFile: resolve('certificate.pem'), keyFile: resolve('key.pem') },
      trustedProxies: ['10.1.2.3', '10.2.0.0/16'],
      allowPlaintext: true,
      logLevel: 'debug',
      auditDurability: 'strict',
      auditRetentionDays: 400,
      auditSinks: [
        { kind: 'cloudtrail', name: 'cloudtrail:/trail', directory: '/trail', intervalSeconds: 300 },
      ],
      tracesEndpoint: 'https://collector:4318/v1/traces',
      tracesSampleRatio: 0.25,
      metricsListen: { host: '::', port: 9464 },
      metricsToken: 'prometheus-0123456789',
      auditWitnesses: [
        { kind: 'file', name: 'witness file:/witness', path: '/witness', intervalSeconds: 60 },
      ],
      quotas: {
        requestQuotas: 'aws',
        changes: { requestRates: {}, resources: { keys: 7 } },
        accounts: {},
      },
    });
  });

  it('is in the manual, by flag and by variable', () => {
    const manual = readFileSync(new URL('../docs/running.md', import.meta.url), 'utf8');
    for (const { flag, variable } of Object.values<Setting>(SETTINGS)) {
      assert.ok(manual.includes(`\`${variable}`), variable);
      if (flag !== undefined) assert.ok(manual.includes(`\`${flag}\``), flag);
    }
  });

  it('that is secret has no flag, because a command line is public', () => {
    const settings: Readonly<Record<string, Setting>> = SETTINGS;
    assert.equal(settings['rootSecretAccessKey']?.flag, undefined);
    assert.equal(settings['rootAccessKeyId']?.flag, undefined);
    assert.equal(settings['metricsToken']?.flag, undefined);
  });
});

describe('a wrong setting is refused by name', () => {
  const wrong: readonly (readonly [
    flags: TypedFlags,
    environment: Record<string, string>,
    message: string | RegExp,
  ])[] = [
    [
      { requestQuotas: 'on' },
      {},
      '--request-quotas (QKMS_REQUEST_QUOTAS): "on" is not a choice of request quotas; give one of generous, aws, off',
    ],
    [
      {},
      { QKMS_QUOTAS_FILE: '/nowhere/quotas.json' },
      '--quotas-file (QKMS_QUOTAS_FILE): "/nowhere/quotas.json" cannot be read: ENOENT',
    ],
    [
      { port: '65536' },
      {},
      '--port (QKMS_PORT): "65536" is out of range; give a whole number from 0 to 65535',
    ],
    [{ port: '-1' }, {}, /"-1" is out of range/],
    [{ port: '80.5' }, {}, /"80\.5" is out of range/],
    [{ port: '' }, {}, /"" is out of range/],
    [{}, { QKMS_PORT: '0x10' }, /^--port \(QKMS_PORT\): "0x10"/],
    [{ port: '1\n2' }, {}, /"1\\n2" is out of range/],
    [
      {},
      { QKMS_WORKERS: '0' },
      '--workers (QKMS_WORKERS): "0" is out of range; give a whole number from 1 to 256',
    ],
    [{ workers: '8600' }, {}, /"8600" is out of range/],
    [
      {},
      { QKMS_ACCOUNT_ID: '12345' },
      '--account-id (QKMS_ACCOUNT_ID): "12345" is not an account id; give 12 digits',
    ],
    [
      { host: 'localhost:8600' },
      {},
      '--host (QKMS_HOST): "localhost:8600" is not an address; give one without port, such as 127.0.0.1 or ::1',
    ],
    [{ host: 'http://localhost' }, {}, /is not an address/],
    [{ host: '[127.0.0.1]' }, {}, /is not an address/],
    [{ host: '' }, {}, /is not an address/],
    [
      { auditDurability: 'later' },
      {},
      '--audit-durability (QKMS_AUDIT_DURABILITY): "later" is not a durability of the audit log; ' +
        'give one of none, soon, strict',
    ],
    [
      { logLevel: 'loud' },
      {},
      '--log-level (QKMS_LOG_LEVEL): "loud" is not a log level; ' +
        'give one of silent, fatal, error, warn, info, debug, trace',
    ],
    [
      {},
      { QKMS_INSECURE_HTTP: 'maybe' },
      '--insecure-http (QKMS_INSECURE_HTTP): "maybe" is neither yes nor no; give true or false',
    ],
    [
      {},
      { QKMS_ROOT_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' },
      'QKMS_ROOT_SECRET_ACCESS_KEY: missing although QKMS_ROOT_ACCESS_KEY_ID is set; ' +
        'set both, or neither to have them generated',
    ],
    [
      {},
      { QKMS_ROOT_SECRET_ACCESS_KEY: SECRET },
      /^QKMS_ROOT_ACCESS_KEY_ID: missing although QKMS_ROOT_SECRET_ACCESS_KEY is set/,
    ],
    [
      {},
      { QKMS_ROOT_ACCESS_KEY_ID: 'AKIA/X', QKMS_ROOT_SECRET_ACCESS_KEY: SECRET },
      'QKMS_ROOT_ACCESS_KEY_ID: not an access key id; give 3 to 128 letters, digits or underscores',
    ],
    [
      {},
      { QKMS_ROOT_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', QKMS_ROOT_SECRET_ACCESS_KEY: SECRET.slice(0, 15) },
      'QKMS_ROOT_SECRET_ACCESS_KEY: too short to be safe; give at least 16 characters chosen at random',
    ],
    [
      { tlsKeyFile: 'key.pem' },
      {},
      '--tls-certificate-file (QKMS_TLS_CERTIFICATE_FILE): ' +
        'missing although --tls-key-file (QKMS_TLS_KEY_FILE) is set; HTTPS needs both',
    ],
    [
      {},
      { QKMS_TLS_CERTIFICATE_FILE: 'c' },
      /^--tls-key-file \(QKMS_TLS_KEY_FILE\): missing although --tls-c/,
    ],
    [
      {},
      { QKMS_DATABASE_URL: 'postgres://qkms:hunter2@db:port/qkms' },
      '--database-url (QKMS_DATABASE_URL): the URL names no host, or one that is none; ' +
        'give host names or addresses, separated by commas, each with :port if it is not 5432',
    ],
    [
      { host: '0.0.0.0' },
      {},
      '--host (QKMS_HOST): other machines reach "0.0.0.0", and plain HTTP would show them plaintext keys; ' +
        'set --tls-certificate-file (QKMS_TLS_CERTIFICATE_FILE) and --tls-key-file (QKMS_TLS_KEY_FILE), ' +
        'or --insecure-http (QKMS_INSECURE_HTTP) if something else protects the connection',
    ],
    [
      { tracesEndpoint: 'collector:4318' },
      {},
      '--traces-endpoint (QKMS_TRACES_ENDPOINT): not an HTTP URL; give one such as http://127.0.0.1:4318/v1/traces',
    ],
    [{ tracesEndpoint: 'http://collector:4318' }, {}, /has no path; give one such as/],
    [
      { tracesEndpoint: 'http://qkms:hunter2@collector:4318/v1/traces' },
      {},
      /^[^2]+: has a password; give credentials in OTEL_EXPORTER_OTLP_HEADERS instead$/,
    ],
    ...['1.1', '-1', '2', 'all', '0.', '1e-3'].map(
      (share) =>
        [
          { tracesSampleRatio: share },
          {},
          `--traces-sample-ratio (QKMS_TRACES_SAMPLE_RATIO): "${share}" is no share; give a number from 0 to 1, such as 0.01`,
        ] as const,
    ),
    ...['9464', ':9464', '127.0.0.1', '127.0.0.1:', '127.0.0.1:65536', '::1:9464', '[::1', 'http://x:1'].map(
      (address) =>
        [
          { metricsListen: address },
          {},
          `--metrics-listen (QKMS_METRICS_LISTEN): ${JSON.stringify(address)} is not an address with a port; ` +
            'give one such as 127.0.0.1:9464',
        ] as const,
    ),
    [
      { metricsListen: '0.0.0.0:9464' },
      { QKMS_INSECURE_HTTP: 'true' },
      'QKMS_METRICS_TOKEN: missing although other machines reach "0.0.0.0"; set it to at least 16 characters ' +
        'chosen at random',
    ],
    [
      { metricsListen: '0.0.0.0:9464' },
      { QKMS_METRICS_TOKEN: 'prometheus-0123456789' },
      /^--metrics-listen \(QKMS_METRICS_LISTEN\): other machines reach "0\.0\.0\.0", and plain HTTP would show/,
    ],
    [
      {},
      { QKMS_METRICS_TOKEN: 'prometheus-0123456789' },
      '--metrics-listen (QKMS_METRICS_LISTEN): missing although QKMS_METRICS_TOKEN is set; set both, or neither',
    ],
    [
      { metricsListen: '127.0.0.1:0' },
      { QKMS_METRICS_TOKEN: 'too-short' },
      'QKMS_METRICS_TOKEN: too short to be safe; give at least 16 characters chosen at random',
    ],
    [
      { metricsListen: '127.0.0.1:0' },
      { QKMS_METRICS_TOKEN: 'with a space in it, and more' },
      'QKMS_METRICS_TOKEN: not a bearer token; give letters, digits and -._~+/ only',
    ],
  ];
  for (const [flags, environment, message] of wrong) {
    it(JSON.stringify({ ...flags, ...environment }), () => {
      for (const mode of ['production', 'development'] satisfies Mode[]) {
        assert.throws(() => readConfiguration(mode, flags, environment), { name: 'OperatorError', message });
      }
    });
  }

  it('in one line, without repeating secrets, whatever was typed', () => {
    const names = Object.keys(SETTINGS) as (keyof typeof SETTINGS)[];
    const typed = fc.dictionary(fc.constantFrom(...names), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(typed, (flags) => {
        try {
          readConfiguration('production', flags, {});
        } catch (error) {
          assert.ok(error instanceof Error && error.name === 'OperatorError');
          assert.doesNotMatch(error.message, /[\r\n]/);
        }
      }),
    );
    assert.throws(
      () => readConfiguration('production', {}, { QKMS_DATABASE_URL: 'mysql://qkms:hunter2@db' }),
      (error: Error) => !error.message.includes('hunter2'),
    );
    assert.throws(
      () =>
        readConfiguration(
          'production',
          {},
          { QKMS_ROOT_ACCESS_KEY_ID: 'AKIA', QKMS_ROOT_SECRET_ACCESS_KEY: 'hunter2' },
        ),
      (error: Error) => !error.message.includes('hunter2'),
    );
  });
});

describe('audit sinks', () => {
  it('are separated by commas', () => {
    const { auditSinks } = readConfiguration(
      'production',
      { auditDurability: 'soon', auditSinks: 'file:/a#keep=1, https://host/' },
      {},
    );
    assert.deepEqual(
      auditSinks.map(({ name }) => name),
      ['file:/a', 'https://host/'],
    );
  });

  for (const [auditSinks, auditDurability, message] of [
    ['file:a', 'strict', /^--audit-sink \(QKMS_AUDIT_SINKS\): the URL does not name an absolute path/],
    ['file:/a,file:/a#keep=1', 'strict', /the same URL is there twice/],
    ['file:/a', 'none', /nothing to deliver; set --audit-durability \(QKMS_AUDIT_DURABILITY\)/],
  ] as const) {
    it(`are refused: ${auditSinks} with ${auditDurability}`, () => {
      assert.throws(() => readConfiguration('production', { auditSinks, auditDurability }, {}), {
        name: 'OperatorError',
        message,
      });
    });
  }
});

describe('plain HTTP', () => {
  for (const host of [
    '127.0.0.1',
    '127.1.2.3',
    '::1',
    '[::1]',
    '::ffff:127.0.0.1',
    'localhost',
    'LOCALHOST',
  ]) {
    it(`is fine on ${host}`, () => {
      readConfiguration('production', { host }, {});
    });
  }

  for (const host of [
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '128.0.0.1',
    '::ffff:10.0.0.1',
    '::2',
    'localhost.example',
  ]) {
    it(`is refused on ${host} unless the operator insists or there is TLS`, () => {
      assert.equal(isLoopback(host), false);
      assert.throws(() => readConfiguration('development', { host }, {}), /other machines reach/);
      readConfiguration('development', { host }, { QKMS_INSECURE_HTTP: 'true' });
      readConfiguration('development', { host, tlsCertificateFile: 'c', tlsKeyFile: 'k' }, {});
    });
  }
});
