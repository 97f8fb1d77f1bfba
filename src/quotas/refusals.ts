import { ServiceError } from '../errors.ts';
import type { RequestQuota } from './request-quotas.ts';

/* Texts: specification quotas.md ("Throttling"); of the other services as AWS has them. */

const KMS_TEXT = 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.';
const OTHER_TEXT = 'Rate exceeded';

const OTHER_SERVICES: readonly (RequestQuota | undefined)[] = [
  'AWS CloudTrail',
  'AWS IAM',
  'AWS Organizations',
  'AWS STS',
];

/** A request over a quota: it is answered late, and not each like it is recorded. */
export class Throttled extends ServiceError {
  /** The account that it is of, or the network that it came from. */
  readonly source: string;

  /** @param quota absent for requests of nobody known */
  constructor(source: string, quota?: RequestQuota) {
    super('ThrottlingException', OTHER_SERVICES.includes(quota) ? OTHER_TEXT : KMS_TEXT);
    this.source = source;
  }
}
