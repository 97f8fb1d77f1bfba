import {
  addTags,
  defaultKeyPolicy,
  type KeyTraits,
  keyArn,
  type NewKey,
  policyLockout,
} from '../kms/index.ts';
import { boolean, optional, type StructureShape, type ValueOf } from '../model/index.ts';
import { policyConditions, readNewKeyPolicy } from './common.ts';
import type { Call, Conditions } from './operation.ts';
import * as shapes from './shapes.ts';

/* What CreateKey and ReplicateKey have in common. */

/** The members by which a request gives a new key what is its own. */
export const newKeyMembers = {
  Policy: optional(
    shapes.policyDocument,
    'The key policy, in JSON; at most 32,768 bytes. By default the account may delegate all access by identity policies.',
  ),
  BypassPolicyLockoutSafetyCheck: optional(
    boolean,
    'Skips the policy lockout safety check. The key may become unmanageable.',
  ),
  Description: optional(shapes.description, 'A description of the key.'),
  Tags: optional(shapes.tagList, 'Tags to assign to the key; at most 50.'),
};

type NewKeyRequest = ValueOf<StructureShape<typeof newKeyMembers>>;

/**
 * Reads what a request gives a new key, and checks it.
 *
 * @param key what is known of the key besides
 * @throws ServiceError `TagException`; `LimitExceededException` or `MalformedPolicyDocumentException`, also when the caller
 * could not put the next policy and did not ask for the check to be bypassed
 */
export async function readNewKey(
  { input, caller, kms, iam, wouldAllow }: Call<NewKeyRequest, unknown>,
  key: Omit<KeyTraits['record'], 'accountId' | 'tags'> & { readonly keyId: string },
): Promise<Pick<NewKey, 'description' | 'policy' | 'policyPrincipals' | 'policyPutBy' | 'tags'>> {
  const { account: accountId, principal } = caller;
  const { Policy, BypassPolicyLockoutSafetyCheck: isBypassed, Description: description = '' } = input;
  const policy = Policy ?? defaultKeyPolicy(kms.partition, accountId);
  const { compiled, principals } = await readNewKeyPolicy(iam, policy);
  const tags = addTags(
    [],
    (input.Tags ?? []).map(({ TagKey, TagValue }) => ({ key: TagKey, value: TagValue })),
  );
  const traits = {
    arn: keyArn(kms.partition, key.region, accountId, key.keyId),
    record: { ...key, accountId, tags },
    aliases: [],
  };
  const isSafe =
    Policy === undefined ||
    isBypassed === true ||
    wouldAllow('kms:PutKeyPolicy', traits, compiled, policyConditions(input));
  if (!isSafe) throw policyLockout();
  return { description, policy, policyPrincipals: principals, policyPutBy: principal.arn, tags };
}

/** Condition keys of a kind of key that is to be created (policies.md section 6). */
export function kindConditions({
  keySpec,
  keyUsage,
  origin,
}: Pick<KeyTraits['record'], 'keySpec' | 'keyUsage' | 'origin'>): Conditions {
  return {
    'kms:KeySpec': keySpec,
    'kms:CustomerMasterKeySpec': keySpec,
    'kms:KeyUsage': keyUsage,
    'kms:CustomerMasterKeyUsage': keyUsage,
    'kms:KeyOrigin': origin,
  };
}
