import type { Caller } from '../caller.ts';
import { ServiceError } from '../errors.ts';
import { readAuthorization, SignatureVerifier, type SignedRequest } from '../sigv4/index.ts';
import type { EntryCache } from '../store/index.ts';
import { type Credential, rootCaller } from './access-key.ts';

/** Who sent a request, and to which Region. */
export interface Identity {
  readonly caller: Caller;
  readonly region: string;
}

/**
 * Finds out who sent a request.
 *
 * @param service the service that the signature must be scoped to, such as `kms`
 * @param time milliseconds since the Unix epoch
 * @throws ServiceError the signature errors of errors.md section 3
 */
export type Authenticate = (request: SignedRequest, service: string, time: number) => Promise<Identity>;

/** Authentication by Signature Version 4 with the credentials of the store. */
export function signatureAuthentication(credentials: EntryCache<Credential>): Authenticate {
  const verifier = new SignatureVerifier();
  return async (request, service, time) => {
    const presented = readAuthorization(request, [service]);
    const cached = credentials.get(presented.accessKeyId);
    const credential = cached instanceof Promise ? await cached : cached;
    if (credential === undefined || presented.sessionToken !== undefined) throw unrecognizedClient();
    verifier.verify(request, presented, credential.secretAccessKey, time);
    return { caller: credential.caller, region: presented.region };
  };
}

/**
 * For development: whoever signs, with whatever secret, is the root user of an account: of the one that the access
 * key id names when it is 12 digits long, else of the given one. The signature's form is checked, not the signature.
 */
export function developmentAuthentication(partition: string, accountId: string): Authenticate {
  return async (request, service) => {
    const { accessKeyId, region } = readAuthorization(request, [service]);
    const account = /^[0-9]{12}$/.test(accessKeyId) ? accessKeyId : accountId;
    return { caller: rootCaller(partition, account, accessKeyId), region };
  };
}

/** An access key that does not exist, or a session token that goes with none. */
function unrecognizedClient(): ServiceError {
  return new ServiceError(
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
  );
}
