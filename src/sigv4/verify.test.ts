import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, beforeEach, describe, it, type Mock, mock } from 'node:test';
import { readAuthorization } from './authorization.ts';
import type { SignedRequest } from './canonical.ts';
import { EXAMPLE, naiveSign, type Signing } from './naive-signer.ts';
import { SigningKey } from './signing-key.ts';
import { SignatureVerifier } from './verify.ts';

const BODY = '{"KeyId":"alias/example"}';
const SIGNING = {
  headers: [
    ['Host', 'kms.us-east-1.example.com:8600'],
    ['Content-Type', 'application/x-amz-json-1.1'],
    ['X-Amz-Date', EXAMPLE.date],
    ['X-Amz-Target', 'TrentService.DescribeKey'],
    ['X-Amz-Content-Sha256', crypto.hash('sha256', BODY)],
  ],
  body: BODY,
} satisfies Signing;

const MISMATCH = {
  code: 'InvalidSignatureException',
  status: 400,
  message:
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
};
const invalid = (message: string | RegExp) => ({ code: 'InvalidSignatureException', message });

/** Reads and verifies, as the pipeline does, with the example's secret at the example's time. */
function authenticate(
  request: SignedRequest,
  overrides: { verifier?: SignatureVerifier; secretAccessKey?: string; now?: number } = {},
): void {
  const {
    verifier = new SignatureVerifier(),
    secretAccessKey = EXAMPLE.secretAccessKey,
    now = EXAMPLE.now,
  } = overrides;
  verifier.verify(request, readAuthorization(request, ['kms']), secretAccessKey, now);
}

/** The request with the value of one header changed on the way. */
function withHeader(request: SignedRequest, name: string, change: (value: string) => string): SignedRequest {
  const rawHeaders = request.rawHeaders.map((text, index, all) =>
    index % 2 === 1 && all[index - 1] === name ? change(text) : text,
  );
  assert.notDeepEqual(rawHeaders, request.rawHeaders, `${name} was not changed`);
  return { ...request, rawHeaders };
}

describe('SignatureVerifier accepts', () => {
  it('a request as it was signed', () => authenticate(naiveSign(SIGNING)));

  it('headers in any order and in any case', () => {
    const signed = naiveSign(SIGNING);
    const pairs = signed.rawHeaders.flatMap((text, index, all) =>
      index % 2 === 0 ? [[text.toUpperCase(), all[index + 1] ?? '']] : [],
    );
    authenticate({ ...signed, rawHeaders: pairs.reverse().flat() });
  });

  it('a request without x-amz-content-sha256, whose body is signed all the same', () => {
    const signed = naiveSign({ ...SIGNING, headers: SIGNING.headers.slice(0, 4) });
    authenticate(signed);
    assert.throws(() => authenticate({ ...signed, body: Buffer.from('{}') }), MISMATCH);
  });

  it('a request dated by a Date header', () => {
    authenticate(
      naiveSign({
        headers: [
          ['Host', 'h'],
          ['Date', 'Sun, 30 Aug 2015 12:36:00 GMT'],
        ],
        signedHeaders: ['host'],
      }),
    );
  });

  it('unsigned headers besides x-amz-*, such as proxies add', () => {
    const signed = naiveSign(SIGNING);
    authenticate({ ...signed, rawHeaders: [...signed.rawHeaders, 'X-Forwarded-For', '203.0.113.7'] });
  });

  it('repeated signed headers in their order only', () => {
    const signed = naiveSign({
      ...SIGNING,
      headers: [...SIGNING.headers, ['My-Header', 'b'], ['My-Header', 'a']],
    });
    authenticate(signed);
    const swapped = withHeader(signed, 'My-Header', (value) => (value === 'a' ? 'b' : 'a'));
    assert.throws(() => authenticate(swapped), MISMATCH);
  });
});

