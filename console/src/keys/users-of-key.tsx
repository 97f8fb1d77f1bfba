import Box from '@cloudscape-design/components/box';
import { serverTime } from '../api/exchange.ts';
import type { AuditEvent } from '../audit/event.ts';
import { toQuery } from '../audit/query.ts';
import { RecordingNotice } from '../audit/recording-notice.tsx';
import { searchEvents } from '../audit/search.ts';
import { useAuditLog } from '../audit/use-audit-log.ts';
import { formatTime } from '../layout/format.ts';
import { PageLink } from '../layout/link.tsx';
import { useLoaded } from '../layout/use-loaded.ts';
import { DataTable } from '../reference/data-table.tsx';
import { useSession } from '../session/context.ts';

/** For how long it is looked who used a key. */
const DAYS = 90;
/** As many events are gone through, the newest ones. */
const MOST_EVENTS = 500;
const PAGE_SIZE = 50;

/** Operations by which a key is used, rather than administered. */
const USES =
  /^(?:Encrypt|Decrypt|ReEncrypt|GenerateDataKey\w*|GenerateMac|VerifyMac|Sign|Verify|DeriveSharedSecret|Encapsulate|Decapsulate)$/;

interface User {
  readonly caller: string;
  readonly count: number;
  readonly last: Date;
  readonly operations: readonly string[];
}

/** Who used a key in the last 90 days, out of the audit log. */
export function UsersOfKey({ arn }: { readonly arn: string }) {
  const { session } = useSession();
  const log = useAuditLog();
  const from = new Date(serverTime() - DAYS * 86_400_000);
  const found = useLoaded(
    async (signal) => {
      const search = { attribute: 'ResourceName', value: arn, from } as const;
      const events: AuditEvent[] = [];
      let token: string | undefined;
      do {
        const page = await searchEvents(session, search, { size: PAGE_SIZE, token }, signal);
        events.push(...page.events);
        token = page.nextToken;
      } while (token !== undefined && events.length < MOST_EVENTS);
      return { users: usersIn(events), isWhole: token === undefined, count: events.length };
    },
    [session, arn],
  );
  if (found.error)
    return <Box>Who used the key cannot be told: {found.error.message || found.error.code}</Box>;
  if (found.value === undefined) return <Box>Looking who used the key …</Box>;
  const { users, isWhole, count } = found.value;
  return (
    <>
      <RecordingNotice log={log} />
      {users.length === 0 ? (
        <Box>The audit log of the last {DAYS} days has nobody who used the key.</Box>
      ) : (
        <DataTable
          label={`Who used the key in the last ${DAYS} days`}
          head={['Who used it', 'Calls', 'Last', 'Operations']}
          rows={users.map(({ caller, count, last, operations }) => ({
            key: caller,
            cells: [caller, count, formatTime(last), operations.join(', ')],
          }))}
        />
      )}
      {!isWhole && <Box>Only the newest {count} events of the key were gone through.</Box>}
      <PageLink path={`/audit${toQuery({ attribute: 'ResourceName', value: arn, from })}`}>
        Events of the key in the last {DAYS} days
      </PageLink>
    </>
  );
}

/** Who called operations that use a key, and was let, by how often. */
function usersIn(events: readonly AuditEvent[]): readonly User[] {
  const uses = events.filter(({ name, errorCode }) => USES.test(name) && errorCode === undefined);
  return Object.entries(Object.groupBy(uses, ({ caller }) => caller))
    .map(([caller, all = []]) => ({
      caller,
      count: all.length,
      // The newest come first.
      last: all[0]?.time ?? new Date(0),
      operations: [...new Set(all.map(({ name }) => name))],
    }))
    .sort((one, other) => other.count - one.count);
}
