import assert from 'node:assert/strict';
import { KMSServiceException } from '@aws-sdk/client-kms';

/** Awaits a call that must be refused, and checks its code and, when given, its message. */
export async function assertRefused(
  call: Promise<unknown>,
  code: string,
  message?: string | RegExp,
): Promise<KMSServiceException> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof KMSServiceException)) throw error;
    assert.equal(error.name, code, error.message);
    if (typeof message === 'string') assert.equal(error.message, message);
    else if (message !== undefined) assert.match(error.message, message);
    return error;
  }
  return assert.fail(`accepted, though ${code} was expected`);
}
