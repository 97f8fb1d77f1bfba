import { callKms, type OutputOf } from '../api/call.ts';
import type { Signing } from '../api/credentials.ts';
import { type ApiError, asApiError, notUnderstood } from '../api/errors.ts';

export type KeyMetadata = NonNullable<OutputOf<'DescribeKey'>['KeyMetadata']>;

/** A part of what is shown: it, or why it cannot be shown, or neither while it is on its way. */
export type Part<T> = { readonly value: T } | { readonly error: ApiError } | undefined;

/**
 * What there is to know of a key.
 *
 * @param identifier a key id, key ARN, alias name or alias ARN
 * @throws ApiError
 */
export async function describeKey(
  signing: Signing,
  identifier: string,
  signal?: AbortSignal,
): Promise<KeyMetadata> {
  const { KeyMetadata } = await callKms(signing, 'DescribeKey', { KeyId: identifier }, signal);
  if (KeyMetadata === undefined) throw notUnderstood('');
  return KeyMetadata;
}

/** A part of what is shown, when it has come or failed; never rejects. */
export async function part<T>(coming: Promise<T>): Promise<NonNullable<Part<T>>> {
  try {
    return { value: await coming };
  } catch (error) {
    return { error: asApiError(error) };
  }
}
