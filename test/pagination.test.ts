import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type KMS,
  paginateListAliases,
  paginateListKeyPolicies,
  paginateListKeys,
  paginateListResourceTags,
} from '@aws-sdk/client-kms';
import { operations } from '../src/operations/index.ts';
import { untilDestroyed } from './support/deletion.ts';
import { DAY } from './support/due-work.ts';
import { createAlias, createKey, encrypt } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { startTestServer, type TestServer } from './support/server.ts';

interface PageRequest {
  readonly Limit?: number | undefined;
  readonly Marker?: string | undefined;
}

interface Page {
  readonly items: readonly string[];
  readonly next: string | undefined;
  readonly truncated: boolean | undefined;
}

/** An operation that lists, with its limits (operations.md section 4). */
interface Listing {
  readonly defaultLimit: number;
  readonly maximumLimit: number;
  /** Lists what belongs to a client's account, or of it to a key. */
  readonly list: (kms: KMS, keyId: string, request: PageRequest) => Promise<Page>;
  /** The most items that there can be. */
  readonly most?: number;
  /** Makes so many more items. */
  readonly add: (kms: KMS, keyId: string, count: number) => Promise<unknown>;
}

const LISTINGS: Readonly<Record<string, Listing>> = {
  ListKeys: {
    defaultLimit: 100,
    maximumLimit: 1000,
    async list(kms, _, request) {
      const { Keys = [], NextMarker, Truncated } = await kms.listKeys(request);
      return { items: Keys.map(({ KeyId = '' }) => KeyId), next: NextMarker, truncated: Truncated };
    },
    add: (kms, _, count) => Promise.all(Array.from({ length: count }, () => createKey(kms))),
  },
  ListAliases: {
    defaultLimit: 50,
    maximumLimit: 100,
    async list(kms, _, request) {
      const { Aliases = [], NextMarker, Truncated } = await kms.listAliases(request);
      return {
        items: Aliases.map(({ AliasName = '' }) => AliasName),
        next: NextMarker,
        truncated: Truncated,
      };
    },
    async add(kms, _, count) {
      for (let left = count; left > 0; left -= 50) {
        const { keyId } = await createKey(kms);
        for (let aliases = Math.min(left, 50); aliases > 0; aliases -= 1) await createAlias(kms, keyId);
      }
    },
  },
  ListResourceTags: {
    defaultLimit: 50,
    maximumLimit: 50,
    most: 50,
    async list(kms, KeyId, request) {
      const { Tags = [], NextMarker, Truncated } = await kms.listResourceTags({ KeyId, ...request });
      return { items: Tags.map(({ TagKey = '' }) => TagKey), next: NextMarker, truncated: Truncated };
    },
    async add(kms, KeyId, count) {
      const { Tags: present = [] } = await kms.listResourceTags({ KeyId });
      const Tags = Array.from({ length: count }, (_, index) => ({
        TagKey: `tag ${String(present.length + index).padStart(2, '0')}`,
        TagValue: '',
      }));
      await kms.tagResource({ KeyId, Tags });
    },
  },
  ListKeyPolicies: {
    defaultLimit: 100,
    maximumLimit: 1000,
    async list(kms, KeyId, request) {
      const { PolicyNames = [], NextMarker, Truncated } = await kms.listKeyPolicies({ KeyId, ...request });
      return { items: PolicyNames, next: NextMarker, truncated: Truncated };
    },
    // Every key has one, and can have no more.
    add: async () => {},
  },
  ListGrants: {
    defaultLimit: 50,
    maximumLimit: 100,
    async list(kms, KeyId, request) {
      const { Grants = [], NextMarker, Truncated } = await kms.listGrants({ KeyId, ...request });
      return { items: Grants.map(({ GrantId = '' }) => GrantId), next: NextMarker, truncated: Truncated };
    },
    add: addGrants,
  },
  ListRetirableGrants: {
    defaultLimit: 50,
    maximumLimit: 100,
    async list(kms, keyId, request) {
      const RetiringPrincipal = await rootOfKey(kms, keyId);
      const page = await kms.listRetirableGrants({ RetiringPrincipal, ...request });
      const { Grants = [], NextMarker, Truncated } = page;
      return { items: Grants.map(({ GrantId = '' }) => GrantId), next: NextMarker, truncated: Truncated };
    },
    add: addGrants,
  },
  ListKeyRotations: {
    defaultLimit: 100,
    maximumLimit: 1000,
    most: 25,
    async list(kms, KeyId, request) {
      const { Rotations = [], NextMarker, Truncated } = await kms.listKeyRotations({ KeyId, ...request });
      const items = Rotations.map(({ RotationDate }) => RotationDate?.toISOString() ?? '');
      return { items, next: NextMarker, truncated: Truncated };
    },
    async add(kms, KeyId, count) {
      for (let left = count; left > 0; left -= 1) {
        server.clock.advance(1);
        await kms.rotateKeyOnDemand({ KeyId });
      }
    },
  },
};