describe('SignatureVerifier refuses', () => {
  const signed = naiveSign(SIGNING);

  it('another secret', () => {
    assert.throws(() => authenticate(signed, { secretAccessKey: `${EXAMPLE.secretAccessKey}x` }), MISMATCH);
  });

  it('an altered body', () => {
    const body = Buffer.from(BODY.replace('example', 'sample'));
    assert.throws(
      () => authenticate({ ...signed, body }),
      invalid("The provided 'x-amz-content-sha256' header does not match what was computed."),
    );
  });

  it('an altered body whose x-amz-content-sha256 was altered with it', () => {
    const altered = withHeader(signed, 'X-Amz-Content-Sha256', () => crypto.hash('sha256', '{}'));
    assert.throws(() => authenticate({ ...altered, body: Buffer.from('{}') }), MISMATCH);
  });

  it('an altered signed header', () => {
    const altered = withHeader(signed, 'X-Amz-Target', () => 'TrentService.ScheduleKeyDeletion');
    assert.throws(() => authenticate(altered), MISMATCH);
  });

  it('another host or port', () => {
    for (const host of [
      'kms.us-east-1.example.com',
      'kms.us-east-1.example.com:8601',
      'evil.example.com:8600',
    ]) {
      assert.throws(() => authenticate(withHeader(signed, 'Host', () => host)), MISMATCH);
    }
  });

  it('another method, path or query', () => {
    assert.throws(() => authenticate({ ...signed, method: 'GET' }), MISMATCH);
    assert.throws(() => authenticate({ ...signed, url: '/x' }), MISMATCH);
    assert.throws(() => authenticate({ ...signed, url: '/?Action=DeleteUser' }), MISMATCH);
  });

  it('an unsigned host', () => {
    const unsigned = naiveSign({
      ...SIGNING,
      signedHeaders: ['content-type', 'x-amz-content-sha256', 'x-amz-date', 'x-amz-target'],
    });
    assert.throws(
      () => authenticate(unsigned),
      invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."),
    );
  });

  it('an x-amz-* header that is not signed, or was put in on the way', () => {
    const unsigned = naiveSign({ ...SIGNING, signedHeaders: ['host', 'x-amz-content-sha256', 'x-amz-date'] });
    assert.throws(
      () => authenticate(unsigned),
      invalid("'x-amz-target' must be a 'SignedHeader' in the AWS Authorization."),
    );
    const rawHeaders = [...signed.rawHeaders, 'X-Amz-Security-Token', 'stolen'];
    assert.throws(
      () => authenticate({ ...signed, rawHeaders }),
      invalid("'x-amz-security-token' must be a 'SignedHeader' in the AWS Authorization."),
    );
  });

  it('a signed header that was put in a second time on the way', () => {
    const rawHeaders = [...signed.rawHeaders, 'X-Amz-Target', 'TrentService.ScheduleKeyDeletion'];
    assert.throws(() => authenticate({ ...signed, rawHeaders }), MISMATCH);
  });

  it('a signed header that was taken out on the way', () => {
    const at = signed.rawHeaders.indexOf('X-Amz-Target');
    assert.throws(
      () => authenticate({ ...signed, rawHeaders: signed.rawHeaders.toSpliced(at, 2) }),
      invalid("The signed header 'x-amz-target' is not in the request; send it, or sign without it."),
    );
  });

  it('signed headers listed twice or out of order, even where signed so', () => {
    for (const signedHeaders of [
      ['host', 'host', 'x-amz-date'],
      ['x-amz-date', 'host'],
    ]) {
      const headers = SIGNING.headers.filter(([name]) => name === 'Host' || name === 'X-Amz-Date');
      assert.throws(
        () => authenticate(naiveSign({ headers, signedHeaders })),
        invalid(/^SignedHeaders must name each header once, in lower case and in alphabetical order/),
      );
    }
  });

  it('an unsigned payload, even where signed so', () => {
    const headers = SIGNING.headers.map(([name, value]) =>
      name === 'X-Amz-Content-Sha256' ? ([name, 'UNSIGNED-PAYLOAD'] as const) : ([name, value] as const),
    );
    assert.throws(
      () => authenticate(naiveSign({ ...SIGNING, headers })),
      invalid(/^The body must be signed: .* not 'UNSIGNED-PAYLOAD'\.$/),
    );
  });

  it('a replay in another Region', () => {
    const replayed = withHeader(signed, 'Authorization', (value) => value.replace('us-east-1', 'eu-west-1'));
    assert.throws(() => authenticate(replayed), MISMATCH);
  });

  it('a replay at another service', () => {
    const ofAnother = naiveSign({ ...SIGNING, scope: '20150830/us-east-1/s3/aws4_request' });
    assert.throws(
      () => authenticate(ofAnother),
      invalid("Credential should be scoped to correct service: 'kms'. "),
    );
    const rescoped = withHeader(ofAnother, 'Authorization', (value) => value.replace('/s3/', '/kms/'));
    assert.throws(() => authenticate(rescoped), MISMATCH);
  });

  it('a replay at another time, its date altered', () => {
    const redated = withHeader(signed, 'X-Amz-Date', () => '20150830T123700Z');
    assert.throws(() => authenticate(redated), MISMATCH);
  });

  for (const signature of ['', 'x', '0'.repeat(64), '0'.repeat(63), '0'.repeat(65), 'é'.repeat(64)]) {
    it(`the signature '${signature}'`, () => {
      const altered = withHeader(signed, 'Authorization', (value) =>
        value.replace(/Signature=.*/, `Signature=${signature}, `),
      );
      assert.throws(() => authenticate(altered), signature === '' ? /requires 'Signature'/ : MISMATCH);
    });
  }

  it('the right signature in upper case or with more behind it', () => {
    for (const change of [
      (signature: string) => signature.toUpperCase(),
      (signature: string) => `${signature}0`,
      (signature: string) => signature.slice(0, -1),
    ]) {
      const altered = withHeader(signed, 'Authorization', (value) =>
        value.replace(/(?<=Signature=).*/, (signature) => change(signature)),
      );
      assert.throws(() => authenticate(altered), MISMATCH);
    }
  });
});

