/**
 * Who may do what, with stock AWS SDKs only: users, a role, identity policies, a key policy, sessions.
 *
 *   AWS_ENDPOINT_URL=http://127.0.0.1:8600 AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… node examples/who-may-do-what.mjs
 *
 * Run it as the root user of an account that has no users ada and grace and no role backup yet; it removes them again.
 */
import { IAM } from '@aws-sdk/client-iam';
import { KMS } from '@aws-sdk/client-kms';
import { STS } from '@aws-sdk/client-sts';

const settings = { region: 'us-east-1', endpoint: process.env.AWS_ENDPOINT_URL, maxAttempts: 1 };
const root = { iam: new IAM(settings), kms: new KMS(settings), sts: new STS(settings) };
const { Account } = await root.sts.getCallerIdentity({});

const say = (text) => process.stdout.write(`${text}\n`);

/** Tries something and prints how it went. */
async function attempt(what, call) {
  try {
    await call();
    say(`allowed  ${what}`);
  } catch (error) {
    say(`refused  ${what}\n         ${error.name}: ${error.message}`);
  }
}

const document = (...Statement) => JSON.stringify({ Version: '2012-10-17', Statement });

/** Creates a user, and answers with clients that sign as that user. */
async function createUser(UserName) {
  const { User } = await root.iam.createUser({ UserName });
  const { AccessKey } = await root.iam.createAccessKey({ UserName });
  const credentials = { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
  return { arn: User.Arn, credentials, ...clientsWith(credentials) };
}

function clientsWith(credentials) {
  return { kms: new KMS({ ...settings, credentials }), sts: new STS({ ...settings, credentials }) };
}

const ada = await createUser('ada');
const grace = await createUser('grace');
await root.iam.createRole({
  RoleName: 'backup',
  AssumeRolePolicyDocument: document({
    Effect: 'Allow',
    Principal: { AWS: grace.arn },
    Action: ['sts:AssumeRole', 'sts:TagSession'],
  }),
});
await root.iam.putRolePolicy({
  RoleName: 'backup',
  PolicyName: 'use-keys-of-the-job',
  PolicyDocument: document({
    Effect: 'Allow',
    Action: ['kms:DescribeKey', 'kms:Encrypt', 'kms:Decrypt'],
    Resource: '*',
    Condition: { StringEquals: { 'aws:PrincipalTag/job': 'orders' } },
  }),
});

const { KeyMetadata } = await root.kms.createKey({ Description: 'orders' });
const KeyId = KeyMetadata.Arn;
const Plaintext = new TextEncoder().encode('hello world');

say('The key policy only delegates to the account: identity policies decide.');
await attempt('ada describes the key without a policy', () => ada.kms.describeKey({ KeyId }));
await root.iam.putUserPolicy({
  UserName: 'ada',
  PolicyName: 'describe',
  PolicyDocument: document({ Effect: 'Allow', Action: 'kms:DescribeKey', Resource: KeyId }),
});
await attempt('ada describes the key with an identity policy', () => ada.kms.describeKey({ KeyId }));
await attempt('grace encrypts', () => grace.kms.encrypt({ KeyId, Plaintext }));

say('\nThe key policy names grace as well.');
await root.kms.putKeyPolicy({
  KeyId,
  Policy: document(
    { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${Account}:root` }, Action: 'kms:*', Resource: '*' },
    { Effect: 'Allow', Principal: { AWS: grace.arn }, Action: 'kms:Encrypt', Resource: '*' },
  ),
});
await attempt('grace encrypts', () => grace.kms.encrypt({ KeyId, Plaintext }));
await attempt('grace describes the key', () => grace.kms.describeKey({ KeyId }));
await attempt('ada encrypts', () => ada.kms.encrypt({ KeyId, Plaintext }));

say('\nGrace assumes the role backup.');
async function assume(by, input = {}) {
  const RoleArn = `arn:aws:iam::${Account}:role/backup`;
  const { Credentials } = await by.sts.assumeRole({ RoleArn, RoleSessionName: 'nightly', ...input });
  return clientsWith({
    accessKeyId: Credentials.AccessKeyId,
    secretAccessKey: Credentials.SecretAccessKey,
    sessionToken: Credentials.SessionToken,
  });
}
await attempt('ada assumes the role', () => assume(ada));
const untagged = await assume(grace);
await attempt('the session encrypts without the tag', () => untagged.kms.encrypt({ KeyId, Plaintext }));
const Tags = [{ Key: 'job', Value: 'orders' }];
const tagged = await assume(grace, { Tags });
await attempt('the session encrypts with the tag', () => tagged.kms.encrypt({ KeyId, Plaintext }));
const Policy = document({ Effect: 'Allow', Action: 'kms:DescribeKey', Resource: '*' });
const limited = await assume(grace, { Tags, Policy });
await attempt('the session with a session policy describes', () => limited.kms.describeKey({ KeyId }));
await attempt('the session with a session policy encrypts', () => limited.kms.encrypt({ KeyId, Plaintext }));

say("\nAda's access key is deactivated.");
await attempt('ada describes the key', () => ada.kms.describeKey({ KeyId }));
await root.iam.updateAccessKey({
  UserName: 'ada',
  AccessKeyId: ada.credentials.accessKeyId,
  Status: 'Inactive',
});
await attempt('ada describes the key', () => ada.kms.describeKey({ KeyId }));

for (const [UserName, { credentials }] of Object.entries({ ada, grace })) {
  await root.iam.deleteAccessKey({ UserName, AccessKeyId: credentials.accessKeyId });
}
await root.iam.deleteUserPolicy({ UserName: 'ada', PolicyName: 'describe' });
await root.iam.deleteRolePolicy({ RoleName: 'backup', PolicyName: 'use-keys-of-the-job' });
await root.iam.deleteRole({ RoleName: 'backup' });
for (const UserName of ['ada', 'grace']) await root.iam.deleteUser({ UserName });
