import assert from 'node:assert/strict';
import { randomInt, randomUUID } from 'node:crypto';
import { type IAM, IAMServiceException } from '@aws-sdk/client-iam';
import { KMSServiceException } from '@aws-sdk/client-kms';
import { STSServiceException } from '@aws-sdk/client-sts';
import { identityPolicy, trustPolicy } from './identities.ts';
import { allow, keyPolicy, rootOf } from './key-policies.ts';
import { createKey } from './keys.ts';
import type { NodeProcess } from './node-process.ts';
import type { Random } from './random.ts';
import { ACCOUNT } from './server.ts';
import { sameFacts } from './write-load.ts';

/** What is to be seen of a user, of the role of the same name, and of the key whose policy names the user. */
interface UserFacts {
  /** Inline policies by name. */
  readonly policies: Readonly<Record<string, string>>;
  readonly groups: readonly string[];
  /** Statuses by access key id; NEW_KEY stands for one that nobody was told the id of. */
  readonly accessKeys: Readonly<Record<string, string>>;
  readonly trustPolicy: string;
  readonly keyPolicy: string;
}

const NEW_KEY = 'new';
/** How many users a writer creates: few, so that each goes through a good many changes. */
const MOST_USERS = 3;

/** A user that a writer has created. */
interface WrittenUser {
  readonly name: string;
  readonly keyId: string;
  /** Secret access keys, by access key id. */
  readonly secrets: Map<string, string>;
  /** What the service has confirmed. */
  acknowledged: UserFacts;
  /** What a change would have led to whose answer never came: it may have been made, or not. */
  attempted?: UserFacts;
}

/** What one writer knows of its users, whom nobody else touches. */
export type UserLedger = WrittenUser[];

/** A change of a user: what it leads to, and the call that makes it; one that creates an access key answers with its id. */
interface Change {
  readonly to: Partial<UserFacts>;
  readonly make: () => Promise<unknown>;
}

/** Who asks a service for what. */
export type Clients = Pick<NodeProcess, 'client' | 'iam' | 'sts'>;

/**
 * Creates and changes users, one call after the other, until the connection breaks.
 *
 * @param acknowledged is told of each call that the service has confirmed
 * @param random decides what is done
 * @throws IAMServiceException when the service refuses what it should do
 */
export async function writeUsersUntilBroken(
  node: Clients,
  ledger: UserLedger,
  acknowledged: () => void,
  random: Random = randomInt,
): Promise<void> {
  try {
    for (;;) {
      const user = ledger[random(Math.min(ledger.length + 1, MOST_USERS))];
      if (user === undefined) await create(node, ledger);
      else if (NEW_KEY in user.acknowledged.accessKeys) await forgetNewKeys(node, user);
      else await change(node, user, random);
      acknowledged();
    }
  } catch (error) {
    if (error instanceof IAMServiceException || error instanceof KMSServiceException) throw error;
  }
}

async function create(node: Clients, ledger: UserLedger): Promise<void> {
  const iam = node.iam();
  const name = randomUUID();
  await iam.createUser({ UserName: name });
  await iam.createGroup({ GroupName: name });
  const secrets = new Map<string, string>();
  const accessKeyId = await createAccessKey(iam, name, secrets);
  const acknowledged: UserFacts = {
    policies: {},
    groups: [],
    accessKeys: { [accessKeyId]: 'Active' },
    trustPolicy: someTrustPolicy(name),
    keyPolicy: someKeyPolicy(name),
  };
  await iam.createRole({ RoleName: name, AssumeRolePolicyDocument: acknowledged.trustPolicy });
  const { keyId } = await createKey(node.client(), { Policy: acknowledged.keyPolicy });
  ledger.push({ name, keyId, secrets, acknowledged });
}

/** Creates an access key, notes its secret and answers with its id. */
async function createAccessKey(iam: IAM, UserName: string, secrets: Map<string, string>): Promise<string> {
  const { AccessKey } = await iam.createAccessKey({ UserName });
  assert.ok(AccessKey?.AccessKeyId && AccessKey.SecretAccessKey);
  secrets.set(AccessKey.AccessKeyId, AccessKey.SecretAccessKey);
  return AccessKey.AccessKeyId;
}

async function change(node: Clients, user: WrittenUser, random: Random): Promise<void> {
  const changes = possibleChanges(node, user, random);
  const chosen = changes[random(changes.length)];
  if (chosen === undefined) return;
  user.attempted = { ...user.acknowledged, ...chosen.to };
  const created = await chosen.make();
  user.acknowledged =
    typeof created === 'string'
      ? { ...user.acknowledged, accessKeys: { ...user.acknowledged.accessKeys, [created]: 'Active' } }
      : user.attempted;
  delete user.attempted;
}

