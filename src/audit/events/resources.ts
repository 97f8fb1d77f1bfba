import type { IdentityKind } from '../../iam/index.ts';
import type { FoundTarget } from '../../targets/index.ts';

/** What a call was about, as CloudTrail lists it. */
export interface EventResource {
  readonly accountId: string;
  readonly type: string;
  readonly ARN: string;
}

/** Aliases go by this type, too. */
const KEY = 'AWS::KMS::Key';

const IDENTITIES: Readonly<Record<IdentityKind, string>> = {
  user: 'AWS::IAM::User',
  group: 'AWS::IAM::Group',
  role: 'AWS::IAM::Role',
  policy: 'AWS::IAM::ManagedPolicy',
  'oidc-provider': 'AWS::IAM::OIDCProvider',
  service: 'AWS::IAM::ServicePrincipal',
};

/** What CloudTrail calls the type of something. */
export function typeOfResource(kind: IdentityKind | 'account' | 'key'): string {
  if (kind === 'key') return KEY;
  return kind === 'account' ? 'AWS::Organizations::Account' : IDENTITIES[kind];
}

/** The account in an ARN. */
export function accountOf(arn: string): string {
  return arn.split(':')[4] ?? '';
}

/**
 * What was found for the targets of a call.
 *
 * @param created the ARN of a key that came to be by the call
 * @param isRefused of what is another account's, then no more is told than what the request itself says
 * @param account the caller's
 */
export function resourcesOf(
  targets: readonly FoundTarget[],
  created: string | undefined,
  isRefused: boolean,
  account: string | undefined,
): readonly EventResource[] {
  const resources: EventResource[] = [];
  const add = (type: string, arn: string) => resources.push({ accountId: accountOf(arn), type, ARN: arn });
  for (const target of targets) {
    switch (target.kind) {
      case 'key':
        if (target.key !== undefined) add(KEY, toldArn(target.key, isRefused, account));
        break;
      case 'grant':
        add(KEY, toldArn(target.named.key, isRefused, account));
        break;
      case 'alias':
        add(KEY, target.alias.arn);
        break;
      case 'identity':
        if (target.named.identity !== undefined) add(IDENTITIES[target.target.identity], target.named.arn);
        break;
      case 'new-identity':
        add(IDENTITIES[target.target.identity], target.place.arn);
        break;
      case 'role':
        add(IDENTITIES.role, target.arn);
    }
  }
  if (created !== undefined) add(KEY, created);
  return uniqueBy(resources);
}

function toldArn(
  { arn, saidArn, accountId }: { readonly arn: string; readonly saidArn: string; readonly accountId: string },
  isRefused: boolean,
  account: string | undefined,
): string {
  return isRefused && accountId !== account ? saidArn : arn;
}

/** A tagging of what is created is a target of its own, and the same resource. */
function uniqueBy(resources: readonly EventResource[]): readonly EventResource[] {
  if (resources.length < 2) return resources;
  return [...new Map(resources.map((resource) => [resource.ARN, resource])).values()];
}
