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

/** The state of a key, as text and sign. */
export function KeyState({ state = 'Unavailable' }: { readonly state?: string | undefined }) {
  return (
    <StatusIndicator type={TYPES[state] ?? 'info'} wrapText={false}>
      {TEXTS[state] ?? state}
    </StatusIndicator>
  );
}
