import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { assertDenied, startGrantScene, UNKNOWN_GRANT } from './support/grants.ts';
import { createUserWithKey, identityPolicy } from './support/identities.ts';
import { allow, deny, keyPolicy } from './support/key-policies.ts';
import { createKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { OTHER_ACCOUNT } from './support/server.ts';

/* RetireGrant (grants.md section 6). */

const { ada, as, grace, grant, iam, kms, listed, newKey, server } = await startGrantScene();
after(() => server.close());

const Plaintext = Buffer.from('hello');

describe('RetireGrant', () => {
  it('is for the retiring principal, who needs no other permission', async () => {
    const KeyId = await newKey(keyPolicy(allow()));
    const { GrantToken } = await grant(KeyId, { RetiringPrincipal: grace.arn });
    await assertDenied(as(ada).retireGrant({ GrantToken }));
    await as(grace).retireGrant({ GrantToken });
    await assertDenied(as(ada).encrypt({ KeyId, Plaintext }));
    await assertRefused(as(grace).retireGrant({ GrantToken }), 'NotFoundException');
  });

  it('is for the grantee, if the grant is for it', async () => {
    const { keyId: KeyId, arn } = await createKey(kms);
    const { GrantId } = await grant(KeyId, { Operations: ['Encrypt', 'RetireGrant'] });
    await as(ada).retireGrant({ KeyId: arn, GrantId });
    assert.deepEqual(await listed(KeyId), []);
  });

  it('is for the account that created the grant: its root user, and whom an identity policy allows it', async () => {
    const KeyId = await newKey();
    const operator = await createUserWithKey(iam, 'retiring-operator', {
      p: identityPolicy({ Effect: 'Allow', Action: 'kms:RetireGrant', Resource: '*' }),
    });
    await as(operator).retireGrant({ GrantToken: (await grant(KeyId)).GrantToken });
    await kms.retireGrant({ GrantToken: (await grant(KeyId)).GrantToken });
    assert.deepEqual(await listed(KeyId), []);
  });

  it('cannot be allowed by a key policy, but denied', async () => {
    const allowing = await newKey(
      keyPolicy(allow(), allow({ Principal: { AWS: ada.arn }, Action: 'kms:RetireGrant' })),
    );
    const { GrantToken } = await grant(allowing, { GranteePrincipal: grace.arn });
    await assertDenied(as(ada).retireGrant({ GrantToken }));
    const denying = await newKey(
      keyPolicy(allow(), deny({ Principal: { AWS: grace.arn }, Action: 'kms:RetireGrant' })),
    );
    const denied = await grant(denying, { RetiringPrincipal: grace.arn });
    await assertDenied(as(grace).retireGrant({ GrantToken: denied.GrantToken }), /explicit deny/);
  });

  it('works in every key state, and answers a dry run without retiring', async () => {
    const KeyId = await newKey();
    const { GrantId, GrantToken } = await grant(KeyId);
    await kms.disableKey({ KeyId });
    await kms.scheduleKeyDeletion({ KeyId });
    await assertRefused(kms.retireGrant({ GrantToken, DryRun: true }), 'DryRunOperationException');
    assert.equal((await listed(KeyId)).length, 1);
    await kms.retireGrant({ KeyId, GrantId });
  });

  it('refuses what names no grant', async () => {
    const KeyId = await newKey();
    const { GrantToken, GrantId } = await grant(KeyId);
    await assertRefused(kms.retireGrant({}), 'ValidationException');
    await assertRefused(kms.retireGrant({ KeyId }), 'ValidationException');
    await assertRefused(kms.retireGrant({ GrantToken, KeyId, GrantId }), 'ValidationException');
    await assertRefused(kms.retireGrant({ GrantToken: 'AAAA' }), 'InvalidGrantTokenException');
    await assertRefused(kms.retireGrant({ KeyId, GrantId: 'x' }), 'InvalidGrantIdException');
    await assertRefused(kms.retireGrant({ KeyId, GrantId: UNKNOWN_GRANT }), 'NotFoundException');
    await assertRefused(
      server.client({ region: 'eu-west-1' }).retireGrant({ GrantToken }),
      'NotFoundException',
    );
    const foreign = server.client({ account: OTHER_ACCOUNT });
    const { arn } = await createKey(kms);
    await assertDenied(foreign.retireGrant({ KeyId: arn, GrantId: UNKNOWN_GRANT }));
    await assertDenied(foreign.retireGrant({ KeyId: arn.replace(/.{4}$/, '0000'), GrantId: UNKNOWN_GRANT }));
  });
});
