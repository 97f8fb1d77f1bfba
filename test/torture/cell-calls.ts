import { randomBytes } from 'node:crypto';
import type { IAM } from '@aws-sdk/client-iam';
import type { KMS } from '@aws-sdk/client-kms';
import type { Credentials } from '../support/server.ts';
import type { AliasTarget, Command, Reference, Signer } from './cell-commands.ts';
import { DONE, told } from './cell-model.ts';
import {
  type CellNames,
  operationsOf,
  renderIdentityPolicy,
  renderKeyPolicy,
  type User,
} from './cell-policies.ts';

/* What commands of a cell are over the wire, and answers in the words of the model. */

/** Ways to one node. */
export interface Clients {
  /** Signing as the root user, or with the credentials given. */
  kms(credentials?: Credentials): KMS;
  /** Signing as the root user. */
  iam(): IAM;
}

export interface SealedText {
  readonly blob: Uint8Array;
  readonly plaintext: Uint8Array;
  readonly of: AliasTarget;
}

/** A cell of the service, and everything that its clients have learnt of it. */
export interface WireCell {
  readonly names: CellNames;
  readonly userNames: Readonly<Record<User, string>>;
  readonly keyId: string;
  readonly anchorArn: string;
  /** In the order of their arrival. */
  readonly ciphertexts: SealedText[];
  /** Ids by number. */
  readonly grants: Map<number, string>;
  readonly accessKeys: Readonly<Record<User, Map<number, Credentials>>>;
  /** What policies that were put are called in answers, by their text. */
  readonly policies: Map<string, string>;
}

/** Carries a command out, and answers in the words of the model. Access keys in answers are ids still. */
export async function perform(clients: Clients, cell: WireCell, command: Command): Promise<string> {
  switch (command.operation) {
    case 'GetUserPolicy':
    case 'ListAccessKeys':
    case 'PutUserPolicy':
    case 'DeleteUserPolicy':
    case 'CreateAccessKey':
    case 'UpdateAccessKey':
    case 'DeleteAccessKey':
      return performOnUser(clients.iam(), cell, command);
    case 'Encrypt':
    case 'Decrypt':
    case 'GenerateDataKey':
    case 'DescribeKey':
      return performUse(clients.kms(credentialsOf(cell, command.signer)), cell, command);
    case 'CreateAlias':
    case 'UpdateAlias':
    case 'DeleteAlias':
    case 'ListAliases':
      return performOnAlias(clients.kms(), cell, command);
    case 'CreateGrant':
    case 'RevokeGrant':
    case 'ListGrants':
      return performOnGrants(clients.kms(), cell, command);
    default:
      return performOnKey(clients.kms(credentialsOf(cell, command.signer)), cell, command);
  }
}

function credentialsOf({ accessKeys }: WireCell, signer: Signer): Credentials | undefined {
  return signer.by === 'root' ? undefined : accessKeys[signer.by].get(signer.accessKey);
}

type Of<Operation extends Command['operation']> = Extract<Command, { readonly operation: Operation }>;

async function performUse(
  kms: KMS,
  cell: WireCell,
  command: Of<'Encrypt' | 'Decrypt' | 'GenerateDataKey' | 'DescribeKey'>,
): Promise<string> {
  if (command.operation === 'Decrypt') {
    const sealed = cell.ciphertexts[command.ciphertext];
    const { Plaintext } = await kms.decrypt({ CiphertextBlob: sealed?.blob });
    const isRight =
      sealed !== undefined && Plaintext !== undefined && Buffer.from(sealed.plaintext).equals(Plaintext);
    return isRight ? DONE : `${DONE}: another plaintext`;
  }
  const KeyId = identifierOf(cell, command.key);
  switch (command.operation) {
    case 'DescribeKey': {
      const { Arn, KeyState, Description } = (await kms.describeKey({ KeyId })).KeyMetadata ?? {};
      const key = keyOf(cell, Arn);
      return key === 'anchor' ? `${DONE}: anchor` : `${DONE}: ${key}, ${KeyState}, ${Description}`;
    }
    case 'Encrypt': {
      const plaintext = randomBytes(16);
      const { CiphertextBlob: blob, KeyId: arn } = await kms.encrypt({ KeyId, Plaintext: plaintext });
      return keep(cell, arn, { blob, plaintext });
    }
    case 'GenerateDataKey': {
      const answer = await kms.generateDataKey({ KeyId, KeySpec: 'AES_128' });
      return keep(cell, answer.KeyId, { blob: answer.CiphertextBlob, plaintext: answer.Plaintext });
    }
  }
}

function keep(
  cell: WireCell,
  arn: string | undefined,
  { blob, plaintext }: { blob: Uint8Array | undefined; plaintext: Uint8Array | undefined },
): string {
  const of = keyOf(cell, arn);
  if (of === 'another key' || blob === undefined || plaintext === undefined)
    return `${DONE}: ${of}, incomplete`;
  cell.ciphertexts.push({ blob, plaintext, of });
  return `${DONE}: ${of}`;
}

function identifierOf({ keyId, names }: WireCell, reference: Reference): string {
  return reference === 'id' ? keyId : names.aliasName;
}

function keyOf({ keyId, anchorArn }: WireCell, arn: string | undefined): AliasTarget | 'another key' {
  if (arn === anchorArn) return 'anchor';
  return arn?.endsWith(`:key/${keyId}`) ? 'key' : 'another key';
}

type KeyCommand = Of<
  | ('UpdateKeyDescription' | 'TagResource' | 'UntagResource' | 'EnableKey' | 'DisableKey' | 'PutKeyPolicy')
  | ('ScheduleKeyDeletion' | 'CancelKeyDeletion' | 'GetKeyPolicy' | 'ListResourceTags')
