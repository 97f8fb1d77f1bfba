import type { Caller } from '../caller.ts';
import type { Iam } from '../iam/index.ts';
import type { Kms } from '../kms/index.ts';

/** Where a request is made: by whom, in the account of its caller and the Region of its signature. */
export interface Scope {
  readonly kms: Kms;
  readonly iam: Iam;
  readonly caller: Caller;
  readonly account: string;
  readonly region: string;
}
