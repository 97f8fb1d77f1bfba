import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import {
  type Besides,
  createBesides,
  describeOperation,
  KEY_OPERATIONS,
  type KeyOperation,
} from './support/key-operations.ts';
import { allow, deny, keyPolicy, rootOf } from './support/key-policies.ts';
import { createKey, enterState } from './support/keys.ts';
import { createKeyUnder, type KeyUnderPolicy, putPolicy } from './support/keys-under-policy.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, REGION, startTestServer, type TestServer } from './support/server.ts';

const ROOT = rootOf(ACCOUNT);
/** Nobody who could sign in here. */
const STRANGER = { AWS: rootOf('999988887777') };

let server: TestServer;
let kms: KMS;
let others: Omit<Besides, 'made'>;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  others = await createBesides(kms);
});
after(() => server.close());

function callOn(key: KeyUnderPolicy, { call }: KeyOperation): Promise<unknown> {
  return call(kms, key.keyId, { ...others, made: key.ciphertext });
}

function notAllowed(action: string, resource: string): string {
  return `User: ${ROOT} is not authorized to perform: ${action} on ${resource} because no resource-based policy allows the ${action} action`;
}

function denied(action: string, resource: string): string {
  return `User: ${ROOT} is not authorized to perform: ${action} on ${resource} with an explicit deny in a resource-based policy`;
}

async function assertDenied(call: Promise<unknown>, message: string): Promise<void> {
  await assertRefused(call, 'AccessDeniedException', message);
}

/** Calls every operation on a key, and answers which were refused for want of permission. */
async function refusedOperations(key: KeyUnderPolicy): Promise<string[]> {
  const refused: string[] = [];
  for (const operation of KEY_OPERATIONS) {
    try {
      await callOn(key, operation);
    } catch (error) {
      assert.ok(error instanceof Error);
      if (error.name === 'AccessDeniedException') refused.push(describeOperation(operation));
    }
  }
  return refused;
}

describe('a key policy that leaves the account out', () => {
  for (const operation of KEY_OPERATIONS) {
    const { permission } = operation;
    if (permission === undefined) continue;
    it(`refuses even the root user ${describeOperation(operation)}`, async () => {
      const key = await createKeyUnder(kms, keyPolicy(allow({ Principal: STRANGER })));
      await assertDenied(callOn(key, operation), notAllowed(permission, `resource: ${key.arn}`));
    });
  }

  it('refuses to take its aliases away', async () => {
    const { arn, aliasName } = await createKeyUnder(kms, keyPolicy(allow({ Principal: STRANGER })));
    await assertDenied(
      kms.deleteAlias({ AliasName: aliasName }),
      notAllowed('kms:DeleteAlias', `resource: ${arn}`),
    );
    await assertDenied(
      kms.updateAlias({ AliasName: aliasName, TargetKeyId: others.otherKeyId }),
      notAllowed('kms:UpdateAlias', `resource: ${arn}`),
    );
    assert.equal(
      (await kms.listAliases()).Aliases?.some(({ AliasName }) => AliasName === aliasName),
      true,
    );
  });

  it('refuses to decrypt what it encrypted, without naming the key when the request did not', async () => {
    const { ciphertext: CiphertextBlob } = await createKeyUnder(
      kms,
      keyPolicy(allow({ Principal: STRANGER })),
    );
    const resource = 'the resource associated with this ciphertext';
    await assertDenied(kms.decrypt({ CiphertextBlob }), notAllowed('kms:Decrypt', resource));
    await assertDenied(
      kms.reEncrypt({ CiphertextBlob, DestinationKeyId: others.otherKeyId }),
      notAllowed('kms:ReEncryptFrom', resource),
    );
  });

  it('refuses whatever state the key is in, in the same words', async () => {
    for (const state of ['Disabled', 'PendingDeletion'] as const) {
      const key = await createKey(kms);
      await enterState(kms, key.keyId, state);
      await putPolicy(kms, key, keyPolicy(allow({ Principal: STRANGER })));
      await assertDenied(
        kms.encrypt({ KeyId: key.keyId, Plaintext: Buffer.of(1) }),
        notAllowed('kms:Encrypt', `resource: ${key.arn}`),
      );
    }
  });

  it('does not hide that the key exists, nor its aliases, from its own account', async () => {
    const { keyId, aliasName } = await createKeyUnder(kms, keyPolicy(allow({ Principal: STRANGER })));
    const { Keys } = await kms.listKeys({ Limit: 1000 });
    assert.ok(Keys?.some(({ KeyId }) => KeyId === keyId));
    const { Aliases } = await kms.listAliases({ KeyId: keyId });
    assert.deepEqual(
      Aliases?.map(({ AliasName }) => AliasName),
      [aliasName],
    );
  });

  it('leaves what needs no key as it was', async () => {
    const { keyId } = await createKeyUnder(kms, keyPolicy(deny({ Principal: '*' })));
    await createKey(kms);
    await kms.generateRandom({ NumberOfBytes: 1 });
    await assertDenied(
      kms.describeKey({ KeyId: keyId }),
      denied('kms:DescribeKey', `resource: arn:aws:kms:${REGION}:${ACCOUNT}:key/${keyId}`),
    );
  });
});

