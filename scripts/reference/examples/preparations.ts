import * as kms from '../../../src/operations/example-values.ts';
import * as iam from '../../../src/operations/iam/example-values.ts';
import {
  ACCESS_KEY_ID,
  ARCHIVE_ALIAS,
  ENCRYPTION,
  GRANT,
  GROUP_ID,
  POLICY_ID,
  type PreparingCall,
  ROLE_IDS,
  USER_ID,
} from './samples.ts';

function call(operation: string, request: PreparingCall['request']): PreparingCall {
  return { operation, request };
}

function iamCall(operation: string, request: PreparingCall['request']): PreparingCall {
  return { service: 'iam', operation, request };
}

const TAG = { Key: 'team', Value: 'orders' };
const TO_USER = { UserName: 'ada', PolicyArn: iam.POLICY_ARN };
const TO_GROUP = { GroupName: 'encrypters', PolicyArn: iam.POLICY_ARN };
const TO_ROLE = { RoleName: 'orders', PolicyArn: iam.POLICY_ARN };
const MEMBERSHIP = { GroupName: 'encrypters', UserName: 'ada' };
const INLINE = { PolicyName: 'encrypt-orders', PolicyDocument: iam.IDENTITY_POLICY };
const VERSION = { PolicyArn: iam.POLICY_ARN, PolicyDocument: iam.IDENTITY_POLICY, SetAsDefault: true };

const ROTATION = [call('EnableKeyRotation', { KeyId: kms.KEY_ID, RotationPeriodInDays: 180 })];
const ROTATED = [call('RotateKeyOnDemand', { KeyId: kms.KEY_ID })];
const TAGGED = [call('TagResource', { KeyId: kms.KEY_ID, Tags: [{ TagKey: 'team', TagValue: 'orders' }] })];
const TWO_KEYS = [call('DescribeKey', { KeyId: 'alias/orders' }), ARCHIVE_ALIAS];
const TWO_POLICIES = [
  call('PutKeyPolicy', {
    KeyId: kms.KEY_ID,
    Policy: kms.KEY_POLICY.replace(
      '}]}',
      '},{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/backup"},"Action":"kms:Decrypt","Resource":"*"}]}',
    ),
  }),
];
const INLINE_OF_USER = [iamCall('PutUserPolicy', { UserName: 'ada', ...INLINE })];
const INLINE_OF_GROUP = [iamCall('PutGroupPolicy', { GroupName: 'encrypters', ...INLINE })];
const INLINE_OF_ROLE = [iamCall('PutRolePolicy', { RoleName: 'orders', ...INLINE })];
const USER = [iamCall('GetUser', { UserName: 'ada' })];
const ROLE = [iamCall('GetRole', { RoleName: 'orders' })];
const CLIENT = [
  iamCall('AddClientIDToOpenIDConnectProvider', {
    OpenIDConnectProviderArn: iam.PROVIDER_ARN,
    ClientID: 'orders',
  }),
];
const PROVIDER = [iamCall('GetOpenIDConnectProvider', { OpenIDConnectProviderArn: iam.PROVIDER_ARN })];
const TAGGED_PROVIDER = [
  iamCall('TagOpenIDConnectProvider', {
    OpenIDConnectProviderArn: iam.PROVIDER_ARN,
    Tags: [TAG],
  }),
];
const TAGGED_POLICY = [iamCall('TagPolicy', { PolicyArn: iam.POLICY_ARN, Tags: [TAG] })];
const TAGGED_ROLE = [iamCall('TagRole', { RoleName: 'orders', Tags: [TAG] })];
const TAGGED_USER = [iamCall('TagUser', { UserName: 'ada', Tags: [TAG] })];
const NEW_VERSION = [iamCall('CreatePolicyVersion', VERSION)];