>;

async function performOnKey(
  kms: KMS,
  { keyId: KeyId, names, policies }: WireCell,
  command: KeyCommand,
): Promise<string> {
  switch (command.operation) {
    case 'UpdateKeyDescription':
      await kms.updateKeyDescription({ KeyId, Description: String(command.number) });
      return DONE;
    case 'TagResource':
      await kms.tagResource({ KeyId, Tags: [{ TagKey: 'stage', TagValue: command.stage }] });
      return DONE;
    case 'UntagResource':
      await kms.untagResource({ KeyId, TagKeys: ['stage'] });
      return DONE;
    case 'EnableKey':
      await kms.enableKey({ KeyId });
      return DONE;
    case 'DisableKey':
      await kms.disableKey({ KeyId });
      return DONE;
    case 'ScheduleKeyDeletion':
      await kms.scheduleKeyDeletion({ KeyId });
      return DONE;
    case 'CancelKeyDeletion':
      await kms.cancelKeyDeletion({ KeyId });
      return DONE;
    case 'PutKeyPolicy': {
      const { form, number } = command;
      const Policy = renderKeyPolicy(names, form, number);
      policies.set(Policy, `${form} ${number}`);
      await kms.putKeyPolicy({ KeyId, Policy });
      return DONE;
    }
    case 'GetKeyPolicy':
      return told([nameOf(policies, (await kms.getKeyPolicy({ KeyId })).Policy)]);
    case 'ListResourceTags': {
      const { Tags = [] } = await kms.listResourceTags({ KeyId });
      return told(Tags.map(({ TagValue = '' }) => TagValue));
    }
  }
}

function nameOf(policies: ReadonlyMap<string, string>, text = ''): string {
  return policies.get(text) ?? `a policy that nobody put: ${text}`;
}

async function performOnAlias(
  kms: KMS,
  { keyId, anchorArn, names: { aliasName: AliasName } }: WireCell,
  command: Of<'CreateAlias' | 'UpdateAlias' | 'DeleteAlias' | 'ListAliases'>,
): Promise<string> {
  switch (command.operation) {
    case 'CreateAlias':
      await kms.createAlias({ AliasName, TargetKeyId: command.target === 'key' ? keyId : anchorArn });
      return DONE;
    case 'UpdateAlias':
      await kms.updateAlias({ AliasName, TargetKeyId: command.target === 'key' ? keyId : anchorArn });
      return DONE;
    case 'DeleteAlias':
      await kms.deleteAlias({ AliasName });
      return DONE;
    case 'ListAliases': {
      const { Aliases = [] } = await kms.listAliases({ KeyId: keyId });
      return told(
        Aliases.map((alias) => (alias.AliasName === AliasName ? 'alias' : String(alias.AliasName))),
      );
    }
  }
}

async function performOnGrants(
  kms: KMS,
  { keyId: KeyId, names, grants }: WireCell,
  command: Of<'CreateGrant' | 'RevokeGrant' | 'ListGrants'>,
): Promise<string> {
  switch (command.operation) {
    case 'CreateGrant': {
      const { GrantId } = await kms.createGrant({
        KeyId,
        Name: String(command.number),
        GranteePrincipal: names.users[command.grantee].arn,
        Operations: operationsOf(command.form),
      });
      grants.set(command.number, String(GrantId));
      return DONE;
    }
    case 'RevokeGrant':
      await kms.revokeGrant({ KeyId, GrantId: grants.get(command.grant) });
      return DONE;
    case 'ListGrants': {
      const { Grants = [] } = await kms.listGrants({ KeyId });
      return told(Grants.map(({ Name = '' }) => Name));
    }
  }
}

async function performOnUser(
  iam: IAM,
  { userNames, policies, accessKeys }: WireCell,
  command: Extract<Command, { readonly user: User }>,
): Promise<string> {
  const UserName = userNames[command.user];
  const known = accessKeys[command.user];
  const PolicyName = 'own';
  switch (command.operation) {
    case 'PutUserPolicy': {
      const { form, number } = command;
      const PolicyDocument = renderIdentityPolicy(form, number);
      policies.set(PolicyDocument, `${form} ${number}`);
      await iam.putUserPolicy({ UserName, PolicyName, PolicyDocument });
      return DONE;
    }
    case 'DeleteUserPolicy':
      await iam.deleteUserPolicy({ UserName, PolicyName });
      return DONE;
    case 'GetUserPolicy': {
      const { PolicyDocument } = await iam.getUserPolicy({ UserName, PolicyName });
      return told([nameOf(policies, decodeURIComponent(PolicyDocument ?? ''))]);
    }
    case 'CreateAccessKey': {
      const { AccessKeyId = '', SecretAccessKey = '' } =
        (await iam.createAccessKey({ UserName })).AccessKey ?? {};
      known.set(command.number, { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey });
      return DONE;
    }
    case 'UpdateAccessKey': {
      const AccessKeyId = known.get(command.accessKey)?.accessKeyId;
      await iam.updateAccessKey({ UserName, AccessKeyId, Status: command.status });
      return DONE;
    }
    case 'DeleteAccessKey':
      await iam.deleteAccessKey({ UserName, AccessKeyId: known.get(command.accessKey)?.accessKeyId });
      return DONE;
    case 'ListAccessKeys': {
      const { AccessKeyMetadata = [] } = await iam.listAccessKeys({ UserName });
      return told(AccessKeyMetadata.map(({ AccessKeyId, Status }) => `${AccessKeyId} ${Status}`));
    }
  }
}
