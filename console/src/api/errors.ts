/** What kind of trouble a refusal is, as far as a person has to do something else about it. */
export type Trouble =
  | 'unreachable'
  | 'timeout'
  | 'credentials'
  | 'denied'
  | 'throttled'
  | 'failed'
  | 'refused';

/** An answer that is no success, or the want of any. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Such as `AccessDeniedException`. */
  readonly code: string;
  readonly trouble: Trouble;
  readonly requestId: string | undefined;

  constructor(code: string, message: string, trouble: Trouble, requestId?: string) {
    super(message);
    this.code = code;
    this.trouble = trouble;
    this.requestId = requestId;
  }
}

export function unreachable(timedOut: boolean): ApiError {
  return timedOut
    ? new ApiError('TimedOut', 'The server did not answer within 30 seconds.', 'timeout')
    : new ApiError('Unreachable', 'The server cannot be reached.', 'unreachable');
}

export function notUnderstood(requestId: string): ApiError {
  return new ApiError(
    'NotUnderstood',
    'Something answered that is not QKMS, or of another version.',
    'failed',
    requestId,
  );
}

/** An error as a server tells it, under its code for AWS JSON or for AWS Query. */
export function refusedWith(code: string, message: string, status: number, requestId: string): ApiError {
  return new ApiError(code, message, troubleOf(code, status), requestId);
}

const CREDENTIALS =
  /^(?:ExpiredToken|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken)/;

function troubleOf(code: string, status: number): Trouble {
  if (CREDENTIALS.test(code)) return 'credentials';
  if (code.startsWith('AccessDenied')) return 'denied';
  if (code.startsWith('Throttling')) return 'throttled';
  return status >= 500 ? 'failed' : 'refused';
}

const ADVICE: Readonly<Record<Trouble, string | undefined>> = {
  unreachable: 'Check that the server runs and that this machine can reach it, then try again.',
  timeout: 'It may be busy. Try again in a moment.',
  credentials: 'Sign in again with credentials that are valid now.',
  denied:
    'Ask whoever administers the key or the account for the permission, or sign in as somebody who has it.',
  throttled: 'Too much was asked at once. Wait a few seconds, then try again.',
  failed:
    'This is the fault of the server. Try again; if it stays, its log has the reason under the request id.',
  refused: undefined,
};

/** What a person may do about an error; `undefined` when its text says all there is to say. */
export function adviceFor({ trouble }: ApiError): string | undefined {
  return ADVICE[trouble];
}

/** Any error as one to show: what is no `ApiError` is a defect of the console. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError('ConsoleError', error instanceof Error ? error.message : String(error), 'refused');
}
