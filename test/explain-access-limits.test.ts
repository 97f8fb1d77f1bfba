import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import {
  ALLOW_ALL,
  layerOf,
  OUTSIDER,
  type Report,
  startExplanationScene,
  UNKNOWN_KEY,
} from './support/explain-access.ts';
import { createUserWithKey, identityPolicy } from './support/identities.ts';
import { allow, deny, rootOf } from './support/key-policies.ts';
import { ACCOUNT, OTHER_ACCOUNT } from './support/server.ts';

/* What ExplainAccess tells nobody, and whom it refuses. */

const { explain, iam, newKey, newUser, refusal, server } = await startExplanationScene();
after(() => server.close());

describe('what ExplainAccess withholds', () => {
  const reader = { Effect: 'Allow', Action: 'kms:GetKeyPolicy', Resource: '*' };

  it('is the identity side of others, from whoever may not simulate it', async () => {
    const asking = await newUser(reader);
    const { keyId: KeyId } = await newKey();
    const reports: Report[] = [];
    const user = await newUser();
    const UserName = user.arn.split('/').at(-1);
    reports.push(await explain({ KeyId, Principal: user.arn }, asking.credentials));
    for (const Effect of ['Allow', 'Deny']) {
      const PolicyDocument = JSON.stringify(identityPolicy({ ...ALLOW_ALL, Effect }));
      await iam.putUserPolicy({ UserName, PolicyName: 'own', PolicyDocument });
      await iam.tagUser({ UserName, Tags: [{ Key: 'effect', Value: Effect }] });
      reports.push(await explain({ KeyId, Principal: user.arn }, asking.credentials));
    }
    const [first, ...others] = reports;
    for (const other of others) assert.deepEqual(other, first);
    assert.equal(first?.Decision, 'undetermined');
    assert.equal(first?.DecidingLayer, undefined);
    for (const name of ['identity-policy', 'permissions-boundary', 'session-policy']) {
      const { Verdict, Note, Statements } = layerOf(first ?? assert.fail(), name);
      assert.deepEqual([Verdict, Statements], ['withheld', []]);
      assert.match(Note ?? '', /^not shown: the caller may not iam:SimulatePrincipalPolicy on /);
    }
    await iam.putUserPolicy({
      UserName: asking.arn.split('/').at(-1),
      PolicyName: 'simulate',
      PolicyDocument: JSON.stringify(
        identityPolicy({ Effect: 'Allow', Action: 'iam:SimulatePrincipalPolicy', Resource: user.arn }),
      ),
    });
    const entitled = await explain({ KeyId, Principal: user.arn }, asking.credentials);
    assert.equal(entitled.Decision, 'explicitDeny');
    assert.equal(entitled.DecidingLayer, 'identity-policy');
  });

  it('is withheld from sessions with which nobody may use IAM, but not what is their own', async () => {
    const asking = await newUser(ALLOW_ALL, { Effect: 'Allow', Action: 'iam:*', Resource: '*' });
    const user = await newUser(ALLOW_ALL);
    const { keyId: KeyId } = await newKey();
    assert.equal((await explain({ KeyId, Principal: user.arn }, asking.credentials)).Decision, 'allowed');
    const { Credentials: session } = await server
      .sts({ credentials: asking.credentials })
      .getSessionToken({});
    const credentials = {
      accessKeyId: session?.AccessKeyId ?? '',
      secretAccessKey: session?.SecretAccessKey ?? '',
      sessionToken: session?.SessionToken ?? '',
    };
    const ofOther = await explain({ KeyId, Principal: user.arn }, credentials);
    assert.equal(ofOther.Decision, 'undetermined');
    assert.equal((await explain({ KeyId }, credentials)).Decision, 'allowed');
  });

  it('does not keep the key policy from deciding alone', async () => {
    const asking = await newUser(reader);
    const user = await newUser(ALLOW_ALL);
    const denying = await newKey(allow(), deny({ Principal: { AWS: user.arn }, Action: 'kms:Decrypt' }));
    const KeyId = denying.keyId;
    const denied = await explain({ KeyId, Principal: user.arn }, asking.credentials);
    assert.deepEqual([denied.Decision, denied.DecidingLayer], ['explicitDeny', 'key-policy']);
    assert.equal(denied.Message, undefined, 'a Deny of the user’s own would come first in it');
    const silent = await newKey(allow({ Action: ['kms:GetKeyPolicy', 'kms:PutKeyPolicy'] }));
    const refused = await explain({ KeyId: silent.keyId, Principal: user.arn }, asking.credentials);
    assert.deepEqual([refused.Decision, refused.DecidingLayer], ['implicitDeny', 'key-policy']);
  });

  it('are the policies and the tags of principals of other accounts', async () => {
    const foreignIam = server.iam({ account: OTHER_ACCOUNT });
    const foreign = await createUserWithKey(foreignIam, 'foreign', { own: identityPolicy(ALLOW_ALL) });
    await foreignIam.tagUser({ UserName: 'foreign', Tags: [{ Key: 'team', Value: 'red' }] });
    const statement = (team: string) =>
      allow({
        Principal: { AWS: foreign.arn },
        Action: 'kms:Decrypt',
        Condition: { StringEquals: { 'aws:PrincipalTag/team': team } },
      });
    const reports = await Promise.all(
      ['red', 'blue'].map(async (team) => {
        const { keyId: KeyId } = await newKey(allow(), statement(team));
        return explain({ KeyId, Principal: foreign.arn });
      }),
    );
    for (const report of reports) {
      assert.equal(report.Decision, 'undetermined');
      assert.match(layerOf(report, 'key-policy').Statements[1]?.Because ?? '', /value: not shown$/);
      assert.match(layerOf(report, 'identity-policy').Note ?? '', /belongs to account 444455556666$/);
    }
  });
});

