import { ServiceError } from '../../errors.ts';

export function startAfterEnd(): ServiceError {
  return new ServiceError('InvalidTimeRangeException', 'The start time must not be after the end time.');
}

export function insightsUnknown(): ServiceError {
  return new ServiceError(
    'InvalidEventCategoryException',
    'There are no Insights events; leave EventCategory out.',
  );
}

export function tooManyAttributes(): ServiceError {
  return new ServiceError('InvalidLookupAttributesException', 'Give at most one lookup attribute.');
}

export function invalidNextToken(): ServiceError {
  return new ServiceError(
    'InvalidNextTokenException',
    'Invalid NextToken: it is not one that the same look-up gave.',
  );
}
