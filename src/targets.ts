import type { Caller } from './caller.ts';
import { parseCiphertext } from './crypto/index.ts';
import type { ServiceError } from './errors.ts';
import {
  findManagedPolicy,
  findNamedIdentity,
  type Iam,
  type Identity,
  type IdentityEntry,
  type IdentityKind,
  identityArn,
  identityNotFound,
  type NewIdentity,
  parseIdentityArn,
  rootUserArn,
  userNameMissing,
} from './iam/index.ts';
import {
  aliasArn,
  aliasNotFound,
  findAliasRecord,
  findGrant,
  findKeyEntry,
  foreignRegion,
  type GrantRecord,
  incorrectKey,
  invalidCiphertext,
  invalidKeyId,
  invalidKeyIdInArn,
  invalidKeyUsage,
  isKeyId,
  type KeyEntry,
  type Kms,
  keyArn,
  keyNotFound,
  malformedArn,
  malformedArnNotFound,
  parseIdentifier,
  readGrantToken,
  requireState,
} from './kms/index.ts';
import {
  type AccountTarget,
  type AliasTarget,
  type AnyInput,
  asDeclared,
  type GrantTarget,
  type IdentityTarget,
  type KeyTarget,
  type NamedAlias,
  type NewIdentityTarget,
  type Operation,
  type RoleTarget,
} from './operations/index.ts';

/** Where a request is made: by whom, in the account of its caller and the Region of its signature. */
export interface Scope {
  readonly kms: Kms;
  readonly iam: Iam;
  readonly caller: Caller;
  readonly account: string;
  readonly region: string;
}

/** An identity that a request names. */
export interface NamedIdentity {
  readonly arn: string;
  /** The name, or the ARN where the request gave that. */
  readonly name: string;
  /** `undefined` when there is none such, or when the root user is meant. */
  readonly identity: Identity | undefined;
  /** ARN of the permissions boundary that it has. */
  readonly boundaryArn: string | undefined;
  readonly isRootUser: boolean;
}

/** A key that a request names. `entry` is undefined for a foreign key that may or may not exist: only a refusal is due. */
export interface NamedKey {
  readonly arn: string;
  readonly accountId: string;
  /** What the request itself says of the key: by this ARN it is judged for whoever may not know whether it exists. */
  readonly saidArn: string;
  readonly entry: KeyEntry | undefined;
  readonly requestAlias: string | undefined;
  /** The key was taken from the ciphertext. */
  readonly fromCiphertext: boolean;
  /** What a caller who may not use the key is told, as if it did not exist. */
  readonly refusal?: ServiceError;
}

/** A grant that a request names. */
export interface NamedGrant {
  readonly key: NamedKey;
  readonly grantId: string;
  /** `undefined` when there is none such. */
  readonly grant: GrantRecord | undefined;
}

/** A target of an operation with what the request names for it. */
export type FoundTarget =
  | {
      readonly kind: 'key';
      readonly name: string;
      readonly target: KeyTarget;
      readonly key: NamedKey | undefined;
    }
  | {
      readonly kind: 'alias';
      readonly name: string;
      readonly target: AliasTarget;
      readonly alias: NamedAlias;
    }
  | { readonly kind: 'account'; readonly name: string; readonly target: AccountTarget }
  | {
      readonly kind: 'grant';
      readonly name: string;
      readonly target: GrantTarget;
      readonly named: NamedGrant;
    }
  | {
      readonly kind: 'identity';
      readonly name: string;
      readonly target: IdentityTarget;
      readonly named: NamedIdentity;
    }
  | {
      readonly kind: 'new-identity';
      readonly name: string;
      readonly target: NewIdentityTarget;
      readonly place: NewIdentity;
    }
  | {
      readonly kind: 'role';
      readonly name: string;
      readonly target: RoleTarget;
      readonly arn: string;
      readonly role: IdentityEntry | undefined;
    };

/**
 * Finds everything that a request names for the targets of its operation.
 *
 * @throws ServiceError `NotFoundException` or `InvalidArnException` for an identifier that names nothing in the caller's
 * account; `InvalidCiphertextException` for a ciphertext that names no key. Whether a key of another account exists is
 * never told.
 */
