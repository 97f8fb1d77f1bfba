import type { WebIdentityProvider } from './provider.ts';
import { expiredToken, incorrectAudience, malformedClaim, missingClaim, notYetValid } from './refusals.ts';
import { isSessionTagClaim, readSessionTags, type SessionTags } from './session-tags.ts';

/** How far, in seconds, an issuer's clock may be ahead of ours. An expired token gets no such grace. */
const CLOCK_TOLERANCE = 60;

/** The last second that a JavaScript date can express. */
const LATEST_TIME = 8.64e12;

const SOURCE_IDENTITY = 'https://aws.amazon.com/source_identity';
const SOURCE_IDENTITY_FORM = /^(?!aws:)[\w+=,.@-]{2,64}$/i;

/** The claims that `WebIdentityClaims` has a member for. */
const OWN_MEMBER: ReadonlySet<string> = new Set(['sub', 'aud', 'iss', 'exp', SOURCE_IDENTITY]);

/** What a verified token says. */
export interface WebIdentityClaims extends SessionTags {
  /** The claim `sub`. */
  readonly subject: string;
  /** The claim `azp` when there is one, else the first audience (`aud`) that is registered with the provider. */
  readonly audience: string;
  /** The claim `iss`, as in the token. */
  readonly issuer: string;
  /**
   * The other claims that are strings, numbers, booleans or arrays of them, as texts: the values of condition
   * keys `<issuer without scheme>:<claim>`. With `azp`, the audiences are here as `oaud`.
   */
  readonly claims: Readonly<Record<string, string | readonly string[]>>;
  /** The claim `exp` in milliseconds since the Unix epoch. */
  readonly expiration: number;
  /** The claim `https://aws.amazon.com/source_identity`. */
  readonly sourceIdentity: string | undefined;
}

/**
 * Judges the claims of a token whose signature and issuer have been verified.
 *
 * @param now milliseconds since the Unix epoch
 * @throws InvalidIdentityToken, ExpiredWebIdentityToken
 */
export function readClaims(
  payload: Readonly<Record<string, unknown>>,
  issuer: string,
  provider: WebIdentityProvider,
  now: number,
): WebIdentityClaims {
  requireDistinctClaims(payload);
  const expiration = readExpiration(payload, now / 1000);
  const audiences = readAudiences(payload);
  return Object.freeze({
    subject: readSubject(payload),
    audience: readAudience(payload, audiences, provider.clientIds),
    issuer,
    claims: readFurtherClaims(payload, audiences),
    expiration,
    sourceIdentity: readSourceIdentity(payload),
    ...readSessionTags(payload),
  });
}

/** Condition keys ignore case: of two claims that differ in nothing else, one would be taken for the other. */
function requireDistinctClaims(payload: Readonly<Record<string, unknown>>): void {
  const seen = new Set<string>();
  for (const claim of Object.keys(payload)) {
    const lowerCase = claim.toLowerCase();
    if (seen.has(lowerCase)) throw malformedClaim(claim, 'the only one of its name, in whichever case');
    seen.add(lowerCase);
  }
}

function readExpiration(payload: Readonly<Record<string, unknown>>, now: number): number {
  const expiration = readTime(payload, 'exp');
  if (expiration === undefined) throw missingClaim('exp');
  if (expiration <= now) throw expiredToken(Math.floor(now), expiration);
  for (const claim of ['nbf', 'iat'] as const) {
    const time = readTime(payload, claim);
    if (time !== undefined && time > now + CLOCK_TOLERANCE) throw notYetValid(claim, Math.floor(now), time);
  }
  return Math.floor(expiration * 1000);
}

/** A NumericDate (RFC 7519, section 2): seconds since the Unix epoch, perhaps with a fraction. */
function readTime(payload: Readonly<Record<string, unknown>>, claim: string): number | undefined {
  const time = payload[claim];
  if (time === undefined) return undefined;
  if (typeof time !== 'number' || !(time >= 0 && time <= LATEST_TIME)) {
    throw malformedClaim(claim, 'a number of seconds since 1970');
  }
  return time;
}

/** At most 255 characters: OpenID Connect Core 1.0, section 2. */
function readSubject(payload: Readonly<Record<string, unknown>>): string {
  const subject = payload['sub'];
  if (subject === undefined) throw missingClaim('sub');
  if (typeof subject !== 'string' || subject.length < 1 || subject.length > 255) {
    throw malformedClaim('sub', 'a text of 1 to 255 characters');
  }
  return subject;
}

function readAudiences(payload: Readonly<Record<string, unknown>>): readonly string[] {
  const audiences = typeof payload['aud'] === 'string' ? [payload['aud']] : payload['aud'];
  if (audiences === undefined) throw missingClaim('aud');
  if (!Array.isArray(audiences) || !audiences.every((audience) => typeof audience === 'string')) {
    throw malformedClaim('aud', 'a text or an array of texts');
  }
  return audiences;
}

function readAudience(
  payload: Readonly<Record<string, unknown>>,
  audiences: readonly string[],
  clientIds: readonly string[],
): string {
  const authorizedParty = payload['azp'];
  if (authorizedParty !== undefined && typeof authorizedParty !== 'string')
    throw malformedClaim('azp', 'a text');
  const candidates = authorizedParty === undefined ? audiences : [authorizedParty];
  const audience = candidates.find((candidate) => clientIds.includes(candidate));
  if (audience === undefined) throw incorrectAudience();
  return audience;
}

function readSourceIdentity(payload: Readonly<Record<string, unknown>>): string | undefined {
  const sourceIdentity = payload[SOURCE_IDENTITY];
  if (sourceIdentity === undefined) return undefined;
  if (typeof sourceIdentity !== 'string' || !SOURCE_IDENTITY_FORM.test(sourceIdentity)) {
    throw malformedClaim(
      SOURCE_IDENTITY,
      'a text of 2 to 64 letters, digits and _+=,.@- that does not begin with aws:',
    );
  }
  return sourceIdentity;
}

function readFurtherClaims(
  payload: Readonly<Record<string, unknown>>,
  audiences: readonly string[],
): WebIdentityClaims['claims'] {
  const further = Object.entries(payload).flatMap(([claim, value]) => {
    // `oaud` is ours to say, so that a claim of that name cannot pass for the audience.
    if (OWN_MEMBER.has(claim) || claim.toLowerCase() === 'oaud' || isSessionTagClaim(claim)) return [];
    const text = Array.isArray(value) ? toTexts(value) : toText(value);
    return text === undefined ? [] : [[claim, text] as const];
  });
  const original = payload['azp'] === undefined ? [] : [['oaud', Object.freeze([...audiences])] as const];
  return Object.freeze(Object.fromEntries([...further, ...original]));
}

function toText(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

function toTexts(values: readonly unknown[]): readonly string[] | undefined {
  const texts = values.map(toText).filter((text) => text !== undefined);
  return texts.length === values.length ? Object.freeze(texts) : undefined;
}
