import { invalidState, keyDisabled } from './refusals.ts';

export const KEY_STATES = [
  'Enabled',
  'Disabled',
  'PendingDeletion',
  'PendingReplicaDeletion',
  'PendingImport',
  'Unavailable',
  'Creating',
  'Updating',
] as const;
export type KeyState = (typeof KEY_STATES)[number];

/** Why an operation does not work in a state. */
type Refusal =
  | 'disabled'
  | 'pending deletion'
  | 'pending replica deletion'
  | 'pending import'
  | 'unavailable'
  | 'creating'
  | 'updating'
  | 'not pending deletion';

const DISABLED = { Disabled: 'disabled' } as const;
const TO_BE_DELETED = {
  PendingDeletion: 'pending deletion',
  PendingReplicaDeletion: 'pending replica deletion',
} as const;
const WITHOUT_MATERIAL = { PendingImport: 'pending import' } as const;
const UNAVAILABLE = { Unavailable: 'unavailable' } as const;
const CREATING = { Creating: 'creating' } as const;
const UPDATING = { Updating: 'updating' } as const;
const NOT_PENDING_DELETION = 'not pending deletion';

/**
 * In which key states a class of operations works: the states that refuse it, and how. What kinds of keys an operation
 * is for does not stand here.
 * Source: operations.md section 2.
 */
const REFUSALS = {
  /** Cryptographic use. */
  cryptographic: { ...DISABLED, ...TO_BE_DELETED, ...WITHOUT_MATERIAL, ...UNAVAILABLE, ...CREATING },
  any: {},
  /** CreateGrant. */
  grant: { ...DISABLED, ...TO_BE_DELETED, ...WITHOUT_MATERIAL, ...CREATING },
  /** Tags, description, and new aliases. */
  metadata: TO_BE_DELETED,
  /** EnableKey and DisableKey. */
  enablement: { ...TO_BE_DELETED, ...WITHOUT_MATERIAL, ...CREATING, ...UPDATING },
  scheduleDeletion: { ...TO_BE_DELETED, ...UPDATING },
  cancelDeletion: {
    Enabled: NOT_PENDING_DELETION,
    Disabled: NOT_PENDING_DELETION,
    PendingImport: NOT_PENDING_DELETION,
    Unavailable: NOT_PENDING_DELETION,
    Creating: NOT_PENDING_DELETION,
    Updating: NOT_PENDING_DELETION,
  },
  /** EnableKeyRotation and DisableKeyRotation. */
  rotation: { ...DISABLED, ...TO_BE_DELETED, ...CREATING },
  rotateOnDemand: {
    ...DISABLED,
    ...TO_BE_DELETED,
    ...WITHOUT_MATERIAL,
    ...CREATING,
    ...UPDATING,
  },
  /** GetParametersForImport. */
  importParameters: { ...TO_BE_DELETED, ...CREATING, ...UPDATING },
  import: { ...TO_BE_DELETED, ...CREATING },
  deleteImported: { ...CREATING, ...UPDATING },
  replicate: { ...DISABLED, ...TO_BE_DELETED, ...WITHOUT_MATERIAL, ...CREATING, ...UPDATING },
  updatePrimaryRegion: { ...DISABLED, ...TO_BE_DELETED, ...WITHOUT_MATERIAL, ...CREATING },
} as const satisfies Record<string, Partial<Record<KeyState, Refusal>>>;

export type KeyStateClass = keyof typeof REFUSALS;

/**
 * Refuses an operation that does not work in a key's state.
 *
 * @throws ServiceError `DisabledException` or `KMSInvalidStateException`
 */
export function requireState(operations: KeyStateClass, keyArn: string, state: KeyState): void {
  const refusals: Partial<Record<KeyState, Refusal>> = REFUSALS[operations];
  const refusal = refusals[state];
  if (refusal === undefined) return;
  throw refusal === 'disabled' ? keyDisabled(keyArn) : invalidState(keyArn, refusal);
}

/** The states in which a class of operations is refused, for the reference. */
export function refusedStates(operations: KeyStateClass): readonly string[] {
  return Object.keys(REFUSALS[operations]);
}
