import { type IAM, IAMServiceException } from '@aws-sdk/client-iam';
import { type KMS, KMSServiceException } from '@aws-sdk/client-kms';
import { CONSTRAINT, type ModelAnswer } from './authorization-model.ts';
import { grantMeant } from './authorization-model-changes.ts';
import {
  CONTEXTS,
  type ContextName,
  type GrantForm,
  type IdentityChange,
  type KeyChange,
  type KeyReference,
  type Use,
} from './model-commands.ts';
import { type Alias, arnOf, type Names, renderIdentityPolicy, renderKeyPolicy } from './policy-forms.ts';
import { REGION } from './server.ts';

/* What commands of the model-based test are over the wire, and answers in the words of the model. */

/** A grant that was made. */
export interface WireGrant {
  readonly KeyId: string;
  readonly GrantId: string | undefined;
  readonly GrantToken: string | undefined;
}

/** Ciphertexts by key and the context that they were encrypted under. */
export type Ciphertexts = readonly Readonly<Record<ContextName, Uint8Array>>[];

/** What a call answers, or the code of its refusal. */
export async function answerTo(call: Promise<ModelAnswer>): Promise<ModelAnswer> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof KMSServiceException || error instanceof IAMServiceException) return error.name;
    throw error;
  }
}

export async function performUse(
  kms: KMS,
  names: Names,
  ciphertexts: Ciphertexts,
  use: Use,
): Promise<ModelAnswer> {
  const key = (arn: string | undefined) => `key ${names.keyArns.indexOf(arn ?? '')}`;
  switch (use.operation) {
    case 'DescribeKey': {
      const { KeyMetadata } = await kms.describeKey({ KeyId: identifierOf(names, use.key) });
      return `done: ${key(KeyMetadata?.Arn)}, ${KeyMetadata?.KeyState}`;
    }
    case 'Encrypt': {
      const { KeyId } = await kms.encrypt({
        KeyId: identifierOf(names, use.key),
        Plaintext: Buffer.of(1),
        EncryptionContext: CONTEXTS[use.context],
      });
      return `done: ${key(KeyId)}`;
    }
    case 'GenerateDataKey': {
      const { KeyId } = await kms.generateDataKey({
        KeyId: identifierOf(names, use.key),
        KeySpec: 'AES_128',
        EncryptionContext: CONTEXTS[use.context],
      });
      return `done: ${key(KeyId)}`;
    }
    case 'Decrypt': {
      const { KeyId } = await kms.decrypt({
        CiphertextBlob: ciphertexts[use.of]?.[use.sealed],
        EncryptionContext: CONTEXTS[use.context],
        ...(use.key !== undefined && { KeyId: identifierOf(names, use.key) }),
      });
      return `done: ${key(KeyId)}`;
    }
    case 'ReEncrypt': {
      const { SourceKeyId, KeyId } = await kms.reEncrypt({
        CiphertextBlob: ciphertexts[use.of]?.[use.context],
        SourceEncryptionContext: CONTEXTS[use.context],
        DestinationKeyId: identifierOf(names, use.to),
        DestinationEncryptionContext: CONTEXTS[use.toContext],
      });
      return `done: ${key(SourceKeyId)} to ${key(KeyId)}`;
    }
  }
}

/** An ARN, by which principals of any account can name it. */
function identifierOf(names: Names, reference: KeyReference): string {
  return typeof reference === 'number' ? arnOfKey(names, reference) : aliasArnOf(names, reference);
}

function arnOfKey({ keyArns }: Names, key: number): string {
  return keyArns[key] ?? '';
}

function aliasArnOf({ principals, aliasNames }: Names, alias: Alias): string {
  return `arn:aws:kms:${REGION}:${principals.root.principal.account}:${aliasNames[alias]}`;
}

