import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { createAlias, createKey, enterState } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, REGION, startTestServer, type TestServer } from './support/server.ts';

const MINUTE = 60_000;

let server: TestServer;
let kms: KMS;

before(async () => {
  server = await startTestServer();
  kms = server.client();
});
after(() => server.close());

function arnOf(aliasName: string): string {
  return `arn:aws:kms:${REGION}:${ACCOUNT}:${aliasName}`;
}

async function keyOf(aliasName: string): Promise<string | undefined> {
  return (await kms.describeKey({ KeyId: aliasName })).KeyMetadata?.KeyId;
}

describe('CreateAlias', () => {
  it('gives a key a name by which it can be used at once', async () => {
    const { keyId, arn } = await createKey(kms);
    const { $metadata, ...answer } = await kms.createAlias({ AliasName: 'alias/used', TargetKeyId: keyId });
    assert.deepEqual(answer, {});
    for (const KeyId of ['alias/used', arnOf('alias/used')]) {
      const encrypted = await kms.encrypt({ KeyId, Plaintext: Buffer.of(1) });
      assert.equal(encrypted.KeyId, arn);
    }
  });

  it('takes letters, digits, "/", "_" and "-", in names of up to 256 characters', async () => {
    const { keyId } = await createKey(kms);
    for (const AliasName of [
      'alias/a',
      'alias/Team/orders_2026-production',
      'alias//',
      'alias/alias/nested',
      'alias/awsome',
      'alias/AWS/upper-case',
      `alias/${'x'.repeat(250)}`,
    ]) {
      await kms.createAlias({ AliasName, TargetKeyId: keyId });
      assert.equal(await keyOf(AliasName), keyId);
    }
  });

  it('tells upper from lower case', async () => {
    const [lower, upper] = [await createKey(kms), await createKey(kms)];
    await kms.createAlias({ AliasName: 'alias/case', TargetKeyId: lower.keyId });
    await kms.createAlias({ AliasName: 'alias/Case', TargetKeyId: upper.keyId });
    assert.equal(await keyOf('alias/case'), lower.keyId);
    assert.equal(await keyOf('alias/Case'), upper.keyId);
  });

  it('refuses a name that is taken, whichever key it names', async () => {
    const { keyId } = await createKey(kms);
    const { keyId: otherKeyId } = await createKey(kms);
    const AliasName = await createAlias(kms, keyId);
    for (const TargetKeyId of [keyId, otherKeyId]) {
      await assertRefused(
        kms.createAlias({ AliasName, TargetKeyId }),
        'AlreadyExistsException',
        `An alias with the name ${arnOf(AliasName)} already exists`,
      );
    }
    assert.equal(await keyOf(AliasName), keyId);
  });

  it('gives a key at most 50', async () => {
    const { keyId } = await createKey(kms);
    const aliasNames = [];
    for (let aliases = 0; aliases < 50; aliases += 1) aliasNames.push(await createAlias(kms, keyId));
    await assertRefused(createAlias(kms, keyId), 'LimitExceededException');
    await kms.deleteAlias({ AliasName: aliasNames[0] });
    await createAlias(kms, keyId);
  });
});

/** The operations that take the name of an alias, each with a call. */
const NAMING = [
  ['CreateAlias', (AliasName: string, TargetKeyId: string) => kms.createAlias({ AliasName, TargetKeyId })],
  ['UpdateAlias', (AliasName: string, TargetKeyId: string) => kms.updateAlias({ AliasName, TargetKeyId })],
  ['DeleteAlias', (AliasName: string) => kms.deleteAlias({ AliasName })],
] as const;