/** What is done before the examples of an operation, beside making what their requests name. */
export const PREPARATIONS: Readonly<Record<string, readonly PreparingCall[]>> = {
  CancelKeyDeletion: [call('ScheduleKeyDeletion', { KeyId: kms.KEY_ID, PendingWindowInDays: 7 })],
  ComparePolicies: TWO_POLICIES,
  DeleteImportedKeyMaterial: [
    call('ImportKeyMaterial', {
      KeyId: kms.EXTERNAL_KEY_ID,
      ImportToken: kms.IMPORT_TOKEN,
      EncryptedKeyMaterial: kms.ENCRYPTED_KEY_MATERIAL,
      ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
    }),
  ],
  DescribeAuditLog: [call('ListKeys', {})],
  DisableKeyRotation: ROTATION,
  EnableKey: [call('DisableKey', { KeyId: kms.KEY_ID })],
  GetKeyLastUsage: [ENCRYPTION],
  GetKeyRotationStatus: ROTATION,
  ListAliases: TWO_KEYS,
  ListGrants: [GRANT],
  ListKeyPolicyVersions: TWO_POLICIES,
  ListKeyRotations: ROTATED,
  ListKeys: TWO_KEYS,
  ListResourceTags: TAGGED,
  ListRetirableGrants: [GRANT],
  LookupEvents: [call('ScheduleKeyDeletion', { KeyId: kms.KEY_ID, PendingWindowInDays: 7 })],
  RestoreKeyPolicyVersion: TWO_POLICIES,
  SearchKeys: [...TWO_KEYS, ...TAGGED, call('DisableKey', { KeyId: kms.KEY_ID })],
  UntagResource: TAGGED,
  UpdatePrimaryRegion: [
    call('ReplicateKey', { KeyId: kms.MULTI_REGION_KEY_ID, ReplicaRegion: 'eu-central-1' }),
  ],

  DeleteGroupPolicy: INLINE_OF_GROUP,
  DeletePolicyVersion: NEW_VERSION,
  DeleteRolePermissionsBoundary: [
    iamCall('PutRolePermissionsBoundary', { RoleName: 'orders', PermissionsBoundary: iam.POLICY_ARN }),
  ],
  DeleteRolePolicy: INLINE_OF_ROLE,
  DeleteUserPermissionsBoundary: [
    iamCall('PutUserPermissionsBoundary', { UserName: 'ada', PermissionsBoundary: iam.POLICY_ARN }),
  ],
  DeleteUserPolicy: INLINE_OF_USER,
  DetachGroupPolicy: [iamCall('AttachGroupPolicy', TO_GROUP)],
  DetachRolePolicy: [iamCall('AttachRolePolicy', TO_ROLE)],
  DetachUserPolicy: [iamCall('AttachUserPolicy', TO_USER)],
  GetAccountSummary: USER,
  GetContextKeysForPrincipalPolicy: INLINE_OF_USER,
  GetGroup: [iamCall('AddUserToGroup', MEMBERSHIP)],
  GetGroupPolicy: INLINE_OF_GROUP,
  GetPolicyVersion: NEW_VERSION,
  GetRolePolicy: INLINE_OF_ROLE,
  GetUserPolicy: INLINE_OF_USER,
  ListAccessKeys: [iamCall('GetAccessKeyLastUsed', { AccessKeyId: ACCESS_KEY_ID })],
  ListAttachedGroupPolicies: [iamCall('AttachGroupPolicy', TO_GROUP)],
  ListAttachedRolePolicies: [iamCall('AttachRolePolicy', TO_ROLE)],
  ListAttachedUserPolicies: [iamCall('AttachUserPolicy', TO_USER)],
  ListEntitiesForPolicy: [iamCall('AttachUserPolicy', TO_USER)],
  ListGroupPolicies: INLINE_OF_GROUP,
  ListGroups: [iamCall('GetGroup', { GroupName: 'encrypters' })],
  ListGroupsForUser: [iamCall('AddUserToGroup', MEMBERSHIP)],
  ListOpenIDConnectProviders: PROVIDER,
  ListOpenIDConnectProviderTags: TAGGED_PROVIDER,
  ListPolicies: [iamCall('GetPolicy', { PolicyArn: iam.POLICY_ARN })],
  ListPolicyTags: TAGGED_POLICY,
  ListPolicyVersions: NEW_VERSION,
  ListRolePolicies: INLINE_OF_ROLE,
  ListRoles: ROLE,
  ListRoleTags: TAGGED_ROLE,
  ListUserPolicies: INLINE_OF_USER,
  ListUsers: USER,
  ListUserTags: TAGGED_USER,
  RemoveClientIDFromOpenIDConnectProvider: CLIENT,
  RemoveUserFromGroup: [iamCall('AddUserToGroup', MEMBERSHIP)],
  SetDefaultPolicyVersion: NEW_VERSION,
  UntagOpenIDConnectProvider: TAGGED_PROVIDER,
  UntagPolicy: TAGGED_POLICY,
  UntagRole: TAGGED_ROLE,
  UntagUser: TAGGED_USER,
};

/** What members of the answers to examples of an operation, or to one of them, are called in all examples. */
export const STANDING: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  CreateAccessKey: { AccessKeyId: ACCESS_KEY_ID },
  CreateAccount: { AccountId: '222233334444' },
  CreateGrant: { GrantId: kms.GRANT_ID, GrantToken: kms.GRANT_TOKEN },
  CreateGroup: { GroupId: GROUP_ID },
  CreateKey: { KeyId: kms.KEY_ID },
  'CreateKey: Create a multi-Region primary key': { KeyId: kms.MULTI_REGION_KEY_ID },
  'CreateKey: Create a key for imported key material': { KeyId: kms.EXTERNAL_KEY_ID },
  CreatePolicy: { PolicyId: POLICY_ID },
  CreateRole: { RoleId: ROLE_IDS['orders'] ?? '' },
  CreateUser: { UserId: USER_ID },
  GenerateMac: { Mac: kms.MAC },
};
