import { randomBytes } from 'node:crypto';
import type { IdentityKind, IdentityRecord } from '../store/index.ts';

/** The prefixes of unique ids, by what they stand for (IAM identifiers, "Understanding unique ID prefixes"). */
const UNIQUE_ID_PREFIXES = {
  user: 'AIDA',
  group: 'AGPA',
  role: 'AROA',
  policy: 'ANPA',
  'access-key': 'AKIA',
  'temporary-access-key': 'ASIA',
} as const;

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** Characters after the prefix. */
const LENGTH = { identity: 17, 'access-key': 16 } as const;

/** A new unique id: a prefix that tells what it stands for, and at least 80 random bits in base32. */
export function newUniqueId(kind: Exclude<keyof typeof UNIQUE_ID_PREFIXES, 'temporary-access-key'>): string {
  return UNIQUE_ID_PREFIXES[kind] + randomBase32(kind === 'access-key' ? LENGTH[kind] : LENGTH.identity);
}

function randomBase32(length: number): string {
  return Array.from(randomBytes(length), (byte) => BASE32.charAt(byte & 31)).join('');
}

/** Characters that twelve digits take in base32. */
const ACCOUNT_CHARACTERS = 8;

/** The id of a temporary credential: `ASIA`, the account in base32, and 40 random bits. */
export function temporaryAccessKeyId(account: string): string {
  let rest = Number(account);
  let encoded = '';
  for (let place = 0; place < ACCOUNT_CHARACTERS; place += 1) {
    encoded = BASE32.charAt(rest % 32) + encoded;
    rest = Math.floor(rest / 32);
  }
  return (
    UNIQUE_ID_PREFIXES['temporary-access-key'] +
    encoded +
    randomBase32(LENGTH['access-key'] - ACCOUNT_CHARACTERS)
  );
}

/** The account in the id of a temporary credential; `undefined` when it is none. */
export function accountOfTemporaryKey(accessKeyId: string): string | undefined {
  const [, encoded] = /^ASIA([A-Z2-7]{8})[A-Z2-7]{8}$/.exec(accessKeyId) ?? [];
  if (encoded === undefined) return undefined;
  const account = [...encoded].reduce((sum, character) => sum * 32 + BASE32.indexOf(character), 0);
  return account < 1e12 ? String(account).padStart(12, '0') : undefined;
}

/** `arn:aws:iam::111122223333:root` */
export function rootUserArn(partition: string, account: string): string {
  return `arn:${partition}:iam::${account}:root`;
}

/** `arn:aws:iam::111122223333:user/division/Ada`; a service goes by its name. */
export function identityArn(
  partition: string,
  { accountId, kind, path, name }: Pick<IdentityRecord, 'accountId' | 'kind' | 'path' | 'name'>,
): string {
  return kind === 'service' ? name : `arn:${partition}:iam::${accountId}:${kind}${path}${name}`;
}

/** `arn:aws:sts::111122223333:assumed-role/Role/Session` or `arn:aws:sts::111122223333:federated-user/Ada` */
export function sessionArn(
  partition: string,
  account: string,
  kind: 'assumed-role' | 'federated-user',
  name: string,
): string {
  return `arn:${partition}:sts::${account}:${kind}/${name}`;
}

/** What the ARN of an identity says. */
export interface IdentityArn {
  readonly partition: string;
  readonly accountId: string;
  readonly kind: IdentityKind;
  readonly path: string;
  readonly name: string;
}

const IDENTITY_ARN =
  /^arn:([a-z0-9-]+):iam::([0-9]{12}|aws):(user|group|role|policy)(\/(?:[!-~]+\/)?)([\w+=,.@-]+)$/;
const PROVIDER_ARN = /^arn:([a-z0-9-]+):iam::([0-9]{12}):oidc-provider\/([!-~]+)$/;
const ROLE_SESSION_ARN = /^arn:([a-z0-9-]+):sts::([0-9]{12}):assumed-role\/([\w+=,.@-]+)\/([\w+=,.@-]+)$/;

/** Reads the ARN of a user, group, role, managed policy or OpenID Connect provider; `undefined` when it is none. */
export function parseIdentityArn(arn: string): IdentityArn | undefined {
  const [, partition, accountId, kind, path, name] = IDENTITY_ARN.exec(arn) ?? [];
  if (partition && accountId && path && name) {
    if (kind === 'user' || kind === 'group' || kind === 'role' || kind === 'policy')
      return { partition, accountId, kind, path, name };
  }
  const [, providerPartition, providerAccount, providerName] = PROVIDER_ARN.exec(arn) ?? [];
  if (providerPartition && providerAccount && providerName) {
    return {
      partition: providerPartition,
      accountId: providerAccount,
      kind: 'oidc-provider',
      path: '/',
      name: providerName,
    };
  }
  return undefined;
}

/** What the ARN of a role session says. */
export function parseRoleSessionArn(
  arn: string,
): { readonly accountId: string; readonly roleName: string; readonly sessionName: string } | undefined {
  const [, , accountId, roleName, sessionName] = ROLE_SESSION_ARN.exec(arn) ?? [];
  return accountId && roleName && sessionName ? { accountId, roleName, sessionName } : undefined;
}
