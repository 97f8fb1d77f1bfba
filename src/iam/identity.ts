import { type CompiledPolicy, compilePolicy, compileTrustPolicy, parsePolicy } from '../policy/index.ts';
import {
  findIdentityById,
  type IdentityKind,
  type IdentityRecord,
  type IdentityReference,
  type Reader,
} from '../store/index.ts';
import { findAwsManagedPolicy } from './aws-managed-policies.ts';
import { identityArn } from './identifiers.ts';
import { bindDocument } from './principals.ts';

/** A tag of a user, role, policy or provider. */
export interface IdentityTag {
  readonly key: string;
  readonly value: string;
}

/** A policy that is part of the identity that carries it. */
export interface InlinePolicy {
  readonly name: string;
  /** As it was given. */
  readonly document: string;
}

/** What can carry policies has these. Managed policies are named by their unique ids. */
export interface PolicyCarrier {
  /** By name. */
  readonly inlinePolicies: readonly InlinePolicy[];
  /** In order of attachment. */
  readonly attachedPolicies: readonly string[];
}

export interface UserDetails extends PolicyCarrier {
  /** Unique ids of the groups that the user is in. */
  readonly groups: readonly string[];
  /** Unique id of a managed policy. */
  readonly permissionsBoundary?: string | undefined;
  readonly tags: readonly IdentityTag[];
}

export type GroupDetails = PolicyCarrier;

export interface RoleDetails extends PolicyCarrier {
  /** The trust policy, as it was given. */
  readonly assumeRolePolicy: string;
  /** Unique ids of the users and roles that the trust policy names, by the ARN by which it names them. */
  readonly assumeRolePrincipals: readonly (readonly [arn: string, uniqueId: string])[];
  readonly description: string;
  /** Seconds, 3,600 to 43,200. */
  readonly maxSessionDuration: number;
  readonly permissionsBoundary?: string | undefined;
  readonly tags: readonly IdentityTag[];
}

export interface PolicyVersion {
  /** `v1`, `v2`, … */
  readonly versionId: string;
  readonly document: string;
  /** Milliseconds since the Unix epoch. */
  readonly creationDate: number;
}

export interface ManagedPolicyDetails {
  readonly description: string;
  readonly defaultVersionId: string;
  /** Newest first; at most five. */
  readonly versions: readonly PolicyVersion[];
  /** The number of the version to be created next: numbers are not used twice. */
  readonly nextVersion: number;
  readonly updateDate: number;
  readonly tags: readonly IdentityTag[];
}

/** The name of a provider is its URL without `https://`, the place of an issuer served by plain HTTP included. */
export interface OidcProviderDetails {
  /** With scheme, without trailing slash. */
  readonly url: string;
  readonly clientIds: readonly string[];
  /** SHA-1, in hex digits. */
  readonly thumbprints: readonly string[];
  readonly tags: readonly IdentityTag[];
}

/** A service principal such as `s3.amazonaws.com`; its unique id is its name. */
export interface ServiceDetails {
  /** The accounts on whose behalf the service may make requests. */
  readonly actsFor: readonly string[];
}

/** What distinguishes an identity beyond its name, by kind. */
export interface DetailsByKind {
  readonly user: UserDetails;
  readonly group: GroupDetails;
  readonly role: RoleDetails;
  readonly policy: ManagedPolicyDetails;
  readonly 'oidc-provider': OidcProviderDetails;
  readonly service: ServiceDetails;
}

/** A user, group, role, … as it is stored, decoded. Frozen. */
export type Identity<K extends IdentityKind = IdentityKind> = Identities[K];

type Identities = {
  readonly [P in IdentityKind]: Omit<IdentityRecord, 'kind' | 'details'> & {
    readonly kind: P;
    readonly arn: string;
    readonly details: DetailsByKind[P];
  };
};

/** An identity ready for judging requests: its policies compiled. */
export interface IdentityEntry {
  readonly identity: Identity;
  readonly inlinePolicies: readonly CompiledPolicy[];
  /** Of a managed policy: its default version. */
  readonly policy: CompiledPolicy | undefined;
  /** Of a role. */
  readonly trustPolicy: CompiledPolicy | undefined;
}

/** Decodes a stored identity. Its row was authenticated, so that its details are what was stored. */
export function decodeIdentity(partition: string, record: IdentityRecord): Identity {
  return Object.freeze({
    ...record,
    arn: identityArn(partition, record),
    details: JSON.parse(record.details),
  });
}

/** Whether an identity is of a kind. */
export function isOfKind<K extends IdentityKind>(identity: Identity, kind: K): identity is Identity<K> {
  return identity.kind === kind;
}

/** All that the details of an identity refer to. */
export function referencesOf({ details }: Identity): readonly IdentityReference[] {
  const references: IdentityReference[] = [];
  if ('groups' in details)
    references.push(...details.groups.map((target) => ({ target, relation: 'member' as const })));
  if ('attachedPolicies' in details)
    references.push(
      ...details.attachedPolicies.map((target) => ({ target, relation: 'attachment' as const })),
    );
  if ('permissionsBoundary' in details && details.permissionsBoundary !== undefined)
    references.push({ target: details.permissionsBoundary, relation: 'boundary' });
  return references;
}

/** The tags of an identity; none where its kind has none. */
export function tagsOf({ details }: Identity): readonly IdentityTag[] {
  return 'tags' in details ? details.tags : [];
}

/** Loads an identity, or a policy that AWS manages, with its policies compiled; `undefined` when there is none. */
export async function loadIdentityEntry(
  reader: Reader,
  partition: string,
  uniqueId: string,
): Promise<IdentityEntry | undefined> {
  const builtIn = findAwsManagedPolicy(partition, uniqueId);
  if (builtIn !== undefined) return compileIdentity(builtIn);
  const record = await findIdentityById(reader, uniqueId);
  return record && compileIdentity(decodeIdentity(partition, record));
}

function compileIdentity(identity: Identity): IdentityEntry {
  const { details } = identity;
  const inline = 'inlinePolicies' in details ? details.inlinePolicies : [];
  return Object.freeze({
    identity,
    inlinePolicies: inline.map(({ document }) => compilePolicy(parsePolicy(document))),
    policy: isOfKind(identity, 'policy') ? compileDefaultVersion(identity.details) : undefined,
    trustPolicy: isOfKind(identity, 'role')
      ? compileTrustPolicy(
          bindDocument(identity.details.assumeRolePolicy, new Map(identity.details.assumeRolePrincipals)),
        )
      : undefined,
  });
}

function compileDefaultVersion({ versions, defaultVersionId }: ManagedPolicyDetails): CompiledPolicy {
  const version = versions.find(({ versionId }) => versionId === defaultVersionId);
  if (version === undefined) throw new Error('a managed policy lacks its default version');
  return compilePolicy(parsePolicy(version.document));
}
