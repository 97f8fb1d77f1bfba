import { invalidState, keyDisabled } from './refusals.ts';

export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion';

/** Why an operation does not work in a state. */
type Refusal = 'disabled' | 'pending deletion' | 'not pending deletion';

/**
 * In which key states a class of operations works: the states that refuse it, and how.
 * Source: operations.md section 2.
 */
const REFUSALS = {
  /** Cryptographic use. */
  cryptographic: { Disabled: 'disabled', PendingDeletion: 'pending deletion' },
  any: {},
  /** Tags, description, and new aliases. */
  metadata: { PendingDeletion: 'pending deletion' },
  /** EnableKey and DisableKey. */
  enablement: { PendingDeletion: 'pending deletion' },
  scheduleDeletion: { PendingDeletion: 'pending deletion' },
  cancelDeletion: { Enabled: 'not pending deletion', Disabled: 'not pending deletion' },
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
