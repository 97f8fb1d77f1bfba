/*
 * What names and texts must be like (the AWS KMS service model): the shapes of operations and the checks of seeds are
 * made from these.
 */

export const DESCRIPTION = { min: 0, max: 8192 } as const;
export const ALIAS_NAME = { min: 1, max: 256, pattern: '^[a-zA-Z0-9:/_-]+$' } as const;
export const TAG_KEY = { min: 1, max: 128 } as const;
export const TAG_VALUE = { min: 0, max: 256 } as const;
