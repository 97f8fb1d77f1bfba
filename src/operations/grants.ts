import type { Caller } from '../caller.ts';
import { bindPrincipal, type Iam } from '../iam/index.ts';
import {
  createGrant as createStoredGrant,
  findGrant,
  type GrantDetails,
  type GrantRecord,
  grantNotFound,
  issueGrantToken,
  type KeyStateClass,
  type Kms,
  listGrants as listStoredGrants,
  removeGrant,
  requireGrantDetails,
} from '../kms/index.ts';
import { list, optional, required, structure, type ValueOf } from '../model/index.ts';
import { CRYPTOGRAPHIC_ERRORS, grantConditions, managedKey } from './common.ts';
import * as examples from './example-values.ts';
import { showGrants } from './grant-entries.ts';
import { type Conditions, operation } from './operation.ts';
import { paginate } from './pagination.ts';
import * as refusals from './refusals.ts';
import * as shapes from './shapes.ts';

/** The target of an operation on the grants of the key named by `KeyId`, of whichever account. */
function grantingKey(permission: `kms:${string}`, states: KeyStateClass) {
  return { ...managedKey(permission, states), crossAccount: true } as const;
}

/** Whether a service asks, for itself or for someone. */
function ofCaller({ viaService, principal }: Caller): Conditions {
  return { 'kms:GrantIsForAWSResource': String(viaService !== undefined || principal.kind === 'service') };
}

const createInput = structure({
  KeyId: shapes.keyIdMember,
  GranteePrincipal: optional(
    shapes.principalId,
    'Whom the grant is for: the ARN of an account, user, role, role session or federated user.',
  ),
  RetiringPrincipal: optional(shapes.principalId, 'Who may retire the grant, in the same form.'),
  Operations: required(list(shapes.grantOperation), 'The operations that the grant permits.'),
  Constraints: optional(
    shapes.grantConstraints,
    'What the encryption context has to be like, or the resource that a service asks for.',
  ),
  GrantTokens: shapes.grantTokensMember,
  Name: optional(shapes.grantName, 'A name: the same request with the same name creates one grant only.'),
  DryRun: shapes.dryRun,
  GranteeServicePrincipal: optional(
    shapes.servicePrincipal,
    'The service that the grant is for, instead of GranteePrincipal; with a SourceArn and a retiring principal.',
  ),
  RetiringServicePrincipal: optional(
    shapes.servicePrincipal,
    'The service that may retire the grant, instead of RetiringPrincipal.',
  ),
});

export const createGrant = operation({
  name: 'CreateGrant',
  summary:
    'Lets a principal use a KMS key for some operations, apart from key policy and identity policies. The grant is good for the very next request.',
  input: createInput,
  output: structure({
    GrantToken: optional(shapes.grantToken, 'A token of the grant. Requests do not need it.'),
    GrantId: optional(shapes.grantId, 'The id of the grant.'),
  }),
  targets: {
    key: {
      ...grantingKey('kms:CreateGrant', 'grant'),
      conditions: (input, _, caller) => ({
        ...ofCaller(caller),
        ...grantConditions(input.Constraints),
        'kms:GrantOperations': input.Operations,
        'kms:GranteePrincipal': input.GranteePrincipal,
        'kms:RetiringPrincipal': input.RetiringPrincipal,
        'kms:GranteeServicePrincipal': input.GranteeServicePrincipal,
        'kms:RetiringServicePrincipal': input.RetiringServicePrincipal,
        'kms:GrantConstraintSourceArn': input.Constraints?.SourceArn,
      }),
    },
  },
  errors: [
    ...CRYPTOGRAPHIC_ERRORS.filter((code) => !/Usage|Unavailable/.test(code)),
    'InvalidArnException',
    'LimitExceededException',
  ],
  readOnly: false,
  quota: 'CreateGrant',
  audit: { response: ['GrantId'] },
  examples: [
    {
      title: 'Let a role decrypt with an encryption context',
      request: {
        KeyId: examples.KEY_ID,
        GranteePrincipal: 'arn:aws:iam::111122223333:role/backup',
        Operations: ['Decrypt'],
        Constraints: { EncryptionContextSubset: { department: 'sales' } },
      },
    },
    {
      title: 'Let a role use a key until it retires the grant',
      request: {
        KeyId: examples.KEY_ARN,
        GranteePrincipal: 'arn:aws:iam::111122223333:role/backup',
        RetiringPrincipal: 'arn:aws:iam::111122223333:role/operators',
        Operations: ['Encrypt', 'Decrypt', 'GenerateDataKey', 'RetireGrant'],
        Name: 'backup',
      },
    },
  ],
  validate: requireGrantParts,
  async check({ input, targets: { key }, iam }) {
    requireGrantDetails(key, detailsFrom(input));
    await bindGrantPrincipals(iam, input);
  },
  async handler({ input, targets: { key }, caller, kms, iam }) {
    const { grantee, retiringPrincipal } = await bindGrantPrincipals(iam, input);
    const grant = await createStoredGrant(kms, key, {
      name: input.Name ?? '',
      grantee,
      retiringPrincipal,
      issuingAccount: caller.account,
      details: detailsFrom(input),
    });
    return { GrantToken: issueGrantToken(kms, grant), GrantId: grant.grantId };
  },
});