/** The root user of the account that owns a key. */
async function rootOfKey(kms: KMS, KeyId: string): Promise<string> {
  const { KeyMetadata } = await kms.describeKey({ KeyId });
  return `arn:aws:iam::${KeyMetadata?.AWSAccountId}:root`;
}

async function addGrants(kms: KMS, KeyId: string, count: number): Promise<void> {
  const GranteePrincipal = await rootOfKey(kms, KeyId);
  for (let left = count; left > 0; left -= 1) {
    await kms.createGrant({
      KeyId,
      GranteePrincipal,
      RetiringPrincipal: GranteePrincipal,
      Operations: ['Decrypt'],
    });
  }
}

const LISTING_NAMES = Object.keys(LISTINGS);

let server: TestServer;
let accounts = 0;

before(async () => {
  server = await startTestServer();
});
after(() => server.close());

function listing(name: string): Listing {
  const found = LISTINGS[name];
  assert.ok(found !== undefined);
  return found;
}

/** A client of an account that has nothing yet. */
function newAccount(region?: string): KMS {
  accounts += 1;
  const account = String(200_000_000_000 + accounts);
  return server.client(region === undefined ? { account } : { account, region });
}

/** An account with a key, and so many items in a listing: a key is one of ListKeys. */
async function prepare(name: string, count: number): Promise<{ kms: KMS; keyId: string }> {
  const kms = newAccount();
  const { keyId } = await createKey(kms);
  await listing(name).add(kms, keyId, name === 'ListKeys' ? count - 1 : count);
  return { kms, keyId };
}

/** All pages from one on, or from the beginning. */
async function listAll(
  name: string,
  kms: KMS,
  keyId: string,
  Limit?: number,
  Marker?: string,
): Promise<Page[]> {
  const pages: Page[] = [];
  for (let marker = Marker; pages.length === 0 || marker !== undefined; ) {
    const page = await listing(name).list(kms, keyId, { Limit, Marker: marker });
    assert.equal(page.truncated, page.next !== undefined);
    pages.push(page);
    marker = page.next;
  }
  return pages;
}

/** The marker after the first page of one item. */
async function firstMarker(name: string, kms: KMS, keyId: string): Promise<string> {
  const { next } = await listing(name).list(kms, keyId, { Limit: 1 });
  assert.ok(next !== undefined);
  return next;
}

function sizes(pages: readonly Page[]): readonly number[] {
  return pages.map(({ items }) => items.length);
}

function itemsOf(pages: readonly Page[]): readonly string[] {
  return pages.flatMap(({ items }) => items);
}

