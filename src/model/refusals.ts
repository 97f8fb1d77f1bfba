import { ServiceError } from '../errors.ts';

/** `SerializationException`: the JSON value has a type that the member cannot have (specification: errors.md section 3). */
export function malformedValue(value: unknown, expected: string): ServiceError {
  return new ServiceError('SerializationException', describeMismatch(value, expected));
}

/** `SerializationException`: a `\u` escape made half of a surrogate pair, which is no Unicode text. */
export function unpairedSurrogate(): ServiceError {
  return new ServiceError('SerializationException', 'STRING_VALUE holds an unpaired surrogate');
}

function describeMismatch(value: unknown, expected: string): string {
  if (expected === 'Blob' && typeof value === 'string') return 'STRING_VALUE is not a valid base64 string';
  if (Array.isArray(value)) return 'Start of list found where not expected.';
  const article = /^[AEIOU]/i.test(expected) ? 'an' : 'a';
  switch (typeof value) {
    case 'object':
      return value === null
        ? `NULL_VALUE can not be converted to ${article} ${expected}`
        : 'Start of structure or map found where not expected.';
    case 'boolean':
      return `${value ? 'TRUE' : 'FALSE'}_VALUE can not be converted to ${article} ${expected}`;
    default:
      return `${typeof value === 'number' ? 'NUMBER' : 'STRING'}_VALUE can not be converted to ${article} ${expected}`;
  }
}

/** `ValidationException` listing every violated constraint of a request (specification: errors.md section 4). */
export function validationErrors(violations: readonly string[]): ServiceError {
  const count = `${violations.length} validation error${violations.length === 1 ? '' : 's'} detected: `;
  return new ServiceError('ValidationException', count + violations.join('; '));
}
