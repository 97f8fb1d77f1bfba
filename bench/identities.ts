/*
 * What it costs to know who sends a request, in a deployment of many users and roles: the signature, the credential or
 * the session token, and every policy of the caller. Without HTTP, in a process of its own. `bench.ts` forks it; it sends
 * one `IdentityReport`.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '../src/clock.ts';
import { readConfiguration } from '../src/config.ts';
import * as iam from '../src/iam/index.ts';
import { SessionTokens } from '../src/iam/session-tokens.ts';
import { prepareService, withIdentities } from '../src/service.ts';
import type { SignedRequest } from '../src/sigv4/index.ts';
import { naiveSign } from '../src/sigv4/naive-signer.ts';
import { ACCOUNT, inBatches } from './fill.ts';
import { REGION } from './requests.ts';
import { median } from './rounds.ts';

/** Microseconds for each. */
export interface IdentityReport {
  readonly users: number;
  readonly roles: number;
  readonly fillSeconds: number;
  /** Signature, credential and policies of a user, all cached. */
  readonly authenticateUser: number;
  /** The part of that which collects the policies. */
  readonly collectPolicies: number;
  /** Signature, opened token and policies of a role session, all cached. */
  readonly authenticateSession: number;
  /** Opening a session token that this process has not seen yet, without and with a session policy. */
  readonly openToken: number;
  readonly openLongToken: number;
  /** Signature and policies of a user of whom nothing is cached: from the database. */
  readonly authenticateUncached: number;
}

const USERS = 100_000;
const ROLES = 10_000;
const GROUPS = 100;
const POLICIES = 10;
/** Callers who take turns. */
const CALLERS = 1_000;
const ROUNDS = 15;
const WARM_UP_ROUNDS = 10;
const BODY = '{}';

const clock: Clock = systemClock;
const policyOf = (statements: number, resource: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: Array.from({ length: statements }, (_, index) => ({
      Sid: `Statement${index}`,
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      Resource: `arn:aws:kms:*:${ACCOUNT}:key/${resource}`,
      Condition: { StringEquals: { 'kms:EncryptionContext:department': `department-${index}` } },
    })),
  });

const [dataDirectory = ''] = process.argv.slice(2);
const configuration = readConfiguration('production', { dataDirectory }, {});
await prepareService(configuration);
const report = await withIdentities(configuration, measure);
process.send?.(report, () => process.exit());

interface Sample {
  readonly accessKey: iam.AccessKey;
  readonly uniqueId: string;
}

async function measure(identities: iam.SharedIam): Promise<IdentityReport> {
  const begin = performance.now();
  const { users, roles, policyId } = await fill(identities);
  const fillSeconds = (performance.now() - begin) / 1000;
  await identities.store.passFence();

  const authenticate = iam.signatureAuthentication();
  const signed = users.map(({ accessKey }) => sign(accessKey));
  const uncachedSigned = users.slice(0, CALLERS / 2).map(({ accessKey }) => sign(accessKey));
  const authenticateUncached = await each(1, uncachedSigned, (request) =>
    authenticate(identities, request, 'kms', clock.now()),
  );
  const authenticateUser = await rounds(signed, (request) =>
    authenticate(identities, request, 'kms', clock.now()),
  );
  const entries = await Promise.all(users.map(({ uniqueId }) => identities.identities.get(uniqueId)));
  const collectPolicies = await rounds(
    entries.filter((entry) => entry !== undefined),
    (entry) => iam.collectPolicies(identities, entry),
  );

  const sessionsOf = (policies: readonly string[]) =>
    roles.map((principalId) => {
      const { credentials } = iam.issueSession(identities, {
        source: 'AssumeRole',
        accountId: ACCOUNT,
        principalId,
        sessionName: 'session',
        duration: 3600,
        policies,
        policyIds: policies.length === 0 ? [] : [policyId],
        tags: [{ key: 'team', value: 'orders' }],
        transitiveTagKeys: [],
        minimumTokenSize: undefined,
      });
      return credentials;
    });
  const sessions = sessionsOf([]);
  const signedSessions = sessions.map((credentials) => sign(credentials, credentials.sessionToken));
  const authenticateSession = await rounds(signedSessions, (request) =>
    authenticate(identities, request, 'kms', clock.now()),
  );
  return {
    users: USERS,
    roles: ROLES,
    fillSeconds,
    authenticateUser,
    collectPolicies,
    authenticateSession,
    openToken: await openAll(identities, sessions),
    openLongToken: await openAll(identities, sessionsOf([policyOf(4, '*')])),
    authenticateUncached,
  };
}

