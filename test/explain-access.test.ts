import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, describe, it } from 'node:test';
import { ALLOW_ALL, layerOf, startExplanationScene, verdicts } from './support/explain-access.ts';
import { identityPolicy, trustPolicy } from './support/identities.ts';
import { allow, deny, rootOf } from './support/key-policies.ts';
import { createAlias, createKey, encrypt } from './support/keys.ts';
import { runQkms, temporaryDirectory } from './support/qkms-process.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, startTestServer } from './support/server.ts';
import { signedRequest } from './support/signed-request.ts';

/* ExplainAccess, an operation of our own, and `qkms explain`. */

const { explain, iam, kms, newKey, newUser, server } = await startExplanationScene();
after(() => server.close());

describe('ExplainAccess', () => {
  it('says that the root user is allowed, and by what', async () => {
    const { keyId: KeyId } = await newKey();
    const report = await explain({ KeyId });
    assert.equal(report.Decision, 'allowed');
    assert.equal(report.DecidingLayer, 'key-policy');
    assert.deepEqual(report.Remedies, []);
    assert.equal(report.Message, undefined);
    assert.deepEqual(verdicts(report), {
      'key-policy': 'allows',
      'identity-policy': 'absent',
      'permissions-boundary': 'absent',
      'session-policy': 'absent',
      grants: 'absent',
    });
  });

  it('quotes statements as they stand in the policy that GetKeyPolicy shows, at their positions', async () => {
    const user = await newUser();
    const Policy = `{"Version":"2012-10-17","Statement":[
  {"Sid":"a \\"}\\" b","Effect":"Allow","Principal":{"AWS":"${rootOf(ACCOUNT)}"},"Action":"kms:*","Resource":"*"},
  { "Effect": "Deny", "Principal": {"AWS": "${user.arn}"}, "Action": "kms:Encrypt", "Resource": "*" }]}`;
    const { keyId: KeyId } = await createKey(kms, { Policy });
    const { Statements } = layerOf(await explain({ KeyId }), 'key-policy');
    const shown = (await kms.getKeyPolicy({ KeyId })).Policy?.split('\n') ?? [];
    assert.equal(Statements.length, 2);
    for (const { Line, Column, Text } of Statements)
      assert.equal(shown[Line - 1]?.slice(Column - 1, Column - 1 + Text.length), Text);
    assert.deepEqual(
      Statements.map(({ Statement, Sid, Effect, Applies }) => [Statement, Sid, Effect, Applies]),
      [
        [1, 'a "}" b', 'Allow', true],
        [2, undefined, 'Deny', false],
      ],
    );
    assert.match(Statements[1]?.Because ?? '', /^Action: it is not about kms:Decrypt$/);
  });

  it('names the Deny that applies, what is missing besides, and tells the text of the refusal', async () => {
    const user = await newUser();
    const { keyId: KeyId } = await newKey(
      allow(),
      deny({ Sid: 'not her', Principal: { AWS: user.arn }, Action: 'kms:Decrypt' }),
    );
    const report = await explain({ KeyId, Principal: user.arn });
    assert.equal(report.Decision, 'explicitDeny');
    assert.equal(report.DecidingLayer, 'key-policy');
    assert.equal(verdicts(report)['key-policy'], 'denies');
    assert.deepEqual(report.Remedies.slice(0, 1), [
      'remove or narrow the Deny in statement 2 ("not her") of the key policy',
    ]);
    assert.match(report.Remedies[1] ?? '', /^allow kms:Decrypt on .* by an identity policy: the key policy/);
    const CiphertextBlob = await encrypt(kms, KeyId);
    await assertRefused(
      server.client({ credentials: user.credentials }).decrypt({ KeyId, CiphertextBlob }),
      'AccessDeniedException',
      report.Message ?? '',
    );
  });

  it('shows callers their own identity policies, those of groups and managed ones, and the boundary', async () => {
    const reader = { Effect: 'Allow', Action: 'kms:GetKeyPolicy', Resource: '*' };
    const user = await newUser(reader);
    const UserName = user.arn.split('/').at(-1);
    const GroupName = 'explained-group';
    await iam.createGroup({ GroupName });
    await iam.putGroupPolicy({
      GroupName,
      PolicyName: 'decrypt',
      PolicyDocument: JSON.stringify(identityPolicy({ ...ALLOW_ALL, Action: 'kms:Decrypt' })),
    });
    await iam.addUserToGroup({ GroupName, UserName });
    const { keyId: KeyId } = await newKey();
    const allowed = await explain({ KeyId }, user.credentials);
    assert.equal(allowed.Decision, 'allowed');
    assert.equal(allowed.DecidingLayer, 'identity-policy');
    assert.deepEqual(
      layerOf(allowed, 'identity-policy').Statements.map(({ Source, Applies }) => [Source, Applies]),
      [
        [`user_${UserName}_own`, false],
        [`group_${GroupName}_decrypt`, true],
      ],
    );
    const { Policy } = await iam.createPolicy({
      PolicyName: 'explained-boundary',
      PolicyDocument: JSON.stringify(identityPolicy(reader)),
    });
    await iam.putUserPermissionsBoundary({ UserName, PermissionsBoundary: Policy?.Arn });
    const limited = await explain({ KeyId }, user.credentials);
    assert.equal(limited.Decision, 'implicitDeny');
    assert.equal(limited.DecidingLayer, 'permissions-boundary');
    assert.equal(layerOf(limited, 'permissions-boundary').Statements[0]?.Source, Policy?.Arn);
    assert.match(limited.Message ?? '', /no permissions boundary allows the kms:Decrypt action/);
    assert.match(limited.Remedies.join(), /let the permissions boundary of .* allow kms:Decrypt/);
    assert.deepEqual(await explain({ KeyId, Principal: user.arn }, user.credentials), limited);
  });

  it('shows callers the session policies of the session that asks', async () => {
    const user = await newUser(ALLOW_ALL, { Effect: 'Allow', Action: 'sts:*', Resource: '*' });
    const { Role } = await iam.createRole({
      RoleName: 'explained-role',
      AssumeRolePolicyDocument: trustPolicy({
        Effect: 'Allow',
        Principal: { AWS: user.arn },
        Action: 'sts:AssumeRole',
      }),
    });
    await iam.putRolePolicy({
      RoleName: Role?.RoleName,
      PolicyName: 'own',
      PolicyDocument: JSON.stringify(identityPolicy(ALLOW_ALL)),
    });
    const { Credentials: session } = await server.sts({ credentials: user.credentials }).assumeRole({
      RoleArn: Role?.Arn,
      RoleSessionName: 'nightly',
      Policy: JSON.stringify(identityPolicy({ ...ALLOW_ALL, Action: 'kms:GetKeyPolicy' })),
    });
    const credentials = {
      accessKeyId: session?.AccessKeyId ?? '',
      secretAccessKey: session?.SecretAccessKey ?? '',
      sessionToken: session?.SessionToken ?? '',
    };
    const { keyId: KeyId } = await newKey();
    const report = await explain({ KeyId }, credentials);
    assert.equal(report.Decision, 'implicitDeny');
    assert.equal(report.DecidingLayer, 'session-policy');
    assert.match(layerOf(report, 'session-policy').Statements[0]?.Text ?? '', /kms:GetKeyPolicy/);
    assert.match(report.Message ?? '', /assumed-role\/explained-role\/nightly .* no session policy allows/);
    const { Policy } = await iam.createPolicy({
      PolicyName: 'explained-session',
      PolicyDocument: JSON.stringify(identityPolicy(ALLOW_ALL)),
    });
    const long = await server.sts({ credentials: user.credentials }).assumeRole({
      RoleArn: Role?.Arn,
      RoleSessionName: 'long',
      PolicyArns: [{ arn: Policy?.Arn }],
      Policy: JSON.stringify(identityPolicy({ ...ALLOW_ALL, Action: 'kms:GetKeyPolicy' })),
    });
    const byArn = {
      accessKeyId: long.Credentials?.AccessKeyId ?? '',
      secretAccessKey: long.Credentials?.SecretAccessKey ?? '',
      sessionToken: long.Credentials?.SessionToken ?? '',
    };
    const before = await explain({ KeyId }, byArn);
    assert.equal(before.Decision, 'allowed');
    assert.equal(layerOf(before, 'session-policy').Statements[1]?.Source, Policy?.Arn);
    await iam.deletePolicy({ PolicyArn: Policy?.Arn });
    const gone = await explain({ KeyId }, byArn);
    assert.deepEqual([gone.Decision, gone.DecidingLayer], ['implicitDeny', 'session-policy']);
    const other = await explain({ KeyId, Principal: Role?.Arn });
    assert.equal(other.Decision, 'allowed');
    assert.equal(verdicts(other)['session-policy'], 'absent');
  });

  it('tells which condition does not hold, and what to send', async () => {
    const user = await newUser();
    const Condition = { StringEquals: { 'kms:EncryptionContext:department': 'sales' } };
    const { keyId: KeyId } = await newKey(
      allow(),
      allow({ Sid: 'sales', Principal: { AWS: user.arn }, Action: 'kms:Decrypt', Condition }),
    );
    const policyOnly = await newKey(
      allow({ Action: ['kms:GetKeyPolicy', 'kms:PutKeyPolicy'] }),
      allow({ Sid: 'sales', Principal: { AWS: user.arn }, Action: 'kms:Decrypt', Condition }),
    );
    const missing = await explain({ KeyId: policyOnly.keyId, Principal: user.arn });
    assert.equal(missing.Decision, 'implicitDeny');
    assert.equal(
      missing.Remedies[0],
      'send an encryption context with department=sales, for statement 2 ("sales") of the key policy to allow',
    );
    const [, sales] = layerOf(missing, 'key-policy').Statements;
    assert.equal(
      sales?.Because,
      `Condition: StringEquals kms:EncryptionContext:department wants "sales"; the request's value: absent`,
    );
    const Context = { 'kms:EncryptionContext:department': 'sales' };
    assert.equal((await explain({ KeyId, Principal: user.arn, Context })).Decision, 'allowed');
    const wrong = { 'kms:encryptioncontext:department': 'legal' };
    const refused = await explain({ KeyId, Principal: user.arn, Context: wrong });
    assert.match(layerOf(refused, 'key-policy').Statements[1]?.Because ?? '', /value: "legal"$/);
  });

  it('takes from the present request what a caller does not say, and nothing of it for others', async () => {
    const { keyId: KeyId } = await newKey(
      allow(),
      deny({ Action: 'kms:Decrypt', Condition: { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } } }),
    );
    assert.equal((await explain({ KeyId })).Decision, 'explicitDeny');
    const Context = { 'aws:SourceIp': '192.0.2.1' };
    assert.equal((await explain({ KeyId, Context })).Decision, 'allowed');
    const user = await newUser(ALLOW_ALL);
    const ofUser = await explain({ KeyId, Principal: user.arn });
    assert.equal(ofUser.Decision, 'allowed');
    assert.match(layerOf(ofUser, 'key-policy').Statements[1]?.Because ?? '', /value: absent$/);
  });

  it('tells of the grants to the principal', async () => {
    const user = await newUser();
    const { keyId: KeyId } = await newKey();
    const grant = (Operations: ('Decrypt' | 'Encrypt')[], Constraints = {}) =>
      kms.createGrant({ KeyId, GranteePrincipal: user.arn, Operations, Constraints });
    const { GrantId: other } = await grant(['Encrypt']);
    const { GrantId: bound } = await grant(['Decrypt'], { EncryptionContextEquals: { a: 'b' } });
    const refused = await explain({ KeyId, Principal: user.arn });
    assert.equal(refused.Decision, 'implicitDeny');
    assert.equal(verdicts(refused)['grants'], 'silent');
    assert.deepEqual(
      new Map(refused.Grants.map(({ GrantId, Because }) => [GrantId, Because])),
      new Map([
        [other, 'Operations: the action is not one of them'],
        [bound, 'Constraints: the request does not meet them'],
      ]),
    );
    const Context = { 'kms:EncryptionContext:a': 'b' };
    const allowed = await explain({ KeyId, Principal: user.arn, Context, Action: 'kms:decrypt' });
    assert.equal(allowed.Decision, 'allowed');
    assert.equal(allowed.DecidingLayer, 'grants');
    assert.deepEqual(allowed.Grants[0], {
      GrantId: bound,
      Applies: true,
      Because: 'all its parts match',
    });
  });

  it('answers for services, role sessions and root users, and by alias', async () => {
    const { keyId } = await newKey(
      allow(),
      allow({ Principal: { Service: 's3.amazonaws.com' }, Action: 'kms:Decrypt' }),
      allow({ Principal: { AWS: rootOf(OTHER_ACCOUNT) }, Action: 'kms:Decrypt' }),
    );
    const KeyId = await createAlias(kms, keyId);
    assert.equal((await explain({ KeyId, Principal: 's3.amazonaws.com' })).Decision, 'allowed');
    assert.equal((await explain({ KeyId, Principal: 'sqs.amazonaws.com' })).Decision, 'implicitDeny');
    assert.equal((await explain({ KeyId, Principal: rootOf(OTHER_ACCOUNT) })).Decision, 'allowed');
    const Principal = `arn:aws:sts::${ACCOUNT}:federated-user/somebody`;
    const federated = await explain({ KeyId, Principal });
    assert.equal(federated.Decision, 'undetermined');
    assert.match(layerOf(federated, 'identity-policy').Note ?? '', /^not known: /);
  });
});

