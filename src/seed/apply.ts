import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import * as iam from '../iam/index.ts';
import * as kms from '../kms/index.ts';
import type { PolicyText } from './policy-text.ts';
import { didYouMean, type Problem, quote, seedRefused } from './problems.ts';
import type { Entry, Located } from './read.ts';
import {
  problemsOf,
  type Seed,
  type SeedAccount,
  type SeedGrant,
  type SeedGroup,
  type SeedKey,
  type SeedPolicy,
  type SeedProvider,
  type SeedRole,
  type SeedUser,
} from './seed.ts';
import type { Place } from './tree.ts';

/** What a seed is created in. */
export type Ground = Pick<kms.Kms, 'partition' | 'store' | 'keyring'> & {
  readonly clock: Clock;
  /** Puts on record what was created, account by account, in the transaction that creates it. */
  readonly record: (
    writer: iam.Writer,
    action: {
      readonly name: 'ApplySeed';
      readonly accountId: string;
      readonly resources: readonly Created[];
      readonly details: { readonly seed: string };
    },
  ) => Promise<void>;
};

/** Something that was created. */
interface Created {
  readonly kind: iam.IdentityKind | 'account' | 'key';
  readonly arn: string;
}

/** What creating needs: the ground, the transaction, and where problems go. */
interface Sowing {
  readonly ground: Ground;
  readonly writer: iam.Writer;
  readonly problems: Problem[];
  /** By account. */
  readonly created: Map<string, Created[]>;
}

/**
 * Creates what a seed holds, in one transaction: all of it, or nothing when anything is wrong. What exists already under
 * the same name or id is left as it is.
 *
 * @param name what messages call the seed
 * @throws OperatorError with all that is wrong
 */
export async function applySeed(ground: Ground, seed: Seed, name: string): Promise<void> {
  const problems: Problem[] = [];
  const refused = () => seedRefused(name, problems);
  try {
    await ground.store.write(async (writer) => {
      const created = new Map<string, Created[]>();
      await sow({ ground, writer, problems, created }, seed);
      if (problems.length > 0) throw refused();
      for (const [accountId, resources] of created)
        await ground.record(writer, { name: 'ApplySeed', accountId, resources, details: { seed: name } });
    });
  } catch (error) {
    throw problems.length > 0 ? refused() : error;
  }
}

async function sow(sowing: Sowing, { accounts }: Seed): Promise<void> {
  for (const account of accounts) await createAccount(sowing, account);
  // What is referred to comes before what refers to it, in all accounts: policies of roles and keys may name whom they like.
  for (const account of accounts) {
    for (const policy of account.policies) await createPolicy(sowing, account, policy);
    for (const group of account.groups) await createGroup(sowing, account, group);
    for (const user of account.users) await createUser(sowing, account, user);
    for (const provider of account.openIdConnectProviders) await createProvider(sowing, account, provider);
  }
  const created: (readonly [SeedRole, iam.Identity<'role'>])[] = [];
  for (const account of accounts) {
    for (const role of account.roles) {
      const identity = await createRole(sowing, account, role);
      if (identity !== undefined) created.push([role, identity]);
    }
  }
  for (const [role, identity] of created) await setTrustPolicy(sowing, role, identity);
  for (const account of accounts) {
    for (const key of account.keys) await createKey(sowing, account, key);
  }
}

/** Does what the domain may refuse, of which the problems tell then. */
async function attempt<T>(
  { problems }: Sowing,
  at: Place | PolicyText,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    problems.push(...problemsOf(error, at));
    return undefined;
  }
}

function note({ created }: Sowing, accountId: string, kind: Created['kind'], arn: string): void {
  const ofAccount = created.get(accountId) ?? [];
  ofAccount.push({ kind, arn });
  created.set(accountId, ofAccount);
}

async function createAccount(sowing: Sowing, { id, name }: SeedAccount): Promise<void> {
  const { ground, writer } = sowing;
  if (await iam.findAccount(writer, id.value)) return;
  const account = {
    accountId: id.value,
    name: name ?? id.value,
    email: '',
    creationDate: ground.clock.now(),
  };
  await iam.createAccount(writer, account);
  note(sowing, id.value, 'account', iam.rootUserArn(ground.partition, id.value));
}

/** Creates an identity, unless there is one of its name. */
async function createIdentity<K extends iam.IdentityKind>(
  sowing: Sowing,
  { id }: SeedAccount,
  kind: K,
  { name, path }: { readonly name: Located<string>; readonly path: string },
  detailsOf: () => iam.DetailsByKind[K] | Promise<iam.DetailsByKind[K]>,
): Promise<iam.Identity<K> | undefined> {
  const { ground, writer } = sowing;
  const place = { accountId: id.value, path, name: name.value };
  if (await iam.findNamedIdentity(writer, ground.partition, id.value, kind, name.value)) return undefined;
  const identity = await attempt(sowing, name.place, async () =>
    iam.createIdentity(ground, writer, kind, place, await detailsOf()),
  );
  if (identity !== undefined) note(sowing, id.value, kind, identity.arn);
  return identity;
}

