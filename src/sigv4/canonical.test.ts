import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { canonicalRequest, readSignedHeaders, type SignedRequest } from './canonical.ts';

const EMPTY_SHA256 = hash('sha256', '');

/** The canonical request, as text, of a body-less POST of `rawHeaders` of which `signedHeaders` are signed. */
function canonicalOf(
  signedHeaders: string,
  rawHeaders: readonly string[],
  overrides?: Partial<SignedRequest>,
) {
  const request = { method: 'POST', url: '/', rawHeaders, body: Buffer.alloc(0), ...overrides };
  return canonicalRequest(request, 'header', readSignedHeaders(signedHeaders), EMPTY_SHA256);
}

describe('canonicalRequest', () => {
  it('is method, path, query, headers, names and body hash, each on its line', () => {
    assert.equal(
      canonicalOf('content-type;host', ['Host', 'kms.example.com', 'Content-Type', 'text/plain'], {
        method: 'GET',
        url: '/a/../b?y=2&x=1',
      }),
      `GET\n/b\nx=1&y=2\ncontent-type:text/plain\nhost:kms.example.com\n\ncontent-type;host\n${EMPTY_SHA256}`,
    );
  });

  it('takes the Host header as it was sent, with or without a port', () => {
    for (const host of ['localhost', 'localhost:8600', 'KMS.Example.com', '[::1]:8600']) {
      assert.match(
        String(canonicalOf('host', ['host', host])),
        new RegExp(`\nhost:${RegExp.escape(host)}\n`),
      );
    }
  });

  it('does not depend on the order in which different headers arrive', () => {
    assert.equal(
      canonicalOf('a;host;z', ['Z', '1', 'Host', 'h', 'A', '2']),
      canonicalOf('a;host;z', ['A', '2', 'Z', '1', 'Host', 'h']),
    );
  });

  it('joins lines of the same header by commas in the order of their arrival', () => {
    assert.match(String(canonicalOf('a;host', ['A', '2', 'host', 'h', 'a', '1', 'A', '2'])), /\na:2,1,2\n/);
  });

  it('trims values and makes runs of blanks one space', () => {
    const canonical = String(
      canonicalOf('a;b;c;host', ['host', 'h', 'a', '  x  y\t\tz ', 'b', '', 'c', ' \t ']),
    );
    assert.match(canonical, /\na:x y z\nb:\nc:\nhost:h\n/);
  });

  it('trims each line before it joins them', () => {
    assert.match(String(canonicalOf('a;host', ['host', 'h', 'a', ' 1 ', 'a', ' 2 '])), /\na:1,2\n/);
  });

  it('keeps the bytes of a value beyond ASCII', () => {
    // U+00E0 ends in the byte A0, which as a character of its own would be a no-break space.
    const bytes = Buffer.from('voilà', 'utf8');
    const canonical = canonicalOf('a;host', ['host', 'h', 'a', bytes.toString('latin1')]);
    assert.ok(Buffer.isBuffer(canonical));
    assert.ok(canonical.includes(Buffer.concat([Buffer.from('\na:'), bytes, Buffer.from('\n')])));
  });

  it('leaves headers out that are not signed', () => {
    assert.doesNotMatch(String(canonicalOf('host', ['host', 'h', 'User-Agent', 'curl'])), /curl/);
  });

  it('leaves X-Amz-Signature out of the query of a query-string signature only', () => {
    const request = {
      method: 'GET',
      url: '/?X-Amz-Signature=s&a=1',
      rawHeaders: ['host', 'h'],
      body: Buffer.alloc(0),
    };
    const signedHeaders = readSignedHeaders('host');
    assert.match(String(canonicalRequest(request, 'query', signedHeaders, EMPTY_SHA256)), /\na=1\n/);
    assert.match(
      String(canonicalRequest(request, 'header', signedHeaders, EMPTY_SHA256)),
      /\nX-Amz-Signature=s&a=1\n/,
    );
  });

  for (const name of ['X-Amz-Target', 'x-amz-security-token', 'x-amz-']) {
    it(`refuses an unsigned '${name}'`, () => {
      assert.throws(() => canonicalOf('host', ['host', 'h', name, 'v']), {
        code: 'InvalidSignatureException',
        message: `'${name.toLowerCase()}' must be a 'SignedHeader' in the AWS Authorization.`,
      });
    });
  }

  it('does not ask for x-amzn-trace-id to be signed, which load balancers add', () => {
    assert.doesNotThrow(() => canonicalOf('host', ['host', 'h', 'X-Amzn-Trace-Id', 'Root=1']));
  });

  it('refuses a signed header that did not arrive', () => {
    assert.throws(() => canonicalOf('a;host', ['host', 'h']), {
      code: 'InvalidSignatureException',
      message: "The signed header 'a' is not in the request; send it, or sign without it.",
    });
  });

  it('accepts an x-amz-content-sha256 that is the hash of the body', () => {
    const rawHeaders = ['host', 'h', 'x-amz-content-sha256', EMPTY_SHA256];
    assert.doesNotThrow(() => canonicalOf('host;x-amz-content-sha256', rawHeaders));
  });

  for (const value of [hash('sha256', 'other'), EMPTY_SHA256.toUpperCase()]) {
    it(`refuses the x-amz-content-sha256 ${value.slice(0, 8)}…, which is not the hash of the body`, () => {
      const rawHeaders = ['host', 'h', 'x-amz-content-sha256', value];
      assert.throws(() => canonicalOf('host;x-amz-content-sha256', rawHeaders), {
        code: 'InvalidSignatureException',
        message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
      });
    });
  }

  for (const value of ['UNSIGNED-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', '']) {
    it(`refuses the x-amz-content-sha256 '${value}'`, () => {
      const rawHeaders = ['host', 'h', 'x-amz-content-sha256', value];
      assert.throws(() => canonicalOf('host;x-amz-content-sha256', rawHeaders), {
        code: 'InvalidSignatureException',
        message: `The body must be signed: 'x-amz-content-sha256' must be its SHA-256 in hexadecimal, not '${value}'.`,
      });
    });
  }
});

describe('readSignedHeaders', () => {
  it('reads the names', () => {
    assert.deepEqual(readSignedHeaders('content-type;host;x-amz-date').names, [
      'content-type',
      'host',
      'x-amz-date',
    ]);
  });

  for (const list of ['x-amz-date', 'hosts', 'content-type;x-host']) {
    it(`refuses '${list}', which lacks host`, () => {
      assert.throws(() => readSignedHeaders(list), {
        code: 'InvalidSignatureException',
        message: "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
      });
    });
  }

  for (const list of [
    'host;host',
    'host;a',
    'Host',
    'host;X-Amz-Date',
    ';host',
    'host;',
    'a;;host',
    'a;a;host',
  ]) {
    it(`refuses '${list}', which is not lower case, ascending and without repetition`, () => {
      assert.throws(() => readSignedHeaders(list), {
        code: 'InvalidSignatureException',
        message: `SignedHeaders must name each header once, in lower case and in alphabetical order. Got '${list}'.`,
      });
    });
  }

  it('refuses more names than any signer signs', () => {
    const list = Array.from({ length: 101 }, (_, index) => `h${1000 + index}`).join(';');
    assert.throws(() => readSignedHeaders(list), {
      code: 'InvalidSignatureException',
      message: 'SignedHeaders names more than 100 headers; sign fewer.',
    });
  });
});