export async function findTargets(
  scope: Scope,
  operation: Operation,
  input: AnyInput,
): Promise<readonly FoundTarget[]> {
  const found: FoundTarget[] = [];
  let alias: NamedAlias | undefined;
  for (const [name, target] of operation.targetList) {
    switch (target.kind) {
      case 'key':
        found.push({ kind: 'key', name, target, key: await findKey(scope, operation, target, input, alias) });
        break;
      case 'alias':
        alias = await findAlias(scope, target, input);
        found.push({ kind: 'alias', name, target, alias });
        break;
      case 'account':
        found.push({ kind: 'account', name, target });
        break;
      case 'identity':
        found.push({ kind: 'identity', name, target, named: await findIdentity(scope, target, input) });
        break;
      case 'new-identity':
        found.push({ kind: 'new-identity', name, target, place: placeOf(scope, target, input, found) });
        break;
      case 'grant':
        found.push({ kind: 'grant', name, target, named: await findNamedGrant(scope, operation, input) });
        break;
      case 'role': {
        const arn = String(input[target.member]);
        found.push({ kind: 'role', name, target, arn, role: await findRole(scope, arn) });
      }
    }
  }
  return found;
}

/** The key that a request names for a target; `undefined` when none is named, which only an optional target allows. */
async function findKey(
  scope: Scope,
  operation: Operation,
  target: KeyTarget,
  input: AnyInput,
  alias: NamedAlias | undefined,
): Promise<NamedKey | undefined> {
  const identifier = target.member && input[target.member];
  const blob = target.fromCiphertext && input[target.fromCiphertext];
  const ciphertext = blob instanceof Uint8Array ? blob : undefined;
  if (typeof identifier === 'string')
    return findByIdentifier(scope, operation, target, identifier, ciphertext);
  if (alias?.record !== undefined) return findById(scope, scope.account, alias.record.targetKeyId, {});
  if (ciphertext !== undefined) return findByCiphertext(scope, ciphertext);
  return undefined;
}

async function findByIdentifier(
  scope: Scope,
  operation: Operation,
  target: KeyTarget,
  text: string,
  ciphertext: Uint8Array | undefined,
): Promise<NamedKey> {
  const identifier = parseIdentifier(text);
  if (identifier.form === 'malformedArn') {
    throw operation.errors.includes('InvalidArnException') ? malformedArn(text) : malformedArnNotFound(text);
  }
  if (!target.accepts.includes(identifier.form)) throw invalidKeyId(text);
  switch (identifier.form) {
    case 'keyId':
      if (!isKeyId(identifier.keyId)) throw invalidKeyId(text);
      return findById(scope, scope.account, identifier.keyId, { ciphertext });
    case 'aliasName':
      return findByAlias(scope, scope.account, identifier.aliasName);
    case 'keyArn':
      requireHere(scope, identifier, text);
      if (!isKeyId(identifier.keyId)) throw invalidKeyIdInArn(identifier.keyId);
      return findById(scope, identifier.accountId, identifier.keyId, {});
    case 'aliasArn':
      requireHere(scope, identifier, text);
      return findByAlias(scope, identifier.accountId, identifier.aliasName);
  }
}

function requireHere(
  { kms, region }: Scope,
  arn: { readonly partition: string; readonly region: string },
  text: string,
): void {
  if (arn.partition !== kms.partition) throw malformedArnNotFound(text);
  if (arn.region !== region) throw foreignRegion(arn.region);
}

/**
 * @param how.requestAlias the alias name that led to the key
 * @param how.saidArn the ARN of that alias
 * @param how.ciphertext what the key is to decrypt: a key of another account may go by its bare id where the
 * ciphertext names it too (operations.md, introduction)
 */
async function findById(
  scope: Scope,
  accountId: string,
  keyId: string,
  how: {
    readonly requestAlias?: string;
    readonly saidArn?: string;
    readonly ciphertext?: Uint8Array | undefined;
  },
): Promise<NamedKey> {
  const { kms, region } = scope;
  const arn = keyArn(kms.partition, region, accountId, keyId);
  const cached = findKeyEntry(kms, region, keyId);
  const found = cached instanceof Promise ? await cached : cached;
  const entry = found?.record.accountId === accountId ? found : undefined;
  const { requestAlias, saidArn = arn, ciphertext } = how;
  if (entry !== undefined || accountId !== scope.account)
    return { arn, accountId, saidArn, entry, requestAlias, fromCiphertext: false };
  const refusal = keyNotFound(arn);
  if (found === undefined || ciphertext === undefined) throw refusal;
  if (parseCiphertext(ciphertext)?.keyId !== keyId) throw refusal;
  const { record } = found;
  return {
    arn: found.arn,
    accountId: record.accountId,
    saidArn: arn,
    entry: found,
    requestAlias,
    fromCiphertext: false,
    refusal,
  };
}

