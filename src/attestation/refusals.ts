import { ServiceError } from '../errors.ts';

/** Why an attestation document is not accepted; errors.md has no text for it. */
export function invalidAttestation(reason: string, cause?: unknown): ServiceError {
  return new ServiceError('ValidationException', `The attestation document is not valid: ${reason}.`, {
    cause,
  });
}

export function noTrustedRoots(): ServiceError {
  return new ServiceError(
    'ValidationException',
    'This server trusts no attestation documents: its operator has configured no root certificates for them.',
  );
}

export function recipientIncomplete(member: string): ServiceError {
  return new ServiceError('ValidationException', `Recipient must have ${member}.`);
}
