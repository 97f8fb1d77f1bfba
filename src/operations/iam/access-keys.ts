import type { Caller } from '../../caller.ts';
import {
  type AccessKeyOwner,
  accessKeyNotFound,
  createAccessKey as createKey,
  findAccessKey,
  findAccessKeyUse,
  findIdentityById,
  type Identity,
  listAccessKeys as listKeys,
  removeAccessKey,
  setAccessKeyStatus,
} from '../../iam/index.ts';
import { enumeration, list, optional, required, string, structure } from '../../model/index.ts';
import { iamOperation } from './iam-operation.ts';
import { iamPage, pageOfAll } from './pages.ts';
import { statusNotSettable } from './refusals.ts';
import * as shapes from './shapes.ts';

const status = enumeration('Active', 'Inactive', 'Expired');
const userName = optional(shapes.userName, 'The name of the user; the caller, when absent.');
const accessKeyId = required(shapes.accessKeyId, 'The id of the access key.');
const EXAMPLE_ID = 'AKIAIOSFODNN7EXAMPLE';

/** The user whose access keys an operation is about; the caller, by default. */
function ofUser<const P extends `iam:${string}`>(permission: P) {
  return { kind: 'identity', identity: 'user', member: 'UserName', orCaller: true, permission } as const;
}

function ownerOf(user: Identity<'user'> | undefined, { account }: Caller): AccessKeyOwner {
  return { accountId: account, principalId: user?.uniqueId ?? account };
}

/** The root user has no name. */
function nameOf(user: Identity<'user'> | undefined): string {
  return user?.name ?? '<root_account>';
}

export const createAccessKey = iamOperation({
  name: 'CreateAccessKey',
  summary:
    'Creates an access key for a user, who may have two. Its secret is shown this once and never again.',
  input: structure({ UserName: userName }),
  output: structure({
    AccessKey: required(
      structure({
        UserName: required(shapes.userName, 'The name of the user.'),
        AccessKeyId: accessKeyId,
        Status: required(status, 'Active.'),
        SecretAccessKey: required(string({ sensitive: true }), 'The secret that signs requests.'),
        CreateDate: shapes.createDate,
      }),
      'The access key.',
    ),
  }),
  targets: { user: ofUser('iam:CreateAccessKey') },
  errors: ['LimitExceeded', 'NoSuchEntity'],
  readOnly: false,
  audit: { response: ['AccessKey'] },
  examples: [
    {
      title: 'Create an access key',
      request: { UserName: 'ada' },
    },
  ],
  async handler({ targets: { user }, caller, iam }) {
    const created = await createKey(iam, ownerOf(user, caller));
    return {
      AccessKey: {
        UserName: nameOf(user),
        AccessKeyId: created.accessKeyId,
        Status: created.status,
        SecretAccessKey: created.secretAccessKey,
        CreateDate: new Date(created.creationDate),
      },
    };
  },
});

export const listAccessKeys = iamOperation({
  name: 'ListAccessKeys',
  summary: 'Lists the access keys of a user, without their secrets.',
  input: structure({ UserName: userName, ...shapes.pageRequest }),
  output: structure({
    AccessKeyMetadata: required(
      list(
        structure({
          UserName: optional(shapes.userName, 'The name of the user.'),
          AccessKeyId: optional(shapes.accessKeyId, 'The id of the access key.'),
          Status: optional(status, 'Whether requests signed with it are accepted.'),
          CreateDate: shapes.createDate,
        }),
      ),
      'The access keys.',
    ),
    ...shapes.pageAnswer,
  }),
  targets: { user: ofUser('iam:ListAccessKeys') },
  errors: ['NoSuchEntity'],
  readOnly: true,
  examples: [
    {
      title: 'List the access keys of a user',
      request: { UserName: 'ada' },
    },
  ],
  async handler(call) {
    const { targets, caller, iam } = call;
    const { principalId } = ownerOf(targets.user, caller);
    const keys = await iam.store.read((reader) => listKeys(reader, principalId));
    const positionOf = (key: (typeof keys)[number]) => key.accessKeyId;
    const { items, page } = await iamPage(call, [principalId], pageOfAll(keys, positionOf), positionOf);
    return {
      AccessKeyMetadata: items.map((key) => ({
        UserName: nameOf(targets.user),
        AccessKeyId: key.accessKeyId,
        Status: key.status,
        CreateDate: new Date(key.creationDate),
      })),
      ...page,
    };
  },
});