type CreateInput = ValueOf<typeof createInput>;

/** @throws ServiceError `ValidationException` when members do not go together */
function requireGrantParts(input: CreateInput): void {
  const { GranteePrincipal, GranteeServicePrincipal, RetiringPrincipal, RetiringServicePrincipal } = input;
  if ((GranteePrincipal === undefined) === (GranteeServicePrincipal === undefined))
    throw refusals.oneGranteeExpected();
  if (RetiringPrincipal !== undefined && RetiringServicePrincipal !== undefined)
    throw refusals.oneRetiringPrincipalExpected();
  if (input.Operations.length === 0) throw refusals.grantOperationsMissing();
  const isComplete =
    input.Constraints?.SourceArn !== undefined &&
    (RetiringPrincipal ?? RetiringServicePrincipal) !== undefined;
  if (GranteeServicePrincipal !== undefined && !isComplete) throw refusals.serviceGrantIncomplete();
}

/** @throws ServiceError `InvalidArnException` when one of them is nobody */
async function bindGrantPrincipals(iam: Iam, input: CreateInput) {
  const bind = async (arn: string | undefined) =>
    arn === undefined ? undefined : requirePrincipal(iam, arn);
  const grantee = (await bind(input.GranteePrincipal)) ?? input.GranteeServicePrincipal;
  if (grantee === undefined) throw refusals.oneGranteeExpected();
  return {
    grantee,
    retiringPrincipal: (await bind(input.RetiringPrincipal)) ?? input.RetiringServicePrincipal,
  };
}

async function requirePrincipal(iam: Iam, arn: string): Promise<string> {
  const bound = await findPrincipal(iam, arn);
  if (bound === undefined) throw refusals.invalidPrincipalArn(arn);
  return bound;
}

/** What a grant is stored with for a principal; `undefined` for nobody. */
function findPrincipal({ store, partition }: Iam, arn: string): Promise<string | undefined> {
  return store.read((reader) => bindPrincipal(reader, partition, arn));
}

function detailsFrom({ Operations, Constraints, ...input }: CreateInput): GrantDetails {
  const { EncryptionContextEquals: equals, EncryptionContextSubset: subset, SourceArn } = Constraints ?? {};
  const constraints = {
    ...(equals && { encryptionContextEquals: sortPairs(equals) }),
    ...(subset && { encryptionContextSubset: sortPairs(subset) }),
    ...(SourceArn !== undefined && { sourceArn: SourceArn }),
  };
  return {
    operations: [...new Set(Operations)].sort(),
    ...(Object.keys(constraints).length > 0 && { constraints }),
    ...(input.GranteeServicePrincipal !== undefined && { granteeIsService: true }),
    ...(input.RetiringServicePrincipal !== undefined && { retiringPrincipalIsService: true }),
  };
}

/** Pairs in one order, so that the same constraint is the same text. */
function sortPairs(pairs: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(pairs).sort(([one], [other]) => (one < other ? -1 : 1)));
}

