import { randomUUID } from 'node:crypto';
import { authenticateRow, verifyRow } from './rows.ts';
import type { Reader, Writer } from './store.ts';

/** The right to do, alone in the whole deployment, what goes by a name. It ends by itself, so that it cannot be lost. */
export interface Lease {
  readonly name: string;
  /** No other lease has the same. */
  readonly holder: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiryDate: number;
}

/** A lease that seems to last longer, in milliseconds, was taken by a clock that was wrong; it counts as over. */
const MOST_LEFT = 120_000;

/** A lease is no longer held: it ended, and somebody else has taken it. */
export class LeaseLost extends Error {}

/**
 * Takes a lease, unless somebody else holds it.
 *
 * @param duration in milliseconds
 * @returns the lease of whoever holds it now
 */
export async function takeLease(
  writer: Writer,
  name: string,
  now: number,
  duration: number,
): Promise<{ readonly lease: Lease; readonly isTaken: boolean }> {
  const present = await findLease(writer, name);
  const left = (present?.expiryDate ?? 0) - now;
  if (present !== undefined && left > 0 && left <= MOST_LEFT) return { lease: present, isTaken: false };
  const lease = { name, holder: randomUUID(), expiryDate: now + duration };
  await putLease(writer, lease);
  return { lease, isTaken: true };
}

/**
 * Makes sure that a lease is still held, for as long as the transaction takes, and prolongs it when half of it is over.
 * What a holder does that was paused, or cut off, until somebody else took over therefore has no effect.
 *
 * @throws LeaseLost when somebody else has taken it
 */
export async function holdLease(
  writer: Writer,
  { name, holder }: Lease,
  now: number,
  duration: number,
): Promise<void> {
  const present = await findLease(writer, name);
  if (present?.holder !== holder) throw new LeaseLost(`the lease ${name} was lost`);
  if (present.expiryDate - now < duration / 2)
    await putLease(writer, { ...present, expiryDate: now + duration });
}

/** Gives a lease back before its time, unless it is lost already. */
export async function returnLease({ db }: Writer, { name, holder }: Lease): Promise<void> {
  await db.deleteFrom('leases').where('name', '=', name).where('holder', '=', holder).execute();
}

async function findLease({ db, keyring }: Reader, name: string): Promise<Lease | undefined> {
  const stored = await db.selectFrom('leases').selectAll().where('name', '=', name).executeTakeFirst();
  if (stored === undefined) return undefined;
  const { holder, expiry_date } = verifyRow(keyring, 'leases', stored);
  return { name, holder, expiryDate: expiry_date };
}

async function putLease({ db, keyring }: Writer, { name, holder, expiryDate }: Lease): Promise<void> {
  const row = authenticateRow(keyring, 'leases', { name, holder, expiry_date: expiryDate });
  await db
    .insertInto('leases')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute();
}
