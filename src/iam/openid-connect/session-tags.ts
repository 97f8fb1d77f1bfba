import { malformedClaim } from './refusals.ts';

const TAGS = 'https://aws.amazon.com/tags';
const PRINCIPAL_TAG_PREFIX = `${TAGS}/principal_tags/`;
const TRANSITIVE_TAG_KEYS = `${TAGS}/transitive_tag_keys`;

const MAXIMUM_TAGS = 50;
const KEY = /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/iu;
const VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;

/** The tags that a session begun with a token carries. */
export interface SessionTags {
  readonly principalTags: Readonly<Record<string, string>>;
  /** Keys of those tags that pass on to sessions that this session begins. */
  readonly transitiveTagKeys: readonly string[];
}

/** Whether a claim carries session tags. */
export function isSessionTagClaim(claim: string): boolean {
  return claim === TAGS || claim === TRANSITIVE_TAG_KEYS || claim.startsWith(PRINCIPAL_TAG_PREFIX);
}

/**
 * Reads the session tags out of the claims (IAM User Guide, "Passing session tags using
 * AssumeRoleWithWebIdentity"). They are nested in one claim, `https://aws.amazon.com/tags`, as
 * `{ principal_tags: { key: [value] }, transitive_tag_keys: [key] }`, or flat, with a claim of its own for each
 * key (`https://aws.amazon.com/tags/principal_tags/key`); one value may stand without its array.
 *
 * @throws InvalidIdentityToken for more than 50 tags, several values of one key, keys that differ only in case,
 *   characters that tags cannot have, and transitive keys without a tag
 */
export function readSessionTags(payload: Readonly<Record<string, unknown>>): SessionTags {
  const nested = payload[TAGS] ?? {};
  if (!isRecord(nested))
    throw malformedClaim(TAGS, "an object with 'principal_tags' and 'transitive_tag_keys'");
  const nestedTags = nested['principal_tags'] ?? {};
  if (!isRecord(nestedTags)) throw malformedClaim(TAGS, "an object whose 'principal_tags' is an object");
  const flatTags = Object.entries(payload).filter(([claim]) => claim.startsWith(PRINCIPAL_TAG_PREFIX));

  const tags = [
    ...Object.entries(nestedTags).map(([key, value]) => readTag(TAGS, key, value)),
    ...flatTags.map(([claim, value]) => readTag(claim, claim.slice(PRINCIPAL_TAG_PREFIX.length), value)),
  ];
  const keys = tags.map(([key]) => key);
  if (keys.length > MAXIMUM_TAGS) throw malformedClaim(TAGS, `at most ${MAXIMUM_TAGS} tags`);
  if (new Set(keys.map((key) => key.toLowerCase())).size < keys.length) {
    throw malformedClaim(TAGS, 'tags whose keys differ in more than case');
  }

  const transitiveTagKeys = [
    ...readTexts(TAGS, nested['transitive_tag_keys'] ?? []),
    ...readTexts(TRANSITIVE_TAG_KEYS, payload[TRANSITIVE_TAG_KEYS] ?? []),
  ];
  if (!transitiveTagKeys.every((key) => keys.includes(key))) {
    throw malformedClaim(TRANSITIVE_TAG_KEYS, 'keys of tags that the token carries');
  }
  return {
    principalTags: Object.freeze(Object.fromEntries(tags)),
    transitiveTagKeys: Object.freeze([...new Set(transitiveTagKeys)]),
  };
}

function readTag(claim: string, key: string, value: unknown): [key: string, value: string] {
  const [text, ...others] = readTexts(claim, value);
  if (text === undefined || others.length > 0) throw malformedClaim(claim, 'tags of one value each');
  if (!KEY.test(key)) throw malformedClaim(claim, 'tags with keys of 1 to 128 characters that tags may have');
  if (!VALUE.test(text))
    throw malformedClaim(claim, 'tags with values of up to 256 characters that tags may have');
  return [key, text];
}

function readTexts(claim: string, value: unknown): string[] {
  const texts = typeof value === 'string' ? [value] : value;
  if (!isTexts(texts)) throw malformedClaim(claim, 'made of texts');
  return texts;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