describe('a Deny of one action', () => {
  for (const operation of KEY_OPERATIONS) {
    const { permission } = operation;
    if (permission === undefined) continue;
    it(`refuses ${describeOperation(operation)} for ${permission}, and nothing else`, async () => {
      const key = await createKeyUnder(kms, keyPolicy(allow(), deny({ Action: permission })));
      await assertDenied(callOn(key, operation), denied(permission, `resource: ${key.arn}`));
      assert.deepEqual(await refusedOperations(key), [describeOperation(operation)]);
    });
  }

  it('refuses what the request did not name either', async () => {
    const { arn, aliasName, ciphertext } = await createKeyUnder(
      kms,
      keyPolicy(allow(), deny({ Action: ['kms:Decrypt', 'kms:DeleteAlias'] })),
    );
    await assertDenied(
      kms.decrypt({ CiphertextBlob: ciphertext }),
      denied('kms:Decrypt', 'the resource associated with this ciphertext'),
    );
    await assertDenied(
      kms.deleteAlias({ AliasName: aliasName }),
      denied('kms:DeleteAlias', `resource: ${arn}`),
    );
  });
});

describe('an Allow of one action', () => {
  for (const operation of KEY_OPERATIONS) {
    const { permission } = operation;
    if (permission === undefined || operation.operation === 'PutKeyPolicy') continue;
    it(`allows ${describeOperation(operation)} for ${permission}, and nothing else`, async () => {
      const key = await createKeyUnder(kms, keyPolicy(allow({ Action: permission })));
      const refused = await refusedOperations(key);
      const expected = KEY_OPERATIONS.filter(
        (other) => other.permission !== undefined && other !== operation,
      );
      assert.deepEqual(refused, expected.map(describeOperation));
    });
  }

  it('may be given by wildcard', async () => {
    const key = await createKeyUnder(kms, keyPolicy(allow({ Action: ['kms:*List*', 'KMS:getkeypolic?'] })));
    const refused = await refusedOperations(key);
    for (const allowed of ['ListKeyPolicies', 'ListResourceTags', 'GetKeyPolicy']) {
      assert.equal(refused.includes(allowed), false);
    }
    assert.ok(refused.includes('DescribeKey'));
  });
});

describe('a change of the key policy', () => {
  it('is effective with the very next request', async () => {
    const key = await createKeyUnder(kms, keyPolicy(allow()));
    const encryption = () => kms.encrypt({ KeyId: key.aliasName, Plaintext: Buffer.of(1) });
    const message = denied('kms:Encrypt', `resource: ${key.arn}`);
    for (let round = 0; round < 10; round += 1) {
      await putPolicy(kms, key, keyPolicy(allow(), deny({ Action: 'kms:Encrypt' })));
      await assertDenied(encryption(), message);
      await putPolicy(kms, key, keyPolicy(allow()));
      await encryption();
    }
  });

  it('is effective for requests over other connections and of other accounts, too', async () => {
    const other = server.client({ account: OTHER_ACCOUNT });
    const another = server.client();
    const shared = allow({ Principal: { AWS: rootOf(OTHER_ACCOUNT) } });
    const key = await createKeyUnder(kms, keyPolicy(allow()));
    for (let round = 0; round < 5; round += 1) {
      await assertRefused(other.describeKey({ KeyId: key.arn }), 'AccessDeniedException');
      await putPolicy(kms, key, keyPolicy(allow(), shared));
      await other.describeKey({ KeyId: key.arn });
      await putPolicy(kms, key, keyPolicy(allow(), deny({ Action: 'kms:DescribeKey' })));
      await assertRefused(another.describeKey({ KeyId: key.keyId }), 'AccessDeniedException');
      await putPolicy(kms, key, keyPolicy(allow()));
    }
  });

  it('cannot be undone by whom it locked out', async () => {
    const key = await createKeyUnder(kms, keyPolicy(allow({ Principal: STRANGER })));
    await assertDenied(
      putPolicy(kms, key, keyPolicy(allow())),
      notAllowed('kms:PutKeyPolicy', `resource: ${key.arn}`),
    );
  });
});

describe('ReEncrypt', () => {
  it('needs kms:ReEncryptFrom on the source and kms:ReEncryptTo on the destination', async () => {
    const source = await createKeyUnder(kms, keyPolicy(allow({ Action: 'kms:ReEncryptFrom' })));
    const destination = await createKeyUnder(kms, keyPolicy(allow({ Action: 'kms:ReEncryptTo' })));
    const move = (from: KeyUnderPolicy, to: KeyUnderPolicy) =>
      kms.reEncrypt({ CiphertextBlob: from.ciphertext, SourceKeyId: from.keyId, DestinationKeyId: to.keyId });
    await move(source, destination);
    await assertDenied(
      move(destination, source),
      notAllowed('kms:ReEncryptFrom', `resource: ${destination.arn}`),
    );
    await assertDenied(move(source, source), notAllowed('kms:ReEncryptTo', `resource: ${source.arn}`));
  });
});

describe('UpdateAlias', () => {
  it('needs kms:UpdateAlias on the key that the alias leaves and on the one that it comes to', async () => {
    const open = await createKeyUnder(kms, keyPolicy(allow()));
    const closed = await createKeyUnder(kms, keyPolicy(allow(), deny({ Action: 'kms:UpdateAlias' })));
    const message = denied('kms:UpdateAlias', `resource: ${closed.arn}`);
    await assertDenied(kms.updateAlias({ AliasName: open.aliasName, TargetKeyId: closed.keyId }), message);
    await assertDenied(kms.updateAlias({ AliasName: closed.aliasName, TargetKeyId: open.keyId }), message);
  });
});
