import type { Decision, DecisionLayer } from './decision.ts';
import type { AuthorizationRequest } from './request.ts';

/**
 * The texts of AccessDeniedException (policies.md, section 4), and of the AccessDenied of STS, which gives no reason:
 * whoever may not become a role learns nothing about it.
 */

/** How AWS calls each layer. A grant or the root user never denies; they stand where their permission would. */
const LAYER_NAMES: Readonly<Record<DecisionLayer, string>> = {
  'key-policy': 'resource-based policy',
  'identity-policy': 'identity-based policy',
  'permissions-boundary': 'permissions boundary',
  'session-policy': 'session policy',
  grant: 'resource-based policy',
  'root-user': 'identity-based policy',
};

const UNDISCLOSED =
  'because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access';

/** What the message has to know besides the request and the decision. */
export interface AccessDeniedOptions {
  /** The key was found through the ciphertext, not named by the caller, and is not named to the caller. */
  readonly associatedWithCiphertext?: boolean;
}

/**
 * The message for a decision that is not an allow; for a web identity and for an action of STS it is always the same.
 *
 * A caller from another account learns nothing about the key or its policy: the text is the same when the key
 * does not exist, which `keyOutOfReachMessage` is for.
 */
export function accessDeniedMessage(
  request: AuthorizationRequest,
  decision: Decision,
  options: AccessDeniedOptions = {},
): string {
  const { principal, action, resource, resourceAccount } = request;
  if (principal.kind === 'web-identity') return `Not authorized to perform ${action}`;
  const subject = `User: ${principal.arn} is not authorized to perform: ${action} on`;
  if (action.startsWith('sts:')) return `${subject} resource: ${resource}`;

  const { layer, outcome } = decision;
  const isForeign =
    resourceAccount !== undefined && (principal.kind === 'service' || principal.account !== resourceAccount);
  if (isForeign && layer === 'key-policy') return keyOutOfReachMessage(request, options);

  const object = options.associatedWithCiphertext
    ? ' the resource associated with this ciphertext'
    : ` resource: ${resource}`;
  if (outcome === 'explicit-deny') {
    const article = layer === 'identity-policy' ? 'an' : 'a';
    return `${subject}${object} with an explicit deny in ${article} ${LAYER_NAMES[layer]}`;
  }
  return `${subject}${object} because no ${LAYER_NAMES[layer]} allows the ${action} action`;
}

/** The message for a key of another account that does not exist, or that the caller may not know of. */
export function keyOutOfReachMessage(
  { principal, action }: Pick<AuthorizationRequest, 'principal' | 'action'>,
  options: AccessDeniedOptions = {},
): string {
  const object = options.associatedWithCiphertext
    ? 'the resource associated with this ciphertext'
    : 'this resource';
  return `User: ${principal.arn} is not authorized to perform: ${action} on ${object} ${UNDISCLOSED}`;
}