function possibleChanges(
  node: Clients,
  { name, keyId, secrets, acknowledged }: WrittenUser,
  random: Random,
): readonly Change[] {
  const iam = node.iam();
  const { policies, groups, accessKeys } = acknowledged;
  const UserName = name;
  const PolicyName = `policy-${random(3)}`;
  const document = somePolicy();
  const { [PolicyName]: removed, ...otherPolicies } = policies;
  const trust = someTrustPolicy(name);
  const Policy = someKeyPolicy(name);
  const changes: Change[] = [
    {
      to: { policies: { ...policies, [PolicyName]: document } },
      make: () => iam.putUserPolicy({ UserName, PolicyName, PolicyDocument: document }),
    },
    groups.length === 0
      ? { to: { groups: [name] }, make: () => iam.addUserToGroup({ UserName, GroupName: name }) }
      : { to: { groups: [] }, make: () => iam.removeUserFromGroup({ UserName, GroupName: name }) },
    {
      to: { trustPolicy: trust },
      make: () => iam.updateAssumeRolePolicy({ RoleName: name, PolicyDocument: trust }),
    },
    { to: { keyPolicy: Policy }, make: () => node.client().putKeyPolicy({ KeyId: keyId, Policy }) },
  ];
  if (removed !== undefined)
    changes.push({
      to: { policies: otherPolicies },
      make: () => iam.deleteUserPolicy({ UserName, PolicyName }),
    });
  for (const [AccessKeyId, status] of Object.entries(accessKeys)) {
    const Status = status === 'Active' ? 'Inactive' : 'Active';
    const { [AccessKeyId]: deleted, ...others } = accessKeys;
    const toggle: Change = {
      to: { accessKeys: { ...accessKeys, [AccessKeyId]: Status } },
      make: () => iam.updateAccessKey({ UserName, AccessKeyId, Status }),
    };
    changes.push(toggle, toggle, {
      to: { accessKeys: others },
      make: () => iam.deleteAccessKey({ UserName, AccessKeyId }),
    });
  }
  if (Object.keys(accessKeys).length < 2)
    changes.push({
      to: { accessKeys: { ...accessKeys, [NEW_KEY]: 'Active' } },
      make: () => createAccessKey(iam, UserName, secrets),
    });
  return changes;
}

/** Policies like no others. */
function somePolicy(): string {
  const Sid = randomUUID().replaceAll('-', '');
  return JSON.stringify(identityPolicy({ Sid, Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' }));
}

function someTrustPolicy(name: string): string {
  const Sid = randomUUID().replaceAll('-', '');
  return trustPolicy({ Sid, Effect: 'Allow', Principal: { AWS: arnOf(name) }, Action: 'sts:AssumeRole' });
}

function someKeyPolicy(name: string): string {
  return keyPolicy(allow({ Sid: randomUUID(), Principal: { AWS: [rootOf(ACCOUNT), arnOf(name)] } }));
}

function arnOf(name: string): string {
  return `arn:aws:iam::${ACCOUNT}:user/${name}`;
}

/**
 * Checks that every user is as the service has confirmed it, or as a change would leave it whose answer never came, and
 * that exactly the access keys that are active sign in.
 */
export async function verifyUsers(node: Clients, ledger: UserLedger): Promise<void> {
  for (const user of ledger) {
    const facts = await readFacts(node, user);
    const expected = sameFacts(facts, user.attempted) ? user.attempted : user.acknowledged;
    assert.deepEqual(facts, expected, `user ${user.name} is not as it was confirmed`);
    user.acknowledged = facts;
    delete user.attempted;
    for (const [accessKeyId, status] of Object.entries(facts.accessKeys)) {
      const secretAccessKey = user.secrets.get(accessKeyId);
      if (secretAccessKey === undefined) continue;
      const sts = node.sts({ accessKeyId, secretAccessKey });
      const signIn = sts.getCallerIdentity().then(
        ({ Arn }) => Arn,
        (error: unknown) => {
          if (error instanceof STSServiceException) return error.name;
          throw error;
        },
      );
      assert.equal(await signIn, status === 'Active' ? arnOf(user.name) : 'InvalidClientTokenId');
    }
  }
}

/** Deletes the access key whose secret nobody was told. */
async function forgetNewKeys(node: Clients, user: WrittenUser): Promise<void> {
  const { [NEW_KEY]: forgotten, ...accessKeys } = user.acknowledged.accessKeys;
  user.attempted = { ...user.acknowledged, accessKeys };
  const iam = node.iam();
  const { AccessKeyMetadata = [] } = await iam.listAccessKeys({ UserName: user.name });
  for (const { AccessKeyId = '' } of AccessKeyMetadata)
    if (!user.secrets.has(AccessKeyId)) await iam.deleteAccessKey({ UserName: user.name, AccessKeyId });
  user.acknowledged = user.attempted;
  delete user.attempted;
}

async function readFacts(node: Clients, { name, keyId, secrets }: WrittenUser): Promise<UserFacts> {
  const iam = node.iam();
  const { PolicyNames = [] } = await iam.listUserPolicies({ UserName: name });
  const policies: Record<string, string> = {};
  for (const PolicyName of PolicyNames) {
    const { PolicyDocument } = await iam.getUserPolicy({ UserName: name, PolicyName });
    policies[PolicyName] = decodeURIComponent(PolicyDocument ?? '');
  }
  const { Groups = [] } = await iam.listGroupsForUser({ UserName: name });
  const { AccessKeyMetadata = [] } = await iam.listAccessKeys({ UserName: name });
  const { Role } = await iam.getRole({ RoleName: name });
  const { Policy = '' } = await node.client().getKeyPolicy({ KeyId: keyId });
  return {
    policies,
    groups: Groups.map(({ GroupName = '' }) => GroupName),
    accessKeys: Object.fromEntries(
      AccessKeyMetadata.map(({ AccessKeyId = '', Status = '' }) => [
        secrets.has(AccessKeyId) ? AccessKeyId : NEW_KEY,
        Status,
      ]),
    ),
    trustPolicy: decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''),
    keyPolicy: Policy,
  };
}
