import assert from 'node:assert/strict';
import { createHmac, hash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SigningKey } from './signing-key.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const SCOPE = '20150830/us-east-1/iam/aws4_request';
/** The worked example of the AWS documentation: a signed ListUsers request. */
const CANONICAL_SHA256 = 'f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59';
const SIGNATURE = '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7';

describe('SigningKey', () => {
  it('makes the signature of the documented example', () => {
    assert.equal(new SigningKey(SECRET, SCOPE).sign('20150830T123600Z', CANONICAL_SHA256), SIGNATURE);
  });

  it('signs again and again, no signature touching the next', () => {
    const key = new SigningKey(SECRET, SCOPE);
    key.sign('20150830T235959Z', 'f'.repeat(64));
    assert.equal(key.sign('20150830T123600Z', CANONICAL_SHA256), SIGNATURE);
  });

  it('agrees with the HMAC chain of the specification for any secret and scope', () => {
    const part = fc.stringMatching(/^[a-z0-9-]{1,63}$/);
    const secrets = fc.string({ maxLength: 200, unit: 'grapheme' });
    fc.assert(
      fc.property(secrets, part, part, fc.string(), (secret, region, service, request) => {
        const scope = `20150830/${region}/${service}/aws4_request`;
        const canonicalSha256 = hash('sha256', request);
        const key = scope
          .split('/')
          .reduce<string | Buffer>((k, p) => createHmac('sha256', k).update(p).digest(), `AWS4${secret}`);
        const stringToSign = `AWS4-HMAC-SHA256\n20150830T123600Z\n${scope}\n${canonicalSha256}`;
        assert.equal(
          new SigningKey(secret, scope).sign('20150830T123600Z', canonicalSha256),
          createHmac('sha256', key).update(stringToSign).digest('hex'),
        );
      }),
    );
  });

  it('knows the secret that it was derived from', () => {
    const key = new SigningKey(SECRET, SCOPE);
    assert.equal(key.isDerivedFrom(SECRET), true);
    assert.equal(key.isDerivedFrom(`${SECRET}x`), false);
  });

  it('no longer signs as before once it is wiped', () => {
    const key = new SigningKey(SECRET, SCOPE);
    key.wipe();
    assert.notEqual(key.sign('20150830T123600Z', CANONICAL_SHA256), SIGNATURE);
  });
});
