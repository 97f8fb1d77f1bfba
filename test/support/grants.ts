import type { IAM } from '@aws-sdk/client-iam';
import type {
  CreateGrantCommandInput,
  CreateGrantCommandOutput,
  GrantListEntry,
  KMS,
} from '@aws-sdk/client-kms';
import { createUserWithKey, type UserWithKey } from './identities.ts';
import { createKey } from './keys.ts';
import { assertRefused } from './refusal.ts';
import { type Credentials, startTestServer, type TestServer } from './server.ts';

/** A grant id that no grant has. */
export const UNKNOWN_GRANT = '0'.repeat(64);

/** A server with two users who have no permissions, and what tests of grants do all the time. */
export interface GrantScene {
  readonly server: TestServer;
  readonly iam: IAM;
  /** The root user of ACCOUNT. */
  readonly kms: KMS;
  readonly ada: UserWithKey;
  readonly grace: UserWithKey;
  as(user: { readonly credentials: Credentials }): KMS;
  /** Grants ada Encrypt and Decrypt, but for what is said otherwise. */
  grant(KeyId: string, input?: Partial<CreateGrantCommandInput>, by?: KMS): Promise<CreateGrantCommandOutput>;
  /** @returns its id */
  newKey(policy?: string): Promise<string>;
  /** The first page of a key's grants. */
  listed(KeyId: string): Promise<readonly GrantListEntry[]>;
}

export async function startGrantScene(dataDirectory?: string): Promise<GrantScene> {
  const server = await startTestServer(dataDirectory === undefined ? {} : { dataDirectory });
  const iam = server.iam();
  const kms = server.client();
  const ada = await createUserWithKey(iam, 'ada');
  return {
    server,
    iam,
    kms,
    ada,
    grace: await createUserWithKey(iam, 'grace'),
    as: ({ credentials }) => server.client({ credentials }),
    grant: (KeyId, input = {}, by = kms) =>
      by.createGrant({ KeyId, GranteePrincipal: ada.arn, Operations: ['Encrypt', 'Decrypt'], ...input }),
    newKey: async (Policy) => (await createKey(kms, { Policy })).keyId,
    listed: async (KeyId) => (await kms.listGrants({ KeyId })).Grants ?? [],
  };
}

export async function assertDenied(call: Promise<unknown>, text?: RegExp): Promise<void> {
  await assertRefused(call, 'AccessDeniedException', text);
}