for (const [operation, call] of NAMING) {
  describe(`the alias name of ${operation}`, () => {
    it('must begin with "alias/"', async () => {
      const { keyId } = await createKey(kms);
      for (const aliasName of ['orders', 'Alias/orders', 'alias', 'alias-orders', '/alias/orders']) {
        await assertRefused(
          call(aliasName, keyId),
          'ValidationException',
          'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
        );
      }
    });

    it('must not begin with "alias/aws/"', async () => {
      const { keyId } = await createKey(kms);
      for (const aliasName of ['alias/aws/s3', 'alias/aws/']) {
        await assertRefused(
          call(aliasName, keyId),
          'InvalidAliasNameException',
          'The alias name for a customer managed CMK cannot begin with alias/aws/.',
        );
      }
    });

    it('must not have a colon, nor be empty after the prefix', async () => {
      const { keyId } = await createKey(kms);
      for (const aliasName of ['alias/orders:1', 'alias/']) {
        await assertRefused(
          call(aliasName, keyId),
          'InvalidAliasNameException',
          /contains invalid characters for an alias/,
        );
      }
    });

    it('must not have other characters', async () => {
      const { keyId } = await createKey(kms);
      for (const aliasName of ['alias/or ders', 'alias/größe', 'alias/a.b', 'alias/a\n', 'alias/%41']) {
        await assertRefused(
          call(aliasName, keyId),
          'ValidationException',
          `1 validation error detected: Value '${aliasName}' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$`,
        );
      }
    });

    it('must have 1 to 256 characters', async () => {
      const { keyId } = await createKey(kms);
      const tooLong = `alias/${'x'.repeat(251)}`;
      await assertRefused(
        call(tooLong, keyId),
        'ValidationException',
        `1 validation error detected: Value '${tooLong}' at 'aliasName' failed to satisfy constraint: Member must have length less than or equal to 256`,
      );
      await assertRefused(
        call('', keyId),
        'ValidationException',
        /Value '' at 'aliasName' failed to satisfy constraint: Member must have length greater than or equal to 1/,
      );
    });

    it('is judged before the key is looked for', async () => {
      await assertRefused(call('alias/aws/s3', 'no-key'), 'InvalidAliasNameException');
    });
  });
}

describe('UpdateAlias', () => {
  it('points the alias at another key, from the next request on', async () => {
    const [from, to] = [await createKey(kms), await createKey(kms)];
    const AliasName = await createAlias(kms, from.keyId);
    for (const key of [to, from, to]) {
      const { $metadata, ...answer } = await kms.updateAlias({ AliasName, TargetKeyId: key.keyId });
      assert.deepEqual(answer, {});
      assert.equal((await kms.encrypt({ KeyId: AliasName, Plaintext: Buffer.of(1) })).KeyId, key.arn);
    }
  });

  it("moves it from one key's list to the other's", async () => {
    const [from, to] = [await createKey(kms), await createKey(kms)];
    const AliasName = await createAlias(kms, from.keyId);
    await kms.updateAlias({ AliasName, TargetKeyId: to.keyId });
    assert.deepEqual((await kms.listAliases({ KeyId: from.keyId })).Aliases, []);
    const { Aliases } = await kms.listAliases({ KeyId: to.keyId });
    assert.deepEqual(
      Aliases?.map((alias) => alias.AliasName),
      [AliasName],
    );
  });

  it('may point it at the key that it names already', async () => {
    const { keyId } = await createKey(kms);
    const AliasName = await createAlias(kms, keyId);
    await kms.updateAlias({ AliasName, TargetKeyId: keyId });
    assert.equal(await keyOf(AliasName), keyId);
  });

  it('refuses an alias that does not exist', async () => {
    const { keyId } = await createKey(kms);
    await assertRefused(
      kms.updateAlias({ AliasName: 'alias/none', TargetKeyId: keyId }),
      'NotFoundException',
      `Alias ${arnOf('alias/none')} is not found.`,
    );
  });

  it('refuses a key that has 50 aliases already', async () => {
    const [from, full] = [await createKey(kms), await createKey(kms)];
    const AliasName = await createAlias(kms, from.keyId);
    await Promise.all(Array.from({ length: 50 }, () => createAlias(kms, full.keyId)));
    await assertRefused(kms.updateAlias({ AliasName, TargetKeyId: full.keyId }), 'LimitExceededException');
    assert.equal(await keyOf(AliasName), from.keyId);
  });
});