for (const [name, { defaultLimit, maximumLimit, most = Infinity, list }] of Object.entries(LISTINGS)) {
  describe(name, () => {
    it(`takes a Limit of 1 to ${maximumLimit}`, async () => {
      const { kms, keyId } = await prepare(name, 1);
      for (const Limit of [1, maximumLimit]) await list(kms, keyId, { Limit });
      const refusals: [number, string][] = [
        [0, 'greater than or equal to 1'],
        [-1, 'greater than or equal to 1'],
        [1001, 'less than or equal to 1000'],
      ];
      if (maximumLimit < 1000) refusals.push([maximumLimit + 1, `less than or equal to ${maximumLimit}`]);
      for (const [Limit, bound] of refusals) {
        await assertRefused(
          list(kms, keyId, { Limit }),
          'ValidationException',
          `1 validation error detected: Value '${Limit}' at 'limit' failed to satisfy constraint: Member must have value ${bound}`,
        );
      }
    });

    it('answers everything at once, without a marker, when it fits', async () => {
      const { kms, keyId } = await prepare(name, 1);
      const { items, next, truncated } = await list(kms, keyId, { Limit: 1 });
      assert.deepEqual([items.length, next, truncated], [1, undefined, false]);
    });

    it('refuses a marker that it has not made', async () => {
      const { kms, keyId } = await prepare(name, 1);
      for (const Marker of ['x', ' ', 'default', keyId, 'AAAA'.repeat(40), 'ÿ', 'x'.repeat(1024)]) {
        const refusal = await assertRefused(list(kms, keyId, { Marker }), 'InvalidMarkerException');
        assert.ok(refusal.message === '' || refusal.message === 'UnknownError', refusal.message);
      }
    });

    it('refuses a marker that no marker can look like', async () => {
      const { kms, keyId } = await prepare(name, 1);
      for (const Marker of ['', '漢', 'x'.repeat(1025)]) {
        await assertRefused(
          list(kms, keyId, { Marker }),
          'ValidationException',
          /at 'marker' failed to satisfy/,
        );
      }
    });
  });

  if (name === 'ListKeyPolicies') continue;

  describe(`${name} in pages`, () => {
    it(`has ${defaultLimit} items a page by default`, async () => {
      const count = Math.min(defaultLimit, most);
      const { kms, keyId } = await prepare(name, count);
      assert.deepEqual(sizes(await listAll(name, kms, keyId)), [count]);
      if (count === most) return;
      await listing(name).add(kms, keyId, 1);
      const pages = await listAll(name, kms, keyId);
      assert.equal(pages[0]?.items.length, defaultLimit);
      assert.ok(itemsOf(pages).length > defaultLimit);
    });

    it('lists every item once and in order, whatever the Limit', async () => {
      const { kms, keyId } = await prepare(name, 7);
      const [whole] = await listAll(name, kms, keyId);
      assert.deepEqual(whole?.items, whole?.items.toSorted());
      for (const [Limit, expected] of [
        [1, [1, 1, 1, 1, 1, 1, 1]],
        [3, [3, 3, 1]],
        [6, [6, 1]],
        [7, [7]],
        [8, [7]],
      ] as const) {
        const pages = await listAll(name, kms, keyId, Limit);
        assert.deepEqual(sizes(pages), expected);
        assert.deepEqual(itemsOf(pages), whole?.items);
      }
    });

    it('has markers that tell nothing', async () => {
      const { kms, keyId } = await prepare(name, 3);
      const { items, next = '' } = await list(kms, keyId, { Limit: 1 });
      const [position = ''] = items;
      for (const text of [next, Buffer.from(next, 'base64url').toString('latin1')]) {
        assert.equal(text.includes(position), false);
        assert.equal(text.includes(keyId), false);
      }
      assert.notEqual((await list(kms, keyId, { Limit: 1 })).next, next, 'they are different each time');
    });

    it('refuses a marker with any character changed, cut off or added', async () => {
      const { kms, keyId } = await prepare(name, 2);
      const marker = await firstMarker(name, kms, keyId);
      const tampered = Array.from(marker, (character, at) => {
        return marker.slice(0, at) + (character === 'A' ? 'B' : 'A') + marker.slice(at + 1);
      });
      tampered.push(marker.slice(0, -1), marker.slice(1), `${marker}A`, `${marker}=`, ` ${marker}`);
      await Promise.all(
        tampered.map((Marker) => assertRefused(list(kms, keyId, { Marker }), 'InvalidMarkerException')),
      );
      assert.equal((await list(kms, keyId, { Marker: marker })).items.length, 1);
    });

    it('refuses the marker of another operation', async () => {
      const { kms, keyId } = await prepare(name, 2);
      const Marker = await firstMarker(name, kms, keyId);
      for (const other of LISTING_NAMES.filter((candidate) => candidate !== name)) {
        await assertRefused(listing(other).list(kms, keyId, { Marker }), 'InvalidMarkerException');
      }
    });

    it('refuses the marker of another account', async () => {
      const { kms, keyId } = await prepare(name, 2);
      const Marker = await firstMarker(name, kms, keyId);
      const other = await prepare(name, 2);
      await assertRefused(list(other.kms, other.keyId, { Marker }), 'InvalidMarkerException');
    });

    it('passes over nothing and repeats nothing when items come or go between two pages', async () => {
      const { kms, keyId } = await prepare(name, 6);
      const before = itemsOf(await listAll(name, kms, keyId));
      const first = await list(kms, keyId, { Limit: 2 });
      await listing(name).add(kms, keyId, 6);
      const rest = await listAll(name, kms, keyId, 2, first.next);
      const seen = [...first.items, ...itemsOf(rest)];
      assert.equal(new Set(seen).size, seen.length, 'no item twice');
      for (const item of before)
        assert.ok(seen.includes(item), 'no item that was there all the time is missing');
    });
  });
}