export const listGrants = operation({
  name: 'ListGrants',
  summary: 'Lists the grants of a KMS key.',
  input: structure({
    Limit: shapes.limit,
    Marker: shapes.marker,
    KeyId: shapes.keyIdMember,
    GrantId: optional(shapes.grantId, 'Only the grant of this id.'),
    GranteePrincipal: optional(shapes.principalId, 'Only grants for this principal.'),
    GranteeServicePrincipal: optional(shapes.servicePrincipal, 'Only grants for this service.'),
  }),
  output: shapes.grantPage,
  targets: {
    key: { ...grantingKey('kms:ListGrants', 'any'), conditions: (_, __, caller) => ofCaller(caller) },
  },
  errors: [
    'DependencyTimeoutException',
    'InvalidArnException',
    'InvalidGrantIdException',
    'InvalidMarkerException',
    'KMSInternalException',
    'KMSInvalidStateException',
    'NotFoundException',
  ],
  readOnly: true,
  quota: 'ListGrants',
  pagination: { defaultLimit: 50, maximumLimit: 100 },
  examples: [
    {
      title: 'List the grants of a key',
      request: { KeyId: examples.KEY_ID },
    },
    {
      title: 'List the grants of a key that a role has',
      request: { KeyId: examples.KEY_ID, GranteePrincipal: 'arn:aws:iam::111122223333:role/backup' },
    },
  ],
  validate({ GrantId, GranteePrincipal, GranteeServicePrincipal }) {
    if (GrantId !== undefined) requireGrantId(GrantId);
    if (GranteePrincipal !== undefined && GranteeServicePrincipal !== undefined)
      throw refusals.oneGranteeExpected();
  },
  async handler(call) {
    const { input, targets, kms, iam } = call;
    const { region, keyId } = targets.key.record;
    const { GrantId: grantId, GranteePrincipal, GranteeServicePrincipal } = input;
    const grantee =
      GranteePrincipal === undefined
        ? GranteeServicePrincipal
        : ((await findPrincipal(iam, GranteePrincipal)) ?? GranteePrincipal);
    const filter = { region, keyId, grantId, grantee };
    const { items, ...page } = await paginate(
      call,
      [keyId, grantId, grantee].join(),
      (after, limit) => kms.store.read((reader) => listStoredGrants(reader, filter, after, limit)),
      (grant) => grant.grantId,
    );
    if (grantId !== undefined && items.length === 0) throw refusals.invalidGrantId(grantId);
    return { Grants: await showGrants(kms, iam, items, targets.key.record.accountId), ...page };
  },
});

export const listRetirableGrants = operation({
  name: 'ListRetirableGrants',
  summary:
    'Lists the grants in the Region that a principal of the caller’s account may retire, also those of other accounts’ keys.',
  input: structure({
    Limit: shapes.limit,
    Marker: shapes.marker,
    RetiringPrincipal: optional(shapes.principalId, 'The retiring principal, of the caller’s account.'),
    RetiringServicePrincipal: optional(shapes.servicePrincipal, 'The retiring service: the caller itself.'),
  }),
  output: shapes.grantPage,
  targets: { account: { kind: 'account', permission: 'kms:ListRetirableGrants' } },
  errors: [
    'DependencyTimeoutException',
    'InvalidArnException',
    'InvalidMarkerException',
    'KMSInternalException',
    'NotFoundException',
  ],
  readOnly: true,
  quota: 'ListRetirableGrants',
  pagination: { defaultLimit: 50, maximumLimit: 100 },
  examples: [
    {
      title: 'List the grants that a role may retire',
      request: { RetiringPrincipal: 'arn:aws:iam::111122223333:role/operators' },
    },
  ],
  validate({ RetiringPrincipal, RetiringServicePrincipal }) {
    if ((RetiringPrincipal === undefined) === (RetiringServicePrincipal === undefined))
      throw refusals.retiringPrincipalMissing();
  },
  async handler(call) {
    const { input, caller, region, kms, iam } = call;
    const { RetiringPrincipal, RetiringServicePrincipal } = input;
    const isOwn =
      RetiringPrincipal === undefined
        ? caller.principal.kind === 'service' && caller.principal.serviceName === RetiringServicePrincipal
        : RetiringPrincipal.split(':')[4] === caller.account;
    if (!isOwn) throw refusals.foreignRetiringPrincipal();
    const retiringPrincipal =
      RetiringPrincipal === undefined
        ? (RetiringServicePrincipal ?? '')
        : ((await findPrincipal(iam, RetiringPrincipal)) ?? RetiringPrincipal);
    const { items, ...page } = await paginate(
      call,
      retiringPrincipal,
      (after, limit) =>
        kms.store.read((reader) => listStoredGrants(reader, { region, retiringPrincipal }, after, limit)),
      (grant) => grant.grantId,
    );
    return { Grants: await showGrants(kms, iam, items), ...page };
  },
});

