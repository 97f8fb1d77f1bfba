import { refusedStates } from '../../src/kms/index.ts';
import type { KeyTarget, Operation, Target } from '../../src/operations/index.ts';
import { conditionKeysOf } from './condition-keys.ts';
import type { Permission } from './model.ts';

/** What it takes to be allowed an operation, from what it declares of its targets. */
export function permissionsOf(operation: Operation): readonly Permission[] {
  return Object.entries(operation.targets).map(([name, target]) => ({
    text: permissionText(operation, name, target),
    conditionKeys: conditionKeysOf(operation, target),
    ...factsOf(target),
  }));
}

/** A grant says itself who may retire it, whichever account the key belongs to and whatever its state is. */
function factsOf(target: Target): Pick<Permission, 'crossAccount' | 'refusedStates'> {
  if (target.kind === 'grant') return { crossAccount: true, refusedStates: [] };
  if (target.kind !== 'key') return {};
  return { crossAccount: target.crossAccount === true, refusedStates: refusedStates(target.states) };
}

const BY_IDENTITY_POLICY = 'by an identity policy; the account root user has it';

function permissionText(operation: Operation, name: string, target: Target): string {
  switch (target.kind) {
    case 'account': {
      const resource = target.resource === undefined ? '`*`' : 'what is listed';
      const region = target.regionMember === undefined ? '' : ` in the Region \`${target.regionMember}\``;
      return `\`${target.permission}\` on ${resource}${region}${whenCalledFor(target)}, ${BY_IDENTITY_POLICY}`;
    }
    case 'alias':
      return `\`${target.permission}\` on the alias \`${target.member}\`, ${BY_IDENTITY_POLICY}`;
    case 'identity': {
      const absent = target.orCaller === undefined ? '' : ', or else on the caller itself';
      return `\`${target.permission}\` on the ${target.identity} that \`${target.member}\` names${absent}, ${BY_IDENTITY_POLICY}`;
    }
    case 'new-identity':
      return `\`${target.permission}\` on the ${target.identity} as it will be${whenCalledFor(target)}, ${BY_IDENTITY_POLICY}`;
    case 'role':
      return `the trust policy of the role that \`${target.member}\` names has to allow \`sts:${operation.name}\` to the caller itself, or to its account and then an identity policy as well; \`sts:TagSession\` for session tags and \`sts:SetSourceIdentity\` for a source identity too`;
    case 'grant':
      return 'the retiring principal of the grant, its grantee if the grant is for RetireGrant, and the account that created it may retire it; a principal of such an account needs `kms:RetireGrant` by an identity policy; the key may belong to another account and be in any key state';
    case 'key':
      return keyPermissionText(name, target);
  }
}

function whenCalledFor({ when }: { readonly when?: unknown }): string {
  return when === undefined ? '' : ', when the request calls for it';
}

function keyPermissionText(name: string, target: KeyTarget): string {
  const key = describeKey(target);
  if (target.permission === undefined) return `none on ${key}`;
  const states = refusedStates(target.states);
  return [
    `\`${target.permission}\` on ${key} (${name})`,
    target.crossAccount ? 'which may belong to another account' : undefined,
    states.length === 0 ? 'in any key state' : `not in state ${states.join(', ')}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}

function describeKey({ member, fromCiphertext, fromAlias, sibling }: KeyTarget): string {
  if (sibling !== undefined) return `its sibling in the Region \`${sibling.regionMember}\``;
  if (fromAlias !== undefined) return 'the key that the alias names';
  return `the key that \`${member}\`${fromCiphertext === undefined ? '' : `, or else \`${fromCiphertext}\`,`} names`;
}