describe('a marker whose item is gone', () => {
  it('continues where the item was: tags', async () => {
    const { kms, keyId } = await prepare('ListResourceTags', 4);
    const { items, next } = await listing('ListResourceTags').list(kms, keyId, { Limit: 2 });
    const [, last = ''] = items;
    await kms.untagResource({ KeyId: keyId, TagKeys: [last] });
    const rest = await listAll('ListResourceTags', kms, keyId, 2, next);
    assert.deepEqual(itemsOf(rest), ['tag 02', 'tag 03']);
  });

  it('continues where the item was: aliases', async () => {
    const { kms, keyId } = await prepare('ListAliases', 4);
    const all = itemsOf(await listAll('ListAliases', kms, keyId));
    const { next } = await listing('ListAliases').list(kms, keyId, { Limit: 2 });
    await kms.deleteAlias({ AliasName: all[1] });
    await kms.deleteAlias({ AliasName: all[2] });
    assert.deepEqual(itemsOf(await listAll('ListAliases', kms, keyId, 2, next)), all.slice(3));
  });

  it('continues where the item was: keys', async () => {
    const { kms, keyId } = await prepare('ListKeys', 4);
    const all = itemsOf(await listAll('ListKeys', kms, keyId));
    const { next } = await listing('ListKeys').list(kms, keyId, { Limit: 2 });
    const last = all[1] ?? '';
    await kms.scheduleKeyDeletion({ KeyId: last, PendingWindowInDays: 7 });
    server.clock.advance(7 * DAY);
    await untilDestroyed(server, kms, last);
    assert.deepEqual(itemsOf(await listAll('ListKeys', kms, keyId, 2, next)), all.slice(2));
  });

  it('may be the end of the list', async () => {
    const { kms, keyId } = await prepare('ListResourceTags', 3);
    const { next } = await listing('ListResourceTags').list(kms, keyId, { Limit: 2 });
    await kms.untagResource({ KeyId: keyId, TagKeys: ['tag 02'] });
    assert.deepEqual(await listing('ListResourceTags').list(kms, keyId, { Marker: next }), {
      items: [],
      next: undefined,
      truncated: false,
    });
  });
});