async function findByAlias(scope: Scope, accountId: string, aliasName: string): Promise<NamedKey> {
  const { kms, region } = scope;
  const arn = aliasArn(kms.partition, region, accountId, aliasName);
  const cached = findAliasRecord(kms, accountId, region, aliasName);
  const record = cached instanceof Promise ? await cached : cached;
  if (record !== undefined)
    return findById(scope, accountId, record.targetKeyId, { requestAlias: aliasName, saidArn: arn });
  if (accountId === scope.account) throw aliasNotFound(arn);
  return { arn, accountId, saidArn: arn, entry: undefined, requestAlias: aliasName, fromCiphertext: false };
}

/** A ciphertext names its key by id alone; a key that is not here is refused like one that may not be used. */
async function findByCiphertext({ kms, account, region }: Scope, blob: Uint8Array): Promise<NamedKey> {
  const ciphertext = parseCiphertext(blob);
  if (ciphertext === undefined) throw invalidCiphertext();
  const cached = findKeyEntry(kms, region, ciphertext.keyId);
  const entry = cached instanceof Promise ? await cached : cached;
  const accountId = entry?.record.accountId ?? account;
  const arn = keyArn(kms.partition, region, accountId, ciphertext.keyId);
  const saidArn = keyArn(kms.partition, region, account, ciphertext.keyId);
  return { arn, accountId, saidArn, entry, requestAlias: undefined, fromCiphertext: true };
}

async function findAlias(scope: Scope, target: AliasTarget, input: AnyInput): Promise<NamedAlias> {
  const { kms, account, region } = scope;
  const aliasName = String(input[target.member]);
  const arn = aliasArn(kms.partition, region, account, aliasName);
  const record = await findAliasRecord(kms, account, region, aliasName);
  if (record === undefined && target.exists === true) throw aliasNotFound(arn);
  return { aliasName, arn, record };
}

/**
 * The grant that GrantToken, or KeyId and GrantId, name.
 *
 * @throws ServiceError `InvalidGrantTokenException`; `NotFoundException` for a key of the caller's account that does not
 * exist
 */
async function findNamedGrant(scope: Scope, operation: Operation, input: AnyInput): Promise<NamedGrant> {
  const { kms, region, account } = scope;
  const { GrantToken, KeyId, GrantId } = input;
  if (typeof GrantToken === 'string') {
    const place = readGrantToken(kms, GrantToken);
    const entry = place.region === region ? await findKeyEntry(kms, region, place.keyId) : undefined;
    const accountId = entry?.record.accountId ?? account;
    const arn = keyArn(kms.partition, region, accountId, place.keyId);
    const key = { arn, accountId, saidArn: arn, entry, requestAlias: undefined, fromCiphertext: false };
    const grant = entry && (await findGrantOf(kms, entry, place.grantId));
    return { key, grantId: place.grantId, grant };
  }
  const target = { kind: 'key', accepts: ['keyId', 'keyArn'], crossAccount: true, states: 'any' } as const;
  const key = await findByIdentifier(scope, operation, target, String(KeyId), undefined);
  const grantId = String(GrantId);
  return { key, grantId, grant: key.entry && (await findGrantOf(kms, key.entry, grantId)) };
}

function findGrantOf(
  { store }: Kms,
  { record }: KeyEntry,
  grantId: string,
): Promise<GrantRecord | undefined> {
  return store.read((reader) => findGrant(reader, record.region, record.keyId, grantId));
}

async function findIdentity(
  { iam, caller, account }: Scope,
  target: IdentityTarget,
  input: AnyInput,
): Promise<NamedIdentity> {
  const member = input[target.member];
  if (typeof member === 'string') return findByName(iam, account, target.identity, member);
  if (caller.principal.kind === 'root') {
    const arn = rootUserArn(iam.partition, account);
    return { arn, name: account, identity: undefined, boundaryArn: undefined, isRootUser: true };
  }
  if (caller.userName === undefined) throw userNameMissing();
  return findByName(iam, account, 'user', caller.userName);
}

