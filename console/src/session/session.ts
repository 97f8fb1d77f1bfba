import { callQuery } from '../api/call.ts';
import type { Credentials, Signing } from '../api/credentials.ts';
import { textAt } from '../api/xml.ts';

/** Who is signed in, and for which Region. Kept in memory only: it ends with the page. */
export interface Session extends Signing {
  readonly account: string;
  /** The ARN of whoever the credentials belong to. */
  readonly arn: string;
  /** Whether it signed in by itself, in development. */
  readonly automatic: boolean;
  /** The session in which the role of this one was assumed. */
  readonly assumedFrom?: Session;
  /** When temporary credentials end, if that is known. */
  readonly expiration?: Date;
}

export const DEFAULT_REGION = 'us-east-1';

/** The Regions that are offered; any other may be typed. */
export const REGIONS: readonly string[] = [
  'af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2',
  'ca-central-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-west-1 eu-west-2 eu-west-3 il-central-1',
  'me-central-1 me-south-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2',
].flatMap((line) => line.split(' '));

/**
 * Signs in: asks the server whose the credentials are.
 *
 * @throws ApiError when they are nobody's
 */
export async function openSession(
  signing: Signing,
  rest: Pick<Session, 'automatic' | 'assumedFrom' | 'expiration'>,
): Promise<Session> {
  const caller = await callQuery(signing, 'sts', 'GetCallerIdentity', {});
  return { ...signing, ...rest, account: textAt(caller, 'Account'), arn: textAt(caller, 'Arn') };
}

/**
 * Assumes a role, in a session that remembers from which one.
 *
 * @throws ApiError
 */
export async function assumeRole(
  session: Session,
  role: { readonly arn: string; readonly sessionName: string; readonly externalId: string },
): Promise<Session> {
  const result = await callQuery(session, 'sts', 'AssumeRole', {
    RoleArn: role.arn,
    RoleSessionName: role.sessionName,
    ExternalId: role.externalId === '' ? undefined : role.externalId,
  });
  const credentials: Credentials = {
    accessKeyId: textAt(result, 'Credentials', 'AccessKeyId'),
    secretAccessKey: textAt(result, 'Credentials', 'SecretAccessKey'),
    sessionToken: textAt(result, 'Credentials', 'SessionToken'),
  };
  return openSession(
    { credentials, region: session.region },
    {
      automatic: false,
      assumedFrom: session,
      expiration: new Date(textAt(result, 'Credentials', 'Expiration')),
    },
  );
}

/** The account as whose root user anybody may act on this server; `undefined` on one that checks credentials. */
export function developmentAccount(): string | undefined {
  return document.querySelector<HTMLMetaElement>('meta[name="qkms-development-account"]')?.content;
}

/** Credentials that a development server takes for the root user of an account. */
export function developmentCredentials(account: string): Credentials {
  return { accessKeyId: account, secretAccessKey: 'any' };
}
