import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ServiceError } from '../errors.ts';
import { readAuthorization } from './authorization.ts';

const CREDENTIAL = 'AKIDEXAMPLE/20150830/us-east-1/kms/aws4_request';
const SIGNATURE = 'a'.repeat(64);
const AUTHORIZATION = `AWS4-HMAC-SHA256 Credential=${CREDENTIAL}, SignedHeaders=host;x-amz-date, Signature=${SIGNATURE}`;
const DATE = '20150830T123600Z';
const DATED = ['Host', 'h', 'X-Amz-Date', DATE];

const QUERY = {
  'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
  'X-Amz-Credential': CREDENTIAL,
  'X-Amz-Date': DATE,
  'X-Amz-SignedHeaders': 'host',
  'X-Amz-Signature': SIGNATURE,
};

/** What the headers present. */
function readHeaders(rawHeaders: readonly string[], expectedServices = ['kms']) {
  const request = { method: 'POST', url: '/', rawHeaders, body: Buffer.alloc(0) };
  return readAuthorization(request, expectedServices);
}

/** What the query parameters present, on a request with a Host header only; those undefined are left out. */
function readQuery(parameters: Readonly<Record<string, string | undefined>>, more = '') {
  const pairs = Object.entries(parameters).filter(([, value]) => value !== undefined);
  const query = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value ?? '')}`).join('&');
  const request = {
    method: 'GET',
    url: `/?${query}${more}`,
    rawHeaders: ['Host', 'h'],
    body: Buffer.alloc(0),
  };
  return readAuthorization(request, ['kms']);
}

const authorizationWith = (credential: string) => AUTHORIZATION.replace(CREDENTIAL, credential);

const incomplete = (message: string) => ({ code: 'IncompleteSignatureException', status: 400, message });
const invalid = (message: string) => ({ code: 'InvalidSignatureException', status: 400, message });
const missing = { code: 'MissingAuthenticationTokenException', status: 400, message: '' };

describe('readAuthorization, header form', () => {
  it('reads who signed, for what and when', () => {
    assert.deepEqual(readHeaders([...DATED, 'Authorization', AUTHORIZATION]), {
      accessKeyId: 'AKIDEXAMPLE',
      sessionToken: undefined,
      region: 'us-east-1',
      service: 'kms',
      date: DATE,
      seconds: 1440938160,
      expires: undefined,
      form: 'header',
      credential: CREDENTIAL,
      signedHeaders: 'host;x-amz-date',
      signature: SIGNATURE,
    });
  });

  it('reads header names in any case', () => {
    const presented = readHeaders([
      'x-amz-date',
      DATE,
      'AUTHORIZATION',
      AUTHORIZATION,
      'X-AMZ-Security-Token',
      't',
    ]);
    assert.equal(presented.accessKeyId, 'AKIDEXAMPLE');
    assert.equal(presented.sessionToken, 't');
  });

  for (const authorization of [
    AUTHORIZATION.replaceAll(', ', ','),
    AUTHORIZATION.replaceAll(', ', ' ,   '),
    AUTHORIZATION.replace('AWS4-HMAC-SHA256 ', 'AWS4-HMAC-SHA256   '),
    `${AUTHORIZATION} , `,
    `${AUTHORIZATION}, Unknown=x, unknown`,
    `AWS4-HMAC-SHA256 Signature=${SIGNATURE}, SignedHeaders=host;x-amz-date, Credential=${CREDENTIAL}`,
  ]) {
    it(`reads '${authorization.replace(SIGNATURE, '…')}'`, () => {
      const { credential, signedHeaders, signature } = readHeaders([
        ...DATED,
        'Authorization',
        authorization,
      ]);
      assert.deepEqual([credential, signedHeaders, signature], [CREDENTIAL, 'host;x-amz-date', SIGNATURE]);
    });
  }

  it('accepts each of the expected services', () => {
    for (const service of ['kms', 'iam', 'sts']) {
      const authorization = authorizationWith(`AKIDEXAMPLE/20150830/us-east-1/${service}/aws4_request`);
      const presented = readHeaders([...DATED, 'Authorization', authorization], ['kms', 'iam', 'sts']);
      assert.equal(presented.service, service);
    }
  });

  it('takes the date from Date, an HTTP date or ISO 8601, where there is no X-Amz-Date', () => {
    for (const date of ['Sun, 30 Aug 2015 12:36:00 GMT', DATE]) {
      assert.equal(readHeaders(['Date', date, 'Authorization', AUTHORIZATION]).date, DATE);
    }
  });

  it('takes the date from X-Amz-Date where there are both', () => {
    const presented = readHeaders([
      ...DATED,
      'Date',
      'Mon, 31 Aug 2015 12:36:00 GMT',
      'Authorization',
      AUTHORIZATION,
    ]);
    assert.equal(presented.date, DATE);
  });
});

describe('readAuthorization, query form', () => {
  it('reads who signed, for what, when and for how long', () => {
    assert.deepEqual(readQuery({ ...QUERY, 'X-Amz-Expires': '3600', 'X-Amz-Security-Token': 'to/ken+=' }), {
      accessKeyId: 'AKIDEXAMPLE',
      sessionToken: 'to/ken+=',
      region: 'us-east-1',
      service: 'kms',
      date: DATE,
      seconds: 1440938160,
      expires: 3600,
      form: 'query',
      credential: CREDENTIAL,
      signedHeaders: 'host',
      signature: SIGNATURE,
    });
  });

  it('does without an expiry and a session token', () => {
    const { expires, sessionToken } = readQuery(QUERY);
    assert.deepEqual([expires, sessionToken], [undefined, undefined]);
  });

  it('accepts an expiry of up to a week', () => {
    for (const expires of ['0', '1', '604800']) {
      assert.equal(readQuery({ ...QUERY, 'X-Amz-Expires': expires }).expires, Number(expires));
    }
  });

  for (const expires of ['604801', '9999999', '-1', '1.5', '1e3', ' 1', 'week', '']) {
    it(`refuses the expiry '${expires}'`, () => {
      assert.throws(
        () => readQuery({ ...QUERY, 'X-Amz-Expires': expires }),
        incomplete(`X-Amz-Expires must be a number of seconds from 0 to 604800. Got '${expires}'.`),
      );
    });
  }
});

describe('readAuthorization refuses a request that is not signed:', () => {
  it('no Authorization header and no X-Amz-Algorithm', () => {
    assert.throws(() => readHeaders(DATED), missing);
    assert.throws(() => readQuery({ ...QUERY, 'X-Amz-Algorithm': undefined }), missing);
    assert.throws(() => readQuery({ 'not-X-Amz-Algorithm': 'AWS4-HMAC-SHA256' }), missing);
  });

  for (const authorization of ['', 'Basic dXNlcjpwYXNzd29yZA==', 'Bearer token', 'AWS AKID:signature']) {
    it(`Authorization '${authorization}', without repeating it`, () => {
      assert.throws(() => readHeaders([...DATED, 'Authorization', authorization]), missing);
    });
  }
});

describe('readAuthorization refuses an incomplete signature:', () => {
  const parameters = [
    ['Credential', CREDENTIAL],
    ['Signature', SIGNATURE],
    ['SignedHeaders', 'host'],
  ] as const;

  it('names what is missing from the header, and nothing else', () => {
    const present = fc.record({
      Credential: fc.boolean(),
      Signature: fc.boolean(),
      SignedHeaders: fc.boolean(),
      date: fc.boolean(),
    });
    fc.assert(
      fc.property(present, (has) => {
        const given = parameters.filter(([name]) => has[name]).map(([name, value]) => `${name}=${value}`);
        const authorization = `AWS4-HMAC-SHA256 ${given.join(', ')}`;
        const rawHeaders = ['Authorization', authorization, ...(has.date ? ['X-Amz-Date', DATE] : [])];
        const sentences = parameters
          .filter(([name]) => !has[name])
          .map(([name]) => `Authorization header requires '${name}' parameter. `);
        if (!has.date) {
          sentences.push(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
          );
        }
        if (sentences.length === 0) return assert.doesNotThrow(() => readHeaders(rawHeaders));
        const message = `${sentences.join('')}Authorization=${authorization}`;
        assert.throws(() => readHeaders(rawHeaders), incomplete(message));
      }),
    );
  });

  it('all at once, exactly as AWS words it', () => {
    assert.throws(
      () => readHeaders(['Authorization', 'AWS4-HMAC-SHA256']),
      incomplete(
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256",
      ),
    );
  });

  it('counts an empty parameter as missing', () => {
    const authorization = `AWS4-HMAC-SHA256 Credential=, SignedHeaders=host, Signature=${SIGNATURE}`;
    assert.throws(
      () => readHeaders([...DATED, 'Authorization', authorization]),
      incomplete(`Authorization header requires 'Credential' parameter. Authorization=${authorization}`),
    );
  });

  for (const name of ['X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date']) {
    it(`a query without ${name}, or with an empty one`, () => {
      const message = `AWS query-string parameters must include '${name}'. Re-examine the query-string parameters.`;
      assert.throws(() => readQuery({ ...QUERY, [name]: undefined }), incomplete(message));
      assert.throws(() => readQuery({ ...QUERY, [name]: '' }), incomplete(message));
    });
  }

  it('an algorithm other than AWS4-HMAC-SHA256', () => {
    const message = "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256' (only AWS4-HMAC-SHA256 for now). ";
    const authorization = AUTHORIZATION.replace('HMAC', 'ECDSA-P256');
    assert.throws(() => readHeaders([...DATED, 'Authorization', authorization]), incomplete(message));
    assert.throws(
      () => readQuery({ ...QUERY, 'X-Amz-Algorithm': 'AWS4-ECDSA-P256-SHA256' }),
      incomplete(message),
    );
  });

  for (const credential of [
    'AKIDEXAMPLE',
    'AKIDEXAMPLE/20150830/us-east-1/kms',
    'AKID/EXAMPLE/20150830/us-east-1/kms/aws4_request',
    `${CREDENTIAL}/`,
    '////////',
  ]) {
    it(`a credential '${credential}' that is not of five parts`, () => {
      const message = `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`;
      assert.throws(
        () => readHeaders([...DATED, 'Authorization', authorizationWith(credential)]),
        incomplete(message),
      );
      assert.throws(() => readQuery({ ...QUERY, 'X-Amz-Credential': credential }), incomplete(message));
    });
  }

  it('a date that is none', () => {
    const message = (date: string) =>
      `Date must be in ISO-8601 'basic format'. Got '${date}'. See http://en.wikipedia.org/wiki/ISO_8601`;
    const httpDate = 'Sun, 30 Aug 2015 12:36:00 GMT';
    for (const [name, date] of [
      ['X-Amz-Date', '20150830'],
      ['X-Amz-Date', httpDate],
      ['Date', 'today'],
    ] as const) {
      assert.throws(
        () => readHeaders([name, date, 'Authorization', AUTHORIZATION]),
        incomplete(message(date)),
      );
    }
    assert.throws(() => readQuery({ ...QUERY, 'X-Amz-Date': httpDate }), incomplete(message(httpDate)));
  });

  it('a header or parameter that decides the authentication and is there twice', () => {
    const signed = [...DATED, 'Authorization', AUTHORIZATION, 'X-Amz-Security-Token', 't', 'Date', DATE];
    for (const name of ['Authorization', 'X-Amz-Date', 'Date', 'X-Amz-Security-Token']) {
      assert.throws(
        () => readHeaders([...signed, name.toLowerCase(), 'x']),
        incomplete(`Found more than one '${name}'; send it once.`),
      );
    }
    for (const name of ['Credential', 'SignedHeaders', 'Signature']) {
      assert.throws(
        () => readHeaders([...DATED, 'Authorization', `${AUTHORIZATION}, ${name}=x`]),
        incomplete(`Found more than one '${name}'; send it once.`),
      );
    }
    for (const name of [...Object.keys(QUERY), 'X-Amz-Expires', 'X-Amz-Security-Token']) {
      assert.throws(
        () => readQuery({ ...QUERY, 'X-Amz-Expires': '1', 'X-Amz-Security-Token': 't' }, `&${name}=x`),
        incomplete(`Found more than one '${name}'; send it once.`),
      );
    }
  });

  it('an Authorization header or a request target of absurd length', () => {
    const authorization = AUTHORIZATION.padEnd(8193, 'a');
    assert.throws(
      () => readHeaders([...DATED, 'Authorization', authorization]),
      incomplete('The Authorization header is longer than 8192 characters; shorten it.'),
    );
    assert.throws(
      () => readQuery({ ...QUERY, a: 'a'.repeat(16_384) }),
      incomplete('The request target is longer than 16384 characters; shorten it.'),
    );
  });
});