describe('ExplainAccess refuses', () => {
  it('whoever may not read the key policy', async () => {
    const user = await newUser({ Effect: 'Allow', Action: 'iam:*', Resource: '*' });
    const { keyId: KeyId } = await newKey();
    assert.match(
      await refusal({ KeyId }, user.credentials),
      /^AccessDeniedException: .* not authorized to perform: kms:GetKeyPolicy /,
    );
  });

  it('keys of other accounts, whether or not they exist, and whatever their policies say', async () => {
    const { arn } = await newKey(allow(), allow({ Principal: { AWS: rootOf(OTHER_ACCOUNT) } }));
    const there = await refusal({ KeyId: arn }, OUTSIDER);
    const notThere = await refusal({ KeyId: arn.replace(/[^/]+$/, UNKNOWN_KEY) }, OUTSIDER);
    assert.equal(there, notThere);
    assert.match(there, /^AccessDeniedException/);
  });

  it('what is no question about a key', async () => {
    const { keyId: KeyId } = await newKey();
    for (const Action of ['kms:ListKeys', 'kms:RetireGrant', 's3:GetObject', 'kms:*', 'kms:createKey'])
      assert.match(
        await refusal({ KeyId, Action }),
        /^ValidationException: .* is not an action on a KMS key/,
      );
    assert.match(await refusal({ KeyId, Context: { department: 'sales' } }), /is not a condition key/);
    const twice = { 'aws:SourceIp': '192.0.2.1', 'AWS:sourceip': '192.0.2.2' };
    assert.match(await refusal({ KeyId, Context: twice }), /^ValidationException: .* given twice/);
    assert.match(await refusal({ KeyId: UNKNOWN_KEY }), /^NotFoundException/);
    for (const Principal of ['ada', `arn:aws:iam::${ACCOUNT}:user/nobody`, `arn:aws:iam::${ACCOUNT}:group/x`])
      assert.match(await refusal({ KeyId, Principal }), /^InvalidArnException: /);
    assert.match(await refusal({}), /^ValidationException/);
  });
});
