import assert from 'node:assert/strict';
import { type KMS, KMSServiceException } from '@aws-sdk/client-kms';
import { createKey } from './keys.ts';
import { until } from './until.ts';

/**
 * How long a request may wait for a database that is gone, in milliseconds, as docs/postgresql.md promises it, and as much
 * again for a busy machine.
 */
const LONGEST_WAIT = 2 * 10_000;

/** How clients may hear that the database is gone: both are worth another try. */
const REFUSALS = ['KMSInternalException', 'DependencyTimeoutException'];

/** Whether a request was refused because the service could not do its work, and nobody is to blame. */
export function isUnavailability(error: unknown): boolean {
  return (
    error instanceof KMSServiceException &&
    REFUSALS.includes(error.name) &&
    error.$metadata.httpStatusCode === 500 &&
    error.$fault === 'server'
  );
}

/** Checks that requests are refused, in time and in a way that clients try again. */
export async function assertUnavailable(...requests: readonly Promise<unknown>[]): Promise<void> {
  const began = performance.now();
  for (const result of await Promise.allSettled(requests)) {
    assert.equal(result.status, 'rejected');
    assert.ok(isUnavailability(result.reason), String(result.reason));
  }
  const took = performance.now() - began;
  assert.ok(took < LONGEST_WAIT, `took ${took} ms`);
}

/** What a node says of its health. */
export async function healthOf({ endpoint }: { readonly endpoint: string }, aspect: 'live' | 'ready') {
  const response = await fetch(`${endpoint}/health/${aspect}`);
  const answer: unknown = await response.json();
  return { status: response.status, answer };
}

/** Waits until nodes serve again, by themselves. */
export async function untilReady(...nodes: readonly { readonly endpoint: string }[]): Promise<void> {
  for (const node of nodes)
    await until('the node is ready', async () => (await healthOf(node, 'ready')).status === 200);
}

/** What was acknowledged, and what may have been done although it was refused. */
export interface Attempts {
  readonly acknowledged: string[];
  readonly refused: string[];
}

/** How the names of these aliases begin. */
const PREFIX = 'alias/attempt-';
/** Fewer than a key can have. */
const ALIASES_PER_KEY = 20;

/** Creates keys and gives them aliases until told to stop; whatever is refused must be worth another try. */
export async function giveAliases(
  kms: KMS,
  name: string,
  { acknowledged, refused }: Attempts,
  isOver: () => boolean,
): Promise<void> {
  let keyId: string | undefined;
  for (let count = 0; !isOver(); count += 1) {
    const aliasName = `${PREFIX}${name}-${count}`;
    try {
      if (count % ALIASES_PER_KEY === 0 || keyId === undefined) keyId = (await createKey(kms)).keyId;
      await kms.createAlias({ AliasName: aliasName, TargetKeyId: keyId });
      acknowledged.push(aliasName);
    } catch (error) {
      assert.ok(isUnavailability(error), String(error));
      refused.push(aliasName);
    }
  }
}

/** Checks that every alias is there that was acknowledged, and none that nobody asked for. */
export async function assertAliases(kms: KMS, { acknowledged, refused }: Attempts): Promise<void> {
  const names = new Set<string>();
  let Marker: string | undefined;
  do {
    const page = await kms.listAliases({ Marker, Limit: 100 });
    for (const { AliasName = '' } of page.Aliases ?? [])
      if (AliasName.startsWith(PREFIX)) names.add(AliasName);
    Marker = page.NextMarker;
  } while (Marker !== undefined);
  for (const name of acknowledged) assert.ok(names.delete(name), `${name} was acknowledged and is not there`);
  for (const name of names) assert.ok(refused.includes(name), `${name} is there although it was refused`);
}