export const updateAccessKey = iamOperation({
  name: 'UpdateAccessKey',
  summary: 'Activates or deactivates an access key. The very next request is judged by it.',
  input: structure({
    UserName: userName,
    AccessKeyId: accessKeyId,
    Status: required(status, 'Active or Inactive: whether requests signed with it are accepted.'),
  }),
  output: shapes.empty,
  targets: { user: ofUser('iam:UpdateAccessKey') },
  errors: ['InvalidInput', 'NoSuchEntity'],
  readOnly: false,
  examples: [
    {
      title: 'Deactivate an access key',
      request: { UserName: 'ada', AccessKeyId: EXAMPLE_ID, Status: 'Inactive' },
    },
  ],
  async handler({ input, targets: { user }, caller, iam }) {
    if (input.Status === 'Expired') throw statusNotSettable();
    await setAccessKeyStatus(iam, ownerOf(user, caller), input.AccessKeyId, input.Status);
    return {};
  },
});

export const deleteAccessKey = iamOperation({
  name: 'DeleteAccessKey',
  summary: 'Deletes an access key.',
  input: structure({ UserName: userName, AccessKeyId: accessKeyId }),
  output: shapes.empty,
  targets: { user: ofUser('iam:DeleteAccessKey') },
  errors: ['NoSuchEntity'],
  readOnly: false,
  examples: [
    {
      title: 'Delete an access key',
      request: { UserName: 'ada', AccessKeyId: EXAMPLE_ID },
    },
  ],
  async handler({ input, targets: { user }, caller, iam }) {
    await removeAccessKey(iam, ownerOf(user, caller), input.AccessKeyId);
    return {};
  },
});

export const getAccessKeyLastUsed = iamOperation({
  name: 'GetAccessKeyLastUsed',
  summary:
    'Tells when, where and for which service an access key was last used: to the quarter of an hour, and with up to half a minute of delay where several processes serve.',
  input: structure({ AccessKeyId: accessKeyId }),
  output: structure({
    UserName: optional(shapes.userName, 'The name of the user.'),
    AccessKeyLastUsed: optional(
      structure({
        LastUsedDate: shapes.lastUsedDate,
        ServiceName: required(string(), 'The service, such as kms; N/A when it was never used.'),
        Region: required(string(), 'The Region; N/A when it was never used.'),
      }),
      'The last use.',
    ),
  }),
  targets: { account: { kind: 'account', permission: 'iam:GetAccessKeyLastUsed' } },
  errors: ['NoSuchEntity'],
  readOnly: true,
  examples: [
    {
      title: 'See when an access key was last used',
      request: { AccessKeyId: EXAMPLE_ID },
    },
  ],
  async handler({ input: { AccessKeyId }, caller, iam }) {
    await iam.accessKeyUses.write();
    return iam.store.read(async (reader) => {
      const record = await findAccessKey(reader, AccessKeyId);
      if (record?.accountId !== caller.account) throw accessKeyNotFound(AccessKeyId);
      const use = await findAccessKeyUse(reader, AccessKeyId);
      const user = await findIdentityById(reader, record.principalId);
      return {
        UserName: user?.name ?? '<root_account>',
        AccessKeyLastUsed:
          use === undefined
            ? { ServiceName: 'N/A', Region: 'N/A' }
            : {
                LastUsedDate: new Date(use.lastUsedDate),
                ServiceName: use.service,
                Region: use.region,
              },
      };
    });
  },
});
