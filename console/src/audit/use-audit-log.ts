import { callOwn } from '../api/call.ts';
import type { AuditLogDescription } from '../api/own-operations.ts';
import { type Loaded, useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';

/** What the server tells of its audit log. */
export function useAuditLog(): Loaded<AuditLogDescription> {
  const { session } = useSession();
  return useLoaded((signal) => callOwn(session, 'DescribeAuditLog', {}, signal), [session]);
}
