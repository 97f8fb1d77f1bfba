import { ServiceError } from '../errors.ts';

/** The target names no operation of this service. Over AWS JSON AWS answers without text. */
export function unknownOperation(text = ''): ServiceError {
  return new ServiceError('UnknownOperationException', text);
}

export function unsupportedContentType(accepted: readonly string[]): ServiceError {
  return new ServiceError('UnknownOperationException', `Content-Type must be one of ${accepted.join(', ')}`);
}

export function notUtf8(): ServiceError {
  return new ServiceError('SerializationException', 'The request body is not valid UTF-8');
}

export function notJson(): ServiceError {
  return new ServiceError('SerializationException', 'The request body is not valid JSON');
}

/** A form has more parameters than any request can make use of. */
export function tooManyParameters(most: number): ServiceError {
  return new ServiceError('SerializationException', `The form has more than ${most} parameters`);
}
