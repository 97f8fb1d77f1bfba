/** Wire codes whose fault lies with the service (HTTP 500); every other refusal is the caller's (HTTP 400). */
const SERVER_FAULTS: ReadonlySet<string> = new Set([
  'DependencyTimeoutException',
  'InternalFailure',
  'KeyUnavailableException',
  'KMSInternalException',
]);

/**
 * A refusal as the caller sees it: a wire code, an HTTP status and, for most codes, a text.
 *
 * Never constructed in place: each room exports named constructors that own their message, so that a
 * text exists in one place. `message` is empty for codes that AWS KMS answers without text.
 */
export class ServiceError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message = '', options?: { status?: number; cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = code;
    this.code = code;
    this.status = options?.status ?? (SERVER_FAULTS.has(code) ? 500 : 400);
  }
}

/**
 * Something that the person who runs QKMS has to put right: a bad option, a missing file, the wrong root key.
 * The message is one sentence that says what is wrong and what to do, or a line that says so of a file and a line for
 * each mistake in it; it is shown without a stack trace.
 */
export class OperatorError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'OperatorError';
  }
}
