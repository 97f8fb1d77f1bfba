import type { Caller } from '../caller.ts';
import { readAuthorization, SignatureVerifier, type SignedRequest } from '../sigv4/index.ts';
import { ensureAccount } from './accounts.ts';
import { callerOfCredential, callerOfSession, rootCaller, type ServiceHeaders } from './callers.ts';
import type { Iam } from './iam.ts';
import { expiredToken, unrecognizedClient } from './refusals.ts';

/** Who sent a request, and to which Region. */
export interface RequestIdentity {
  readonly caller: Caller;
  readonly region: string;
}

/**
 * Finds out who sent a request.
 *
 * @param iam the identities by which the request is judged
 * @param service the service that the signature must be scoped to, such as `kms`
 * @param time milliseconds since the Unix epoch
 * @throws ServiceError the signature errors of errors.md section 3
 */
export type Authenticate = (
  iam: Iam,
  request: SignedRequest,
  service: string,
  time: number,
) => Promise<RequestIdentity>;

type Presented = ReturnType<typeof readAuthorization>;

/** Authentication by Signature Version 4, with long-term credentials of the store or with session tokens. */
export function signatureAuthentication(): Authenticate {
  const verify = signatureVerification();
  return async (iam, request, service, time) => {
    const presented = readAuthorization(request, [service]);
    const caller = await verify(iam, request, presented, time);
    if (caller === undefined) throw unrecognizedClient();
    return { caller, region: presented.region };
  };
}

/**
 * For development: who signs with credentials of the store is who they are, with all policies; whoever else signs, with
 * whatever secret, is the root user of an account: of the one that the access key id names when it is 12 digits long,
 * else of the given one. Then the signature's form is checked, not the signature, and the account is there from then on.
 */
export function developmentAuthentication(accountId: string): Authenticate {
  const verify = signatureVerification();
  return async (iam, request, service, time) => {
    const presented = readAuthorization(request, [service]);
    const { accessKeyId, region } = presented;
    const known = await verify(iam, request, presented, time);
    if (known !== undefined) return { caller: known, region };
    const account = /^[0-9]{12}$/.test(accessKeyId) ? accessKeyId : accountId;
    if ((await iam.accounts.get(account)) === undefined) await ensureAccount(iam, account, account);
    return { caller: rootCaller(iam.partition, account, accessKeyId), region };
  };
}

/**
 * Verifies a signature by the credential that it was made with; answers `undefined` when there is none such.
 *
 * @throws ServiceError when there is, and the signature is not right, or the credential is not good any more
 */
function signatureVerification() {
  const verifier = new SignatureVerifier();

  async function bySessionToken(
    iam: Iam,
    request: SignedRequest,
    presented: Presented,
    token: string,
    time: number,
  ): Promise<Caller | undefined> {
    const opened = iam.sessionTokens.open(presented.accessKeyId, token);
    if (opened === undefined) return undefined;
    verifier.verify(request, presented, opened.session.secretAccessKey, time);
    if (time >= opened.session.expiresAt) throw expiredToken();
    const caller = await callerOfSession(iam, presented.accessKeyId, opened);
    if (caller === undefined) throw unrecognizedClient();
    return caller;
  }

  return async (
    iam: Iam,
    request: SignedRequest,
    presented: Presented,
    time: number,
  ): Promise<Caller | undefined> => {
    const { accessKeyId, sessionToken, service, region } = presented;
    if (sessionToken !== undefined) return bySessionToken(iam, request, presented, sessionToken, time);
    const cached = iam.credentials.get(accessKeyId);
    const credential = cached instanceof Promise ? await cached : cached;
    if (credential === undefined) return undefined;
    verifier.verify(request, presented, credential.secretAccessKey, time);
    const caller =
      credential.status === 'Active'
        ? await callerOfCredential(iam, credential, () => serviceHeaders(request))
        : undefined;
    if (caller === undefined) throw unrecognizedClient();
    iam.accessKeyUses.note(accessKeyId, { accessKeyId, lastUsedDate: time, service, region });
    return caller;
  };
}

/** What a service says of its request. The signature has covered these headers: it has to cover all of `x-amz-*`. */
function serviceHeaders({ rawHeaders }: SignedRequest): ServiceHeaders {
  const read = (name: string): string | undefined => {
    const at = rawHeaders.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name);
    return at === -1 ? undefined : rawHeaders[at + 1];
  };
  return {
    arn: read('x-amz-source-arn'),
    account: read('x-amz-source-account'),
    onBehalfOf: read('x-amz-forward-access-principal'),
  };
}
