/* Values that the examples of several operations of IAM share. */

export const USER = {
  Path: '/engineering/',
  UserName: 'ada',
  UserId: 'AIDAQRZ5KZQ3YV2ZPE7DA',
  Arn: 'arn:aws:iam::111122223333:user/engineering/ada',
  CreateDate: '2026-11-23T12:00:00Z',
};

export const TRUST_POLICY =
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/engineering/ada"},"Action":"sts:AssumeRole"}}';

export const ROLE = {
  Path: '/',
  RoleName: 'orders',
  RoleId: 'AROAQRZ5KZQ3YV2ZPE7DB',
  Arn: 'arn:aws:iam::111122223333:role/orders',
  CreateDate: '2026-11-23T12:00:00Z',
  AssumeRolePolicyDocument: encodeURIComponent(TRUST_POLICY),
  MaxSessionDuration: 3600,
};

export const GROUP = {
  Path: '/engineering/',
  GroupName: 'encrypters',
  GroupId: 'AGPAQRZ5KZQ3YV2ZPE7DC',
  Arn: 'arn:aws:iam::111122223333:group/engineering/encrypters',
  CreateDate: '2026-11-23T12:00:00Z',
};

export const IDENTITY_POLICY =
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:Encrypt","Resource":"*"}}';

export const POLICY_ARN = 'arn:aws:iam::111122223333:policy/use-keys';

export const POLICY = {
  PolicyName: 'use-keys',
  PolicyId: 'ANPAQRZ5KZQ3YV2ZPE7DD',
  Arn: POLICY_ARN,
  Path: '/',
  DefaultVersionId: 'v1',
  AttachmentCount: 0,
  PermissionsBoundaryUsageCount: 0,
  IsAttachable: true,
  CreateDate: '2026-11-23T12:00:00Z',
  UpdateDate: '2026-11-23T12:00:00Z',
};

export const PROVIDER_ARN = 'arn:aws:iam::111122223333:oidc-provider/issuer.example.com';
