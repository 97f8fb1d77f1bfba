import type { Question } from './evaluate.ts';
import { granteeNaming, type Naming } from './principal.ts';
import type { AuthorizationRequest, ConditionContext, ConditionValue, Grant } from './request.ts';

/**
 * Grants as a source of permission (grants.md, sections 2, 3 and 5): the grantee is the caller, the operation
 * is listed, and the constraints hold. A grant never denies.
 */

/** Everything that a grant can permit (section 2). */
export const GRANT_OPERATIONS: readonly string[] = Object.freeze([
  'CreateGrant',
  'Decapsulate',
  'Decrypt',
  'DeriveSharedSecret',
  'DescribeKey',
  'Encapsulate',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'GetPublicKey',
  'ReEncryptFrom',
  'ReEncryptTo',
  'RetireGrant',
  'Sign',
  'Verify',
  'VerifyMac',
]);

const ACTION_PREFIX = 'kms:';
/** Operations that carry no encryption context of their own: constraints are ignored (section 3). */
const UNCONSTRAINED: readonly string[] = ['DescribeKey', 'RetireGrant'];

/** The operation that an action is for: `Decrypt` of `kms:Decrypt`; `''` of what is no action of KMS. */
export function operationOf(action: string): string {
  return action.startsWith(ACTION_PREFIX) ? action.slice(ACTION_PREFIX.length) : '';
}

/** Whether the constraints of a grant do not count for an operation. */
export function isUnconstrained(operation: string): boolean {
  return UNCONSTRAINED.includes(operation);
}

/** Why a grant does not permit a request: the first of its parts that does not match. */
export type GrantMismatch = 'GranteePrincipal' | 'Operations' | 'Constraints';

/** Holds a request against a grant. Undefined means that the grant permits it, to whom `grantNaming` says. */
export function grantMismatch(
  grant: Grant,
  request: AuthorizationRequest,
  question: Question,
): GrantMismatch | undefined {
  const operation = operationOf(request.action);
  if (!grant.operations.includes(operation) || !GRANT_OPERATIONS.includes(operation)) return 'Operations';
  if (grantNaming(grant, question) === 'not-at-all') return 'GranteePrincipal';
  if (isUnconstrained(operation)) return undefined;
  const holds =
    operation === 'CreateGrant'
      ? allowsChild(grant, request.context)
      : constraintsHold(grant, request.context);
  return holds ? undefined : 'Constraints';
}

/**
 * How a grant names the caller. A grantee that is an account's root stands for the account, whose own policies
 * then have to allow; grants.md leaves this open, and it is the safer reading.
 */
export function grantNaming(
  { granteePrincipal, granteeServicePrincipal }: Grant,
  { caller }: Question,
): Naming {
  const grantee = granteePrincipal ?? (caller.type === 'Service' ? granteeServicePrincipal : undefined);
  return grantee === undefined ? 'not-at-all' : granteeNaming(grantee, caller);
}

/** Section 3. Keys of a constraint's pairs are not case-sensitive, their values are. */
function constraintsHold({ constraints = {} }: Grant, context: ConditionContext): boolean {
  const { encryptionContextEquals: equals, encryptionContextSubset: subset, sourceArn } = constraints;
  if (equals !== undefined && !carriesExactly(context, equals)) return false;
  if (subset !== undefined && !carriesPairs(context, subset)) return false;
  return sourceArn === undefined || context.get('aws:sourcearn') === sourceArn;
}

/**
 * A grant made through another (section 4): the child permits no operation that the parent does not, and its
 * constraints are the same or stricter. The child's parts are the condition keys of CreateGrant; its
 * constraint's pairs stand in the place of an encryption context.
 */
function allowsChild(parent: Grant, context: ConditionContext): boolean {
  const operations = valuesOf(context.get('kms:grantoperations'));
  const isWithin = operations.every((operation) => parent.operations.includes(operation));
  if (operations.length === 0 || !isWithin) return false;
  const {
    encryptionContextEquals: equals,
    encryptionContextSubset: subset,
    sourceArn,
  } = parent.constraints ?? {};
  const type = context.get('kms:grantconstrainttype');
  const isEquals = type === 'EncryptionContextEquals';
  if (equals !== undefined && !isEquals) return false;
  if (subset !== undefined && !isEquals && type !== 'EncryptionContextSubset') return false;
  if (sourceArn !== undefined && context.get('kms:grantconstraintsourcearn') !== sourceArn) return false;
  return constraintsHold(parent, context);
}

function carriesPairs(context: ConditionContext, pairs: Readonly<Record<string, string>>): boolean {
  return Object.entries(pairs).every(
    ([key, value]) => context.get(`kms:encryptioncontext:${key.toLowerCase()}`) === value,
  );
}

function carriesExactly(context: ConditionContext, pairs: Readonly<Record<string, string>>): boolean {
  const carried = valuesOf(context.get('kms:encryptioncontextkeys')).length;
  return carried === Object.keys(pairs).length && carriesPairs(context, pairs);
}

function valuesOf(value: ConditionValue | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}
