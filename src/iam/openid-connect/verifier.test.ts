import assert from 'node:assert/strict';
import { createPublicKey, KeyObject } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { exportSPKI, generateKeyPair, importJWK } from 'jose';
import { ServiceError } from '../../errors.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { readIssuer, type WebIdentityProvider, WebIdentityVerifier } from './index.ts';
import { type Issuer, startIssuer } from './issuer.test-support.ts';

const AUDIENCE = 'sts.amazonaws.com';
const CLAIMS = { sub: 'alice', aud: AUDIENCE };

const clock = new ManualClock();
let issuer: Issuer;
let provider: WebIdentityProvider;
let verifier: WebIdentityVerifier;

const registered = (url: string): WebIdentityProvider => ({ url, clientIds: [AUDIENCE], thumbprints: [] });
const invalid = (message: string | RegExp) => ({ code: 'InvalidIdentityToken', status: 400, message });
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const NOT_A_JWT =
  'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)';

before(async () => {
  issuer = await startIssuer({ algorithm: 'RS256', clock });
  provider = registered(issuer.url);
  verifier = new WebIdentityVerifier({ clock });
});
after(() => issuer.close());

describe('a token of the provider', () => {
  it('is accepted, and says who its bearer is', async () => {
    const claims = await verifier.verify(provider, await issuer.sign({ ...CLAIMS, amr: ['pwd'] }));
    assert.equal(claims.subject, 'alice');
    assert.equal(claims.audience, AUDIENCE);
    assert.equal(claims.issuer, issuer.url);
    assert.deepEqual(claims.claims['amr'], ['pwd']);
    assert.equal(claims.expiration, (Math.floor(clock.now() / 1000) + 300) * 1000);
  });

  it('is accepted with each algorithm', async () => {
    const algorithms = [
      'RS256',
      'RS384',
      'RS512',
      'PS256',
      'PS384',
      'PS512',
      'ES256',
      'ES384',
      'ES512',
      'EdDSA',
    ];
    for (const algorithm of algorithms) {
      const other = await startIssuer({ algorithm, clock });
      try {
        const { subject } = await verifier.verify(registered(other.url), await other.sign(CLAIMS));
        assert.equal(subject, 'alice', algorithm);
      } finally {
        await other.close();
      }
    }
  });

  it('is accepted when it names no key and only one suits', async () => {
    await verifier.verify(provider, await issuer.sign(CLAIMS, { kid: undefined }));
  });

  it('is accepted from an issuer with a path, and with a trailing slash in its name', async () => {
    const other = await startIssuer({ path: '/realms/main', clock });
    try {
      other.documents.configuration['issuer'] = `${other.url}/`;
      const token = await other.sign({ ...CLAIMS, iss: `${other.url}/` });
      assert.equal(readIssuer(token), other.url);
      assert.equal((await verifier.verify(registered(other.url), token)).issuer, `${other.url}/`);
    } finally {
      await other.close();
    }
  });
});

