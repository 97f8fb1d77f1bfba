import { ServiceError } from './errors.ts';

/** The answer to a dry run that would have succeeded (errors.md section 5). */
export function dryRun(): ServiceError {
  return new ServiceError(
    'DryRunOperationException',
    'The request would have succeeded, but the DryRun option is set.',
  );
}

export function accessDenied(message: string): ServiceError {
  return new ServiceError('AccessDeniedException', message);
}

/** Roles are for others than the root user, who could do all that they can. */
export function rolesNotForRoot(): ServiceError {
  return accessDenied('Roles may not be assumed by root accounts.');
}

/** The operation is not for temporary credentials of this origin. */
export function sessionRefused(operation: string, source: string): ServiceError {
  const kind = source === 'GetFederationToken' ? 'federation' : 'session';
  return accessDenied(`Cannot call ${operation} with ${kind} credentials (those that ${source} returns).`);
}

/** Services act for others where keys are used, and nowhere else. */
export function forwardedRequestRefused(operation: string, serviceName: string): ServiceError {
  return accessDenied(`The service ${serviceName} may not call ${operation} on behalf of others.`);
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

/** A call that could not be recorded in the audit log: nothing is done, or told, that is not recorded. */
export class AuditUnavailable extends ServiceError {
  constructor(cause: unknown) {
    const message = 'The call could not be recorded in the audit log; retry the request.';
    super('KMSInternalException', message, { cause });
  }
}
