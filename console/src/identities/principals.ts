import { callQuery } from '../api/call.ts';
import type { Signing } from '../api/credentials.ts';
import { listAt, textAt } from '../api/xml.ts';

/** As many users, and as many roles, as are offered for choosing. */
const MOST = 100;

/**
 * The ARNs of users and roles of the account, as far as the caller may list them; those that are not shown can
 * still be typed.
 */
export async function listPrincipals(signing: Signing, signal?: AbortSignal): Promise<readonly string[]> {
  const [users, roles] = await Promise.all([
    arnsOf(signing, 'ListUsers', 'Users', signal),
    arnsOf(signing, 'ListRoles', 'Roles', signal),
  ]);
  return [...users, ...roles];
}

async function arnsOf(
  signing: Signing,
  operation: string,
  list: string,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const result = await callQuery(signing, 'iam', operation, { MaxItems: MOST }, signal).catch(
    () => undefined,
  );
  return listAt(result, list).map((entry) => textAt(entry, 'Arn'));
}
