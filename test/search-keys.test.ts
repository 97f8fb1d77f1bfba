import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createUserWithKey, identityPolicy } from './support/identities.ts';
import { createImportedKey } from './support/import.ts';
import { tamper } from './support/inside.ts';
import { createKey, encrypt } from './support/keys.ts';
import { OTHER_REGION } from './support/multi-region.ts';
import { callOwn, refusalOfOwn } from './support/own-operations.ts';
import { type Credentials, ROOT_CREDENTIALS, startTestServer, type TestServer } from './support/server.ts';
import { signedRequest } from './support/signed-request.ts';

/* SearchKeys, an operation of our own. */

interface FoundKey {
  readonly KeyMetadata: { readonly KeyId: string; readonly KeyState: string };
  readonly AliasNames?: readonly string[];
  readonly Tags?: readonly { readonly TagKey: string; readonly TagValue: string }[];
  readonly KeyLastUsage?: { readonly Operation?: string; readonly Timestamp?: number };
}

interface Answer {
  readonly Keys: readonly FoundKey[];
  readonly MissingPermissions: readonly string[];
  readonly ScannedCount: number;
  readonly NextMarker?: string;
  readonly Truncated: boolean;
}

let dataDirectory: string;
let server: TestServer;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-search-keys-'));
  server = await startTestServer({ dataDirectory, auditDurability: 'none' });
});
after(async () => {
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

async function search(request: object = {}, credentials: Credentials = ROOT_CREDENTIALS): Promise<Answer> {
  const { status, body } = await callOwn(server, 'SearchKeys', request, credentials);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

function idsOf({ Keys }: Pick<Answer, 'Keys'>): readonly string[] {
  return Keys.map(({ KeyMetadata }) => KeyMetadata.KeyId);
}

/** Keys with a text that no other test's have. */
async function found(text: string, filter: object, credentials?: Credentials): Promise<readonly string[]> {
  return idsOf(await search({ Texts: [text], ...filter }, credentials));
}

const LIST = { Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' };

describe('SearchKeys', () => {
  it('tells of a key what DescribeKey, ListAliases, ListResourceTags and GetKeyLastUsage tell', async () => {
    const kms = server.client();
    const Tags = [{ TagKey: 'team', TagValue: 'orders' }];
    const { keyId } = await createKey(kms, { Description: 'told of', MultiRegion: true, Tags });
    await kms.replicateKey({ KeyId: keyId, ReplicaRegion: OTHER_REGION });
    await kms.createAlias({ AliasName: 'alias/told-of', TargetKeyId: keyId });
    await kms.createAlias({ AliasName: 'alias/told/of', TargetKeyId: keyId });
    await encrypt(kms, keyId);
    const { Keys, ...rest } = await search({ Texts: ['told of'] });
    const described = await signedRequest({
      endpoint: server.endpoint,
      operation: 'DescribeKey',
      body: { KeyId: keyId },
      date: server.clock.now(),
      credentials: ROOT_CREDENTIALS,
    });
    assert.equal(Keys.length, 1);
    const { KeyMetadata, AliasNames, Tags: tags, KeyLastUsage } = Keys[0] ?? assert.fail();
    assert.deepEqual(KeyMetadata, JSON.parse(described.body).KeyMetadata);
    assert.deepEqual(AliasNames, ['alias/told-of', 'alias/told/of']);
    assert.deepEqual(tags, Tags);
    assert.equal(KeyLastUsage?.Operation, 'Encrypt');
    assert.equal(KeyLastUsage?.Timestamp, server.clock.now() / 1000);
    assert.deepEqual(rest.MissingPermissions, []);
    assert.equal(rest.Truncated, false);
  });

  it('finds by state, spec, usage, origin, manager and whether a key is for many Regions', async () => {
    const kms = server.client();
    const create = async (request: object) =>
      (await createKey(kms, { Description: 'by kind', ...request })).keyId;
    const plain = await create({});
    const disabled = await create({});
    await kms.disableKey({ KeyId: disabled });
    const signing = await create({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    const external = await create({ Origin: 'EXTERNAL' });
    const primary = await create({ MultiRegion: true });
    const cases: readonly (readonly [object, readonly string[]])[] = [
      [{}, [plain, disabled, signing, external, primary]],
      [{ KeyStates: ['Disabled'] }, [disabled]],
      [{ KeyStates: ['Disabled', 'PendingImport'] }, [disabled, external]],
      [{ KeySpecs: ['ECC_NIST_P256', 'RSA_2048'] }, [signing]],
      [{ KeyUsages: ['SIGN_VERIFY'] }, [signing]],
      [{ Origins: ['EXTERNAL'] }, [external]],
      [{ KeyManagers: ['AWS'] }, []],
      [
        { KeyManagers: ['CUSTOMER'], KeySpecs: ['SYMMETRIC_DEFAULT'], KeyStates: ['Enabled'] },
        [plain, primary],
      ],
      [{ MultiRegion: true }, [primary]],
      [{ MultiRegion: false, KeyStates: ['Enabled'] }, [plain, signing]],
      [{ KeySpecs: ['RSA_2048'] }, []],
    ];
    for (const [filter, keyIds] of cases)
      assert.deepEqual(await found('by kind', filter), keyIds.toSorted(), JSON.stringify(filter));
  });

  it('finds by tags: by all of them, by key and value or by key alone, exactly', async () => {
    const kms = server.client();
    const create = async (tags: Readonly<Record<string, string>>) => {
      const Tags = Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
      return (await createKey(kms, { Description: 'by tag', Tags })).keyId;
    };
    const both = await create({ team: 'orders', stage: 'production' });
    const one = await create({ team: 'orders' });
    const empty = await create({ team: '' });
    await create({ Team: 'orders', teams: 'orders' });
    const byTags = (...Tags: readonly object[]) => found('by tag', { Tags });
    assert.deepEqual(await byTags({ TagKey: 'team' }), [both, one, empty].toSorted());
    assert.deepEqual(await byTags({ TagKey: 'team', TagValue: 'orders' }), [both, one].toSorted());
    assert.deepEqual(await byTags({ TagKey: 'team', TagValue: '' }), [empty]);
    assert.deepEqual(await byTags({ TagKey: 'team', TagValue: 'order' }), []);
    assert.deepEqual(await byTags({ TagKey: 'stage' }, { TagKey: 'team', TagValue: 'orders' }), [both]);
  });

  it('finds by texts in aliases, descriptions and ids, whatever their case', async () => {
    const kms = server.client();
    const Description = 'Schlüssel 100%_"\\ zürich';
    const { keyId } = await createKey(kms, { Description });
    await kms.createAlias({ AliasName: 'alias/Payments/eu_1', TargetKeyId: keyId });
    for (const text of ['SCHLÜSSEL', '100%_"\\', 'ZÜRICH', 'alias/payments', 'EU_1', keyId.toUpperCase()])
      assert.deepEqual(await found(text, {}), [keyId], text);
    assert.deepEqual(await found('schlüssel', { Texts: ['schlüssel', 'eu_1'] }), [keyId]);
    for (const text of ['schl%ssel', 'euX1', 'schlussel', ','])
      assert.deepEqual(await found(text, { Texts: ['payments', text] }), [], text);
  });

  it('goes by the state that follows from what has expired, as DescribeKey does', async () => {
    const kms = server.client();
    const { keyId } = await createImportedKey(kms, { ValidTo: new Date(server.clock.now() + 1_000) });
    assert.deepEqual(await found(keyId, { KeyStates: ['Enabled'] }), [keyId]);
    server.clock.advance(1_000);
    assert.deepEqual(await found(keyId, { KeyStates: ['Enabled'] }), []);
    assert.deepEqual(await found(keyId, { KeyStates: ['PendingImport'] }), [keyId]);
  });

  it('sees every change that has been answered', async () => {
    const kms = server.client();
    const { keyId } = await createKey(kms, { Description: 'changing' });
    for (const Description of ['changing one', 'changing two']) {
      await kms.updateKeyDescription({ KeyId: keyId, Description });
      assert.deepEqual(await found(Description, {}), [keyId]);
    }
    await kms.tagResource({ KeyId: keyId, Tags: [{ TagKey: 'changing', TagValue: '1' }] });
    assert.deepEqual(await found('changing', { Tags: [{ TagKey: 'changing' }] }), [keyId]);
    await kms.untagResource({ KeyId: keyId, TagKeys: ['changing'] });
    assert.deepEqual(await found('changing', { Tags: [{ TagKey: 'changing' }] }), []);
  });

  it('refuses to tell of a key whose record somebody else has altered', async () => {
    const { keyId } = await createKey(server.client(), { Description: 'authentic' });
    const alter = (description: string) =>
      tamper(dataDirectory, `update keys set description = '"${description}"' where key_id = '${keyId}'`);
    await alter('altered');
    const { status, body } = await callOwn(server, 'SearchKeys', { Texts: [keyId] }, ROOT_CREDENTIALS);
    await alter('authentic');
    assert.deepEqual([status, body.__type], [500, 'KMSInternalException']);
    assert.deepEqual(await found(keyId, {}), [keyId]);
  });

  it('keeps to the account and the Region of the request', async () => {
    const { keyId } = await createKey(server.client({ region: OTHER_REGION }), { Description: 'elsewhere' });
    assert.deepEqual(await found('elsewhere', {}), []);
    assert.deepEqual(await found(keyId, {}), []);
  });
});

describe('Permissions for SearchKeys', () => {
  it('needs kms:ListKeys', async () => {
    const { credentials } = await createUserWithKey(server.iam(), 'nobody');
    assert.match(
      await refusalOfOwn(server, 'SearchKeys', {}, credentials),
      /^AccessDeniedException: .*user\/nobody is not authorized to perform: kms:ListKeys/,
    );
  });

  it('leaves out keys that the caller may not describe, and says so where that tells nothing else', async () => {
    const kms = server.client();
    const shown = await createKey(kms, { Description: 'judged shown' });
    const granted = await createKey(kms, { Description: 'judged granted' });
    const hidden = await createKey(kms, { Description: 'judged hidden' });
    const user = await createUserWithKey(server.iam(), 'describer', {
      some: identityPolicy(LIST, { Effect: 'Allow', Action: 'kms:DescribeKey', Resource: shown.arn }),
    });
    await kms.createGrant({ KeyId: granted.keyId, GranteePrincipal: user.arn, Operations: ['DescribeKey'] });
    const answer = await search({ Texts: ['judged'] }, user.credentials);
    assert.deepEqual(idsOf(answer), [shown.keyId, granted.keyId].toSorted());
    const withoutHidden = ['kms:GetKeyLastUsage', 'kms:ListAliases', 'kms:ListResourceTags'];
    assert.deepEqual(answer.MissingPermissions, withoutHidden);
    for (const [key] of answer.Keys.entries())
      assert.deepEqual(Object.keys(answer.Keys[key] ?? {}), ['KeyMetadata']);
    // What is found, and what it says is missing, is the same whether or not a hidden key matches.
    const probing = await search({ Texts: ['judged hidden'] }, user.credentials);
    const nothing = await search({ Texts: ['judged nothing'] }, user.credentials);
    assert.deepEqual(probing, nothing);
    const everything = await search({}, user.credentials);
    assert.equal(idsOf(everything).includes(hidden.keyId), false);
    assert.deepEqual(everything.MissingPermissions, ['kms:DescribeKey', ...withoutHidden]);
  });

  it('finds nothing by tags and aliases that the caller may not list', async () => {
    const kms = server.client();
    const Tags = [{ TagKey: 'secret', TagValue: 'plan' }];
    const { keyId } = await createKey(kms, { Description: 'partly seen', Tags });
    await kms.createAlias({ AliasName: 'alias/concealed', TargetKeyId: keyId });
    const statement = (...actions: readonly string[]) =>
      identityPolicy(LIST, { Effect: 'Allow', Action: ['kms:DescribeKey', ...actions], Resource: '*' });
    const blind = await createUserWithKey(server.iam(), 'blind', { all: statement() });
    const seeing = await createUserWithKey(server.iam(), 'seeing', {
      all: statement('kms:ListAliases', 'kms:ListResourceTags', 'kms:GetKeyLastUsage'),
    });
    for (const filter of [{ Texts: ['concealed'] }, { Tags: [{ TagKey: 'secret' }] }]) {
      assert.deepEqual(idsOf(await search(filter, blind.credentials)), []);
      assert.deepEqual(idsOf(await search(filter, seeing.credentials)), [keyId]);
    }
    const { Keys, MissingPermissions } = await search({ Texts: ['partly seen'] }, seeing.credentials);
    assert.deepEqual([Keys[0]?.AliasNames, Keys[0]?.Tags], [['alias/concealed'], Tags]);
    assert.deepEqual(MissingPermissions, []);
  });

  it('follows conditions on the key, and denials', async () => {
    const kms = server.client();
    const tagged = (team: string) =>
      createKey(kms, { Description: 'by condition', Tags: [{ TagKey: 'team', TagValue: team }] });
    const [ours, theirs] = [await tagged('blue'), await tagged('red')];
    const denied = await createKey(kms, {
      Description: 'by condition',
      Tags: [{ TagKey: 'team', TagValue: 'blue' }],
    });
    const { credentials } = await createUserWithKey(server.iam(), 'blue', {
      team: identityPolicy(
        LIST,
        {
          Effect: 'Allow',
          Action: 'kms:DescribeKey',
          Resource: '*',
          Condition: { StringEquals: { 'aws:ResourceTag/team': 'blue' } },
        },
        { Effect: 'Deny', Action: 'kms:*', Resource: denied.arn },
      ),
    });
    assert.deepEqual(await found('by condition', {}, credentials), [ours.keyId]);
    assert.notEqual(theirs.keyId, ours.keyId);
  });
});

describe('Pages of SearchKeys', () => {
  let many: TestServer;
  const ids: string[] = [];
  before(async () => {
    many = await startTestServer({ auditDurability: 'none' });
    const kms = many.client();
    for (let count = 0; count < 1_050; count += 50) {
      const created = Array.from({ length: 50 }, () => createKey(kms));
      ids.push(...(await Promise.all(created)).map(({ keyId }) => keyId));
    }
    ids.sort();
  });
  after(() => many.close());

  async function searchMany(request: object): Promise<Answer> {
    const { status, body } = await callOwn(many, 'SearchKeys', request);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  }

  it('hold 50 keys unless told otherwise, in order of their ids, each once', async () => {
    const first = await searchMany({});
    assert.deepEqual(idsOf(first), ids.slice(0, 50));
    assert.equal(first.ScannedCount, 50);
    const second = await searchMany({ Marker: first.NextMarker, Limit: 100 });
    assert.deepEqual(idsOf(second), ids.slice(50, 150));
  });

  it('end after 1,000 keys however few were found, with a marker', async () => {
    const last = ids.at(-1) ?? '';
    const first = await searchMany({ Texts: [last] });
    assert.deepEqual([idsOf(first), first.ScannedCount, first.Truncated], [[], 1_000, true]);
    const second = await searchMany({ Texts: [last], Marker: first.NextMarker });
    assert.deepEqual([idsOf(second), second.ScannedCount, second.Truncated], [[last], 50, false]);
    assert.equal(second.NextMarker, undefined);
  });

  it('are full exactly to the last key, with no marker after it', async () => {
    const { Keys, ...page } = await searchMany({ Texts: ids.slice(0, 1), Limit: 1 });
    assert.deepEqual(idsOf({ Keys }), ids.slice(0, 1));
    const rest = await searchMany({ Texts: ids.slice(0, 1), Limit: 1, Marker: page.NextMarker });
    assert.deepEqual([idsOf(rest), rest.Truncated, rest.ScannedCount], [[], false, 50]);
  });

  it('are refused with a marker of another search', async () => {
    const { NextMarker: Marker } = await searchMany({ KeyStates: ['Enabled'] });
    const { NextMarker: other } = await searchMany({});
    for (const request of [{ Marker }, { KeyStates: ['Enabled'], Marker: other }, { Marker: 'nonsense' }])
      assert.match(await refusalOfOwn(many, 'SearchKeys', request), /^InvalidMarkerException: /);
  });
});

describe('Requests of SearchKeys', () => {
  const refused: readonly (readonly [object, RegExp])[] = [
    [{ KeyStates: ['Asleep'] }, /^ValidationException: .*'keyStates.*enum value set/s],
    [{ KeyStates: [] }, /^ValidationException: .*greater than or equal to 1/s],
    [{ KeySpecs: 'RSA_2048' }, /^SerializationException/],
    [{ MultiRegion: 'true' }, /^SerializationException/],
    [{ Tags: [{ TagValue: 'orders' }] }, /^ValidationException: .*tagKey.*must not be null/s],
    [{ Texts: [''] }, /^ValidationException: .*greater than or equal to 1/s],
    [{ Texts: ['x'.repeat(257)] }, /^ValidationException: .*less than or equal to 256/s],
    [{ Texts: Array(11).fill('x') }, /^ValidationException: .*less than or equal to 10/s],
    [{ Limit: 0 }, /^ValidationException: .*greater than or equal to 1/s],
    [{ Limit: 101 }, /^ValidationException: .*100/s],
  ];
  for (const [request, expected] of refused)
    it(`refuses ${JSON.stringify(request).slice(0, 60)}`, async () => {
      assert.match(await refusalOfOwn(server, 'SearchKeys', request, ROOT_CREDENTIALS), expected);
    });
});