/** Opens tokens that are never in the cache. */
async function openAll(
  { keyring }: iam.Iam,
  credentials: readonly iam.TemporaryCredentials[],
): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
    const tokens = new SessionTokens(keyring);
    times.push(
      await each(1, credentials, ({ accessKeyId, sessionToken }) => {
        if (tokens.open(accessKeyId, sessionToken) === undefined) throw new Error('a token does not open');
      }),
    );
  }
  return median(times.slice(WARM_UP_ROUNDS), (time) => time);
}

async function rounds<T>(items: readonly T[], work: (item: T) => unknown): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) times.push(await each(4, items, work));
  return median(times.slice(WARM_UP_ROUNDS), (time) => time);
}

/** Works on all items so many times, and says how many microseconds one took on average. */
async function each<T>(times: number, items: readonly T[], work: (item: T) => unknown): Promise<number> {
  const before = performance.now();
  for (let time = 0; time < times; time += 1) for (const item of items) await work(item);
  return ((performance.now() - before) * 1000) / (times * items.length);
}

function sign({ accessKeyId, secretAccessKey }: iam.AccessKey, token?: string): SignedRequest {
  const date = `${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const { rawHeaders } = naiveSign({
    headers: [
      ['Host', '127.0.0.1:8600'],
      ['Content-Type', 'application/x-amz-json-1.1'],
      ['X-Amz-Target', 'TrentService.ListKeys'],
      ['X-Amz-Date', date],
      ['X-Amz-Content-Sha256', createHash('sha256').update(BODY).digest('hex')],
      ...(token === undefined ? [] : ([['X-Amz-Security-Token', token]] as const)),
    ],
    body: BODY,
    date,
    scope: `${date.slice(0, 8)}/${REGION}/kms/aws4_request`,
    accessKeyId,
    secretAccessKey,
  });
  return { method: 'POST', url: '/', rawHeaders, body: Buffer.from(BODY) };
}

/** Users with an inline policy, two attached ones and two groups with one each; roles with an inline and an attached one. */
async function fill(identities: iam.SharedIam) {
  const place = (name: string) => ({ accountId: ACCOUNT, path: '/', name });
  const inline = [{ name: 'inline', document: policyOf(2, '*') }];
  const users: Sample[] = [];
  const roles: string[] = [];
  const { policies, groups } = await identities.store.write(async (writer) => {
    const quiet = { ...writer, changed: () => {} };
    const policyIds: string[] = [];
    for (let index = 0; index < POLICIES; index += 1) {
      const now = clock.now();
      const { uniqueId } = await iam.createIdentity(identities, quiet, 'policy', place(`policy-${index}`), {
        description: '',
        defaultVersionId: 'v1',
        versions: [{ versionId: 'v1', document: policyOf(5, `${index}*`), creationDate: now }],
        nextVersion: 2,
        updateDate: now,
        tags: [],
      });
      policyIds.push(uniqueId);
    }
    const groupIds: string[] = [];
    for (let index = 0; index < GROUPS; index += 1) {
      const attachedPolicies = policyIds.slice(index % POLICIES, (index % POLICIES) + 1);
      const details = { inlinePolicies: [], attachedPolicies };
      groupIds.push(
        (await iam.createIdentity(identities, quiet, 'group', place(`group-${index}`), details)).uniqueId,
      );
    }
    return { policies: policyIds, groups: groupIds };
  });
  const pick = (ids: readonly string[], index: number, count: number) =>
    Array.from({ length: count }, (_, offset) => ids[(index + offset) % ids.length] ?? '');

  await inBatches(identities, USERS, async (writer, index) => {
    const { uniqueId } = await iam.createIdentity(identities, writer, 'user', place(`user-${index}`), {
      inlinePolicies: inline,
      attachedPolicies: pick(policies, index, 2),
      groups: pick(groups, index, 2),
      tags: [{ key: 'team', value: `team-${index % 50}` }],
    });
    const accessKey = iam.generateAccessKey();
    const owner = { accountId: ACCOUNT, principalId: uniqueId };
    await iam.addAccessKey(writer, owner, accessKey, clock.now());
    if (index % (USERS / CALLERS) === 0) users.push({ accessKey, uniqueId });
  });
  const assumeRolePolicy = JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' },
  });
  await inBatches(identities, ROLES, async (writer, index) => {
    const { uniqueId } = await iam.createIdentity(identities, writer, 'role', place(`role-${index}`), {
      assumeRolePolicy,
      assumeRolePrincipals: [],
      description: randomBytes(8).toString('hex'),
      maxSessionDuration: 3600,
      inlinePolicies: inline,
      attachedPolicies: pick(policies, index, 1),
      tags: [],
    });
    if (index % (ROLES / CALLERS) === 0) roles.push(uniqueId);
  });
  return { users, roles, policyId: policies[0] ?? '' };
}
