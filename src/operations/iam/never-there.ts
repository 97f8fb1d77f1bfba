import { noSuchEntity } from '../../iam/index.ts';
import { boolean, enumeration, list, optional, required, string, structure } from '../../model/index.ts';
import { iamOperation } from './iam-operation.ts';
import { onNamed } from './policy-carriers.ts';
import * as shapes from './shapes.ts';

/*
 * What users and roles of AWS can have and those of this deployment never have: passwords, second factors, keys and
 * certificates for other services, instance profiles. Terraform and others ask for them before they delete a user or a
 * role, and are answered as by an account in which nobody has any.
 */

const userName = optional(shapes.userName, 'The name of the user; the caller, when absent.');
const ofUser = required(shapes.userName, 'The name of the user.');
const status = required(enumeration('Active', 'Inactive', 'Expired'), 'Whether it can be used.');
const NONE = { IsTruncated: false } as const;

/** The user whom a listing is about; the caller, by default. */
function aboutUser<const P extends `iam:${string}`>(permission: P) {
  return {
    user: { kind: 'identity', identity: 'user', member: 'UserName', orCaller: true, permission },
  } as const;
}

export const listMfaDevices = iamOperation({
  name: 'ListMFADevices',
  summary: 'Lists the multi-factor authentication devices of a user: none.',
  input: structure({ UserName: userName, ...shapes.pageRequest }),
  output: structure({
    MFADevices: required(
      list(
        structure({
          UserName: ofUser,
          SerialNumber: required(string(), 'The device.'),
          EnableDate: shapes.requiredCreateDate,
        }),
      ),
      'Always empty.',
    ),
    ...shapes.pageAnswer,
  }),
  targets: aboutUser('iam:ListMFADevices'),
  errors: ['NoSuchEntity'],
  readOnly: true,
  examples: [{ title: 'List devices', request: { UserName: 'ada' } }],
  handler: () => ({ MFADevices: [], ...NONE }),
});

export const listVirtualMfaDevices = iamOperation({
  name: 'ListVirtualMFADevices',
  summary: 'Lists the virtual multi-factor authentication devices of the account: none.',
  input: structure({
    AssignmentStatus: optional(enumeration('Any', 'Assigned', 'Unassigned'), 'Which of them are listed.'),
    ...shapes.pageRequest,
  }),
  output: structure({
    VirtualMFADevices: required(
      list(structure({ SerialNumber: required(string(), 'The device.') })),
      'Always empty.',
    ),
    ...shapes.pageAnswer,
  }),
  targets: { account: { kind: 'account', permission: 'iam:ListVirtualMFADevices' } },
  errors: [],
  readOnly: true,
  examples: [{ title: 'List devices', request: {} }],
  handler: () => ({ VirtualMFADevices: [], ...NONE }),
});

export const listSshPublicKeys = iamOperation({
  name: 'ListSSHPublicKeys',
  summary: 'Lists the SSH public keys of a user: none.',
  input: structure({ UserName: userName, ...shapes.pageRequest }),
  output: structure({
    SSHPublicKeys: optional(
      list(
        structure({
          UserName: ofUser,
          SSHPublicKeyId: required(string(), 'The key.'),
          Status: status,
          UploadDate: shapes.requiredCreateDate,
        }),
      ),
      'Always empty.',
    ),
    ...shapes.pageAnswer,
  }),
  targets: aboutUser('iam:ListSSHPublicKeys'),
  errors: ['NoSuchEntity'],
  readOnly: true,
  examples: [{ title: 'List keys', request: { UserName: 'ada' } }],
  handler: () => ({ SSHPublicKeys: [], ...NONE }),
});

export const listSigningCertificates = iamOperation({
  name: 'ListSigningCertificates',
  summary: 'Lists the signing certificates of a user: none.',
  input: structure({ UserName: userName, ...shapes.pageRequest }),
  output: structure({
    Certificates: required(
      list(
        structure({
          UserName: ofUser,
          CertificateId: required(string(), 'The certificate.'),
          CertificateBody: required(string(), 'Its text.'),
          Status: status,
        }),
      ),
      'Always empty.',
    ),
    ...shapes.pageAnswer,
  }),
  targets: aboutUser('iam:ListSigningCertificates'),
  errors: ['NoSuchEntity'],
  readOnly: true,
  examples: [
    {
      title: 'List certificates',
      request: { UserName: 'ada' },
    },
  ],
  handler: () => ({ Certificates: [], ...NONE }),
});

