import { defaultRate, type RequestQuota, type RequestQuotaDefaults } from './request-quotas.ts';

/** How much of something an account may have in a Region, or a key; all of it adjustable in AWS, too. */
export interface ResourceQuotas {
  /** KMS keys of an account in a Region; those that AWS services would manage do not count. */
  readonly keys: number;
  readonly aliasesPerKey: number;
  readonly grantsPerKey: number;
}

export const DEFAULT_RESOURCE_QUOTAS: ResourceQuotas = Object.freeze({
  keys: 100_000,
  aliasesPerKey: 50,
  grantsPerKey: 50_000,
});

/** Requests per second, by the name of the quota. */
export type RequestRates = Readonly<Partial<Record<RequestQuota, number | 'unlimited'>>>;

/** What an operator says of quotas; what is absent stays as it is. */
export interface QuotaChanges {
  readonly requestRates: RequestRates;
  readonly resources: Readonly<Partial<ResourceQuotas>>;
}

/** The quotas of a deployment: plain data. */
export interface QuotaSettings {
  readonly requestQuotas: RequestQuotaDefaults;
  /** For all accounts. */
  readonly changes: QuotaChanges;
  /** By account id; these come before what is said for all. */
  readonly accounts: Readonly<Record<string, QuotaChanges>>;
}

export const NO_CHANGES: QuotaChanges = Object.freeze({ requestRates: {}, resources: {} });

/** The rate of a quota of an account in a Region, in requests per second; `Infinity` when there is none. */
export function rateOf(
  { requestQuotas, changes, accounts }: QuotaSettings,
  accountId: string,
  region: string,
  quota: RequestQuota,
): number {
  if (requestQuotas === 'off') return Number.POSITIVE_INFINITY;
  const changed = accounts[accountId]?.requestRates[quota] ?? changes.requestRates[quota];
  if (changed === 'unlimited') return Number.POSITIVE_INFINITY;
  return changed ?? defaultRate(quota, region, requestQuotas);
}

/** The resource quotas of an account. */
export function resourceQuotasOf({ changes, accounts }: QuotaSettings, accountId: string): ResourceQuotas {
  return { ...DEFAULT_RESOURCE_QUOTAS, ...changes.resources, ...accounts[accountId]?.resources };
}
