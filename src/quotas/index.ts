export { Throttled } from './refusals.ts';
export { type Charge, RequestLimiter } from './request-limiter.ts';
export { defaultRate, REQUEST_QUOTAS, type RequestQuota } from './request-quotas.ts';
export {
  DEFAULT_RESOURCE_QUOTAS,
  type QuotaSettings,
  type ResourceQuotas,
  resourceQuotasOf,
} from './settings.ts';
export { sourceOf } from './source-addresses.ts';
