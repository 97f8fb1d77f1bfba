import { ServiceError } from '../errors.ts';

/* Texts: specification errors.md section 3. */

/** More work of a kind is asked for than gets done. */
export function rateExceeded(): ServiceError {
  return new ServiceError(
    'ThrottlingException',
    'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
  );
}
