import assert from 'node:assert/strict';
import { IAMServiceException } from '@aws-sdk/client-iam';
import { KMSServiceException } from '@aws-sdk/client-kms';
import { STSServiceException } from '@aws-sdk/client-sts';

type AnyServiceException = IAMServiceException | KMSServiceException | STSServiceException;

/** What the SDK makes of a refusal that says nothing. */
export const WITHOUT_MESSAGE = 'UnknownError';

/** Awaits a call that must be refused, and checks its code and, when given, its message. */
export async function assertRefused(
  call: Promise<unknown>,
  code: string,
  message?: string | RegExp,
): Promise<AnyServiceException> {
  try {
    await call;
  } catch (error) {
    if (!isServiceException(error)) throw error;
    assert.equal(error.name, code, error.message);
    if (typeof message === 'string') assert.equal(error.message, message);
    else if (message !== undefined) assert.match(error.message, message);
    return error;
  }
  return assert.fail(`accepted, though ${code} was expected`);
}

function isServiceException(error: unknown): error is AnyServiceException {
  return [IAMServiceException, KMSServiceException, STSServiceException].some(
    (kind) => error instanceof kind,
  );
}
