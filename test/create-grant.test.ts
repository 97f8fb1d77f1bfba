import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { CreateGrantCommandInput } from '@aws-sdk/client-kms';
import { assertDenied, startGrantScene } from './support/grants.ts';
import { allow, keyPolicy } from './support/key-policies.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT } from './support/server.ts';

/* CreateGrant (grants.md section 4). */

const { ada, as, grace, grant, kms, listed, newKey, server } = await startGrantScene();
after(() => server.close());

const Plaintext = Buffer.from('hello');

describe('CreateGrant', () => {
  it('creates one grant for one name, and a new token each time', async () => {
    const KeyId = await newKey();
    const first = await grant(KeyId, { Name: 'orders' });
    const again = await grant(KeyId, { Name: 'orders', Operations: ['Decrypt', 'Encrypt'] });
    assert.equal(again.GrantId, first.GrantId);
    assert.notEqual(again.GrantToken, first.GrantToken);
    const different = await grant(KeyId, { Name: 'orders', Operations: ['Decrypt'] });
    assert.notEqual(different.GrantId, first.GrantId);
    const unnamed = [await grant(KeyId), await grant(KeyId)];
    assert.notEqual(unnamed[0]?.GrantId, unnamed[1]?.GrantId);
    assert.equal((await listed(KeyId)).length, 4);
  });

  it('through a grant gives no more than that grant permits', async () => {
    const KeyId = await newKey();
    await grant(KeyId, {
      Operations: ['CreateGrant', 'Decrypt'],
      Constraints: { EncryptionContextSubset: { department: 'sales' } },
    });
    const byAda = (input: Partial<CreateGrantCommandInput>) =>
      grant(KeyId, { GranteePrincipal: grace.arn, Operations: ['Decrypt'], ...input }, as(ada));
    const stricter = { EncryptionContextSubset: { department: 'sales', purpose: 'orders' } };
    await byAda({ Constraints: stricter });
    await byAda({ Constraints: { EncryptionContextEquals: { department: 'sales' } } });
    await assertDenied(byAda({}));
    await assertDenied(byAda({ Constraints: { EncryptionContextSubset: { department: 'all' } } }));
    await assertDenied(byAda({ Constraints: stricter, Operations: ['Decrypt', 'Encrypt'] }));
    const CiphertextBlob = (
      await kms.encrypt({ KeyId, Plaintext, EncryptionContext: { department: 'sales' } })
    ).CiphertextBlob;
    await as(grace).decrypt({ CiphertextBlob, EncryptionContext: { department: 'sales' } });
  });

  it('can be held to conditions', async () => {
    const KeyId = await newKey(
      keyPolicy(
        allow(),
        allow({
          Principal: { AWS: grace.arn },
          Action: 'kms:CreateGrant',
          Condition: {
            'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt', 'RetireGrant'] },
            StringEquals: {
              'kms:GranteePrincipal': ada.arn,
              'kms:GrantConstraintType': 'EncryptionContextSubset',
            },
            Bool: { 'kms:GrantIsForAWSResource': false },
          },
        }),
      ),
    );
    const Constraints = { EncryptionContextSubset: { a: 'b' } };
    await grant(KeyId, { Operations: ['Decrypt'], Constraints }, as(grace));
    await assertDenied(grant(KeyId, { Operations: ['Encrypt'], Constraints }, as(grace)));
    await assertDenied(grant(KeyId, { Operations: ['Decrypt'] }, as(grace)));
    await assertDenied(
      grant(KeyId, { Operations: ['Decrypt'], Constraints, GranteePrincipal: grace.arn }, as(grace)),
    );
  });

  it('answers a dry run without creating anything', async () => {
    const KeyId = await newKey();
    await assertRefused(grant(KeyId, { DryRun: true }), 'DryRunOperationException');
    await assertRefused(
      grant(KeyId, { DryRun: true, GranteePrincipal: `arn:aws:iam::${ACCOUNT}:user/nobody` }),
      'InvalidArnException',
    );
    assert.deepEqual(await listed(KeyId), []);
  });

  for (const [title, input, code] of [
    [
      'a user that does not exist',
      { GranteePrincipal: `arn:aws:iam::${ACCOUNT}:user/nobody` },
      'InvalidArnException',
    ],
    ['a group', { GranteePrincipal: `arn:aws:iam::${ACCOUNT}:group/all` }, 'InvalidArnException'],
    ['everybody', { GranteePrincipal: '*' }, 'ValidationException'],
    ['a bare account', { GranteePrincipal: ACCOUNT }, 'InvalidArnException'],
    ['a service by the wrong member', { GranteePrincipal: 's3.amazonaws.com' }, 'InvalidArnException'],
    [
      'a user of an account outside',
      { GranteePrincipal: 'arn:aws:iam::999988887777:user/x' },
      'InvalidArnException',
    ],
    ['nobody', { GranteePrincipal: undefined }, 'ValidationException'],
    [
      'a retiring principal that does not exist',
      { RetiringPrincipal: `arn:aws:iam::${ACCOUNT}:role/nothing` },
      'InvalidArnException',
    ],
    ['two grantees', { GranteeServicePrincipal: 's3.amazonaws.com' }, 'ValidationException'],
    [
      'a service without source and retiring principal',
      { GranteePrincipal: undefined, GranteeServicePrincipal: 's3.amazonaws.com' },
      'ValidationException',
    ],
    ['no operations', { Operations: [] }, 'ValidationException'],
    ['an operation that the key is not for', { Operations: ['Sign'] }, 'ValidationException'],
    ['a name that is none', { Name: 'a b' }, 'ValidationException'],
    ['a token that is none', { GrantTokens: ['token'] }, 'InvalidGrantTokenException'],
  ] as const) {
    it(`refuses ${title}`, async () => {
      await assertRefused(
        grant(await newKey(), {
          ...input,
          Operations: [...(input.Operations ?? ['Decrypt'])],
          GrantTokens: [...(input.GrantTokens ?? [])],
        }),
        code,
      );
    });
  }

  it('refuses an alias, a key that does not exist and an unknown operation', async () => {
    await assertRefused(grant('alias/x'), 'NotFoundException');
    await assertRefused(grant('1234abcd-12ab-34cd-56ef-1234567890ab'), 'NotFoundException');
    await assertRefused(
      grant(await newKey(), { Operations: ['EncryptAll' as 'Encrypt'] }),
      'ValidationException',
      /Member must satisfy constraint: \[Member must satisfy enum value set: \[/,
    );
  });
});