async function createPolicy(sowing: Sowing, account: SeedAccount, policy: SeedPolicy): Promise<void> {
  const { document, description, tags } = policy;
  const creationDate = sowing.ground.clock.now();
  await createIdentity(sowing, account, 'policy', policy, () =>
    iam.newPolicyDetails(document.text, { description, creationDate, tags }),
  );
}

async function createGroup(sowing: Sowing, account: SeedAccount, group: SeedGroup): Promise<void> {
  await createIdentity(sowing, account, 'group', group, async () => ({
    inlinePolicies: group.inlinePolicies,
    attachedPolicies: await findPolicies(sowing, account, group.attachedPolicies),
  }));
}

async function createUser(sowing: Sowing, account: SeedAccount, user: SeedUser): Promise<void> {
  const { ground, writer, problems } = sowing;
  const created = await createIdentity(sowing, account, 'user', user, async () => ({
    inlinePolicies: user.inlinePolicies,
    attachedPolicies: await findPolicies(sowing, account, user.attachedPolicies),
    groups: await findGroups(sowing, account, user.groups),
    permissionsBoundary: await findBoundary(sowing, account, user.permissionsBoundary),
    tags: user.tags,
  }));
  if (created === undefined) return;
  const owner = { accountId: created.accountId, principalId: created.uniqueId };
  for (const { accessKeyId, secretAccessKey } of user.accessKeys) {
    if (await iam.findAccessKey(writer, accessKeyId.value)) {
      const text = 'this access key exists already and belongs to somebody else; give another id';
      problems.push({ place: accessKeyId.place, text });
    } else {
      const accessKey = { accessKeyId: accessKeyId.value, secretAccessKey };
      await iam.addAccessKey(writer, owner, accessKey, ground.clock.now());
    }
  }
}

async function createProvider(
  sowing: Sowing,
  account: SeedAccount,
  { url, clientIds, thumbprints, tags }: SeedProvider,
): Promise<void> {
  const details = iam.newProviderDetails({ url: url.value, clientIds, thumbprints, tags });
  const name = { value: iam.providerName(details.url), place: url.place };
  await createIdentity(sowing, account, 'oidc-provider', { name, path: '/' }, () => details);
}

/** Creates a role whom nobody may assume yet: those whom its trust policy names may come after it. */
function createRole(
  sowing: Sowing,
  account: SeedAccount,
  role: SeedRole,
): Promise<iam.Identity<'role'> | undefined> {
  const { description, inlinePolicies, maxSessionDuration, tags } = role;
  return createIdentity(sowing, account, 'role', role, async () => ({
    assumeRolePolicy: role.trustPolicy.text,
    assumeRolePrincipals: [],
    inlinePolicies,
    attachedPolicies: await findPolicies(sowing, account, role.attachedPolicies),
    description,
    maxSessionDuration,
    permissionsBoundary: await findBoundary(sowing, account, role.permissionsBoundary),
    tags,
  }));
}

async function setTrustPolicy(
  sowing: Sowing,
  { trustPolicy }: SeedRole,
  role: iam.Identity<'role'>,
): Promise<void> {
  const { writer, ground } = sowing;
  await attempt(sowing, trustPolicy, async () => {
    const read = await iam.readTrustPolicy(writer, ground.partition, trustPolicy.text);
    await iam.changeIdentityWithin(writer, ground.partition, 'role', role, ({ details }) => ({
      details: { ...details, ...read },
    }));
  });
}

/** The unique ids of groups. */
async function findGroups(
  { ground, writer, problems }: Sowing,
  { id, groups }: SeedAccount,
  names: readonly Located<string>[],
): Promise<readonly string[]> {
  const uniqueIds = new Set<string>();
  for (const { value, place } of names) {
    const group = await iam.findNamedIdentity(writer, ground.partition, id.value, 'group', value);
    if (group !== undefined) uniqueIds.add(group.uniqueId);
    else {
      const hint = didYouMean(
        value,
        groups.map(({ name }) => name.value),
      );
      const text = `the account ${id.value} has no group ${quote(value)}${hint || '; add it to the groups'}`;
      problems.push({ place, text });
    }
  }
  return [...uniqueIds];
}

/** The unique ids of managed policies. */
async function findPolicies(
  sowing: Sowing,
  account: SeedAccount,
  arns: readonly Located<string>[],
): Promise<readonly string[]> {
  const uniqueIds = new Set<string>();
  for (const arn of arns) {
    const uniqueId = await findBoundary(sowing, account, arn);
    if (uniqueId !== undefined) uniqueIds.add(uniqueId);
  }
  return [...uniqueIds];
}

