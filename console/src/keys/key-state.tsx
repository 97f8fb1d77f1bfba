import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';

const TYPES: Readonly<Record<string, StatusIndicatorProps.Type>> = {
  Enabled: 'success',
  Disabled: 'stopped',
  PendingDeletion: 'warning',
  PendingReplicaDeletion: 'warning',
  PendingImport: 'pending',
  Creating: 'in-progress',
  Updating: 'in-progress',
  Unavailable: 'error',
};

const TEXTS: Readonly<Record<string, string>> = {
  PendingDeletion: 'Pending deletion',
  PendingReplicaDeletion: 'Pending replica deletion',
  PendingImport: 'Pending import',
};

/** The states that a key can be in. */
export const KEY_STATES = Object.keys(TYPES);

/** What a state is called. */
export function nameOfState(state: string): string {
  return TEXTS[state] ?? state;
}

/** The state of a key, as text and sign. */
export function KeyState({ state = 'Unavailable' }: { readonly state?: string | undefined }) {
  return <StatusIndicator type={TYPES[state] ?? 'info'}>{nameOfState(state)}</StatusIndicator>;
}
