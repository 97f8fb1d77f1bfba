/*
 * What names and texts must be like (the IAM service model): the shapes of operations and the checks of seeds are made
 * from these.
 */

const NAME = '[\\w+=,.@-]+';
const TAG = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]';

export const NEW_USER_NAME = { min: 1, max: 64, pattern: NAME } as const;
export const USER_NAME = { min: 1, max: 128, pattern: NAME } as const;
export const GROUP_NAME = { min: 1, max: 128, pattern: NAME } as const;
export const ROLE_NAME = { min: 1, max: 64, pattern: NAME } as const;
export const POLICY_NAME = { min: 1, max: 128, pattern: NAME } as const;
export const PATH = { min: 1, max: 512, pattern: '(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)' } as const;
/** Of managed policies. */
export const POLICY_PATH = { min: 1, max: 512, pattern: '((/[A-Za-z0-9\\.,\\+@=_-]+)*)/' } as const;
export const ACCESS_KEY_ID = { min: 16, max: 128, pattern: '[\\w]+' } as const;
export const TAG_KEY = { min: 1, max: 128, pattern: `${TAG}+` } as const;
export const TAG_VALUE = { min: 0, max: 256, pattern: `${TAG}*` } as const;
export const POLICY_DESCRIPTION = { max: 1000 } as const;
export const ROLE_DESCRIPTION = {
  max: 1000,
  pattern: '[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*',
} as const;
/** The URL of a provider. */
export const ISSUER_URL = { min: 1, max: 255 } as const;
export const CLIENT_ID = { min: 1, max: 255 } as const;
export const THUMBPRINT = { min: 40, max: 40, pattern: '[0-9A-Fa-f]*' } as const;

/** Seconds. */
export const SESSION_DURATION = { min: 3600, max: 43_200 } as const;
export const DEFAULT_SESSION_DURATION = 3600;
