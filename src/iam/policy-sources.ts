import {
  type CompiledPolicy,
  compilePolicy,
  compileWildcards,
  contextKeysOf,
  parsePolicy,
} from '../policy/index.ts';
import type { Iam } from './iam.ts';
import { type Identity, isOfKind, type ManagedPolicyDetails } from './identity.ts';

/* Policies together with where they come from, for telling which of them decides. */

/** Where a policy comes from, as IAM names it (`PolicySourceType`). */
export type PolicySourceType =
  | 'user'
  | 'group'
  | 'role'
  | 'aws-managed'
  | 'user-managed'
  | 'resource'
  | 'none';

/** A policy, and where it comes from. */
export interface SourcedPolicy {
  readonly id: string;
  readonly type: PolicySourceType;
  readonly policy: CompiledPolicy;
  /** The condition keys and variables that it uses, as written. */
  readonly contextKeys: readonly string[];
  /** As it was put. */
  readonly text: string;
  /** Of a managed policy. */
  readonly arn?: string;
}

/** Which of the policies that an identity has are meant (`PolicyIdentifier`): those to which all that is there applies. */
export interface PolicyFilter {
  readonly type?: string | undefined;
  /** With wildcards. */
  readonly arn?: string | undefined;
  readonly inline?:
    | {
        readonly policyName: string;
        readonly carrierKind: string;
        /** With wildcards. */
        readonly carrierName: string;
      }
    | undefined;
}

export interface PoliciesOfIdentity {
  readonly identityPolicies: readonly SourcedPolicy[];
  readonly permissionsBoundary: SourcedPolicy | undefined;
}

/** A policy as it is stored. */
export function storedPolicy(id: string, type: PolicySourceType, text: string, arn?: string): SourcedPolicy {
  const document = parsePolicy(text);
  return {
    id,
    type,
    policy: compilePolicy(document),
    contextKeys: contextKeysOf(document),
    text,
    ...(arn !== undefined && { arn }),
  };
}

/**
 * The policies that bear on what a user, group or role may do, those of a user's groups included, as for its requests.
 *
 * @param exclusions policies that are to be left out
 */
export async function policiesOfIdentity(
  iam: Iam,
  identity: Identity<'user' | 'group' | 'role'>,
  exclusions: readonly PolicyFilter[],
): Promise<PoliciesOfIdentity> {
  const { details } = identity;
  const carriers: Identity<'user' | 'group' | 'role'>[] = [identity];
  if ('groups' in details) {
    for (const uniqueId of details.groups) {
      const group = (await iam.identities.get(uniqueId))?.identity;
      if (group !== undefined && isOfKind(group, 'group')) carriers.push(group);
    }
  }
  const identityPolicies: SourcedPolicy[] = [];
  for (const carrier of carriers) {
    const { kind, name, details } = carrier;
    for (const inline of details.inlinePolicies) {
      if (exclusions.some((filter) => meansInline(filter, carrier, inline.name))) continue;
      identityPolicies.push(storedPolicy(`${kind}_${name}_${inline.name}`, kind, inline.document));
    }
    for (const uniqueId of details.attachedPolicies) {
      const managed = await managedPolicy(iam, uniqueId, exclusions);
      if (managed !== undefined) identityPolicies.push(managed);
    }
  }
  const boundary = 'permissionsBoundary' in details ? details.permissionsBoundary : undefined;
  const isWithoutBoundary = exclusions.some(({ type }) => type === 'permission-boundary');
  const permissionsBoundary =
    boundary === undefined || isWithoutBoundary ? undefined : await managedPolicy(iam, boundary, []);
  return { identityPolicies, permissionsBoundary };
}

async function managedPolicy(
  iam: Iam,
  uniqueId: string,
  exclusions: readonly PolicyFilter[],
): Promise<SourcedPolicy | undefined> {
  const policy = (await iam.identities.get(uniqueId))?.identity;
  if (policy === undefined || !isOfKind(policy, 'policy')) return undefined;
  const sourced = sourcedManagedPolicy(policy);
  const isExcluded = exclusions.some(
    (filter) =>
      filter.type === sourced.type || (filter.arn !== undefined && compileWildcards(filter.arn)(policy.arn)),
  );
  return isExcluded ? undefined : sourced;
}

/** The default version of a managed policy. */
export function sourcedManagedPolicy({ accountId, name, arn, details }: Identity<'policy'>): SourcedPolicy {
  const type = accountId === 'aws' ? 'aws-managed' : 'user-managed';
  return storedPolicy(name, type, defaultDocument(details), arn);
}

/** Allows nothing. A policy has at least one statement. */
const NOTHING =
  '{"Version":"2012-10-17","Statement":{"Sid":"DeletedPolicy","Effect":"Allow","NotAction":"*","Resource":"*"}}';

/** What stands in for a policy that is gone: it allows nothing. */
export function gonePolicy(uniqueId: string): SourcedPolicy {
  return storedPolicy(uniqueId, 'none', NOTHING);
}

function meansInline(
  { type, inline }: PolicyFilter,
  { kind, name }: Identity<'user' | 'group' | 'role'>,
  policyName: string,
): boolean {
  if (type === 'inline') return true;
  if (inline === undefined || inline.policyName !== policyName || inline.carrierKind !== kind) return false;
  return compileWildcards(inline.carrierName)(name);
}

function defaultDocument({ versions, defaultVersionId }: ManagedPolicyDetails): string {
  const version = versions.find(({ versionId }) => versionId === defaultVersionId);
  if (version === undefined) throw new Error('a managed policy lacks its default version');
  return version.document;
}
