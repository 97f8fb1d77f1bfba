import type { Caller } from '../../caller.ts';
import { ServiceError } from '../../errors.ts';
import type { Iam } from '../../iam/index.ts';

/* Texts: what AWS Organizations answers, where it is known. */

/** @throws ServiceError `AccessDeniedException` unless the caller is of the operator's account */
export function requireManagement({ operatorAccount }: Iam, { account }: Caller): void {
  if (account !== operatorAccount)
    throw new ServiceError(
      'AccessDeniedException',
      "You don't have permissions to access this resource: only the operator's account manages accounts.",
    );
}

export function accountTagsUnsupported(): ServiceError {
  return new ServiceError('InvalidInputException', 'Accounts have no tags here; leave Tags out.');
}

export function creationNotFound(): ServiceError {
  return new ServiceError(
    'CreateAccountStatusNotFoundException',
    "We can't find a create account request with the CreateAccountRequestId that you specified.",
  );
}

export function accountNotFound(): ServiceError {
  return new ServiceError('AccountNotFoundException', "You specified an account that doesn't exist.");
}
