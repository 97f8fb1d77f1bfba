import { ServiceError } from '../errors.ts';

/** A stored row whose authentication code does not fit its columns: it was damaged or edited outside QKMS. */
export function damagedRecord(table: string): ServiceError {
  return new ServiceError(
    'KMSInternalException',
    `A stored record of the table '${table}' is not authentic.`,
  );
}

/** The store stayed locked by other writers for longer than a request may wait; the caller may retry. */
export function storeBusy(cause: unknown): ServiceError {
  return new ServiceError('DependencyTimeoutException', 'The store is busy; retry the request.', { cause });
}

/** The store could not be read or written; nothing is answered from memory instead. */
export function storeUnavailable(cause: unknown): ServiceError {
  return new ServiceError('KMSInternalException', 'The store is unavailable; retry the request.', { cause });
}

/** A row was changed by another request since it was read. The request is judged again from the start. */
export class RevisionConflict extends Error {}