describe('docs/explain.md', () => {
  it('shows what qkms explain and ExplainAccess answer', async (t) => {
    const text = await readFile(new URL('../docs/explain.md', import.meta.url), 'utf8');
    const block = (language: string) =>
      new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(text)?.[1] ?? assert.fail(language);
    const dataDirectory = temporaryDirectory(t);
    const own = await startTestServer({ dataDirectory });
    let keyArn: string;
    try {
      await own.iam().createUser({ UserName: 'ada' });
      const { keyId, arn } = await createKey(own.client(), { Policy: block('json').trim() });
      keyArn = arn;
      await own.client().createAlias({ AliasName: 'alias/orders', TargetKeyId: keyId });
      const answer = await signedRequest({
        endpoint: own.endpoint,
        operation: 'ExplainAccess',
        headers: { 'X-Amz-Target': 'QKMS.ExplainAccess' },
        body: block('json request'),
        date: own.clock.now(),
      });
      assert.equal(JSON.parse(answer.body).Decision, 'explicitDeny', answer.body);
    } finally {
      await own.close();
    }
    const [, ...args] = block('sh').replaceAll('\\\n', ' ').trim().split(/\s+/);
    const run = await runQkms(t, args, { QKMS_DATA_DIR: dataDirectory }).ended;
    assert.equal(run.code, 0, run.stderr);
    assert.equal(run.stdout.replaceAll(keyArn, 'KEY'), block('text'));
    const json = await runQkms(t, [...args, '--json'], { QKMS_DATA_DIR: dataDirectory }).ended;
    assert.equal(JSON.parse(json.stdout).Decision, 'explicitDeny');
    const nobody = args.map((each) => each.replace('user/ada', 'user/bob'));
    const refused = await runQkms(t, nobody, { QKMS_DATA_DIR: dataDirectory }).ended;
    assert.deepEqual(
      [refused.code, refused.stderr],
      [1, 'qkms: ARN does not refer to a valid principal: arn:aws:iam::111122223333:user/bob\n'],
    );
  });
});
