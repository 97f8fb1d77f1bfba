import assert from 'node:assert/strict';
import { type KMS, NotFoundException } from '@aws-sdk/client-kms';
import type { TestServer } from './server.ts';

export const DAY = 86_400_000;

/** How often a test asks whether a key is gone before it gives up. */
const MOST_LOOKS = 1_000;

/**
 * Waits, without sleeping, until the scheduler has destroyed a key that is due: asks the API again and again while
 * the clock creeps on.
 */
export async function untilDestroyed(server: TestServer, kms: KMS, keyId: string): Promise<void> {
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    try {
      await kms.describeKey({ KeyId: keyId });
    } catch (error) {
      if (error instanceof NotFoundException) return;
      throw error;
    }
    server.clock.advance(1);
  }
  assert.fail(`the key is still there after ${MOST_LOOKS} looks`);
}
