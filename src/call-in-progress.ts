import type { AuditedCall } from './audit/index.ts';
import type { Operation } from './operations/index.ts';
import type { WireRequest } from './pipeline.ts';
import type { Observation } from './telemetry/observation.ts';

/** What is known of a call so far, and who watches over it. */
export type CallInProgress = { -readonly [K in keyof AuditedCall]: AuditedCall[K] } & {
  readonly observation: Observation | undefined;
};

/** What is known of a call when it begins. */
export function beginning(
  wire: WireRequest,
  operation: Operation,
  time: number,
  observation: Observation | undefined,
): CallInProgress {
  const { id, sourceAddress, tls, headers } = wire;
  return {
    observation,
    origin: { id, sourceAddress, userAgent: headers['user-agent'], host: headers.host, tls },
    operation,
    time,
    caller: undefined,
    claimedAccessKeyId: claimedAccessKeyId(wire),
    region: undefined,
    input: undefined,
    recipient: undefined,
    targets: [],
    decisions: [],
    output: undefined,
    created: undefined,
    elsewhere: undefined,
    additional: {},
    refusal: undefined,
  };
}

const CREDENTIAL = /\bCredential=(\w{1,128})(?:\/|%2F)/i;

/** The access key id that a request names in its signature, right or wrong. */
function claimedAccessKeyId({ headers: { authorization }, url }: WireRequest): string | undefined {
  return CREDENTIAL.exec(authorization ?? url)?.[1];
}
