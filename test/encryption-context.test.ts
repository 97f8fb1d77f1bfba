import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { assertDecrypts, createKey, encrypt, type NewKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { signedRequest } from './support/signed-request.ts';

let server: TestServer;
let kms: KMS;
let key: NewKey;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  key = await createKey(kms);
});
after(() => server.close());

async function assertInvalidCiphertext(call: Promise<unknown>): Promise<void> {
  await assertRefused(call, 'InvalidCiphertextException');
}

describe('the encryption context', () => {
  const context = { tenant: 'acme', purpose: 'backup', größe: '10 €' };

  it('has to be the same, in whatever order', async () => {
    const ciphertext = await encrypt(kms, key.keyId, 'secret', context);
    await assertDecrypts(kms, ciphertext, 'secret', Object.fromEntries(Object.entries(context).reverse()));
  });

  it('is part of what is authenticated: any other is refused', async () => {
    const CiphertextBlob = await encrypt(kms, key.keyId, 'secret', context);
    const { tenant, ...missing } = context;
    for (const EncryptionContext of [
      undefined,
      {},
      missing,
      { ...context, more: 'pairs' },
      { ...context, tenant: 'Acme' },
      { ...missing, Tenant: tenant },
      { ...context, tenant: 'acme ' },
      { ...context, tenant: '' },
      { ...missing, tenan: 'tacme' },
      { ...context, tenant: 'backup', purpose: 'acme' },
    ]) {
      await assertInvalidCiphertext(kms.decrypt({ CiphertextBlob, EncryptionContext }));
    }
    await assertDecrypts(kms, CiphertextBlob, 'secret', context);
  });

  it('may be empty, which is the same as none', async () => {
    await assertDecrypts(kms, await encrypt(kms, key.keyId, 'secret', {}), 'secret');
    await assertDecrypts(kms, await encrypt(kms, key.keyId, 'secret'), 'secret', {});
    const CiphertextBlob = await encrypt(kms, key.keyId, 'secret', { '': '' });
    await assertInvalidCiphertext(kms.decrypt({ CiphertextBlob }));
    await assertDecrypts(kms, CiphertextBlob, 'secret', { '': '' });
  });

  it('is compared byte by byte: two ways to write one letter are two contexts', async () => {
    const [composed, decomposed] = ['é'.normalize('NFC'), 'é'.normalize('NFD')];
    assert.notEqual(composed, decomposed);
    for (const [written, read] of [
      [{ [composed]: 'x' }, { [decomposed]: 'x' }],
      [{ x: composed }, { x: decomposed }],
      [{ x: decomposed }, { x: composed }],
    ] as const) {
      const CiphertextBlob = await encrypt(kms, key.keyId, 'secret', written);
      await assertInvalidCiphertext(kms.decrypt({ CiphertextBlob, EncryptionContext: read }));
      await assertDecrypts(kms, CiphertextBlob, 'secret', written);
    }
    const both = { [composed]: '1', [decomposed]: '2' };
    await assertDecrypts(kms, await encrypt(kms, key.keyId, 'secret', both), 'secret', both);
  });

  it('may hold any text: beyond the basic plane, control characters, names of object members', async () => {
    const strange = {
      '🔑': '\u{10ffff}',
      '\uffff': '\ufffd',
      '\0': '\r\n\t',
      constructor: 'x',
      hasOwnProperty: 'x',
      toString: '',
    };
    await assertDecrypts(kms, await encrypt(kms, key.keyId, 'secret', strange), 'secret', strange);
  });

  it('may have a key __proto__, which is a key like any other', async () => {
    const encrypted = await call('Encrypt', {
      KeyId: key.keyId,
      Plaintext: 'eA==',
      EncryptionContext: JSON.parse('{"__proto__":"acme"}'),
    });
    const { CiphertextBlob } = encrypted;
    for (const wrong of ['{}', '{"__proto__":"other"}', '{"proto":"acme"}']) {
      const refused = await call('Decrypt', { CiphertextBlob, EncryptionContext: JSON.parse(wrong) });
      assert.equal(refused['__type'], 'InvalidCiphertextException', wrong);
    }
    const EncryptionContext = JSON.parse('{"__proto__":"acme"}');
    const decrypted = await call('Decrypt', { CiphertextBlob, EncryptionContext });
    assert.equal(decrypted['Plaintext'], 'eA==');
  });

  it('is refused when it is not well-formed Unicode, which could not be told apart', async () => {
    for (const EncryptionContext of ['{"x":"\\ud800"}', '{"\\udc00":"x"}']) {
      const { endpoint } = server;
      const body = `{"KeyId":"${key.keyId}","Plaintext":"eA==","EncryptionContext":${EncryptionContext}}`;
      const { status, body: answer } = await signedRequest({ endpoint, operation: 'Encrypt', body });
      assert.equal(status, 400);
      assert.equal(JSON.parse(answer).__type, 'SerializationException');
    }
  });

  it('may be large', async () => {
    const large = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`key ${at}`, 'v'.repeat(70)]));
    await assertDecrypts(kms, await encrypt(kms, key.keyId, 'secret', large), 'secret', large);
  });

  /** Calls an operation without the SDK, which would lose a member called `__proto__`. */
  async function call(operation: string, input: object): Promise<Record<string, unknown>> {
    const { body } = await signedRequest({ endpoint: server.endpoint, operation, body: input });
    return JSON.parse(body);
  }
});
