import { providerName } from '../iam/index.ts';
import { type Problem, quote } from './problems.ts';
import type { Located } from './read.ts';
import type { Seed } from './seed.ts';

/** Finds what a seed has twice of what there can be only one. Names that differ only in case are the same in IAM. */
export function findDuplicates({ accounts }: Seed): readonly Problem[] {
  const problems: Problem[] = [];
  const first = new Map<string, Located<string>>();

  /** @param shown how messages call it */
  function refuseTwice(located: Located<string>, key: string, shown: string): void {
    const before = first.get(key);
    if (before === undefined) first.set(key, located);
    else {
      const text = `${shown} is there twice, first at ${before.place.describe()}; remove one of them`;
      problems.push({ place: located.place, text });
    }
  }
  function refuseSimilarNames(
    accountId: string,
    noun: string,
    items: readonly { readonly name: Located<string> }[],
  ): void {
    for (const { name } of items)
      refuseTwice(
        name,
        `${noun}/${accountId}/${name.value.toLowerCase()}`,
        `the ${noun} ${quote(name.value)}`,
      );
  }

  for (const { id, policies, groups, users, openIdConnectProviders, roles, keys } of accounts) {
    refuseTwice(id, `account/${id.value}`, `the account ${id.value}`);
    refuseSimilarNames(id.value, 'policy', policies);
    refuseSimilarNames(id.value, 'group', groups);
    refuseSimilarNames(id.value, 'user', users);
    refuseSimilarNames(id.value, 'role', roles);
    for (const { accessKeys } of users) {
      for (const { accessKeyId } of accessKeys)
        refuseTwice(accessKeyId, `access key/${accessKeyId.value}`, 'this access key id');
    }
    for (const { url } of openIdConnectProviders) {
      const name = providerName(url.value).replace(/\/$/, '').toLowerCase();
      refuseTwice(url, `provider/${id.value}/${name}`, `the provider ${quote(url.value)}`);
    }
    for (const { id: keyId, region, aliases } of keys) {
      refuseTwice(keyId, `key/${region}/${keyId.value}`, `the key ${keyId.value} in ${region}`);
      for (const alias of aliases) {
        const shown = `the alias ${quote(alias.value)} in ${region}`;
        refuseTwice(alias, `alias/${id.value}/${region}/${alias.value}`, shown);
      }
    }
  }
  return problems;
}
