import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readClaims } from './claims.ts';

const NOW = 1_700_000_000;
const ISSUER = 'https://issuer.example.com';
const PROVIDER = { url: ISSUER, clientIds: ['sts.amazonaws.com', 'other'], thumbprints: [] };
const TAGS = 'https://aws.amazon.com/tags';

/** What a token with these claims, over the usual ones, says. */
function read(claims: Readonly<Record<string, unknown>> = {}) {
  const payload = { iss: ISSUER, sub: 'alice', aud: 'sts.amazonaws.com', exp: NOW + 300, ...claims };
  return readClaims(payload, ISSUER, PROVIDER, NOW * 1000);
}

const invalid = (message: string | RegExp) => ({ code: 'InvalidIdentityToken', status: 400, message });

describe('readClaims', () => {
  it('reads the registered claims', () => {
    assert.deepEqual(read(), {
      subject: 'alice',
      audience: 'sts.amazonaws.com',
      issuer: ISSUER,
      claims: {},
      expiration: (NOW + 300) * 1000,
      principalTags: {},
      transitiveTagKeys: [],
      sourceIdentity: undefined,
    });
  });

  it('demands sub, aud and exp', () => {
    for (const claim of ['sub', 'aud', 'exp']) {
      assert.throws(() => read({ [claim]: undefined }), invalid(`Missing a required claim: ${claim}`));
    }
  });

  it('refuses registered claims of the wrong type', () => {
    const wrong = {
      sub: ['', 7, null, 'x'.repeat(256)],
      aud: [7, null, {}, ['sts.amazonaws.com', 7]],
      azp: [7, null, ['other']],
      exp: ['soon', null, -1, 1e300],
      nbf: ['soon', null, -1, 1e300],
      iat: ['soon', null, -1, 1e300],
    };
    for (const [claim, values] of Object.entries(wrong)) {
      for (const value of values) {
        assert.throws(() => read({ [claim]: value }), invalid(new RegExp(`^The claim "${claim}" must be `)));
      }
    }
  });
});

describe('the time of a token', () => {
  it('ends at exp, without tolerance', () => {
    assert.equal(read({ exp: NOW + 0.5 }).expiration, NOW * 1000 + 500);
    for (const exp of [NOW, NOW - 1, 0]) {
      assert.throws(() => read({ exp }), {
        code: 'ExpiredWebIdentityToken',
        status: 400,
        message: `Token expired: current date/time ${NOW} must be before the expiration date/time ${exp}`,
      });
    }
  });

  it('may begin up to 60 seconds from now, by nbf and by iat', () => {
    for (const claim of ['nbf', 'iat']) {
      read({ [claim]: NOW + 60 });
      assert.throws(
        () => read({ [claim]: NOW + 61 }),
        invalid(`Token not yet valid: current date/time ${NOW} is before the token's '${claim}' ${NOW + 61}`),
      );
    }
  });
});

describe('the audience of a token', () => {
  it('is the one of aud that is registered', () => {
    assert.equal(read({ aud: ['stranger', 'other', 'sts.amazonaws.com'] }).audience, 'other');
  });

  it('must be registered', () => {
    for (const aud of ['stranger', ['stranger'], [], '', 'STS.amazonaws.com']) {
      assert.throws(() => read({ aud }), invalid('Incorrect token audience'));
    }
  });

  it('is azp when there is one, with aud as oaud', () => {
    const { audience, claims } = read({ azp: 'other', aud: ['stranger', 'sts.amazonaws.com'] });
    assert.equal(audience, 'other');
    assert.deepEqual(claims, { azp: 'other', oaud: ['stranger', 'sts.amazonaws.com'] });
  });

  it('must be registered as azp even when aud is registered', () => {
    for (const azp of ['stranger', '']) {
      assert.throws(() => read({ azp }), invalid('Incorrect token audience'));
    }
  });
});