describe('DeleteAlias', () => {
  it('takes the name away and leaves the key as it is', async () => {
    const { keyId } = await createKey(kms);
    const before = await kms.describeKey({ KeyId: keyId });
    const AliasName = await createAlias(kms, keyId);
    const { $metadata, ...answer } = await kms.deleteAlias({ AliasName });
    assert.deepEqual(answer, {});
    await assertRefused(
      kms.encrypt({ KeyId: AliasName, Plaintext: Buffer.of(1) }),
      'NotFoundException',
      `Alias ${arnOf(AliasName)} is not found.`,
    );
    assert.deepEqual((await kms.describeKey({ KeyId: keyId })).KeyMetadata, before.KeyMetadata);
  });

  it('refuses an alias that does not exist, or no longer', async () => {
    const { keyId } = await createKey(kms);
    const AliasName = await createAlias(kms, keyId);
    await kms.deleteAlias({ AliasName });
    for (const aliasName of [AliasName, 'alias/never']) {
      await assertRefused(
        kms.deleteAlias({ AliasName: aliasName }),
        'NotFoundException',
        `Alias ${arnOf(aliasName)} is not found.`,
      );
    }
  });

  it('leaves the name free for another key', async () => {
    const [first, second] = [await createKey(kms), await createKey(kms)];
    const AliasName = await createAlias(kms, first.keyId);
    await kms.deleteAlias({ AliasName });
    await kms.createAlias({ AliasName, TargetKeyId: second.keyId });
    assert.equal(await keyOf(AliasName), second.keyId);
  });
});

describe('ListAliases', () => {
  it('tells of each alias its name, its ARN, its key, and when it was created and last pointed at a key', async () => {
    const [first, second] = [await createKey(kms), await createKey(kms)];
    const AliasName = await createAlias(kms, first.keyId);
    const CreationDate = new Date(server.clock.now());
    const entry = { AliasName, AliasArn: arnOf(AliasName), CreationDate };
    const listed = await kms.listAliases({ KeyId: first.keyId });
    assert.deepEqual(listed.Aliases, [{ ...entry, TargetKeyId: first.keyId, LastUpdatedDate: CreationDate }]);
    assert.equal(listed.Truncated, false);

    server.clock.advance(MINUTE);
    await kms.updateAlias({ AliasName, TargetKeyId: second.keyId });
    assert.deepEqual((await kms.listAliases({ KeyId: second.keyId })).Aliases, [
      { ...entry, TargetKeyId: second.keyId, LastUpdatedDate: new Date(server.clock.now()) },
    ]);
  });

  it('lists all aliases of the account and Region by name, whatever state their keys are in', async () => {
    const client = server.client({ account: '222233334444' });
    const [enabled, pending] = [await createKey(client), await createKey(client)];
    for (const name of ['b', 'a', 'C']) {
      await client.createAlias({ AliasName: `alias/${name}`, TargetKeyId: enabled.keyId });
    }
    await client.createAlias({ AliasName: 'alias/pending', TargetKeyId: pending.keyId });
    await enterState(client, pending.keyId, 'PendingDeletion');
    const { Aliases } = await client.listAliases();
    const listed = Aliases?.map(({ AliasName, TargetKeyId }) => [AliasName, TargetKeyId]);
    assert.deepEqual(listed, [
      ['alias/C', enabled.keyId],
      ['alias/a', enabled.keyId],
      ['alias/b', enabled.keyId],
      ['alias/pending', pending.keyId],
    ]);
  });

  it('lists those of one key when it is named, none for a key without', async () => {
    const [named, nameless] = [await createKey(kms), await createKey(kms)];
    const aliasNames = [await createAlias(kms, named.keyId), await createAlias(kms, named.keyId)];
    for (const KeyId of [named.keyId, named.arn]) {
      const { Aliases } = await kms.listAliases({ KeyId });
      assert.deepEqual(
        Aliases?.map(({ AliasName }) => AliasName),
        aliasNames.toSorted(),
      );
    }
    assert.deepEqual((await kms.listAliases({ KeyId: nameless.keyId })).Aliases, []);
  });
});
