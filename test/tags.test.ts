import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { KMS, Tag } from '@aws-sdk/client-kms';
import { createKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let kms: KMS;

before(async () => {
  server = await startTestServer();
  kms = server.client();
});
after(() => server.close());

function tag(TagKey: string, TagValue = 'value'): Tag {
  return { TagKey, TagValue };
}

function manyTags(count: number, prefix = 'tag'): Tag[] {
  return Array.from({ length: count }, (_, index) => tag(`${prefix}-${String(index).padStart(2, '0')}`));
}

async function tagsOf(keyId: string): Promise<Tag[] | undefined> {
  return (await kms.listResourceTags({ KeyId: keyId })).Tags;
}

/** The operations that give a key tags: each makes a call on a key, existing or new, without tags. */
const TAGGING = [
  ['CreateKey', async (Tags: Tag[]) => kms.createKey({ Tags })],
  [
    'TagResource',
    async (Tags: Tag[]) => {
      const { keyId } = await createKey(kms);
      return kms.tagResource({ KeyId: keyId, Tags });
    },
  ],
] as const;

for (const [operation, giveTags] of TAGGING) {
  describe(`the tags that ${operation} takes`, () => {
    it('may be of any text: keys of 1 to 128 characters, values of 0 to 256', async () => {
      await giveTags([
        tag('k'.repeat(128), 'v'.repeat(256)),
        tag('empty', ''),
        tag(' ', ' '),
        tag('Größe', '注文 🔑'),
        tag("'; drop table keys; --", '"\\'),
        tag('__proto__', 'constructor'),
        tag('not aws:', 'aws:value'),
      ]);
    });

    it('may be 50', async () => {
      await giveTags(manyTags(50));
    });

    it('are refused when they are 51', async () => {
      await assertRefused(giveTags(manyTags(51)), 'TagException', 'Too many tags');
    });

    it('are refused when a key occurs twice, with the same value or another', async () => {
      for (const value of ['one', 'two']) {
        const tags = [tag('team', 'one'), tag('other'), tag('team', value)];
        await assertRefused(giveTags(tags), 'TagException', 'Duplicate tag keys');
      }
    });

    it('may have keys that differ in case only', async () => {
      await giveTags([tag('team'), tag('Team'), tag('TEAM')]);
    });

    it('are refused when a key begins with aws:, in whatever case', async () => {
      for (const key of ['aws:', 'aws:cloudformation:stack-name', 'AWS:team', 'Aws:team', 'aWs:x']) {
        await assertRefused(
          giveTags([tag('team'), tag(key)]),
          'TagException',
          'Tags beginning with aws: are reserved',
        );
      }
    });

    it('are checked for duplicates first, then for their number, then for the reserved prefix', async () => {
      const reserved = tag('aws:team');
      await assertRefused(
        giveTags([...manyTags(51), reserved, reserved]),
        'TagException',
        'Duplicate tag keys',
      );
      await assertRefused(giveTags([...manyTags(50), reserved]), 'TagException', 'Too many tags');
      await assertRefused(
        giveTags([...manyTags(49), reserved]),
        'TagException',
        'Tags beginning with aws: are reserved',
      );
    });

    it('are refused when a key or value is too short or too long, naming each fault', async () => {
      const longKey = 'k'.repeat(129);
      const longValue = 'v'.repeat(257);
      await assertRefused(
        giveTags([tag('fine'), tag('', longValue), tag(longKey)]),
        'ValidationException',
        '3 validation errors detected: ' +
          "Value '' at 'tags.2.member.tagKey' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
          `Value '${longValue}' at 'tags.2.member.tagValue' failed to satisfy constraint: Member must have length less than or equal to 256; ` +
          `Value '${longKey}' at 'tags.3.member.tagKey' failed to satisfy constraint: Member must have length less than or equal to 128`,
      );
    });
  });
}

describe('CreateKey', () => {
  it('makes no key when its tags are refused', async () => {
    const client = server.client({ account: '222233334444' });
    await assertRefused(client.createKey({ Tags: manyTags(51) }), 'TagException');
    assert.deepEqual((await client.listKeys()).Keys, []);
  });
});

describe('TagResource', () => {
  it('adds tags and replaces those of the same key', async () => {
    const { keyId } = await createKey(kms, { Tags: [tag('kept'), tag('replaced', 'old')] });
    const { $metadata, ...answer } = await kms.tagResource({
      KeyId: keyId,
      Tags: [tag('replaced', 'new'), tag('added')],
    });
    assert.deepEqual(answer, {});
    assert.deepEqual(await tagsOf(keyId), [tag('added'), tag('kept'), tag('replaced', 'new')]);
  });

  it('may replace tags of a key that has 50, but not add one', async () => {
    const Tags = manyTags(50);
    const { keyId } = await createKey(kms, { Tags });
    const replaced = Tags.map(({ TagKey = '' }) => tag(TagKey, 'new'));
    await kms.tagResource({ KeyId: keyId, Tags: replaced });
    assert.deepEqual(await tagsOf(keyId), replaced);
    await assertRefused(
      kms.tagResource({ KeyId: keyId, Tags: [tag('one more')] }),
      'TagException',
      'Too many tags',
    );
    assert.deepEqual(await tagsOf(keyId), replaced);
  });

  it('changes nothing when one of the tags is refused', async () => {
    const { keyId } = await createKey(kms, { Tags: [tag('team')] });
    await assertRefused(kms.tagResource({ KeyId: keyId, Tags: [tag('new'), tag('aws:x')] }), 'TagException');
    assert.deepEqual(await tagsOf(keyId), [tag('team')]);
  });
});

describe('UntagResource', () => {
  it('removes tags and ignores keys that there are no tags of', async () => {
    const { keyId } = await createKey(kms, { Tags: [tag('a'), tag('b'), tag('c')] });
    const { $metadata, ...answer } = await kms.untagResource({
      KeyId: keyId,
      TagKeys: ['c', 'none', 'a', 'a'],
    });
    assert.deepEqual(answer, {});
    assert.deepEqual(await tagsOf(keyId), [tag('b')]);
    await kms.untagResource({ KeyId: keyId, TagKeys: ['b', 'B'] });
    assert.deepEqual(await tagsOf(keyId), []);
  });

  it('tells upper from lower case', async () => {
    const { keyId } = await createKey(kms, { Tags: [tag('Team'), tag('team')] });
    await kms.untagResource({ KeyId: keyId, TagKeys: ['team'] });
    assert.deepEqual(await tagsOf(keyId), [tag('Team')]);
  });

  it('refuses the reserved prefix aws:, in whatever case', async () => {
    const { keyId } = await createKey(kms, { Tags: [tag('team')] });
    for (const reserved of ['aws:team', 'AWS:team']) {
      await assertRefused(
        kms.untagResource({ KeyId: keyId, TagKeys: ['team', reserved] }),
        'TagException',
        'Tags beginning with aws: are reserved',
      );
    }
    assert.deepEqual(await tagsOf(keyId), [tag('team')]);
  });

  it('refuses keys that are too short or too long', async () => {
    const { keyId } = await createKey(kms);
    for (const key of ['', 'k'.repeat(129)]) {
      await assertRefused(
        kms.untagResource({ KeyId: keyId, TagKeys: [key] }),
        'ValidationException',
        `1 validation error detected: Value '[${key}]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]`,
      );
    }
  });
});

describe('ListResourceTags', () => {
  it('lists the tags by key, exactly as they were given', async () => {
    const Tags = [tag('Größe', '注文 🔑'), tag('a', ''), tag('B', ' x '), tag('__proto__', 'constructor')];
    const { keyId } = await createKey(kms, { Tags });
    const { $metadata, ...answer } = await kms.listResourceTags({ KeyId: keyId });
    assert.deepEqual(answer, {
      Tags: Tags.toSorted((one, other) => ((one.TagKey ?? '') < (other.TagKey ?? '') ? -1 : 1)),
      Truncated: false,
    });
  });

  it('lists none of a key without tags', async () => {
    const { keyId } = await createKey(kms);
    assert.deepEqual(await tagsOf(keyId), []);
  });
});