describe('a marker is good only for the listing that made it', () => {
  it('not in another Region', async () => {
    accounts += 1;
    const account = String(200_000_000_000 + accounts);
    const here = server.client({ account });
    const there = server.client({ account, region: 'eu-west-1' });
    for (const kms of [here, here, there, there]) await createKey(kms);
    const { NextMarker } = await here.listKeys({ Limit: 1 });
    await assertRefused(there.listKeys({ Marker: NextMarker }), 'InvalidMarkerException');
  });

  it('not for the tags of another key', async () => {
    const { kms, keyId } = await prepare('ListResourceTags', 2);
    const Marker = await firstMarker('ListResourceTags', kms, keyId);
    const { keyId: other } = await createKey(kms);
    await assertRefused(kms.listResourceTags({ KeyId: other, Marker }), 'InvalidMarkerException');
  });

  it('not for the aliases of another key, nor for all aliases', async () => {
    const kms = newAccount();
    const [one, other] = [await createKey(kms), await createKey(kms)];
    for (const { keyId } of [one, one, other, other]) await createAlias(kms, keyId);
    const { NextMarker: ofOne } = await kms.listAliases({ KeyId: one.keyId, Limit: 1 });
    const { NextMarker: ofAll } = await kms.listAliases({ Limit: 1 });
    for (const [KeyId, Marker] of [
      [other.keyId, ofOne],
      [undefined, ofOne],
      [one.keyId, ofAll],
    ]) {
      await assertRefused(kms.listAliases({ KeyId, Marker }), 'InvalidMarkerException');
    }
    await kms.listAliases({ KeyId: one.arn, Marker: ofOne });
  });

  it('not at another deployment', async () => {
    const other = await startTestServer();
    try {
      const [here, there] = [newAccount(), other.client({ account: String(200_000_000_000 + accounts) })];
      for (const kms of [here, here, there, there]) await createKey(kms);
      const { NextMarker } = await here.listKeys({ Limit: 1 });
      await assertRefused(there.listKeys({ Marker: NextMarker }), 'InvalidMarkerException');
    } finally {
      await other.close();
    }
  });

  it('a ciphertext is not a marker', async () => {
    const kms = newAccount();
    const { keyId } = await createKey(kms);
    const Marker = Buffer.from(await encrypt(kms, keyId)).toString('base64url');
    await assertRefused(kms.listKeys({ Marker }), 'InvalidMarkerException');
  });
});

describe('a listing of a key', () => {
  it('has its Limit checked before the key is looked for', async () => {
    const kms = newAccount();
    const KeyId = '1234abcd-12ab-34cd-56ef-1234567890ab';
    await assertRefused(kms.listAliases({ KeyId, Limit: 101 }), 'ValidationException');
    await assertRefused(kms.listResourceTags({ KeyId, Limit: 51 }), 'ValidationException');
  });
});

describe('the paginators of the SDK', () => {
  it('go through all pages', async () => {
    const client = newAccount();
    const { keyId: KeyId } = await createKey(client);
    await listing('ListKeys').add(client, KeyId, 4);
    for (let aliases = 0; aliases < 5; aliases += 1) await createAlias(client, KeyId);
    await listing('ListResourceTags').add(client, KeyId, 5);
    const configuration = { client, pageSize: 2 };
    assert.deepEqual(await pageSizes(paginateListKeys(configuration, {}), 'Keys'), [2, 2, 1]);
    assert.deepEqual(await pageSizes(paginateListAliases(configuration, { KeyId }), 'Aliases'), [2, 2, 1]);
    assert.deepEqual(await pageSizes(paginateListResourceTags(configuration, { KeyId }), 'Tags'), [2, 2, 1]);
    assert.deepEqual(await pageSizes(paginateListKeyPolicies(configuration, { KeyId }), 'PolicyNames'), [1]);
  });
});

async function pageSizes<L extends string>(
  pages: AsyncIterable<{ readonly [K in L]?: readonly unknown[] | undefined }>,
  list: L,
): Promise<number[]> {
  const found: number[] = [];
  for await (const page of pages) found.push(page[list]?.length ?? -1);
  return found;
}

it('the table of these tests has every operation that lists, with its limits', () => {
  const declared = [...operations.values()].flatMap(({ name, pagination }) =>
    // There are no custom key stores to list.
    pagination === undefined || name === 'DescribeCustomKeyStores'
      ? []
      : [[name, pagination.defaultLimit, pagination.maximumLimit]],
  );
  const tested = Object.entries(LISTINGS).map(([name, { defaultLimit, maximumLimit }]) => [
    name,
    defaultLimit,
    maximumLimit,
  ]);
  assert.deepEqual(tested.sort(), declared.sort());
});
