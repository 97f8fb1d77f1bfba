import { ServiceError } from '../errors.ts';
import * as iam from '../iam/index.ts';
import * as kms from '../kms/index.ts';
import { PolicyDocumentError } from '../policy/index.ts';
import { type PolicyText, policyText } from './policy-text.ts';
import type { Problem } from './problems.ts';
import {
  entries,
  flag,
  list,
  located,
  optional,
  type Read,
  required,
  structure,
  text,
  wholeNumber,
} from './read.ts';
import type { Place } from './tree.ts';

/*
 * What a seed holds, declared. What names and texts must be like is what the API demands of them.
 */

const { quotas } = iam;
const NAME_HINT = 'letters, digits and any of _+=,.@-';

const accountId = text({ pattern: '[0-9]{12}', hint: '12 digits in quotes' });
const accountName = text({ min: 1, max: 50, hint: '1 to 50 characters' });
const path = text({ ...iam.constraints.PATH, hint: 'a path such as / or /division/team/' });
const arn = text({ min: 20, max: 2048, pattern: 'arn:.*', hint: 'an ARN' });
const groupName = text({ ...iam.constraints.GROUP_NAME, hint: `1 to 128 ${NAME_HINT}` });
const policyName = text({ ...iam.constraints.POLICY_NAME, hint: `1 to 128 ${NAME_HINT}` });
const keyTagKey = text({ ...kms.constraints.TAG_KEY, hint: '1 to 128 characters' });
const keyTagValue = text({ ...kms.constraints.TAG_VALUE, hint: 'at most 256 characters' });
const identityTagKey = text({
  ...iam.constraints.TAG_KEY,
  hint: '1 to 128 letters, digits, spaces and any of _.:/=+-@',
});
const identityTagValue = text({
  ...iam.constraints.TAG_VALUE,
  hint: 'at most 256 letters, digits, spaces and any of _.:/=+-@',
});

/** Has a value checked by the domain, which may also make another of it. */
function checked<T, R>(read: Read<T>, check: (value: T) => R): Read<R> {
  return (node, problems) => {
    const value = read(node, problems);
    return value === undefined ? undefined : attempt(() => check(value), node.place, problems);
  };
}

/** Has a policy checked by the domain. */
function checkedPolicy(check: (text: string) => void): Read<PolicyText> {
  return (node, problems) => {
    const policy = policyText(node, problems);
    if (policy === undefined) return undefined;
    const judge = () => {
      check(policy.text);
      return policy;
    };
    return attempt(judge, policy, problems);
  };
}

/** Does something that the domain may refuse; what it says against it is a problem. */
function attempt<R>(work: () => R, at: Place | PolicyText, problems: Problem[]): R | undefined {
  try {
    return work();
  } catch (error) {
    problems.push(...problemsOf(error, at));
    return undefined;
  }
}

/**
 * What the domain has against a part of the seed.
 *
 * @param at the part, a policy or any other
 * @throws whatever is no refusal
 */
export function problemsOf(error: unknown, at: Place | PolicyText): readonly Problem[] {
  if (!(error instanceof ServiceError)) throw error;
  if ('locate' in at && error.cause instanceof PolicyDocumentError) return error.cause.faults.map(at.locate);
  return [{ place: 'locate' in at ? at.place : at, text: error.message || error.name }];
}

const identityTags = checked(entries(identityTagKey, identityTagValue), (given) =>
  iam.addIdentityTags(
    [],
    given.map(({ key, value }) => ({ key: key.value, value })),
  ),
);

const keyTags = checked(entries(keyTagKey, keyTagValue), (given) =>
  kms.addTags(
    [],
    given.map(({ key, value }) => ({ key: key.value, value })),
  ),
);

const attachedPolicies = list(located(arn), quotas.ATTACHED_POLICIES);
const boundary = located(arn);

/** Inline policies of a user, group or role; they are judged one by one, and by the room that all of them take. */
function inlinePolicies(kind: 'user' | 'group' | 'role') {
  const read = entries(policyName, checkedPolicy(iam.requireIdentityPolicy));
  return checked(read, (given) =>
    given.reduce<readonly iam.InlinePolicy[]>(
      (present, { key, value }) =>
        iam.putInlinePolicy(kind, 'named here', present, { name: key.value, document: value.text }),
      [],
    ),
  );
}

const managedPolicy = structure('a policy', {
  name: required(located(policyName)),
  path: optional(text({ ...iam.constraints.POLICY_PATH, hint: 'a path such as / or /division/team/' }), '/'),
  description: optional(text({ ...iam.constraints.POLICY_DESCRIPTION, hint: 'at most 1000 characters' }), ''),
  document: required(checkedPolicy(iam.requireManagedPolicy)),
  tags: optional(identityTags, []),
});

const group = structure('a group', {
  name: required(located(groupName)),
  path: optional(path, '/'),
  inlinePolicies: optional(inlinePolicies('group'), []),
  attachedPolicies: optional(attachedPolicies, []),
});

const accessKey = structure('an access key', {
  accessKeyId: required(
    located(
      text({
        ...iam.constraints.ACCESS_KEY_ID,
        hint: '16 to 128 letters, digits and underscores, such as AKIAIOSFODNN7EXAMPLE',
        secret: true,
      }),
    ),
  ),
  secretAccessKey: required(
    text({ min: 16, max: 128, hint: 'a secret of 16 to 128 characters', secret: true }),
  ),
});

