import { ServiceError } from './errors.ts';

/** The answer to a dry run that would have succeeded (errors.md section 5). */
export function dryRun(): ServiceError {
  return new ServiceError(
    'DryRunOperationException',
    'The request would have succeeded, but the DryRun option is set.',
  );
}

/** No grant exists that a token could stand for. */
export function invalidGrantToken(): ServiceError {
  return new ServiceError('InvalidGrantTokenException');
}

export function accessDenied(message: string): ServiceError {
  return new ServiceError('AccessDeniedException', message);
}

/** The same key was changed by others each time this request was about to change it. */
export function tooMuchContention(): ServiceError {
  return new ServiceError(
    'DependencyTimeoutException',
    'The key is being changed too often; retry the request.',
  );
}

/** A fault of our own. The cause is logged, never told. */
export function internalFailure(cause: unknown): ServiceError {
  return new ServiceError('KMSInternalException', 'An internal error occurred.', { cause });
}
