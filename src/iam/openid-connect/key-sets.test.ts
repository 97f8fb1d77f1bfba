import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ManualClock } from '../../testing/manual-clock.ts';
import { type WebIdentityProvider, WebIdentityVerifier } from './index.ts';
import { type Issuer, startIssuer } from './issuer.test-support.ts';

const AUDIENCE = 'sts.amazonaws.com';
const SECOND = 1000;
const HOUR = 3600 * SECOND;

let clock: ManualClock;
let issuer: Issuer;
let provider: WebIdentityProvider;
let verifier: WebIdentityVerifier;

beforeEach(async () => {
  clock = new ManualClock();
  issuer = await startIssuer({ clock });
  provider = { url: issuer.url, clientIds: [AUDIENCE], thumbprints: [] };
  verifier = new WebIdentityVerifier({ clock });
});
afterEach(() => issuer.close());

/** Verifies a token that the issuer signs now, by the key with this id or else its current one. */
async function verify(kid?: string) {
  const token = await issuer.sign({ sub: 'alice', aud: AUDIENCE }, kid === undefined ? {} : { kid });
  return await verifier.verify(provider, token);
}

const unknownKey = { code: 'InvalidIdentityToken', message: /publishes no key with id/ };
const unreachable = { code: 'IDPCommunicationError', status: 400, message: /with status 500\.$/ };

describe('an issuer’s keys', () => {
  it('are fetched once and kept for an hour', async () => {
    await verify();
    clock.advance(HOUR - 1);
    await verify();
    assert.deepEqual(issuer.requests, { configuration: 1, keys: 1 });
    clock.advance(1);
    await verify();
    assert.deepEqual(issuer.requests, { configuration: 2, keys: 2 });
  });

  it('are fetched once for all that ask at the same time', async () => {
    await Promise.all(Array.from({ length: 20 }, () => verify()));
    assert.deepEqual(issuer.requests, { configuration: 1, keys: 1 });
  });

  it('are kept apart by the thumbprints that are trusted for the issuer', async () => {
    await verify();
    provider = { ...provider, thumbprints: ['AA'.repeat(20)] };
    await verify();
    provider = { ...provider, thumbprints: ['aa'.repeat(20)] };
    await verify();
    assert.equal(issuer.requests.keys, 2);
  });

  it('no longer serve when a refresh shows that they are gone', async () => {
    const token = await issuer.sign({ sub: 'alice', aud: AUDIENCE, exp: clock.now() / SECOND + 7200 });
    await verifier.verify(provider, token);
    await issuer.rotateKeys();
    clock.advance(HOUR);
    await assert.rejects(verifier.verify(provider, token), unknownKey);
  });
});

describe('a key that is not in the set', () => {
  it('is looked for at once', async () => {
    await verify();
    await issuer.rotateKeys();
    await verify();
    assert.equal(issuer.requests.keys, 2);
  });

  it('is looked for once in 30 seconds', async () => {
    await verify();
    for (let attempt = 0; attempt < 5; attempt += 1)
      await assert.rejects(verify(`made-up-${attempt}`), unknownKey);
    assert.equal(issuer.requests.keys, 2);
    await issuer.rotateKeys();
    clock.advance(30 * SECOND - 1);
    await assert.rejects(verify(), unknownKey);
    assert.equal(issuer.requests.keys, 2);
    clock.advance(1);
    await verify();
    assert.equal(issuer.requests.keys, 3);
  });

  it('does not keep others from being found', async () => {
    await verify();
    await assert.rejects(verify('made-up'), unknownKey);
    await assert.rejects(verify('made-up'), unknownKey);
    await verify();
  });

  it('is not called unknown while the issuer cannot be asked', async () => {
    await verify();
    issuer.misbehave('failing');
    await assert.rejects(verify('made-up'), unreachable);
    clock.advance(29 * SECOND);
    await assert.rejects(verify('made-up'), unreachable);
    assert.equal(issuer.requests.configuration, 2);
    clock.advance(SECOND);
    issuer.misbehave(undefined);
    await assert.rejects(verify('made-up'), unknownKey);
    await assert.rejects(verify('made-up'), unknownKey);
  });
});

describe('an issuer that fails', () => {
  it('is not asked again for 5 seconds', async () => {
    issuer.misbehave('failing');
    await assert.rejects(verify(), unreachable);
    issuer.misbehave(undefined);
    clock.advance(5 * SECOND - 1);
    await assert.rejects(verify(), unreachable);
    assert.equal(issuer.requests.configuration, 1);
    clock.advance(1);
    await verify();
  });

  it('is done without for 24 hours, for the keys that it had', async () => {
    await verify();
    issuer.misbehave('failing');
    clock.advance(24 * HOUR - 10 * SECOND);
    await verify();
    clock.advance(6 * SECOND);
    await assert.rejects(verify('made-up'), unreachable);
    await verify();
    clock.advance(4 * SECOND);
    await assert.rejects(verify(), unreachable);
  });

  it('fails all that wait for it, and the next fetch is a new one', async () => {
    issuer.misbehave('failing', 'keys');
    const results = await Promise.allSettled([verify(), verify(), verify()]);
    assert.ok(results.every(({ status }) => status === 'rejected'));
    assert.equal(issuer.requests.keys, 1);
    issuer.misbehave(undefined);
    clock.advance(5 * SECOND);
    await verify();
  });
});

describe('fetches', () => {
  it('are at most 32 at the same time, and more are refused at once', async () => {
    issuer.misbehave('silent');
    const token = await issuer.sign({ sub: 'alice', aud: AUDIENCE, exp: clock.now() / SECOND + 60 });
    const verifyFor = (index: number) => verifier.verify({ ...provider, thumbprints: [`${index}`] }, token);
    const waiting = Promise.allSettled(Array.from({ length: 32 }, (_, index) => verifyFor(index)));
    await assert.rejects(verifyFor(32), {
      code: 'IDPCommunicationError',
      message: /too many other providers/,
    });
    clock.advance(5 * SECOND);
    assert.ok((await waiting).every(({ status }) => status === 'rejected'));
    issuer.misbehave(undefined);
    await verifyFor(32);
  });
});