describe('SignatureVerifier holds signatures to the clock', () => {
  const signed = naiveSign(SIGNING);
  const seconds = (count: number) => EXAMPLE.now + count * 1000;

  it('to five minutes either way, in whole seconds', () => {
    for (const offset of [-300, 0, 300, 300.999]) authenticate(signed, { now: seconds(offset) });
  });

  it('refuses an older signature', () => {
    assert.throws(
      () => authenticate(signed, { now: seconds(301) }),
      invalid(
        'Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)',
      ),
    );
  });

  it('refuses a signature from the future', () => {
    assert.throws(
      () => authenticate(signed, { now: seconds(-301) }),
      invalid(
        'Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)',
      ),
    );
  });

  it('speaks of the clock before it speaks of the signature', () => {
    const wrong = { ...signed, method: 'GET' };
    assert.throws(() => authenticate(wrong, { now: seconds(301) }), invalid(/^Signature expired/));
  });

  describe('and a query-string signature to its own expiry', () => {
    const verifier = new SignatureVerifier();
    const presentedUntil = (expires: number | undefined) => ({
      ...readAuthorization(signed, ['kms']),
      expires,
    });
    const verifyAt = (expires: number | undefined, offset: number) =>
      verifier.verify(signed, presentedUntil(expires), EXAMPLE.secretAccessKey, seconds(offset));

    it('as long as it says, up to a week', () => {
      for (const expires of [0, 60, 3600, 604_800]) {
        verifyAt(expires, expires);
        assert.throws(() => verifyAt(expires, expires + 1), invalid(/^Signature expired/));
      }
    });

    it('says how long that was', () => {
      assert.throws(() => verifyAt(3600, 3601), invalid(/\(20150830T133601Z - 60 min\.\)$/));
      assert.throws(() => verifyAt(90, 91), invalid(/\(20150830T123731Z - 90 sec\.\)$/));
    });

    it('for five minutes where it says nothing', () => {
      verifyAt(undefined, 300);
      assert.throws(() => verifyAt(undefined, 301), invalid(/^Signature expired/));
    });

    it('from five minutes before its date', () => {
      verifyAt(604_800, -300);
      assert.throws(() => verifyAt(604_800, -301), invalid(/^Signature not yet current/));
    });
  });
});

