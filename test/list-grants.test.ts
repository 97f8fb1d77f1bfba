import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { assertDenied, startGrantScene, UNKNOWN_GRANT } from './support/grants.ts';
import { createUserWithKey } from './support/identities.ts';
import { rootOf } from './support/key-policies.ts';
import { createKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT } from './support/server.ts';

/* ListGrants and ListRetirableGrants (grants.md section 8). */

const { ada, as, grace, grant, iam, kms, listed, newKey, server } = await startGrantScene();
after(() => server.close());

describe('ListGrants', () => {
  it('shows grants as they were given', async () => {
    const { keyId: KeyId, arn } = await createKey(kms);
    const Constraints = { EncryptionContextSubset: { a: 'b' } };
    const { GrantId } = await grant(KeyId, { Name: 'orders', RetiringPrincipal: grace.arn, Constraints });
    const [shown] = await listed(KeyId);
    assert.deepEqual(shown, {
      KeyId: arn,
      GrantId,
      Name: 'orders',
      CreationDate: new Date(server.clock.now()),
      GranteePrincipal: ada.arn,
      RetiringPrincipal: grace.arn,
      IssuingAccount: rootOf(ACCOUNT),
      Operations: ['Decrypt', 'Encrypt'],
      Constraints,
    });
    await grant(KeyId, { GranteePrincipal: grace.arn });
    const unnamed = (await listed(KeyId)).find(({ GranteePrincipal }) => GranteePrincipal === grace.arn);
    assert.equal(unnamed?.Name, '');
    assert.equal(unnamed !== undefined && 'Constraints' in unnamed, false);
  });

  it('filters by grant and by grantee, and pages', async () => {
    const KeyId = await newKey();
    const ids: (string | undefined)[] = [];
    for (let index = 0; index < 5; index += 1) ids.push((await grant(KeyId)).GrantId);
    await grant(KeyId, { GranteePrincipal: grace.arn });
    const ofAda = (await kms.listGrants({ KeyId, GranteePrincipal: ada.arn })).Grants;
    assert.deepEqual(
      ofAda?.map(({ GrantId }) => GrantId),
      ids.toSorted(),
    );
    const one = (await kms.listGrants({ KeyId, GrantId: ids[0] })).Grants;
    assert.deepEqual(
      one?.map(({ GrantId }) => GrantId),
      [ids[0]],
    );
    await assertRefused(kms.listGrants({ KeyId, GrantId: UNKNOWN_GRANT }), 'InvalidGrantIdException');
    const seen: (string | undefined)[] = [];
    let Marker: string | undefined;
    do {
      const page = await kms.listGrants({ KeyId, Limit: 2, Marker });
      seen.push(...(page.Grants ?? []).map(({ GrantId }) => GrantId));
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    assert.equal(new Set(seen).size, 6);
    await assertRefused(kms.listGrants({ KeyId, Limit: 101 }), 'ValidationException');
  });
});

describe('ListRetirableGrants', () => {
  it('lists the grants that a principal may retire, of whichever key in the Region', async () => {
    const retirer = await createUserWithKey(iam, 'retirer');
    const RetiringPrincipal = retirer.arn;
    const foreign = server.client({ account: OTHER_ACCOUNT });
    const { keyId: foreignKey, arn } = await createKey(foreign);
    const expected = [
      (await grant(await newKey(), { RetiringPrincipal })).GrantId,
      (await grant(foreignKey, { RetiringPrincipal }, foreign)).GrantId,
    ];
    await grant(await newKey(), { RetiringPrincipal: grace.arn });
    const { Grants = [] } = await kms.listRetirableGrants({ RetiringPrincipal });
    assert.deepEqual(
      Grants.map(({ GrantId }) => GrantId),
      expected.toSorted(),
    );
    assert.ok(Grants.some(({ KeyId }) => KeyId === arn));
    const elsewhere = server.client({ region: 'eu-west-1' });
    assert.deepEqual((await elsewhere.listRetirableGrants({ RetiringPrincipal })).Grants, []);
    await assertRefused(foreign.listRetirableGrants({ RetiringPrincipal }), 'ValidationException');
    await assertRefused(kms.listRetirableGrants({}), 'ValidationException');
    await assertDenied(as(retirer).listRetirableGrants({ RetiringPrincipal }));
  });
});