export const listServiceSpecificCredentials = iamOperation({
  name: 'ListServiceSpecificCredentials',
  summary: 'Lists the credentials of a user for single services: none.',
  input: structure({
    UserName: userName,
    ServiceName: optional(string(), 'Only those for this service.'),
    AllUsers: optional(boolean, 'Those of all users.'),
    ...shapes.pageRequest,
  }),
  output: structure({
    ServiceSpecificCredentials: optional(
      list(
        structure({
          UserName: ofUser,
          Status: status,
          CreateDate: shapes.requiredCreateDate,
          ServiceSpecificCredentialId: required(string(), 'The credential.'),
          ServiceName: required(string(), 'The service.'),
        }),
      ),
      'Always empty.',
    ),
    ...shapes.pageAnswer,
  }),
  targets: aboutUser('iam:ListServiceSpecificCredentials'),
  errors: ['NoSuchEntity'],
  readOnly: true,
  examples: [
    {
      title: 'List credentials',
      request: { UserName: 'ada' },
    },
  ],
  handler: () => ({ ServiceSpecificCredentials: [], ...NONE }),
});

const instanceProfile = structure({
  Path: required(shapes.path, 'The path.'),
  InstanceProfileName: required(string(), 'The name.'),
  InstanceProfileId: required(shapes.uniqueId, 'The unique id.'),
  Arn: required(shapes.arn, 'The ARN.'),
  CreateDate: shapes.requiredCreateDate,
  Roles: required(
    list(
      structure({
        Path: required(shapes.path, 'The path.'),
        RoleName: required(shapes.roleName, 'The name.'),
        RoleId: required(shapes.uniqueId, 'The unique id.'),
        Arn: required(shapes.arn, 'The ARN.'),
        CreateDate: shapes.requiredCreateDate,
      }),
    ),
    'The roles.',
  ),
});

export const listInstanceProfilesForRole = iamOperation({
  name: 'ListInstanceProfilesForRole',
  summary: 'Lists the instance profiles that have a role: none.',
  input: structure({
    RoleName: required(shapes.roleName, 'The name of the role.'),
    ...shapes.pageRequest,
  }),
  output: structure({
    InstanceProfiles: required(list(instanceProfile), 'Always empty.'),
    ...shapes.pageAnswer,
  }),
  targets: { role: onNamed('role', 'iam:ListInstanceProfilesForRole') },
  errors: ['NoSuchEntity'],
  readOnly: true,
  examples: [
    {
      title: 'List instance profiles',
      request: { RoleName: 'backup' },
    },
  ],
  handler: () => ({ InstanceProfiles: [], ...NONE }),
});

/** Nobody has a password. */
function noLoginProfile(name: string): never {
  throw noSuchEntity(`Login Profile for User ${name} cannot be found.`);
}

export const getLoginProfile = iamOperation({
  name: 'GetLoginProfile',
  summary: 'Describes the password of a user: no user has one, and so this answers NoSuchEntity.',
  input: structure({ UserName: userName }),
  output: structure({
    LoginProfile: required(
      structure({ UserName: ofUser, CreateDate: shapes.requiredCreateDate }),
      'Since when there is a password.',
    ),
  }),
  targets: aboutUser('iam:GetLoginProfile'),
  errors: ['NoSuchEntity'],
  readOnly: true,
  examples: [{ title: 'Users have no passwords', error: 'NoSuchEntity', request: { UserName: 'ada' } }],
  handler: ({ targets: { user }, caller }) => noLoginProfile(user?.name ?? caller.account),
});

export const deleteLoginProfile = iamOperation({
  name: 'DeleteLoginProfile',
  summary: 'Deletes the password of a user: no user has one, and so this answers NoSuchEntity.',
  input: structure({ UserName: userName }),
  output: shapes.empty,
  targets: aboutUser('iam:DeleteLoginProfile'),
  errors: ['NoSuchEntity'],
  readOnly: false,
  examples: [{ title: 'Users have no passwords', error: 'NoSuchEntity', request: { UserName: 'ada' } }],
  handler: ({ targets: { user }, caller }) => noLoginProfile(user?.name ?? caller.account),
});
