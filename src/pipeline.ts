import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from 'pino';
import type { ReadRecipient, Recipient } from './attestation/index.ts';
import { authorizeTargets, contextOf, isAllowed, wouldAllow } from './authorization.ts';
import type { RequestFacts } from './conditions.ts';
import { ServiceError } from './errors.ts';
import { type Authenticate, authenticateWebIdentity, type Iam, organizationOf } from './iam/index.ts';
import { type Kms, readGrantToken } from './kms/index.ts';
import { signingNameOf } from './model/index.ts';
import {
  type AnyInput,
  asDeclared,
  type Call,
  findOperation,
  type Operation,
  requirePageSize,
} from './operations/index.ts';
import { type Protocol, protocolOf, unknownOperation } from './protocol/index.ts';
import * as refusals from './refusals.ts';
import { RevisionConflict } from './store/index.ts';
import { findTargets, handlerTargets, noteKeyUses, requireUsable } from './targets/index.ts';

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
  iam,
  authenticate,
  readRecipient,
  logger,
}: {
  readonly kms: Kms;
  readonly iam: Iam;
  readonly authenticate: Authenticate;
  readonly readRecipient: ReadRecipient;
  readonly logger: Logger;
}): Answer {
  const organization = organizationOf(iam);

  async function walk(wire: WireRequest, protocol: Protocol, operation: Operation): Promise<string> {
    await kms.store.passFence();
    const time = kms.clock.now();
    const signed = operation.unsigned
      ? undefined
      : await authenticate(wire, signingNameOf(operation.service), time);
    const input = operation.decode(protocol.readInput(wire, operation.input));
    const { caller, region } = signed ?? (await authenticateWebIdentity(iam, asDeclared(input)));
    requireGrantTokens(kms, input);
    operation.validate?.(asDeclared(input));
    requirePageSize(operation, input);
    const recipient = await recipientOf(input, time);
    const facts: RequestFacts = {
      caller,
      recipient,
      partition: kms.partition,
      region,
      organization,
      time,
      sourceAddress: wire.sourceAddress,
      secureTransport: wire.secureTransport,
      userAgent: wire.headers['user-agent'],
      referer: wire.headers.referer,
    };
    const found = await findTargets({ kms, iam, caller, account: caller.account, region }, operation, input);
    await authorizeTargets(kms, facts, operation, found, input);
    for (const target of found) requireUsable(operation, target);
    const call: Call = {
      operation,
      caller,
      region,
      input,
      targets: handlerTargets(found),
      recipient,
      time,
      kms,
      iam,
      wouldAllow: (...question) => wouldAllow(facts, ...question),
      isAllowed: (...question) => isAllowed(facts, ...question),
      contextOf: (...question) => contextOf(facts, ...question),
    };
    await operation.check?.(asDeclared(call));
    if (input['DryRun'] === true) throw refusals.dryRun();
    const output = await operation.handler(asDeclared(call));
    noteKeyUses(kms, operation, found, { lastUsedDate: time, requestId: wire.id });
    return protocol.renderOutput(operation, output, wire.id);
  }

  /** Only members of that name that are structures say who alone may read the answer. */
  async function recipientOf({ Recipient }: AnyInput, time: number): Promise<Recipient | undefined> {
    if (typeof Recipient !== 'object' || Recipient === null) return undefined;
    return readRecipient(asDeclared(Recipient), time);
  }

  // Requests whose changes met take turns from then on, so that they do not meet each other again and again.
  let lastTurn: Promise<unknown> = Promise.resolve();
  function walkInTurn(...request: Parameters<typeof walk>): Promise<string> {
    const turn = lastTurn.then(() => walk(...request));
    lastTurn = turn.catch(() => {});
    return turn;
  }

  return async (wire) => {
    const protocol = protocolOf(wire.headers);
    const { contentType } = protocol;
    try {
      const target = protocol.readTarget(wire);
      const operation = findOperation(target.service, target.operation);
      if (operation === undefined) throw unknownOperation(protocol.unknownOperationText(target.operation));
      for (let judgements = 1; ; judgements += 1) {
        try {
          const body = await (judgements === 1 ? walk : walkInTurn)(wire, protocol, operation);
          return { status: 200, contentType, body };
        } catch (error) {
          if (!(error instanceof RevisionConflict)) throw error;
          if (judgements === MOST_JUDGEMENTS) throw refusals.tooMuchContention();
        }
      }
    } catch (error) {
      const refusal = error instanceof ServiceError ? error : refusals.internalFailure(error);
      if (refusal.status >= 500) logger.error({ requestId: wire.id, err: refusal }, 'request failed');
      return { contentType, ...protocol.renderRefusal(refusal, wire.id) };
    }
  };
}

/** Grants take effect at once, so that tokens give nothing; yet they have to be tokens of this deployment. */
function requireGrantTokens(kms: Kms, { GrantTokens }: AnyInput): void {
  if (Array.isArray(GrantTokens)) for (const token of GrantTokens) readGrantToken(kms, String(token));
}
