import type { ErrorRow } from './model.ts';

/** The errors that every operation may answer with. */
export const COMMON_ERRORS: readonly ErrorRow[] = Object.entries({
  AccessDeniedException: 'The caller may not do this; the text names the layer that did not allow it.',
  ExpiredTokenException: 'The temporary credentials have expired.',
  IncompleteSignatureException: 'The signature lacks parts; the text names them.',
  InvalidSignatureException:
    'The signature is not the one that the request should have, is out of scope, or has expired.',
  KMSInternalException: 'The service failed. Retry.',
  MissingAuthenticationTokenException: 'The request is not signed.',
  SerializationException: 'The body is not JSON, or a member has a wrong JSON type.',
  ThrottlingException:
    'The account asks more often than its quota allows, or too much of this work waits already: generating RSA keys, or signatures. Retry later.',
  UnknownOperationException: '`X-Amz-Target` names no operation, or the content type is not JSON.',
  UnrecognizedClientException:
    'There is no such access key, it is not active, or the session token does not go with it.',
  ValidationException: 'Members are missing or break their constraints; the text names all of them.',
}).map(([code, description]) => ({ code, description }));
