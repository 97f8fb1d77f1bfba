import {
  CONSTRAINT,
  canSign,
  isOwn,
  type Model,
  type ModelAnswer,
  type ModelKey,
  mayOnAlias,
  mayOnKey,
  mayRetire,
} from './authorization-model.ts';
import type { Command, IdentityChange, KeyChange } from './model-commands.ts';
import { renderIdentityPolicy, renderKeyPolicy } from './policy-forms.ts';
import type { PrincipalName } from './principals.ts';

const DENIED = 'AccessDeniedException';
const NOT_FOUND = 'NotFoundException';
const INVALID_STATE = 'KMSInvalidStateException';

/** What a change is answered, and what there is afterwards. */
export function applyChange(
  model: Model,
  { by, change }: Command,
): { readonly answer: ModelAnswer; readonly after: Model } {
  const after: Model = { names: model.names, state: structuredClone(model.state) };
  if (isIdentityChange(change)) return { answer: changeIdentity(after, change), after };
  if ('grant' in change && after.state.grants.length === 0) return { answer: 'nothing to do', after };
  if (!canSign(model, by)) return { answer: 'UnrecognizedClientException', after };
  return { answer: changeKey(after, by, change), after };
}

export function isIdentityChange(change: KeyChange | IdentityChange): change is IdentityChange {
  return 'identity' in change || 'user' in change;
}

/** By somebody who may do everything. */
function changeIdentity({ names, state: { identities } }: Model, change: IdentityChange): ModelAnswer {
  switch (change.change) {
    case 'PutIdentityPolicy':
      identities[change.identity].policy = renderIdentityPolicy(names, change.policy);
      return 'done';
    case 'DeleteIdentityPolicy': {
      const identity = identities[change.identity];
      const answer = identity.policy === undefined ? 'NoSuchEntityException' : 'done';
      identity.policy = undefined;
      return answer;
    }
    case 'TagIdentity':
      identities[change.identity].team = change.team;
      return 'done';
    case 'UntagIdentity':
      identities[change.identity].team = undefined;
      return 'done';
    case 'UpdateAccessKey':
      identities[change.user].isActive = change.isActive;
      return 'done';
  }
}

/** Grants and aliases first: the other changes are of the key itself, and for its own account only. */
function changeKey(model: Model, by: PrincipalName, change: KeyChange): ModelAnswer {
  switch (change.change) {
    case 'CreateGrant':
      return createGrant(model, by, change);
    case 'RetireGrant':
    case 'RevokeGrant':
      return endGrant(model, by, change);
    case 'CreateAlias':
    case 'UpdateAlias':
    case 'DeleteAlias':
      return changeAlias(model, by, change);
    case 'PutKeyPolicy':
      return putKeyPolicy(model, by, change);
    default: {
      const key = model.state.keys[change.key];
      if (key === undefined) return NOT_FOUND;
      const isAllowed = isOwn(model.names, by) && mayOnKey(model, by, `kms:${change.change}`, change.key, {});
      return isAllowed ? changeKeyItself(key, change) : DENIED;
    }
  }
}

type PlainChange = Extract<
  KeyChange,
  {
    change:
      | 'TagResource'
      | 'UntagResource'
      | 'EnableKey'
      | 'DisableKey'
      | 'ScheduleKeyDeletion'
      | 'CancelKeyDeletion';
  }
>;

/** operations.md section 2: what works on a key that is to be deleted is to cancel that. */
function changeKeyItself(key: ModelKey, change: PlainChange): ModelAnswer {
  const isPending = key.state === 'PendingDeletion';
  if (isPending !== (change.change === 'CancelKeyDeletion')) return INVALID_STATE;
  switch (change.change) {
    case 'TagResource':
      key.stage = change.value;
      return 'done';
    case 'UntagResource':
      key.stage = undefined;
      return 'done';
    case 'EnableKey':
      key.state = 'Enabled';
      return 'done';
    case 'ScheduleKeyDeletion':
      key.state = 'PendingDeletion';
      return 'done';
    case 'DisableKey':
    case 'CancelKeyDeletion':
      key.state = 'Disabled';
      return 'done';
  }
}