/** @param grants those that were made so far; a new one is added */
export async function performKeyChange(
  kms: KMS,
  names: Names,
  grants: WireGrant[],
  change: KeyChange,
): Promise<ModelAnswer> {
  switch (change.change) {
    case 'PutKeyPolicy':
      await kms.putKeyPolicy({
        KeyId: arnOfKey(names, change.key),
        Policy: JSON.stringify(renderKeyPolicy(names, change.policy)),
        BypassPolicyLockoutSafetyCheck: change.bypass,
      });
      break;
    case 'CreateGrant':
      grants.push(await createGrant(kms, names, change.key, change));
      break;
    case 'RetireGrant':
    case 'RevokeGrant': {
      const grant = grantMeant(grants, change.grant);
      if (grant === undefined) return 'nothing to do';
      const { KeyId, GrantId, GrantToken } = grant;
      if (change.change === 'RevokeGrant') await kms.revokeGrant({ KeyId, GrantId });
      else await kms.retireGrant(change.byToken ? { GrantToken } : { KeyId, GrantId });
      break;
    }
    case 'TagResource':
      await kms.tagResource({
        KeyId: arnOfKey(names, change.key),
        Tags: [{ TagKey: 'stage', TagValue: change.value }],
      });
      break;
    case 'UntagResource':
      await kms.untagResource({ KeyId: arnOfKey(names, change.key), TagKeys: ['stage'] });
      break;
    case 'CreateAlias':
    case 'UpdateAlias': {
      const alias = { AliasName: names.aliasNames[change.alias], TargetKeyId: arnOfKey(names, change.key) };
      await (change.change === 'CreateAlias' ? kms.createAlias(alias) : kms.updateAlias(alias));
      break;
    }
    case 'DeleteAlias':
      await kms.deleteAlias({ AliasName: names.aliasNames[change.alias] });
      break;
    case 'EnableKey':
      await kms.enableKey({ KeyId: arnOfKey(names, change.key) });
      break;
    case 'DisableKey':
      await kms.disableKey({ KeyId: arnOfKey(names, change.key) });
      break;
    case 'ScheduleKeyDeletion':
      await kms.scheduleKeyDeletion({ KeyId: arnOfKey(names, change.key) });
      break;
    case 'CancelKeyDeletion':
      await kms.cancelKeyDeletion({ KeyId: arnOfKey(names, change.key) });
      break;
  }
  return 'done';
}

/** @param key its number */
export async function createGrant(
  kms: KMS,
  names: Names,
  key: number,
  { grantee, retiring, operations, constraint }: GrantForm,
): Promise<WireGrant> {
  const KeyId = arnOfKey(names, key);
  const { GrantId, GrantToken } = await kms.createGrant({
    KeyId,
    GranteePrincipal: arnOf(names, grantee),
    RetiringPrincipal: retiring && arnOf(names, retiring),
    Operations: [...operations],
    Constraints: constraint && { [constraint]: CONSTRAINT },
  });
  return { KeyId, GrantId, GrantToken };
}

const PolicyName = 'own';

/** @param iam as whoever manages the identity */
export async function performIdentityChange(
  iam: IAM,
  names: Names,
  change: IdentityChange,
): Promise<ModelAnswer> {
  if (change.change === 'UpdateAccessKey') {
    const { accessKeyId: AccessKeyId } = names.principals[change.user].credentials;
    const Status = change.isActive ? 'Active' : 'Inactive';
    await iam.updateAccessKey({ UserName: change.user, AccessKeyId, Status });
    return 'done';
  }
  const isRole = change.identity === 'role';
  const [UserName, RoleName] = [change.identity, change.identity];
  switch (change.change) {
    case 'PutIdentityPolicy': {
      const policy = {
        PolicyName,
        PolicyDocument: JSON.stringify(renderIdentityPolicy(names, change.policy)),
      };
      await (isRole
        ? iam.putRolePolicy({ RoleName, ...policy })
        : iam.putUserPolicy({ UserName, ...policy }));
      break;
    }
    case 'DeleteIdentityPolicy':
      await (isRole
        ? iam.deleteRolePolicy({ RoleName, PolicyName })
        : iam.deleteUserPolicy({ UserName, PolicyName }));
      break;
    case 'TagIdentity': {
      const Tags = [{ Key: 'team', Value: change.team }];
      await (isRole ? iam.tagRole({ RoleName, Tags }) : iam.tagUser({ UserName, Tags }));
      break;
    }
    case 'UntagIdentity': {
      const TagKeys = ['team'];
      await (isRole ? iam.untagRole({ RoleName, TagKeys }) : iam.untagUser({ UserName, TagKeys }));
      break;
    }
  }
  return 'done';
}