describe('a signature', () => {
  it('must be there: alg none is refused', async () => {
    for (const alg of ['none', 'None', 'NONE']) {
      const token = `${encode({ alg, kid: 'key-1' })}.${encode({ ...CLAIMS, iss: issuer.url, exp: 9e9 })}.`;
      await assert.rejects(verifier.verify(provider, token), invalid(/algorithm "none" is not accepted/i));
    }
  });

  it('must not be a MAC by the public key', async () => {
    const [published] = issuer.documents.keys.keys;
    const publicKey = await importJWK(published ?? {}, 'RS256', { extractable: true });
    assert.ok(!(publicKey instanceof Uint8Array));
    const secrets = [
      await exportSPKI(publicKey),
      (await exportSPKI(publicKey)).trim(),
      KeyObject.from(publicKey).export({ type: 'spki', format: 'der' }),
      createPublicKey({ key: published ?? {}, format: 'jwk' }).export({ type: 'pkcs1', format: 'pem' }),
      JSON.stringify(published),
    ];
    for (const secret of secrets) {
      const token = await issuer.sign(CLAIMS, { alg: 'HS256', key: Buffer.from(secret) });
      await assert.rejects(verifier.verify(provider, token), invalid(/algorithm "HS256" is not accepted/));
    }
  });

  it('must be by the key that the token names', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const token = await issuer.sign(CLAIMS, { key: privateKey });
    await assert.rejects(verifier.verify(provider, token), invalid('The token signature is invalid.'));
  });

  it('must be by the algorithm that the key is for', async () => {
    const token = await issuer.sign(CLAIMS);
    const [, payload, signature] = token.split('.');
    for (const alg of ['RS384', 'PS256', 'ES256', 'EdDSA']) {
      const other = `${encode({ alg, kid: 'key-1' })}.${payload}.${signature}`;
      await assert.rejects(verifier.verify(provider, other), invalid(/publishes no key with id "key-1"/));
    }
  });

  it('covers the payload, the header and all of itself', async () => {
    const [header = '', payload = '', signature = ''] = (await issuer.sign(CLAIMS)).split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const tampered = [
      `${header}.${encode({ ...claims, sub: 'root' })}.${signature}`,
      `${encode({ alg: 'RS256', kid: 'key-1', typ: 'JWT' })}.${payload}.${signature}`,
      `${header}.${payload}.`,
      `${header}.${payload}.${signature.slice(0, -4)}`,
      `${header}.${payload}.${signature}AAAA`,
    ];
    for (const token of tampered) {
      await assert.rejects(verifier.verify(provider, token), invalid('The token signature is invalid.'));
    }
  });

  it('must not be by keys that the token brings along', async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
    const jwk = KeyObject.from(publicKey).export({ format: 'jwk' });
    const header = { jwk, jku: `${issuer.url}/elsewhere`, x5u: `${issuer.url}/elsewhere` };
    const token = await issuer.sign(CLAIMS, { header, key: privateKey });
    await assert.rejects(verifier.verify(provider, token), invalid('The token signature is invalid.'));
  });

  it('must not be over an unencoded payload', async () => {
    const header = encode({ alg: 'RS256', kid: 'key-1', b64: false, crit: ['b64'] });
    const token = `${header}.${encode({ ...CLAIMS, iss: issuer.url, exp: 9e9 })}.AAAA`;
    await assert.rejects(
      verifier.verify(provider, token),
      invalid("The token's header must not contain 'crit'."),
    );
  });

  it('must not be by an RSA key of less than 2048 bits', async () => {
    const { publicKey, privateKey } = await crypto.subtle.generateKey(
      {
        name: 'RSASSA-PKCS1-v1_5',
        hash: 'SHA-256',
        modulusLength: 1024,
        publicExponent: new Uint8Array([1, 0, 1]),
      },
      true,
      ['sign', 'verify'],
    );
    const other = await startIssuer({ clock });
    try {
      const published = KeyObject.from(publicKey).export({ format: 'jwk' });
      other.documents.keys.keys = [{ ...published, kid: 'short' }];
      const input = `${encode({ alg: 'RS256', kid: 'short' })}.${encode({ ...CLAIMS, iss: other.url, exp: 9e9 })}`;
      const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', privateKey, Buffer.from(input));
      const token = `${input}.${Buffer.from(signature).toString('base64url')}`;
      await assert.rejects(verifier.verify(registered(other.url), token), invalid(/2048 bits or more/));
    } finally {
      await other.close();
    }
  });

  it('is refused when several keys fit, or the key is private or malformed', async () => {
    const other = await startIssuer({ clock });
    try {
      const [published = {}] = other.documents.keys.keys;
      const { privateKey } = await generateKeyPair('ES256', { extractable: true });
      const secret = KeyObject.from(privateKey).export({ format: 'jwk' });
      const cases = [
        { keys: [published, published], message: /^Several of the identity provider's keys fit/ },
        { keys: [{ ...secret, kid: 'key-1' }], message: /key for this token cannot be used/ },
        { keys: [{ ...published, x: 'AAAA' }], message: /key for this token cannot be used/ },
        { keys: [{ ...published, use: 'enc' }], message: /publishes no key with id "key-1"/ },
        { keys: [], message: /publishes no key with id "key-1"/ },
      ];
      for (const { keys, message } of cases) {
        other.documents.keys.keys = keys;
        const own = new WebIdentityVerifier({ clock });
        await assert.rejects(own.verify(registered(other.url), await other.sign(CLAIMS)), invalid(message));
      }
    } finally {
      await other.close();
    }
  });
});

