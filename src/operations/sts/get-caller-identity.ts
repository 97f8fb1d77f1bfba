import { userIdOf } from '../../caller.ts';
import { optional, string, structure } from '../../model/index.ts';
import { operation } from '../operation.ts';

export const getCallerIdentity = operation({
  name: 'GetCallerIdentity',
  service: 'sts',
  summary: 'Tells who the caller is. Nobody needs a permission for it, and no policy can deny it.',
  input: structure({}),
  output: structure({
    UserId: optional(string(), 'The unique id of the caller; for a root user the account.'),
    Account: optional(string(), 'The 12-digit account of the caller.'),
    Arn: optional(string(), 'The ARN of the caller.'),
  }),
  targets: {},
  errors: [],
  readOnly: true,
  examples: [
    {
      title: 'Ask who the caller is',
      request: {},
    },
  ],
  handler: ({ caller: { principal, account } }) => ({
    UserId: userIdOf(principal),
    Account: account,
    Arn: principal.arn,
  }),
});
