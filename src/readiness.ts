import type { AuditTrail } from './audit/index.ts';
import { systemClock } from './clock.ts';
import type { Keyring } from './keyring/index.ts';
import { type Store, verifyIdentity, WrongRootKey } from './store/index.ts';

/** What can keep a service from answering. */
export type UnreadyCause = 'draining' | 'root-key' | 'store' | 'clock' | 'audit';

/** Why a service cannot answer now. */
export interface UnreadyReason {
  /** All that is wrong, as far as it can be told: while the store cannot be read nothing is known of its clock. */
  readonly causes: readonly UnreadyCause[];
  /** In words, for operators. */
  readonly reason: string;
}

/** How far the clocks of this machine and of the database may be apart, in milliseconds. */
const CLOCK_TOLERANCE = 30_000;

/** The clock of this machine and that of the database tell different times. */
class WrongClock extends Error {}

/**
 * A machine whose clock is wrong would destroy keys before their time, and judge requests by a wrong date.
 *
 * @throws WrongClock when the clocks of this machine and of the database differ by too much
 * @throws ServiceError when the database cannot be asked
 */
export async function requireSameTime(store: Store): Promise<void> {
  const skew = await store.clockSkew(systemClock);
  if (Math.abs(skew) <= CLOCK_TOLERANCE) return;
  throw new WrongClock(
    `the clock of this machine is ${Math.round(Math.abs(skew) / 1_000)} seconds ${skew < 0 ? 'ahead of' : 'behind'} ` +
      'that of the database; set it right (NTP)',
  );
}

/**
 * Finds out whether a service can answer: the store can be read, belongs to the root key and tells the time of this
 * machine, and what is done can be recorded.
 *
 * @param parts.requireRightClock see `requireSameTime`
 * @returns `undefined` when it can
 */
export async function findUnreadyReason({
  store,
  keyring,
  audit,
  requireRightClock,
}: {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly audit: AuditTrail | undefined;
  requireRightClock(): Promise<void>;
}): Promise<UnreadyReason | undefined> {
  const causes: UnreadyCause[] = [];
  const reasons: string[] = [];
  try {
    await store.read(({ db }) => verifyIdentity(db, keyring));
    await store.passFence();
    await requireRightClock();
  } catch (error) {
    causes.push(causeOf(error));
    reasons.push(error instanceof Error ? error.message : String(error));
  }
  if (audit?.failure !== undefined) {
    causes.push('audit');
    reasons.push('the audit log cannot be written');
  }
  return causes.length === 0 ? undefined : { causes, reason: reasons.join('; ') };
}

function causeOf(error: unknown): UnreadyCause {
  if (error instanceof WrongRootKey) return 'root-key';
  return error instanceof WrongClock ? 'clock' : 'store';
}