/** The unique id of the managed policy that has an ARN. */
async function findBoundary(
  { ground: { partition }, writer, problems }: Sowing,
  { id, policies }: SeedAccount,
  arn: Located<string> | undefined,
): Promise<string | undefined> {
  if (arn === undefined) return undefined;
  try {
    return (await iam.findManagedPolicy(writer, partition, id.value, arn.value)).uniqueId;
  } catch (error) {
    const [{ text } = { text: '' }] = problemsOf(error, arn.place);
    const own = policies.map(({ name, path }) =>
      iam.identityArn(partition, { accountId: id.value, kind: 'policy', path, name: name.value }),
    );
    const builtIn = [...iam.awsManagedPolicies(partition).values()].map((policy) => policy.arn);
    problems.push({
      place: arn.place,
      text: `${text.replace(/\.$/, '')}${didYouMean(arn.value, [...own, ...builtIn])}`,
    });
    return undefined;
  }
}

async function createKey(sowing: Sowing, account: SeedAccount, key: SeedKey): Promise<void> {
  const { ground, writer, problems } = sowing;
  const { partition } = ground;
  const { region } = key;
  const accountId = account.id.value;
  const keyId = key.id.value;
  const present = await kms.loadKeyEntry(writer, ground, region, keyId);
  if (present !== undefined) {
    if (present.record.accountId === accountId) return;
    const text = `the key ${keyId} in ${region} belongs to another account; give another id`;
    problems.push({ place: key.id.place, text });
    return;
  }
  const policy = key.policy?.text ?? kms.defaultKeyPolicy(partition, accountId);
  const read = await attempt(sowing, key.policy ?? key.place, () =>
    kms.readKeyPolicy(policy, partition, (document) => iam.findNamedPrincipals(writer, partition, document)),
  );
  if (read === undefined) return;
  const material = key.material === undefined ? randomBytes(32) : Buffer.from(key.material, 'base64');
  try {
    await kms.createKeyWithin(writer, ground, material, {
      ...kms.SYMMETRIC_KEY,
      region,
      keyId,
      accountId,
      description: key.description,
      policy,
      policyPrincipals: read.principals,
      policyPutBy: iam.rootUserArn(partition, accountId),
      tags: key.tags,
      keyState: key.enabled ? 'Enabled' : 'Disabled',
      keyMaterialId: identifyMaterial(keyId, material),
    });
  } finally {
    material.fill(0);
  }
  note(sowing, accountId, 'key', kms.keyArn(partition, region, accountId, keyId));
  for (const alias of key.aliases) {
    const entry = await kms.loadKeyEntry(writer, ground, region, keyId);
    if (entry === undefined) throw new Error('a key that was just stored is missing');
    await attempt(sowing, alias.place, () => kms.createAliasWithin(writer, ground, alias.value, entry));
  }
  for (const grant of key.grants) await createGrant(sowing, account, key, grant);
}

async function createGrant(
  sowing: Sowing,
  account: SeedAccount,
  { region, id }: SeedKey,
  grant: SeedGrant,
): Promise<void> {
  const { ground, writer } = sowing;
  const entry = await kms.loadKeyEntry(writer, ground, region, id.value);
  if (entry === undefined) throw new Error('a key that was just stored is missing');
  const grantee = await requirePrincipal(sowing, grant.grantee);
  const retiringPrincipal =
    grant.retiringPrincipal && (await requirePrincipal(sowing, grant.retiringPrincipal));
  if (grantee === undefined) return;
  const { encryptionContextEquals: equals, encryptionContextSubset: subset } = grant;
  const constraints = {
    ...(equals && { encryptionContextEquals: pairsOf(equals) }),
    ...(subset && { encryptionContextSubset: pairsOf(subset) }),
  };
  const details = {
    operations: [...new Set(grant.operations)].sort(),
    ...(Object.keys(constraints).length > 0 && { constraints }),
  };
  const { name } = grant;
  const issuingAccount = account.id.value;
  await attempt(sowing, grant.place, async () => {
    kms.requireGrantDetails(entry, details);
    const created = { name, grantee, retiringPrincipal, issuingAccount, details };
    await kms.createGrantWithin(writer, ground, entry, created);
  });
}

/** What a principal of a grant is stored with. */
async function requirePrincipal(
  { ground, writer, problems }: Sowing,
  { value: arn, place }: Located<string>,
): Promise<string | undefined> {
  const bound = await iam.bindPrincipal(writer, ground.partition, arn);
  if (bound === undefined)
    problems.push({
      place,
      text: `there is no principal ${quote(arn)}; name one that exists, or an account`,
    });
  return bound;
}

/** Pairs in one order, so that the same constraint is the same text. */
function pairsOf(entries: readonly Entry<string>[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    entries
      .map(({ key, value }) => [key.value, value] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

/**
 * The key material id of seeded material: unlike a keyring's, the same in every store, so that what one server encrypts
 * another decrypts that has the same seed. It tells nothing of the material.
 */
function identifyMaterial(keyId: string, material: Uint8Array): string {
  return createHmac('sha256', material).update(`qkms seed, key material of ${keyId}`).digest('hex');
}