describe('readAuthorization refuses a signature out of scope:', () => {
  const readScoped = (scope: string, expectedServices?: string[]) =>
    readHeaders([...DATED, 'Authorization', authorizationWith(`AKIDEXAMPLE/${scope}`)], expectedServices);

  for (const region of ['', 'US-EAST-1', 'us_east_1', '-us', 'us-', 'us east', 'a'.repeat(64), 'ü', '.']) {
    it(`Region '${region}'`, () => {
      assert.throws(
        () => readScoped(`20150830/${region}/kms/aws4_request`),
        invalid(`Credential should be scoped to a valid Region, not '${region}'. `),
      );
    });
  }

  for (const region of ['us-gov-west-1', 'eusc-de-east-1', 'local', 'x', '1', 'a'.repeat(63)]) {
    it(`but accepts Region '${region}'`, () => {
      assert.equal(readScoped(`20150830/${region}/kms/aws4_request`).region, region);
    });
  }

  it('another service', () => {
    assert.throws(
      () => readScoped('20150830/us-east-1/s3/aws4_request'),
      invalid("Credential should be scoped to correct service: 'kms'. "),
    );
    assert.throws(
      () => readScoped('20150830/us-east-1/KMS/aws4_request', ['iam', 'sts']),
      invalid("Credential should be scoped to correct service: 'iam', 'sts'. "),
    );
  });

  it('another terminator', () => {
    assert.throws(
      () => readScoped('20150830/us-east-1/kms/aws5_request'),
      invalid("Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. "),
    );
  });

  it('another day than that of the request', () => {
    const message = (day: string) =>
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${day}' != '20150830', from '20150830T123600Z'.`;
    for (const day of ['20150829', '2015083', '20150830T', '']) {
      assert.throws(() => readScoped(`${day}/us-east-1/kms/aws4_request`), invalid(message(day)));
    }
    assert.throws(
      () => readQuery({ ...QUERY, 'X-Amz-Credential': CREDENTIAL.replace('0830', '0831') }),
      invalid(message('20150831')),
    );
  });

  it('all of these at once', () => {
    assert.throws(
      () => readScoped('b/C/d/e'),
      invalid(
        "Credential should be scoped to a valid Region, not 'C'. Credential should be scoped to correct service: 'kms'. Credential should be scoped with a valid terminator: 'aws4_request', not 'e'. Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: 'b' != '20150830', from '20150830T123600Z'.",
      ),
    );
  });

  it('signed in both forms', () => {
    const url = '/?X-Amz-Algorithm=AWS4-HMAC-SHA256';
    const complete = `${url}&X-Amz-Credential=${CREDENTIAL}&X-Amz-Date=${DATE}&X-Amz-SignedHeaders=host&X-Amz-Signature=s`;
    const rawHeaders = [...DATED, 'Authorization', AUTHORIZATION];
    assert.throws(
      () => readAuthorization({ method: 'GET', url: complete, rawHeaders, body: Buffer.alloc(0) }, ['kms']),
      invalid("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."),
    );
  });
});

