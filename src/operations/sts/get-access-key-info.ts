import { accountOfTemporaryKey, findAccessKey } from '../../iam/index.ts';
import { optional, required, string, structure } from '../../model/index.ts';
import { operation } from '../operation.ts';
import { accessKeyUnknown } from './refusals.ts';

export const getAccessKeyInfo = operation({
  name: 'GetAccessKeyInfo',
  service: 'sts',
  summary: 'Tells which account of the deployment an access key belongs to.',
  input: structure({
    AccessKeyId: required(
      string({ min: 16, max: 128, pattern: '[\\w]*' }),
      'The id of the access key, or of temporary credentials.',
    ),
  }),
  output: structure({ Account: optional(string(), 'The 12-digit account.') }),
  targets: { account: { kind: 'account', permission: 'sts:GetAccessKeyInfo' } },
  refusesSessions: ['GetFederationToken', 'GetSessionToken'],
  errors: [],
  readOnly: true,
  examples: [
    {
      title: 'Find the account of an access key',
      request: { AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' },
    },
  ],
  async handler({ input: { AccessKeyId }, iam }) {
    const record = await iam.store.read((reader) => findAccessKey(reader, AccessKeyId));
    const Account = record?.accountId ?? accountOfTemporaryKey(AccessKeyId);
    if (Account === undefined) throw accessKeyUnknown(AccessKeyId);
    return { Account };
  },
});