function putKeyPolicy(
  model: Model,
  by: PrincipalName,
  { key, policy, bypass }: Extract<KeyChange, { change: 'PutKeyPolicy' }>,
): ModelAnswer {
  const conditions = { 'kms:bypasspolicylockoutsafetycheck': bypass?.toString() };
  const mayPut = () => mayOnKey(model, by, 'kms:PutKeyPolicy', key, conditions);
  const target = model.state.keys[key];
  if (target === undefined) return NOT_FOUND;
  if (!isOwn(model.names, by) || !mayPut()) return DENIED;
  const previous = target.policy;
  target.policy = renderKeyPolicy(model.names, policy);
  if (bypass === true || mayPut()) return 'done';
  target.policy = previous;
  return 'MalformedPolicyDocumentException';
}

function createGrant(
  model: Model,
  by: PrincipalName,
  { change: _, ...grant }: Extract<KeyChange, { change: 'CreateGrant' }>,
): ModelAnswer {
  const pairs = grant.constraint === undefined ? [] : Object.entries(CONSTRAINT);
  const conditions = {
    'kms:grantoperations': grant.operations,
    'kms:grantconstrainttype': grant.constraint,
    'kms:encryptioncontextkeys': pairs.map(([name]) => name),
    ...Object.fromEntries(pairs.map(([name, value]) => [`kms:encryptioncontext:${name}`, value])),
  };
  if (!mayOnKey(model, by, 'kms:CreateGrant', grant.key, conditions)) return DENIED;
  const state = model.state.keys[grant.key]?.state;
  if (state === 'Disabled') return 'DisabledException';
  if (state === 'PendingDeletion') return INVALID_STATE;
  const issuer = isOwn(model.names, by) ? 'account' : 'other account';
  model.state.grants.push({
    retiring: undefined,
    constraint: undefined,
    ...grant,
    issuer,
    isAlive: true,
  });
  return 'done';
}

/** The grant that a command means: its number counts around those that there have been. */
export function grantMeant<Grant>(grants: readonly Grant[], number: number): Grant | undefined {
  return grants[number % grants.length];
}

function endGrant(
  model: Model,
  by: PrincipalName,
  { change, grant: number }: Extract<KeyChange, { change: 'RetireGrant' | 'RevokeGrant' }>,
): ModelAnswer {
  const grant = grantMeant(model.state.grants, number);
  if (grant === undefined) return NOT_FOUND;
  if (change === 'RevokeGrant') {
    if (!mayOnKey(model, by, 'kms:RevokeGrant', grant.key, {})) return DENIED;
    if (!grant.isAlive) return NOT_FOUND;
  } else {
    // Whether there was such a grant of another account's key is never told.
    if (!grant.isAlive) return isOwn(model.names, by) ? NOT_FOUND : DENIED;
    if (!mayRetire(model, by, grant)) return DENIED;
  }
  grant.isAlive = false;
  return 'done';
}

function changeAlias(
  model: Model,
  by: PrincipalName,
  change: Extract<KeyChange, { change: 'CreateAlias' | 'UpdateAlias' | 'DeleteAlias' }>,
): ModelAnswer {
  const { state } = model;
  const { alias } = change;
  const present = state.aliases[alias];
  const isCreation = change.change === 'CreateAlias';
  // Aliases are of the caller's account, and the other account has none.
  if (!isOwn(model.names, by)) return isCreation ? DENIED : NOT_FOUND;
  if (!isCreation && present === undefined) return NOT_FOUND;
  const target = change.change === 'DeleteAlias' ? undefined : change.key;
  const action = `kms:${change.change}`;
  const keys = [isCreation ? undefined : present, target].filter((key) => key !== undefined);
  const isAllowed =
    mayOnAlias(model, by, action, alias) && keys.every((key) => mayOnKey(model, by, action, key, {}));
  if (!isAllowed) return DENIED;
  if (target !== undefined && state.keys[target]?.state === 'PendingDeletion') return INVALID_STATE;
  if (isCreation && present !== undefined) return 'AlreadyExistsException';
  if (target === undefined) delete state.aliases[alias];
  else state.aliases[alias] = target;
  return 'done';
}
