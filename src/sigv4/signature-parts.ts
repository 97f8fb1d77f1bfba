import type { Timestamp } from './timestamp.ts';

/** Where a signature stands: in the Authorization header or in the query string. */
export type SignatureForm = 'header' | 'query';

/** The parts of a signature, from wherever they stand, before anything is known of their worth. */
export interface SignatureParts {
  readonly form: SignatureForm;
  readonly algorithm: string;
  /** `accessKeyId/YYYYMMDD/region/service/aws4_request`, if it is well-formed. */
  readonly credential: string;
  /** Names of the signed headers, joined by `;`. */
  readonly signedHeaders: string;
  readonly signature: string;
  readonly timestamp: Timestamp;
  /** Only with temporary credentials. */
  readonly sessionToken: string | undefined;
  /** Seconds for which a query-string signature says that it is valid. */
  readonly expires: number | undefined;
}
