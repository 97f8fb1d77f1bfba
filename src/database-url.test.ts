import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseDatabaseUrl } from './database-url.ts';
import { OperatorError } from './errors.ts';

const NONE = {
  user: undefined,
  password: undefined,
  database: undefined,
  options: undefined,
  sslRootCertificateFile: undefined,
  sslCertificateFile: undefined,
  sslKeyFile: undefined,
};

describe('the URL of a database', () => {
  it('says where it is and who asks', () => {
    assert.deepEqual(parseDatabaseUrl('postgres://ada:p%40ss%2Fword@db.example.com:6432/keys'), {
      ...NONE,
      hosts: [{ host: 'db.example.com', port: 6432 }],
      user: 'ada',
      password: 'p@ss/word',
      database: 'keys',
      sslMode: 'verify-full',
    });
  });

  it('can leave all but the host to the environment', () => {
    const url = { ...NONE, hosts: [{ host: 'localhost', port: 5432 }], sslMode: 'disable' };
    assert.deepEqual(parseDatabaseUrl('postgresql://localhost'), url);
    assert.deepEqual(parseDatabaseUrl('postgresql://localhost/'), url);
  });

  it('can name several hosts, of which one is the primary', () => {
    const { hosts } = parseDatabaseUrl('postgres://a.example:1,b.example,[2001:db8::1]:3,192.0.2.1/keys');
    assert.deepEqual(hosts, [
      { host: 'a.example', port: 1 },
      { host: 'b.example', port: 5432 },
      { host: '2001:db8::1', port: 3 },
      { host: '192.0.2.1', port: 5432 },
    ]);
  });

  it('can name the directory of a Unix-domain socket', () => {
    const { hosts, sslMode } = parseDatabaseUrl('postgres:///keys?host=/run/postgresql');
    assert.deepEqual(hosts, [{ host: '/run/postgresql', port: 5432 }]);
    assert.equal(sslMode, 'disable');
  });

  it('demands TLS of other machines unless it says otherwise', () => {
    const modes: readonly (readonly [string, string])[] = [
      ['postgres://127.0.0.1/keys', 'disable'],
      ['postgres://[::1]/keys', 'disable'],
      ['postgres://10.1.2.3/keys', 'verify-full'],
      ['postgres://127.0.0.1,10.1.2.3/keys', 'verify-full'],
      ['postgres://10.1.2.3/keys?sslmode=disable', 'disable'],
      ['postgres://10.1.2.3/keys?sslmode=require', 'require'],
      ['postgres://127.0.0.1/keys?sslmode=verify-ca&sslrootcert=/ca.pem', 'verify-ca'],
    ];
    for (const [text, mode] of modes) assert.equal(parseDatabaseUrl(text).sslMode, mode, text);
  });

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['mysql://db/keys', /^the database engine "mysql" is not supported; give one such as postgres:/],
    ['db.example.com', /^not the URL of a PostgreSQL database; /],
    ['postgres://', /names no host/],
    ['postgres://db:port/keys', /names no host/],
    ['postgres://db:0/keys', /the port 0; /],
    ['postgres://db:70000/keys', /the port 70000; /],
    ['postgres://db,/keys', /names no host/],
    ['postgres://[::g]/keys', /names no host/],
    [
      'postgres://ada:100%@db/keys',
      /^the password in the URL is not percent-encoded correctly; write % as %25$/,
    ],
    ['postgres://ada:a/b@db/keys', /not the URL of a PostgreSQL database/],
    [
      'postgres://db/keys?sslmode=prefer',
      /^sslmode "prefer" is not one of disable, require, verify-ca, verify-full$/,
    ],
    ['postgres://db/keys?sslcert=a.pem', /only one of sslcert and sslkey/],
    ['postgres://db/keys?sslmode=verify-ca', /add sslrootcert/],
    ['postgres://db/keys?schema=keys', /the unknown parameter "schema"; known are host, options, sslmode/],
    ['postgres://db/keys?host=other.example', /for the absolute directory of a Unix-domain socket alone/],
  ];
  for (const [text, message] of wrong) {
    it(`is refused: ${text}`, () => {
      assert.throws(() => parseDatabaseUrl(text), { name: 'OperatorError', message });
    });
  }

  it('is read or refused, whatever it is, and a refusal never repeats the password', () => {
    const part = fc.string({ unit: fc.constantFrom(...'ab:/@?#%[],=&.1 é\0\n'), maxLength: 12 });
    fc.assert(
      fc.property(part, part, part, (user, host, rest) => {
        const text = `postgres://${user}:hunter2@${host}/${rest}`;
        try {
          assert.ok(parseDatabaseUrl(text).hosts.length > 0);
        } catch (error) {
          assert.ok(error instanceof OperatorError);
          assert.ok(!error.message.includes('hunter2'));
        }
      }),
    );
  });
});
