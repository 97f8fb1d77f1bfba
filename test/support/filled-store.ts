import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { KMS } from '@aws-sdk/client-kms';
import type { STS } from '@aws-sdk/client-sts';
import { createUserWithKey, trustPolicy } from './identities.ts';
import { createImportedKey } from './import.ts';
import { assertDecrypts, createAlias, createKey, encrypt } from './keys.ts';
import { OTHER_REGION } from './multi-region.ts';
import { ACCOUNT, type Credentials, ROOT_CREDENTIALS, startTestServer } from './server.ts';
import { until } from './until.ts';

/** What databases could trip over: a zero, what ends a terminal's line, and the last character of each length in UTF-8. */
const TEXT = 'naïve \u0000 \u001b[2K \r\n \\u0000 \' " % \u007f \u07ff \uffff \u{10ffff}';
const CONTEXT = { purpose: 'Übergabe' };

/** The clients of a QKMS. */
export interface Clients {
  kms(credentials: Credentials, region?: string): KMS;
  sts(credentials: Credentials): STS;
}

/**
 * Fills a data directory with something of everything that a store holds.
 *
 * @returns checks that all of it works as before on whatever QKMS
 */
export async function fillStore(dataDirectory: string): Promise<(qkms: Clients) => Promise<void>> {
  const delivered = join(dataDirectory, 'audit.jsonl');
  const server = await startTestServer({
    dataDirectory,
    auditDurability: 'strict',
    auditSinks: `file:${delivered}`,
    requestQuotas: 'generous',
  });
  const kms = server.client();
  const iam = server.iam();
  const ada = await createUserWithKey(iam, 'ada');
  await iam.createGroup({ GroupName: 'readers' });
  await iam.addUserToGroup({ GroupName: 'readers', UserName: 'ada' });
  const AssumeRolePolicyDocument = trustPolicy({
    Effect: 'Allow',
    Principal: { AWS: ada.arn },
    Action: 'sts:AssumeRole',
  });
  await iam.createRole({ RoleName: 'auditor', AssumeRolePolicyDocument });

  const Tags = [{ TagKey: 'team', TagValue: 'Öl & Gas' }];
  const granted = await createKey(kms, { Description: TEXT, Tags });
  const alias = await createAlias(kms, granted.keyId);
  await kms.createGrant({ KeyId: granted.keyId, GranteePrincipal: ada.arn, Operations: ['Decrypt'] });
  const shared = await createKey(kms);
  for (const Sid of ['first', 'second'])
    await kms.putKeyPolicy({ KeyId: shared.keyId, Policy: policyFor(Sid, ada.arn) });
  const replicated = await createKey(kms, { MultiRegion: true });
  await kms.replicateKey({ KeyId: replicated.keyId, ReplicaRegion: OTHER_REGION });
  const keys = [granted, shared, replicated, await createImportedKey(kms)];
  const ciphertexts: Uint8Array[] = [];
  for (const { keyId } of keys) ciphertexts.push(await encrypt(kms, keyId, keyId, CONTEXT));
  await kms.rotateKeyOnDemand({ KeyId: granted.keyId });
  // Of what accounts may do this seldom, the store keeps count.
  await kms.generateDataKeyPair({ KeyId: granted.keyId, KeyPairSpec: 'RSA_3072' });
  const signing = await createKey(kms, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  const signed = {
    KeyId: signing.keyId,
    Message: Buffer.from(TEXT),
    SigningAlgorithm: 'ECDSA_SHA_256',
  } as const;
  const { Signature } = await kms.sign(signed);
  const leaving = await createKey(kms);
  await kms.scheduleKeyDeletion({ KeyId: leaving.keyId });
  await until('something was delivered', () => {
    server.clock.advance(1_000);
    return existsSync(delivered);
  });
  await server.close();

  return async (qkms) => {
    const root = qkms.kms(ROOT_CREDENTIALS);
    for (const [index, { keyId }] of keys.entries())
      await assertDecrypts(root, ciphertexts[index], keyId, CONTEXT);
    const replica = qkms.kms(ROOT_CREDENTIALS, OTHER_REGION);
    await assertDecrypts(replica, ciphertexts[2], replicated.keyId, CONTEXT);
    assert.equal((await root.verify({ ...signed, Signature })).SignatureValid, true);
    const described = (await root.describeKey({ KeyId: alias })).KeyMetadata;
    assert.deepEqual([described?.KeyId, described?.Description], [granted.keyId, TEXT]);
    assert.deepEqual((await root.listResourceTags({ KeyId: granted.keyId })).Tags, Tags);
    assert.equal((await root.describeKey({ KeyId: leaving.keyId })).KeyMetadata?.KeyState, 'PendingDeletion');

    // A grant lets her in, and a key policy; nothing else does.
    const hers = qkms.kms(ada.credentials);
    for (const index of [0, 1])
      await assertDecrypts(hers, ciphertexts[index], keys[index]?.keyId ?? '', CONTEXT);
    const refused = { CiphertextBlob: ciphertexts[2], EncryptionContext: CONTEXT };
    await assert.rejects(hers.decrypt(refused), { name: 'AccessDeniedException' });
    const RoleArn = `arn:aws:iam::${ACCOUNT}:role/auditor`;
    const assumed = await qkms.sts(ada.credentials).assumeRole({ RoleArn, RoleSessionName: 'moved' });
    assert.ok(assumed.Credentials?.SessionToken);
  };
}

function policyFor(Sid: string, user: string): string {
  const root = `arn:aws:iam::${ACCOUNT}:root`;
  const Statement = [root, user].map((AWS, index) => ({
    Sid: `${Sid}${index}`,
    Effect: 'Allow',
    Principal: { AWS },
    Action: 'kms:*',
    Resource: '*',
  }));
  return JSON.stringify({ Version: '2012-10-17', Statement });
}