describe('SignatureVerifier keeps signing keys', () => {
  let createHmac: Mock<typeof crypto.createHmac>;
  let hash: Mock<typeof crypto.hash>;

  beforeEach(() => {
    createHmac = mock.method(crypto, 'createHmac');
    hash = mock.method(crypto, 'hash');
    syncBuiltinESMExports();
  });
  afterEach(() => {
    mock.restoreAll();
    syncBuiltinESMExports();
  });

  /** How many keys were derived while `run` ran; a derivation is four HMACs. */
  function derivations(run: () => void): number {
    const before = createHmac.mock.callCount();
    run();
    return (createHmac.mock.callCount() - before) / 4;
  }

  const scopedTo = (region: string, more: Partial<Signing> = {}) =>
    naiveSign({ ...SIGNING, ...more, scope: `20150830/${region}/kms/aws4_request` });

  it('so that a credential that passed costs four one-shot hashes and no HMAC object', () => {
    const verifier = new SignatureVerifier();
    const signed = scopedTo('us-east-1');
    assert.equal(
      derivations(() => authenticate(signed, { verifier })),
      1,
    );
    hash.mock.resetCalls();
    assert.equal(
      derivations(() => authenticate(signed, { verifier })),
      0,
    );
    assert.equal(hash.mock.callCount(), 4);
  });

  it('one for each Region', () => {
    const verifier = new SignatureVerifier();
    const [east, west] = [scopedTo('us-east-1'), scopedTo('us-west-1')];
    const both = () => [east, west].map((request) => authenticate(request, { verifier }));
    assert.equal(derivations(both), 2);
    assert.equal(derivations(both), 0);
  });

  it('but never uses the key of a secret that was changed', () => {
    const verifier = new SignatureVerifier();
    const secretAccessKey = 'changed';
    const [old, changed] = [scopedTo('us-east-1'), scopedTo('us-east-1', { secretAccessKey })];
    authenticate(old, { verifier });
    assert.throws(() => authenticate(old, { verifier, secretAccessKey }), MISMATCH);
    authenticate(changed, { verifier, secretAccessKey });
    assert.throws(() => authenticate(old, { verifier, secretAccessKey }), MISMATCH);
    assert.equal(
      derivations(() => authenticate(changed, { verifier, secretAccessKey })),
      0,
    );
    assert.throws(() => authenticate(changed, { verifier }), MISMATCH);
  });

  it('only of requests that passed, so that a stranger cannot push others out', () => {
    const verifier = new SignatureVerifier({ cacheSize: 1 });
    const signed = scopedTo('us-east-1');
    authenticate(signed, { verifier });
    const forged = scopedTo('us-west-1', { secretAccessKey: 'guessed' });
    assert.throws(() => authenticate(forged, { verifier }), MISMATCH);
    assert.equal(
      derivations(() => authenticate(signed, { verifier })),
      0,
    );
  });

  it('no more than it was told to', () => {
    const verifier = new SignatureVerifier({ cacheSize: 1 });
    const [east, west] = [scopedTo('us-east-1'), scopedTo('us-west-1')];
    authenticate(east, { verifier });
    authenticate(west, { verifier });
    assert.equal(
      derivations(() => authenticate(east, { verifier })),
      1,
    );
  });

  it('and wipes each that it does not keep', () => {
    const wipe = mock.method(SigningKey.prototype, 'wipe');
    const wiped = (run: () => void) => {
      wipe.mock.resetCalls();
      run();
      return wipe.mock.callCount();
    };
    const verifier = new SignatureVerifier({ cacheSize: 1 });
    const [east, west] = [scopedTo('us-east-1'), scopedTo('us-west-1')];
    const forged = scopedTo('us-east-1', { secretAccessKey: 'guessed' });
    const changed = scopedTo('us-west-1', { secretAccessKey: 'changed' });
    assert.equal(
      wiped(() => assert.throws(() => authenticate(forged, { verifier }), MISMATCH)),
      1,
      'forged',
    );
    assert.equal(
      wiped(() => authenticate(east, { verifier })),
      0,
      'kept',
    );
    assert.equal(
      wiped(() => authenticate(west, { verifier })),
      1,
      'evicted',
    );
    assert.equal(
      wiped(() => authenticate(changed, { verifier, secretAccessKey: 'changed' })),
      1,
      'replaced',
    );
  });

  it('and goes on to check what each request signed', () => {
    const verifier = new SignatureVerifier();
    authenticate(scopedTo('us-east-1'), { verifier });
    const fewer = scopedTo('us-east-1', { headers: SIGNING.headers.slice(0, 4) });
    authenticate(fewer, { verifier });
    const unsigned = { ...fewer, rawHeaders: [...fewer.rawHeaders, 'X-Amz-Content-Sha256', 'x'] };
    assert.throws(() => authenticate(unsigned, { verifier }), invalid(/'x-amz-content-sha256' must be/));
    authenticate(scopedTo('us-east-1'), { verifier });
  });
});
