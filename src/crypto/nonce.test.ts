import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NoncePool } from './nonce.ts';

describe('NoncePool', () => {
  it('hands out each random byte once, in order', () => {
    let filled = 0;
    // Consecutive 32-bit numbers for random bytes: a repeated or skipped one would show.
    const pool = new NoncePool((bytes) => {
      for (let offset = 0; offset < bytes.length; offset += 4) bytes.writeUInt32BE(filled++, offset);
    });
    const nonces = Array.from({ length: 1000 }, () => Buffer.from(pool.take()));
    assert(nonces.every((nonce) => nonce.length === 24));
    const taken = Buffer.concat(nonces);
    for (let index = 0; index < taken.length / 4; index++) assert.equal(taken.readUInt32BE(4 * index), index);
  });

  it('never changes a nonce that it handed out', () => {
    const pool = new NoncePool();
    const nonces = Array.from({ length: 1000 }, () => pool.take());
    const copies = nonces.map((nonce) => Buffer.from(nonce).toString('hex'));
    for (let i = 0; i < 1000; i++) pool.take();
    assert.deepEqual(
      nonces.map((nonce) => Buffer.from(nonce).toString('hex')),
      copies,
    );
    assert.equal(new Set(copies).size, copies.length);
  });

  it('hands out nothing when the generator fails, and goes on when it works again', () => {
    let works = false;
    const pool = new NoncePool((bytes) => {
      if (!works) throw new Error('no entropy');
      bytes.fill(7);
    });
    assert.throws(() => pool.take(), /no entropy/);
    assert.throws(() => pool.take(), /no entropy/);
    works = true;
    assert.deepEqual(pool.take(), Buffer.alloc(24, 7));
  });
});
