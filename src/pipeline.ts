import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from 'pino';
import { authorizeTargets, wouldAllow } from './authorization.ts';
import type { RequestFacts } from './conditions.ts';
import { ServiceError } from './errors.ts';
import type { Authenticate } from './iam/index.ts';
import type { Kms } from './kms/index.ts';
import {
  type AnyInput,
  asDeclared,
  type Call,
  type Operation,
  operations,
  requirePageSize,
} from './operations/index.ts';
import { AWS_JSON, parseBody, readTarget, renderError, unknownOperation } from './protocol/index.ts';
import * as refusals from './refusals.ts';
import { RevisionConflict } from './store/index.ts';
import { findTargets, handlerTargets, requireUsable } from './targets.ts';

/** A request as it arrived, its body complete. */
export interface WireRequest {
  /** The request id, a UUID. */
  readonly id: string;
  readonly method: string;
  /** The request target: path and query. */
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly sourceAddress: string;
  readonly secureTransport: boolean;
}

export interface WireReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Answers a request; never rejects. */
export type Answer = (request: WireRequest) => Promise<WireReply>;

/** How often a request is judged again because what it rests on changed before it was carried out. */
const MOST_JUDGEMENTS = 100;

/** Puts together the walk that every request takes, whatever its operation. */
export function createPipeline({
  kms,
  authenticate,
  logger,
}: {
  readonly kms: Kms;
  readonly authenticate: Authenticate;
  readonly logger: Logger;
}): Answer {
  async function walk(wire: WireRequest, operation: Operation): Promise<string> {
    await kms.store.passFence();
    const time = kms.clock.now();
    const { caller, region } = await authenticate(wire, time);
    const input = operation.decode(parseBody(wire.body));
    requireNoGrantTokens(input);
    operation.validate?.(asDeclared(input));
    requirePageSize(operation, input);
    const facts: RequestFacts = {
      caller,
      region,
      time,
      sourceAddress: wire.sourceAddress,
      secureTransport: wire.secureTransport,
      userAgent: wire.headers['user-agent'],
      referer: wire.headers.referer,
    };
    const found = await findTargets({ kms, account: caller.account, region }, operation, input);
    authorizeTargets(facts, operation, found, input);
    for (const target of found) requireUsable(operation, target);
    const call: Call = {
      operation,
      caller,
      region,
      input,
      targets: handlerTargets(found),
      kms,
      wouldAllow: (...question) => wouldAllow(facts, ...question),
    };
    operation.check?.(asDeclared(call));
    if (input['DryRun'] === true) throw refusals.dryRun();
    return operation.encode(await operation.handler(asDeclared(call)));
  }

  // Requests whose changes met take turns from then on, so that they do not meet each other again and again.
  let lastTurn: Promise<unknown> = Promise.resolve();
  function walkInTurn(wire: WireRequest, operation: Operation): Promise<string> {
    const turn = lastTurn.then(() => walk(wire, operation));
    lastTurn = turn.catch(() => {});
    return turn;
  }

  return async (wire) => {
    try {
      const operation = operations.get(readTarget(wire.headers));
      if (operation === undefined) throw unknownOperation();
      for (let judgements = 1; ; judgements += 1) {
        try {
          const body = await (judgements === 1 ? walk(wire, operation) : walkInTurn(wire, operation));
          return { status: 200, contentType: AWS_JSON, body };
        } catch (error) {
          if (!(error instanceof RevisionConflict)) throw error;
          if (judgements === MOST_JUDGEMENTS) throw refusals.tooMuchContention();
        }
      }
    } catch (error) {
      const refusal = error instanceof ServiceError ? error : refusals.internalFailure(error);
      if (refusal.status >= 500) logger.error({ requestId: wire.id, err: refusal }, 'request failed');
      return { status: refusal.status, contentType: AWS_JSON, body: renderError(refusal) };
    }
  };
}

function requireNoGrantTokens({ GrantTokens }: AnyInput): void {
  if (Array.isArray(GrantTokens) && GrantTokens.length > 0) throw refusals.invalidGrantToken();
}
