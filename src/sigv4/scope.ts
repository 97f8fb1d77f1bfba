import {
  dateFault,
  invalidScope,
  malformedCredential,
  regionFault,
  serviceFault,
  terminatorFault,
} from './refusals.ts';

/** Who signed, and what for: a credential with its scope. */
interface CredentialScope {
  readonly accessKeyId: string;
  readonly region: string;
  /** Signing name of the service, such as `kms`. */
  readonly service: string;
}

/** A DNS label in lower case. Every AWS Region is one, and so is any that an operator may invent. */
const REGION = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Reads a credential, `accessKeyId/YYYYMMDD/region/service/aws4_request`, of a request of `date`
 * (`YYYYMMDDTHHMMSSZ`).
 *
 * Throws IncompleteSignatureException when it does not have five parts, and InvalidSignatureException, naming
 * every fault, when it is scoped to something else than a Region, one of `expectedServices` and that day.
 */
export function readScope(
  credential: string,
  date: string,
  expectedServices: readonly string[],
): CredentialScope {
  // Cut by hand: `split` takes markedly longer, and this runs on every request.
  const dayAt = credential.indexOf('/') + 1;
  const regionAt = credential.indexOf('/', dayAt) + 1;
  const serviceAt = credential.indexOf('/', regionAt) + 1;
  const terminatorAt = credential.indexOf('/', serviceAt) + 1;
  const hasFourSlashes = dayAt < regionAt && regionAt < serviceAt && serviceAt < terminatorAt;
  if (!hasFourSlashes || credential.includes('/', terminatorAt)) throw malformedCredential(credential);
  const accessKeyId = credential.slice(0, dayAt - 1);
  const day = credential.slice(dayAt, regionAt - 1);
  const region = credential.slice(regionAt, serviceAt - 1);
  const service = credential.slice(serviceAt, terminatorAt - 1);
  const terminator = credential.slice(terminatorAt);

  const faults: string[] = [];
  if (!REGION.test(region)) faults.push(regionFault(region));
  if (!expectedServices.includes(service)) faults.push(serviceFault(expectedServices));
  if (terminator !== 'aws4_request') faults.push(terminatorFault(terminator));
  if (day !== date.slice(0, 8)) faults.push(dateFault(day, date));
  if (faults.length > 0) throw invalidScope(faults);
  return { accessKeyId, region, service };
}
