import { type KMS, NotFoundException } from '@aws-sdk/client-kms';
import { untilDone } from './due-work.ts';
import type { TestServer } from './server.ts';

/** Waits, without sleeping, until the scheduler has destroyed a key that is due. */
export function untilDestroyed(server: TestServer, kms: KMS, keyId: string): Promise<void> {
  return untilDone(server, async () => {
    try {
      await kms.describeKey({ KeyId: keyId });
      return false;
    } catch (error) {
      if (error instanceof NotFoundException) return true;
      throw error;
    }
  });
}
