import type { Recipient } from '../attestation/index.ts';

/**
 * What an answer has of a secret: the secret itself under the name of its member, or CiphertextForRecipient, which only
 * the recipient can read. The secret is wiped when it is not in the answer.
 */
export function secretFor<M extends string>(
  recipient: Recipient | undefined,
  member: M,
  secret: Buffer,
): { readonly [K in M]?: Buffer } | { readonly CiphertextForRecipient: Buffer } {
  if (recipient === undefined) return asMember(member, secret);
  try {
    return { CiphertextForRecipient: recipient.encrypt(secret) };
  } finally {
    secret.fill(0);
  }
}

function asMember<M extends string>(member: M, secret: Buffer): { readonly [K in M]?: Buffer } {
  const members: { [K in M]?: Buffer } = {};
  members[member] = secret;
  return members;
}
