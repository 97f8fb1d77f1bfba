import { parseCiphertext } from '../crypto/index.ts';
import type { ServiceError } from '../errors.ts';
import {
  type AliasRecord,
  aliasArn,
  aliasNotFound,
  ensureAwsManagedKey,
  findAliasRecord,
  findKeyEntry,
  foreignRegion,
  invalidCiphertext,
  invalidKeyId,
  invalidKeyIdInArn,
  isKeyId,
  type KeyEntry,
  keyArn,
  keyNotFound,
  malformedArn,
  malformedArnNotFound,
  parseIdentifier,
} from '../kms/index.ts';
import type { AliasTarget, AnyInput, KeyTarget, NamedAlias, Operation } from '../operations/index.ts';
import type { Scope } from './scope.ts';

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

/** The key that a request names for a target; `undefined` when none is named, which only an optional target allows. */
export async function findKey(
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

/** The sibling in a Region of a multi-Region key; `undefined` when there is none. */
export async function findSibling(
  { kms }: Scope,
  key: NamedKey | undefined,
  region: string,
): Promise<NamedKey | undefined> {
  if (key?.entry?.record.primaryRegion === undefined) return undefined;
  const { accountId, keyId } = key.entry.record;
  const entry = await findKeyEntry(kms, region, keyId);
  if (entry === undefined) return undefined;
  return {
    arn: entry.arn,
    accountId,
    saidArn: entry.arn,
    entry,
    requestAlias: undefined,
    fromCiphertext: false,
  };
}

/** The key that an identifier names. */
export async function findByIdentifier(
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
  const present = cached instanceof Promise ? await cached : cached;
  const record = present ?? (await findAwsManaged(scope, accountId, aliasName));
  if (record !== undefined)
    return findById(scope, accountId, record.targetKeyId, { requestAlias: aliasName, saidArn: arn });
  if (accountId === scope.account) throw aliasNotFound(arn);
  return { arn, accountId, saidArn: arn, entry: undefined, requestAlias: aliasName, fromCiphertext: false };
}

/** The alias of the AWS managed key of the service that asks, in the account of whoever it asks for. */
async function findAwsManaged(
  { kms, caller, account, region }: Scope,
  accountId: string,
  aliasName: string,
): Promise<AliasRecord | undefined> {
  if (caller.viaService === undefined || accountId !== account) return undefined;
  return ensureAwsManagedKey(kms, { accountId, region, aliasName }, caller.viaService);
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

/** The alias that a request names, whether or not it exists. */
export async function findAlias(scope: Scope, target: AliasTarget, input: AnyInput): Promise<NamedAlias> {
  const { kms, account, region } = scope;
  const aliasName = String(input[target.member]);
  const arn = aliasArn(kms.partition, region, account, aliasName);
  const record = await findAliasRecord(kms, account, region, aliasName);
  if (record === undefined && target.exists === true) throw aliasNotFound(arn);
  return { aliasName, arn, record };
}
