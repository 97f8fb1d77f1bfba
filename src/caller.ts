import type { CompiledPolicy, Principal } from './policy/index.ts';

/** Who makes a request, with every policy that travels with them. */
export interface Caller {
  readonly principal: Principal;
  /** The 12-digit account that the principal belongs to. */
  readonly account: string;
  readonly accessKeyId: string;
  readonly identityPolicies: readonly CompiledPolicy[];
}