describe('further claims', () => {
  it('are texts: strings, numbers, booleans and arrays of them', () => {
    const claims = {
      email: 'a@b',
      email_verified: true,
      level: 3,
      amr: ['pwd', 'otp'],
      mixed: ['a', 1, false],
    };
    assert.deepEqual(read(claims).claims, {
      email: 'a@b',
      email_verified: 'true',
      level: '3',
      amr: ['pwd', 'otp'],
      mixed: ['a', '1', 'false'],
    });
  });

  it('leave out what has no text', () => {
    assert.deepEqual(read({ address: { street: 's' }, nothing: null, nested: [['x']] }).claims, {});
  });

  it('never say oaud without azp', () => {
    assert.deepEqual(read({ oaud: 'sts.amazonaws.com' }).claims, {});
  });

  it('may have any name', () => {
    const { claims } = read(JSON.parse('{"__proto__": "x", "constructor": "y"}'));
    assert.deepEqual(Object.entries(claims), [
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });
});

describe('session tags', () => {
  const nested = (principal_tags: unknown, transitive_tag_keys?: unknown) => ({
    [TAGS]: { principal_tags, transitive_tag_keys },
  });

  it('are read from one nested claim', () => {
    const { principalTags, transitiveTagKeys, claims } = read(
      nested({ Project: ['Automation'], Team: 'Blue Ü' }, ['Project']),
    );
    assert.deepEqual({ ...principalTags }, { Project: 'Automation', Team: 'Blue Ü' });
    assert.deepEqual(transitiveTagKeys, ['Project']);
    assert.deepEqual(claims, {});
  });

  it('are read from flat claims', () => {
    const { principalTags, transitiveTagKeys, claims } = read({
      [`${TAGS}/principal_tags/Project`]: 'Automation',
      [`${TAGS}/principal_tags/a/b`]: [''],
      [`${TAGS}/transitive_tag_keys`]: 'a/b',
    });
    assert.deepEqual({ ...principalTags }, { Project: 'Automation', 'a/b': '' });
    assert.deepEqual(transitiveTagKeys, ['a/b']);
    assert.deepEqual(claims, {});
  });

  it('may be 50 with keys of 128 and values of 256 characters', () => {
    const tags = Array.from({ length: 50 }, (_, index) => [`${index}`.padEnd(128, 'k'), 'v'.repeat(256)]);
    assert.equal(Object.keys(read(nested(Object.fromEntries(tags))).principalTags).length, 50);
    assert.throws(
      () => read(nested(Object.fromEntries([...tags, ['one more', '']]))),
      invalid(/at most 50 tags/),
    );
  });

  it('must have the right shape', () => {
    const malformed: Record<string, unknown>[] = [
      { [TAGS]: 'Project' },
      { [TAGS]: [] },
      { [TAGS]: { principal_tags: ['Project'] } },
      nested({ Project: [] }),
      nested({ Project: ['a', 'b'] }),
      nested({ Project: 7 }),
      nested({ Project: null }),
      nested({ '': 'a' }),
      nested({ ['k'.repeat(129)]: 'a' }),
      nested({ 'aws:Project': 'a' }),
      nested({ 'AWS:Project': 'a' }),
      nested({ 'Project*': 'a' }),
      nested({ Project: 'v'.repeat(257) }),
      nested({ Project: 'a\n' }),
      nested({ Project: 'a', project: 'b' }),
      nested({ Project: 'a' }, ['Team']),
      nested({ Project: 'a' }, [7]),
      nested({ Project: 'a' }, { Project: true }),
      { ...nested({ Project: 'a' }), [`${TAGS}/principal_tags/Project`]: 'a' },
      { [`${TAGS}/principal_tags/`]: 'a' },
      { [`${TAGS}/transitive_tag_keys`]: ['Project'] },
    ];
    for (const claims of malformed) {
      assert.throws(() => read(claims), invalid(/^The claim ".*" must be /), JSON.stringify(claims));
    }
  });
});

describe('the source identity', () => {
  const claim = 'https://aws.amazon.com/source_identity';

  it('is read from its claim', () => {
    assert.equal(read({ [claim]: 'alice@example.com' }).sourceIdentity, 'alice@example.com');
    assert.deepEqual(read({ [claim]: 'alice@example.com' }).claims, {});
  });

  it('must have the form of one', () => {
    for (const value of ['a', 'a'.repeat(65), 'a b', 'aws:alice', 'Aws:alice', '', 7, null, ['alice']]) {
      assert.throws(() => read({ [claim]: value }), invalid(/source_identity" must be a text of 2 to 64/));
    }
  });
});
