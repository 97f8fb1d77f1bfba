import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { KMS } from '@aws-sdk/client-kms';
import { runQkms } from '../support/qkms-process.ts';

const LOW = 19;

/** The nice values of the threads of a process, its main thread first (proc(5), `/proc/pid/stat`). */
function niceValues(pid: number): readonly { readonly name: string; readonly nice: number }[] {
  const threads = `/proc/${pid}/task`;
  return readdirSync(threads).map((id) => {
    const name = readFileSync(`${threads}/${id}/comm`, 'utf8').trim();
    const stat = readFileSync(`${threads}/${id}/stat`, 'utf8');
    // What comes before is the name, which may hold anything; nice is the 19th field in all.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { name, nice: Number(fields[16]) };
  });
}

it('threads that do slow work go after the one that answers requests', {
  skip: process.platform !== 'linux' && 'only Linux has priorities of threads',
}, async (t) => {
  const qkms = runQkms(t, ['dev', '--port', '0']);
  const kms = new KMS({
    endpoint: `http://127.0.0.1:${await qkms.port()}`,
    region: 'us-east-1',
    credentials: { accessKeyId: '111122223333', secretAccessKey: 'any' },
  });
  t.after(() => kms.destroy());
  const { KeyMetadata } = await kms.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  // A digest is signed in the worker thread.
  await kms.sign({
    KeyId: KeyMetadata?.KeyId,
    Message: Buffer.alloc(32),
    MessageType: 'DIGEST',
    SigningAlgorithm: 'ECDSA_SHA_256',
  });
  const [main, ...others] = niceValues(qkms.pid);
  assert.equal(main?.nice, 0);
  const pool = others.filter(({ name }) => name === 'libuv-worker');
  assert.ok(pool.length > 0 && pool.every(({ nice }) => nice === LOW));
  const slow = others.filter(({ nice }) => nice === LOW);
  assert.equal(slow.length, pool.length + 1);
});
