/*
 * What grants cost, where a key has few of them and where it has as many as it may have. Without HTTP, in a process of
 * its own. `bench.ts` forks it; it sends one `GrantReport`.
 */
import { randomBytes } from 'node:crypto';
import type { SharedIam } from '../src/iam/index.ts';
import { createKms, grantsFor } from '../src/kms/index.ts';
import { authorize } from '../src/policy/index.ts';
import { insertGrant } from '../src/store/index.ts';
import { cpuPerRequest } from './cpu.ts';
import { ACCOUNT, createUsers, inBatches } from './fill.ts';
import { openLocalService } from './local-service.ts';
import { REGION } from './requests.ts';

/** What the grants of one key cost, in milliseconds of CPU. */
export interface GrantCosts {
  readonly grants: number;
  /** Finding a caller's grants, which are cached, and deciding by one. */
  readonly decide: number;
  readonly create: number;
  /** Creating one that has a name, and asking for the same again. */
  readonly createNamed: number;
  readonly createAgain: number;
  readonly listFirst: number;
  readonly listLast: number;
  readonly listOfGrantee: number;
  readonly revoke: number;
  readonly retire: number;
}

export interface GrantReport {
  readonly few: GrantCosts;
  readonly many: GrantCosts;
}

const FEW = 5;
/** Room is left below the quota for those that are created while measuring. */
const MANY = 48_000;
const GRANTEES = 500;
const DECISIONS = 1_000;
const PAGE = 100;
/** As many as are created in all rounds; half of them are revoked in fewer, and half retired. */
const MOST_CREATED = 600;
const REMOVING_ROUNDS = 2;

const [dataDirectory = ''] = process.argv.slice(2);
const service = await openLocalService(dataDirectory);
const grantees = await service.inStore((identities) => createUsers(identities, 'u', GRANTEES));
const report: GrantReport = { few: await measureKey(FEW), many: await measureKey(MANY) };
await service.close();
if (process.send === undefined) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
else process.send(report, () => process.exit());

/** Makes a key with so many grants, to as many users as there are, and asks everything that there is to ask about them. */
async function measureKey(grants: number): Promise<GrantCosts> {
  const { KeyMetadata } = await service.ask('CreateKey', {});
  const KeyId = String(Object(KeyMetadata).KeyId);
  await service.inStore((identities) => addGrants(identities, KeyId, grants));
  const input = {
    KeyId,
    GranteePrincipal: `arn:aws:iam::${ACCOUNT}:user/u0`,
    Operations: ['Decrypt', 'Encrypt'],
  };
  const page = { KeyId, Limit: PAGE };
  const time = (operation: string, ...inputs: readonly object[]): Promise<number> =>
    cpuPerRequest(service.prepare(operation, inputs));
  const lastMarker = await findLastPage(KeyId);
  const [listFirst, listLast, listOfGrantee] = [
    await time('ListGrants', page),
    await time('ListGrants', { ...page, Marker: lastMarker }),
    await time('ListGrants', { ...page, GranteePrincipal: input.GranteePrincipal }),
  ];
  const decide = await service.inStore((identities) => timeDecisions(identities, KeyId));

  const created: { readonly GrantId: unknown; readonly GrantToken: unknown }[] = [];
  const create = service.prepare('CreateGrant', [input]);
  const names = Array.from({ length: MOST_CREATED }, (_, index) => ({ ...input, Name: `grant-${index}` }));
  return {
    grants,
    listFirst,
    listLast,
    listOfGrantee,
    decide,
    create: await cpuPerRequest(async () => {
      const { GrantId, GrantToken } = await create(0);
      created.push({ GrantId, GrantToken });
    }),
    createNamed: await time('CreateGrant', ...names),
    createAgain: await time('CreateGrant', { ...input, Name: 'grant-0' }),
    revoke: await cpuPerRequest(
      service.prepare(
        'RevokeGrant',
        created.splice(0, created.length / 2).map(({ GrantId }) => ({ KeyId, GrantId })),
      ),
      { rounds: REMOVING_ROUNDS },
    ),
    retire: await cpuPerRequest(
      service.prepare(
        'RetireGrant',
        created.map(({ GrantToken }) => ({ GrantToken })),
      ),
      { rounds: REMOVING_ROUNDS },
    ),
  };
}

async function addGrants(identities: SharedIam, keyId: string, count: number): Promise<void> {
  const details = JSON.stringify({ operations: ['Decrypt', 'Encrypt'] });
  await inBatches(identities, count, (writer, index) =>
    insertGrant(writer, {
      region: REGION,
      keyId,
      grantId: randomBytes(32).toString('hex'),
      name: '',
      grantee: grantees[index % GRANTEES] ?? '',
      retiringPrincipal: undefined,
      issuingAccount: ACCOUNT,
      creationDate: Date.now(),
      details,
    }),
  );
}

/** The marker of the last page that is full, or of the first. */
async function findLastPage(KeyId: string): Promise<string | undefined> {
  let marker: string | undefined;
  for (;;) {
    const page = await service.ask('ListGrants', { KeyId, Limit: PAGE, Marker: marker });
    if (page['Truncated'] !== true) return marker;
    marker = String(page['NextMarker']);
  }
}

/** Decides for users who have grants, by turns. */
async function timeDecisions(identities: SharedIam, keyId: string): Promise<number> {
  const kms = createKms(identities);
  await identities.store.passFence();
  const principals = grantees.slice(0, FEW).map((uniqueId) => ({
    kind: 'user' as const,
    account: ACCOUNT,
    arn: `arn:aws:iam::${ACCOUNT}:user/x`,
    uniqueId,
  }));
  const question = {
    action: 'kms:Encrypt',
    resource: `arn:aws:kms:${REGION}:${ACCOUNT}:key/${keyId}`,
    resourceAccount: ACCOUNT,
    context: new Map<string, string>(),
  };
  const milliseconds = await cpuPerRequest(async () => {
    for (let index = 0; index < DECISIONS; index += 1) {
      const principal = principals[index % FEW];
      if (principal === undefined) continue;
      const grants = await grantsFor(kms, { region: REGION, keyId }, { ...question, principal });
      const { allowed } = authorize({ ...question, principal }, { identityPolicies: [], grants });
      if (!allowed) throw new Error('a grant does not count');
    }
  });
  return milliseconds / DECISIONS;
}