describe('readAuthorization of anything whatever', () => {
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 300 }));

  /** Reading either succeeds or refuses; nothing else may come out of it. */
  function readsOrRefuses(url: string, rawHeaders: readonly string[]): void {
    try {
      const presented = readAuthorization({ method: 'POST', url, rawHeaders, body: Buffer.alloc(0) }, [
        'kms',
      ]);
      assert.equal(presented.service, 'kms');
    } catch (error) {
      assert.ok(error instanceof ServiceError && error.status === 400, String(error));
    }
  }

  it('presents or refuses any target and headers', () => {
    const name = fc.oneof(
      fc.constantFrom('authorization', 'x-amz-date', 'date', 'x-amz-security-token'),
      text,
    );
    fc.assert(
      fc.property(text, fc.array(fc.tuple(name, text)), fc.boolean(), (url, headers, odd) => {
        readsOrRefuses(url, odd ? headers.flat().slice(1) : headers.flat());
      }),
    );
  });

  it('presents or refuses a signature of which a part was cut out and another put in', () => {
    const query = `/?${new URLSearchParams(QUERY)}`;
    const cut = fc.tuple(fc.nat(300), fc.nat(40), text);
    fc.assert(
      fc.property(cut, ([at, length, put]) => {
        const splice = (whole: string) => whole.slice(0, at) + put + whole.slice(at + length);
        readsOrRefuses('/', [...DATED, 'Authorization', splice(AUTHORIZATION)]);
        readsOrRefuses(splice(query), ['Host', 'h']);
      }),
      { numRuns: 500 },
    );
  });

  it('comes to an end on long input made to be slow', () => {
    for (const unit of [
      ',',
      ' ',
      '=',
      '/',
      ';',
      '%',
      '&',
      'Credential=',
      'Signature=,',
      'X-Amz-Algorithm',
      '%2',
    ]) {
      const long = unit.repeat(8000 / unit.length);
      readsOrRefuses('/', [...DATED, 'Authorization', `AWS4-HMAC-SHA256 ${long}`]);
      readsOrRefuses('/', [...DATED, 'Authorization', authorizationWith(long)]);
      readsOrRefuses(`/?X-Amz-Algorithm=${long}`, ['Host', 'h']);
      readsOrRefuses('/', ['Date', long, 'Authorization', AUTHORIZATION]);
    }
  });
});
