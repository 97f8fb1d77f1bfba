import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { documentedVector } from './documented-vectors.test-support.ts';
import { createRootKeyFile, openRootKeyFile } from './file-seal.ts';
import { SealError, type SealErrorReason } from './seal.ts';

const ON_WINDOWS = process.platform === 'win32' ? 'Windows has no file modes' : false;

/** Asserts a SealError of a reason, whose message holds all of `words`. */
async function refuses(
  attempt: Promise<unknown>,
  reason: SealErrorReason,
  ...words: string[]
): Promise<void> {
  await assert.rejects(attempt, (error: unknown) => {
    assert(error instanceof SealError, String(error));
    assert.equal(error.reason, reason);
    for (const word of words) assert(error.message.includes(word), `"${error.message}" says "${word}"`);
    return true;
  });
}

describe('the root key file', () => {
  let folder: string;
  let path: string;
  let count = 0;
  const unseal = () => openRootKeyFile(path).unseal();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qkms-root-key-'));
  });
  after(() => rm(folder, { recursive: true }));
  beforeEach(async () => {
    const own = join(folder, String(count++));
    await mkdir(own);
    path = join(own, 'root.key');
  });

  it('is created with 256 random bits that unseal reads', async () => {
    assert.equal(await createRootKeyFile(path), true);
    const rootKey = await unseal();
    assert.equal(rootKey.length, 32);
    assert.deepEqual(await unseal(), rootKey);
    assert.notEqual(await unseal(), rootKey);

    const otherPath = `${path}-2`;
    assert.equal(await createRootKeyFile(otherPath), true);
    assert.notDeepEqual(await openRootKeyFile(otherPath).unseal(), rootKey);
  });

  it('is created readable by its owner only, and leaves nothing else behind', async (t) => {
    await createRootKeyFile(path);
    assert.deepEqual(await readdir(join(path, '..')), ['root.key']);
    if (ON_WINDOWS) return t.skip(ON_WINDOWS);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  it('is one line of text', async () => {
    await createRootKeyFile(path);
    assert.match(await readFile(path, 'latin1'), /^qkms-root-key-v1:[A-Za-z0-9_-]{43}:[0-9a-f]{16}\n$/);
  });

  it('has the documented format, with or without the line end', async () => {
    const line = documentedVector('root key file');
    for (const content of [line, `${line}\n`]) {
      await writeFile(path, content, { mode: 0o600 });
      assert.equal(Buffer.from(await unseal()).toString('hex'), documentedVector('root key'));
    }
  });

  it('is never overwritten', async () => {
    await createRootKeyFile(path);
    const content = await readFile(path);
    assert.equal(await createRootKeyFile(path), false);
    assert.deepEqual(await readFile(path), content);

    await writeFile(path, 'something else');
    assert.equal(await createRootKeyFile(path), false);
    assert.equal(await readFile(path, 'latin1'), 'something else');
    assert.deepEqual(await readdir(join(path, '..')), ['root.key']);
  });

  it('is created once by processes that start at the same time, and never seen half written', async () => {
    const keys: Uint8Array[] = [];
    const starts = Array.from({ length: 20 }, async () => {
      const before = await unseal().catch((error: unknown) => {
        assert(error instanceof SealError && error.reason === 'missing', String(error));
        return undefined;
      });
      const created = await createRootKeyFile(path);
      keys.push(await unseal(), ...(before === undefined ? [] : [before]));
      return created;
    });
    const created = await Promise.all(starts);
    assert.equal(created.filter(Boolean).length, 1);
    assert.equal(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size, 1);
    assert.deepEqual(await readdir(join(path, '..')), ['root.key']);
  });

  it('cannot be created in a folder that is not there', async () => {
    path = join(path, 'nowhere', 'root.key');
    await refuses(createRootKeyFile(path), 'unavailable', 'cannot create', path, 'ENOENT');
  });

  it('is missed with a word about its backup', async () => {
    await refuses(unseal(), 'missing', path, 'restore it from its backup');
  });

  it('is refused when group or others have any access to it', { skip: ON_WINDOWS }, async () => {
    await createRootKeyFile(path);
    for (const mode of [0o640, 0o604, 0o644, 0o620, 0o601, 0o660, 0o666, 0o777]) {
      await chmod(path, mode);
      await refuses(unseal(), 'refused', `mode 0${mode.toString(8)}`, `chmod 600 ${path}`);
    }
    for (const mode of [0o600, 0o400]) {
      await chmod(path, mode);
      assert.equal((await unseal()).length, 32);
    }
  });

  it('is judged by itself where it is reached by a link', { skip: ON_WINDOWS }, async () => {
    const target = `${path}-target`;
    await createRootKeyFile(target);
    await symlink(target, path);
    assert.equal((await unseal()).length, 32);
    await chmod(target, 0o644);
    await refuses(unseal(), 'refused', 'chmod 600');
  });

  it('is refused with any character changed, removed or added, and never quoted', async () => {
    const line = documentedVector('root key file');
    const damaged = ['', '\n', `${line}\n\n`, `${line}\r\n`, ` ${line}`, `${line}:`, `${line}${line}`];
    for (let index = 0; index < line.length; index++) {
      const [start, character, end] = [line.slice(0, index), line.charAt(index), line.slice(index + 1)];
      damaged.push(start, start + end, `${start}${character === 'A' ? 'B' : 'A'}${end}`);
      damaged.push(`${start}${String.fromCharCode(character.charCodeAt(0) ^ 1)}${end}`);
    }
    const [, key = ''] = line.split(':');
    for (const content of damaged) {
      await writeFile(path, content, { mode: 0o600 });
      await refuses(unseal(), 'refused', path, 'damaged', 'restore it from its backup');
      await assert.rejects(unseal(), (error: Error) => !error.message.includes(key.slice(0, 8)));
    }
  });

  it('is refused with a right checksum over something else', async () => {
    const key = 'A'.repeat(43);
    const others = [`qkms-root-key-v2:${key}`, `qkms-root-key-v1:${key}A`, 'qkms-root-key-v1:', `x\n${key}`];
    for (const line of others) {
      const checksum = hash('sha256', line, 'hex').slice(0, 16);
      await writeFile(path, `${line}:${checksum}\n`, { mode: 0o600 });
      await refuses(unseal(), 'refused', 'damaged');
    }
  });

  it('is refused when it is far too long', async () => {
    await writeFile(path, `${documentedVector('root key file')}\n${' '.repeat(1_000_000)}`, { mode: 0o600 });
    await refuses(unseal(), 'refused', 'damaged');
  });

  it('is unavailable when it cannot be read', async () => {
    await mkdir(path, { mode: 0o700 });
    await refuses(unseal(), 'unavailable', 'cannot read', path, 'EISDIR');
  });

  it('says what kind of seal it is', () => {
    assert.equal(openRootKeyFile(path).name, 'file');
  });
});