async function findByName(
  iam: Iam,
  account: string,
  kind: IdentityKind,
  name: string,
): Promise<NamedIdentity> {
  const { partition, store } = iam;
  const found = await store.read(async (reader) => {
    if (kind === 'policy') return findManagedPolicy(reader, partition, account, name).catch(() => undefined);
    if (kind !== 'oidc-provider') return findNamedIdentity(reader, partition, account, kind, name);
    const parsed = parseIdentityArn(name);
    if (parsed?.kind !== kind || parsed.accountId !== account) return undefined;
    const provider = await findNamedIdentity(reader, partition, account, kind, parsed.name);
    return provider?.arn === name ? provider : undefined;
  });
  const isNamedByArn = kind === 'policy' || kind === 'oidc-provider';
  const guess = isNamedByArn ? name : identityArn(partition, { accountId: account, kind, path: '/', name });
  const boundary = found && 'permissionsBoundary' in found.details && found.details.permissionsBoundary;
  const boundaryArn = boundary ? (await iam.identities.get(boundary))?.identity.arn : undefined;
  return { arn: found?.arn ?? guess, name, identity: found, boundaryArn, isRootUser: false };
}

function placeOf(
  { iam, account }: Scope,
  target: NewIdentityTarget,
  input: AnyInput,
  found: readonly FoundTarget[],
): NewIdentity {
  const moved = found.find(({ name }) => name === target.moves);
  const present = moved?.kind === 'identity' ? moved.named.identity : undefined;
  const { path = present?.path ?? '/', name } = target.place(asDeclared(input));
  const place = { accountId: account, path, name };
  return { ...place, arn: identityArn(iam.partition, { ...place, kind: target.identity }) };
}

/** A role by its ARN, path included, in whichever account of the deployment. */
async function findRole({ iam }: Scope, arn: string): Promise<IdentityEntry | undefined> {
  const parsed = parseIdentityArn(arn);
  if (parsed?.kind !== 'role') return undefined;
  const role = await iam.store.read((reader) =>
    findNamedIdentity(reader, iam.partition, parsed.accountId, 'role', parsed.name),
  );
  return role?.arn === arn ? iam.identities.get(role.uniqueId) : undefined;
}

/**
 * Refuses an identity that does not exist, and a key that is for other operations, or is not in a state for this one.
 *
 * @throws ServiceError `NoSuchEntity`; `InvalidKeyUsageException` or `IncorrectKeyException`; `DisabledException` or `KMSInvalidStateException`
 */
export function requireUsable(operation: Operation, found: FoundTarget): void {
  if (found.kind === 'identity') {
    const { identity, isRootUser, name } = found.named;
    const isDue = !isRootUser && found.target.mayBeMissing !== true;
    if (identity === undefined && isDue) throw identityNotFound(found.target.identity, name);
  }
  if (found.kind !== 'key' || found.key?.entry === undefined) return;
  const { arn, record, state } = found.key.entry;
  const { usage, states } = found.target;
  if (usage !== undefined && record.keyUsage !== usage.keyUsage) {
    throw usage.incorrectKey === true
      ? incorrectKey()
      : invalidKeyUsage(arn, record.keyUsage, operation.name);
  }
  requireState(states, arn, state);
}

/** The ARNs of the keys that a request names, by the names of its targets. */
export function keyArns(found: readonly FoundTarget[]): Readonly<Record<string, string>> {
  const arns: Record<string, string> = {};
  for (const target of found) {
    if (target.kind === 'key' && target.key !== undefined) arns[target.name] = target.key.arn;
  }
  return arns;
}

/** What a handler gets of its targets: keys, aliases, by the names of the targets. */
export function handlerTargets(found: readonly FoundTarget[]): Readonly<Record<string, unknown>> {
  const targets: Record<string, unknown> = {};
  for (const target of found) {
    if (target.kind === 'key') targets[target.name] = target.key?.entry;
    else if (target.kind === 'alias') targets[target.name] = target.alias;
    else if (target.kind === 'identity') targets[target.name] = target.named.identity;
    else if (target.kind === 'new-identity') targets[target.name] = target.place;
    else if (target.kind === 'grant') targets[target.name] = target.named.grant;
    else if (target.kind === 'role') targets[target.name] = target.role?.identity;
  }
  return targets;
}
