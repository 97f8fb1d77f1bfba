import { type KeyEntry, policyLockout, replaceKeyPolicy } from '../kms/index.ts';
import { policyConditions, readNewKeyPolicy } from './common.ts';
import type { Call } from './operation.ts';

interface PolicyRequest {
  readonly BypassPolicyLockoutSafetyCheck?: boolean | undefined;
}

/**
 * Attaches a policy to a key, in place of the one that it has.
 *
 * @throws ServiceError `LimitExceededException` or `MalformedPolicyDocumentException`, also when the caller could not put
 * the next policy and did not ask for the check to be bypassed
 * @throws RevisionConflict when the key has changed since the request was judged
 */
export async function attachKeyPolicy(
  { input, caller, kms, iam, wouldAllow }: Call<PolicyRequest, unknown>,
  key: KeyEntry,
  policy: string,
): Promise<void> {
  const { compiled, principals } = await readNewKeyPolicy(iam, policy);
  const isSafe =
    input.BypassPolicyLockoutSafetyCheck === true ||
    wouldAllow('kms:PutKeyPolicy', key, compiled, policyConditions(input));
  if (!isSafe) throw policyLockout();
  await replaceKeyPolicy(kms, key, {
    policy,
    policyPrincipals: principals,
    policyPutBy: caller.principal.arn,
  });
}