describe('a token for something else', () => {
  it('is refused when it is from another issuer', async () => {
    for (const iss of [
      'https://issuer.example.com',
      `${issuer.url}//`,
      `${issuer.url}/x`,
      issuer.url.toUpperCase(),
    ]) {
      const token = await issuer.sign({ ...CLAIMS, iss });
      await assert.rejects(verifier.verify(provider, token), invalid(/^The token's issuer must be "http:/));
    }
  });

  it('is refused without issuer, subject, audience or expiration', async () => {
    for (const claim of ['iss', 'sub', 'aud', 'exp']) {
      const token = await issuer.sign({ ...CLAIMS, [claim]: undefined });
      await assert.rejects(verifier.verify(provider, token), invalid(`Missing a required claim: ${claim}`));
    }
  });

  it('is refused when it is for another audience', async () => {
    const token = await issuer.sign({ ...CLAIMS, aud: 'stranger' });
    await assert.rejects(verifier.verify(provider, token), invalid('Incorrect token audience'));
  });

  it('is refused from the moment that it expires', async () => {
    const own = new ManualClock(1_700_000_000_000);
    const other = await startIssuer({ clock: own });
    try {
      const timed = new WebIdentityVerifier({ clock: own });
      const token = await other.sign(CLAIMS);
      own.advance(299_999);
      await timed.verify(registered(other.url), token);
      own.advance(1);
      await assert.rejects(timed.verify(registered(other.url), token), { code: 'ExpiredWebIdentityToken' });
    } finally {
      await other.close();
    }
  });

  it('is refused when it is from the future', async () => {
    const later = Math.floor(clock.now() / 1000) + 120;
    for (const claim of ['nbf', 'iat']) {
      const token = await issuer.sign({ ...CLAIMS, [claim]: later });
      await assert.rejects(verifier.verify(provider, token), invalid(/^Token not yet valid: /));
    }
  });
});

describe('what is not a token', () => {
  it('is refused by its length first', async () => {
    for (const token of ['', 'a.b', `${'a'.repeat(20_001)}`]) {
      const refusal = invalid('The token must have 4 to 20000 characters.');
      assert.throws(() => readIssuer(token), refusal);
      await assert.rejects(verifier.verify(provider, token), refusal);
    }
    const signed = await issuer.sign({ ...CLAIMS, padding: 'x'.repeat(14_000) });
    assert.ok(signed.length > 19_000 && signed.length <= 20_000);
    await verifier.verify(provider, signed);
  });

  it('is refused as malformed', async () => {
    const payload = encode({ ...CLAIMS, iss: issuer.url });
    const header = encode({ alg: 'RS256', kid: 'key-1' });
    const malformed = [
      'abcd',
      'a.b.c.d',
      '....',
      `${header}.${payload}`,
      `${header}.${payload}.c.d.e`,
      `${header}..AAAA`,
      `.${payload}.AAAA`,
      `${header}.${payload}. AAAA`,
      `${header}.${payload}.AAAA\n`,
      `${header}.${payload}.AAA=`,
      `${header}=.${payload}.AAAA`,
      `${header}.${encode([])}.AAAA`,
      `${header}.${encode(null)}.AAAA`,
      `${encode('text')}.${payload}.AAAA`,
      `${encode({ kid: 'key-1' })}.${payload}.AAAA`,
      `${encode({ alg: 7 })}.${payload}.AAAA`,
      `${encode({ alg: 'RS256', kid: 7 })}.${payload}.AAAA`,
      `${encode({ alg: 'RS256', kid: { toString: 'x' } })}.${payload}.AAAA`,
      `${header}.${Buffer.from('{"iss":"\xff"}', 'latin1').toString('base64url')}.AAAA`,
      `${header}.${Buffer.from('['.repeat(10_000)).toString('base64url')}.AAAA`,
    ];
    for (const token of malformed) {
      assert.throws(() => readIssuer(token), invalid(NOT_A_JWT), token.slice(0, 100));
      await assert.rejects(verifier.verify(provider, token), invalid(NOT_A_JWT), token.slice(0, 100));
    }
  });

  it('shows no more of the token than needed, and no control characters', async () => {
    const token = await issuer.sign(CLAIMS, { kid: `\u0000${'k'.repeat(500)}` });
    await assert.rejects(verifier.verify(provider, token), (error: ServiceError) => {
      assert.match(error.message, /with id "\\u0000k{99}…" for/);
      return error.code === 'InvalidIdentityToken';
    });
  });

  it('never causes anything but a refusal', async () => {
    const signed = await issuer.sign(CLAIMS);
    const [header = '', payload = '', signature = ''] = signed.split('.');
    const json = fc.json().map((text) => Buffer.from(text).toString('base64url'));
    const object = (base: object) =>
      fc
        .dictionary(
          fc.constantFrom(
            'alg',
            'kid',
            'crit',
            'b64',
            'iss',
            'aud',
            'azp',
            'exp',
            'nbf',
            'iat',
            'sub',
            '__proto__',
            'https://aws.amazon.com/tags',
          ),
          fc.jsonValue(),
        )
        .map((over) => encode({ ...base, ...over }));
    const part = (valid: string, base: object) =>
      fc.oneof(fc.constant(valid), json, object(base), fc.string());
    const claims = { ...CLAIMS, iss: issuer.url, exp: 9e9 };
    const tokens = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc
        .tuple(part(header, { alg: 'RS256', kid: 'key-1' }), part(payload, claims), part(signature, {}))
        .filter((parts) => parts.join('.') !== signed)
        .map((parts) => parts.join('.')),
      fc
        .tuple(fc.nat(signed.length - 2), fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }))
        .map(([at, text]) => signed.slice(0, at) + text + signed.slice(at + 1))
        .filter((token) => token !== signed),
    );
    await fc.assert(
      fc.asyncProperty(tokens, async (token) => {
        await assert.rejects(
          verifier.verify(provider, token),
          (error) => error instanceof ServiceError && error.code === 'InvalidIdentityToken',
        );
        try {
          assert.equal(typeof readIssuer(token), 'string');
        } catch (error) {
          assert.ok(error instanceof ServiceError && error.code === 'InvalidIdentityToken');
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('is accepted or refused, and nothing else, when its signed claims are senseless', async () => {
    const claims = fc.dictionary(
      fc.constantFrom('sub', 'aud', 'azp', 'exp', 'nbf', 'iat', 'https://aws.amazon.com/tags', 'email'),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(claims, async (over) => {
        const token = `${await issuer.sign({ ...CLAIMS, ...over })}`;
        await verifier
          .verify(provider, token)
          .catch((error: unknown) => assert.ok(error instanceof ServiceError));
      }),
      { numRuns: 100 },
    );
  });
});
