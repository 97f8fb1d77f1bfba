import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import type { AuditLogDescription } from '../api/own-operations.ts';
import { PageLink } from '../layout/link.tsx';
import type { Loaded } from '../layout/use-loaded.ts';

/** Says that calls are not recorded, and what to do about it; nothing where they are, or where that cannot be told. */
export function RecordingNotice({ log }: { readonly log: Loaded<AuditLogDescription> }) {
  if (log.value?.Durability !== 'none') return undefined;
  return (
    <Alert type="warning" header="Calls are not recorded">
      The audit log of this server is off: only what was recorded before can be found. Whoever runs the server
      turns it on with{' '}
      <Box variant="code" display="inline">
        --audit-durability strict
      </Box>{' '}
      (or QKMS_AUDIT_DURABILITY=strict). See <PageLink path="/guides/audit">the guide</PageLink>.
    </Alert>
  );
}