export const retireGrant = operation({
  name: 'RetireGrant',
  summary:
    'Ends a grant: by its retiring principal, by its grantee if the grant permits that, or by the account that created it.',
  input: structure({
    GrantToken: optional(shapes.grantToken, 'A token of the grant; instead of KeyId and GrantId.'),
    KeyId: optional(shapes.keyIdentifier, 'The key: its key ARN, or its key id in the caller’s account.'),
    GrantId: optional(shapes.grantId, 'The grant.'),
    DryRun: shapes.dryRun,
  }),
  output: shapes.empty,
  targets: { grant: { kind: 'grant', permission: 'kms:RetireGrant' } },
  errors: [
    'DependencyTimeoutException',
    'DryRunOperationException',
    'InvalidArnException',
    'InvalidGrantIdException',
    'InvalidGrantTokenException',
    'KMSInternalException',
    'KMSInvalidStateException',
    'NotFoundException',
  ],
  readOnly: false,
  quota: 'RetireGrant',
  audit: { additional: ({ targets: { grant } }) => ({ grantId: grant.grantId }) },
  examples: [
    {
      title: 'Retire a grant',
      request: { KeyId: examples.KEY_ARN, GrantId: examples.GRANT_ID },
    },
    { title: 'Retire a grant by its token', request: { GrantToken: examples.GRANT_TOKEN } },
  ],
  validate({ GrantToken, KeyId, GrantId }) {
    const byId = KeyId !== undefined && GrantId !== undefined;
    const isMixed = GrantToken !== undefined && (KeyId !== undefined || GrantId !== undefined);
    if (isMixed || (GrantToken === undefined && !byId)) throw refusals.grantNotNamed();
    if (GrantId !== undefined) requireGrantId(GrantId);
  },
  async handler({ targets: { grant }, kms }) {
    await removeGrant(kms, grant);
    return {};
  },
});

export const revokeGrant = operation({
  name: 'RevokeGrant',
  summary: 'Takes a grant of a KMS key away. It is over with the very next request.',
  input: structure({
    KeyId: shapes.keyIdMember,
    GrantId: required(shapes.grantId, 'The grant.'),
    DryRun: shapes.dryRun,
  }),
  output: shapes.empty,
  targets: {
    key: { ...grantingKey('kms:RevokeGrant', 'any'), conditions: (_, __, caller) => ofCaller(caller) },
  },
  errors: [
    'DependencyTimeoutException',
    'DryRunOperationException',
    'InvalidArnException',
    'InvalidGrantIdException',
    'KMSInternalException',
    'KMSInvalidStateException',
    'NotFoundException',
  ],
  readOnly: false,
  quota: 'RevokeGrant',
  examples: [
    {
      title: 'Revoke a grant',
      request: { KeyId: examples.KEY_ID, GrantId: examples.GRANT_ID },
    },
  ],
  validate: ({ GrantId }) => requireGrantId(GrantId),
  async check({ input: { GrantId }, targets: { key }, kms }) {
    await requireGrant(kms, key.record, GrantId);
  },
  async handler({ input: { GrantId }, targets: { key }, kms }) {
    await removeGrant(kms, await requireGrant(kms, key.record, GrantId));
    return {};
  },
});

async function requireGrant(
  { store }: Kms,
  { region, keyId }: { readonly region: string; readonly keyId: string },
  grantId: string,
): Promise<GrantRecord> {
  const grant = await store.read((reader) => findGrant(reader, region, keyId, grantId));
  if (grant === undefined) throw grantNotFound(grantId);
  return grant;
}

/** @throws ServiceError `InvalidGrantIdException` for what no grant can have as id */
function requireGrantId(grantId: string): void {
  if (!/^[0-9a-f]{64}$/.test(grantId)) throw refusals.invalidGrantId(grantId);
}