const user = structure('a user', {
  name: required(located(text({ ...iam.constraints.NEW_USER_NAME, hint: `1 to 64 ${NAME_HINT}` }))),
  path: optional(path, '/'),
  groups: optional(list(located(groupName), quotas.GROUPS_PER_USER), []),
  accessKeys: optional(list(accessKey, quotas.ACCESS_KEYS_PER_USER), []),
  inlinePolicies: optional(inlinePolicies('user'), []),
  attachedPolicies: optional(attachedPolicies, []),
  permissionsBoundary: optional(boundary, undefined),
  tags: optional(identityTags, []),
});

const role = structure('a role', {
  name: required(located(text({ ...iam.constraints.ROLE_NAME, hint: `1 to 64 ${NAME_HINT}` }))),
  path: optional(path, '/'),
  description: optional(
    text({ ...iam.constraints.ROLE_DESCRIPTION, hint: 'at most 1000 characters of Latin-1' }),
    '',
  ),
  trustPolicy: required(policyText),
  maxSessionDuration: optional(
    wholeNumber(iam.constraints.SESSION_DURATION),
    iam.constraints.DEFAULT_SESSION_DURATION,
  ),
  inlinePolicies: optional(inlinePolicies('role'), []),
  attachedPolicies: optional(attachedPolicies, []),
  permissionsBoundary: optional(boundary, undefined),
  tags: optional(identityTags, []),
});

const openIdConnectProvider = structure('an OpenID Connect provider', {
  url: required(
    located(
      checked(text({ ...iam.constraints.ISSUER_URL, hint: 'the URL of the issuer' }), (url) => {
        iam.requireIssuerUrl(url);
        return url;
      }),
    ),
  ),
  clientIds: optional(
    list(text({ ...iam.constraints.CLIENT_ID, hint: '1 to 255 characters' }), quotas.CLIENT_IDS_PER_PROVIDER),
    [],
  ),
  thumbprints: optional(
    list(
      text({ ...iam.constraints.THUMBPRINT, hint: '40 hexadecimal digits' }),
      quotas.THUMBPRINTS_PER_PROVIDER,
    ),
    [],
  ),
  tags: optional(identityTags, []),
});

/** Bytes of the key material of a symmetric encryption key. */
const MATERIAL_LENGTH = 32;

const keyMaterial: Read<string> = (node, problems) => {
  const hint = `${MATERIAL_LENGTH} bytes in base64`;
  const base64 = text({ hint, secret: true })(node, problems);
  if (base64 === undefined) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  // Node passes over what is not base64; only text that encodes back to itself was base64 to begin with.
  const good = bytes.length === MATERIAL_LENGTH && bytes.toString('base64') === base64;
  bytes.fill(0);
  if (good) return base64;
  problems.push({ place: node.place, text: `this will not do; give ${hint}` });
  return undefined;
};

const principalArn = text({
  pattern: 'arn:[a-z0-9-]+:(iam|sts)::[0-9]{12}:.+',
  max: 256,
  hint: 'the ARN of an account, user, role or session',
});

/** Pairs of an encryption context. */
const contextPairs = entries(text({ hint: 'a text' }), text({ hint: 'a text' }));

const grant = structure('a grant', {
  grantee: required(located(principalArn)),
  operations: required(
    list(
      text({ pattern: kms.GRANT_OPERATIONS.join('|'), hint: `one of ${kms.GRANT_OPERATIONS.join(', ')}` }),
    ),
  ),
  retiringPrincipal: optional(located(principalArn), undefined),
  name: optional(
    text({ min: 1, max: 256, pattern: '[a-zA-Z0-9:/_-]+', hint: '1 to 256 letters, digits and any of :/_-' }),
    '',
  ),
  encryptionContextEquals: optional(contextPairs, undefined),
  encryptionContextSubset: optional(contextPairs, undefined),
});

const key = structure('a key', {
  id: required(
    located(
      text({
        pattern: '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
        hint: 'a UUID in lower case, such as 1234abcd-12ab-34cd-56ef-1234567890ab',
      }),
    ),
  ),
  region: optional(
    text({ pattern: '[a-z0-9]+(-[a-z0-9]+)*', max: 64, hint: 'a Region such as us-east-1' }),
    'us-east-1',
  ),
  material: optional(keyMaterial, undefined),
  description: optional(text({ ...kms.constraints.DESCRIPTION, hint: 'at most 8192 characters' }), ''),
  enabled: optional(flag, true),
  policy: optional(policyText, undefined),
  aliases: optional(
    list(
      located(
        checked(
          text({ ...kms.constraints.ALIAS_NAME, hint: 'alias/ and letters, digits and any of /_-' }),
          (aliasName) => {
            kms.requireAliasName(aliasName);
            return aliasName;
          },
        ),
      ),
    ),
    [],
  ),
  tags: optional(keyTags, []),
  grants: optional(list(grant), []),
});

const account = structure('an account', {
  id: required(located(accountId)),
  name: optional(accountName, undefined),
  policies: optional(list(managedPolicy), []),
  groups: optional(list(group), []),
  users: optional(list(user), []),
  openIdConnectProviders: optional(list(openIdConnectProvider), []),
  roles: optional(list(role), []),
  keys: optional(list(key), []),
});

/** Reads the root of a seed. */
export const readSeed = structure('a seed', { accounts: required(list(account)) });

type ValueOf<R> = R extends Read<infer T> ? T : never;

/** What is to be created, of good form; what it refers to has not been looked up yet. */
export type Seed = ValueOf<typeof readSeed>;
export type SeedAccount = ValueOf<typeof account>;
export type SeedPolicy = ValueOf<typeof managedPolicy>;
export type SeedGroup = ValueOf<typeof group>;
export type SeedUser = ValueOf<typeof user>;
export type SeedRole = ValueOf<typeof role>;
export type SeedProvider = ValueOf<typeof openIdConnectProvider>;
export type SeedKey = ValueOf<typeof key>;
export type SeedGrant = ValueOf<typeof grant>;
