import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from 'pino';
import type { ReadRecipient, Recipient } from './attestation/index.ts';
import {
  type AuditedCall,
  type AuditTrail,
  auditLogDescriber,
  eventLookup,
  eventsOfCall,
} from './audit/index.ts';
import { authorizeTargets, contextOf, isAllowed, type JudgedRequest, wouldAllow } from './authorization.ts';
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
import { RevisionConflict, type Store, UnitOfWork } from './store/index.ts';
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
  /** How the connection is encrypted, where the client itself made it. */
  readonly tls?: { readonly version: string; readonly cipherSuite: string } | undefined;
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

/** What is known of a call so far. */
type CallInProgress = { -readonly [K in keyof AuditedCall]: AuditedCall[K] };

/** Puts together the walk that every request takes, whatever its operation. */
export function createPipeline({
  store,
  kms,
  iam,
  audit,
  authenticate,
  readRecipient,
  logger,
}: {
  readonly store: Store;
  readonly kms: Kms;
  readonly iam: Iam;
  /** Where calls are recorded, if they are. */
  readonly audit: AuditTrail | undefined;
  readonly authenticate: Authenticate;
  readonly readRecipient: ReadRecipient;
  readonly logger: Logger;
}): Answer {
  const organization = organizationOf(iam);
  const lookUpEvents = eventLookup(store);
  const describeAuditLog = auditLogDescriber(kms, audit?.durability ?? 'none');

  async function walk(
    wire: WireRequest,
    protocol: Protocol,
    operation: Operation,
    progress: CallInProgress,
  ): Promise<string> {
    if (audit?.isBlocked) throw new refusals.AuditUnavailable(audit.failure);
    await kms.store.passFence();
    const time = kms.clock.now();
    const signed = operation.unsigned
      ? undefined
      : await authenticate(wire, signingNameOf(operation.service), time);
    Object.assign(progress, signed);
    const input = operation.decode(protocol.readInput(wire, operation.input));
    progress.input = input;
    const { caller, region } = signed ?? (await authenticateWebIdentity(iam, asDeclared(input)));
    Object.assign(progress, { caller, region });
    requireGrantTokens(kms, input);
    operation.validate?.(asDeclared(input));
    requirePageSize(operation, input);
    const recipient = await recipientOf(input, time);
    const facts: JudgedRequest = {
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
      decisions: [],
    };
    Object.assign(progress, { recipient, decisions: facts.decisions });
    const found = await findTargets({ kms, iam, caller, account: caller.account, region }, operation, input);
    progress.targets = found;
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
      lookUpEvents,
      describeAuditLog,
      contextOf: (...question) => contextOf(facts, ...question),
    };
    await operation.check?.(asDeclared(call));
    if (input['DryRun'] === true) throw refusals.dryRun();
    const output = await carryOut(call, progress);
    noteKeyUses(kms, operation, found, { lastUsedDate: time, requestId: wire.id });
    return protocol.renderOutput(operation, output, wire.id);
  }

  /** Carries a call out and, where calls are recorded, answers only then. */
  async function carryOut(call: Call, progress: CallInProgress): Promise<object> {
    if (audit !== undefined && !call.operation.readOnly) return change(audit, call, progress);
    const output = await call.operation.handler(asDeclared(call));
    if (audit !== undefined) await record(audit, succeeded(call, progress, output));
    return output;
  }

  /** Records a change in the transaction that makes it. */
  async function change(trail: AuditTrail, call: Call, progress: CallInProgress): Promise<object> {
    const unit = new UnitOfWork(store);
    try {
      const within = { ...call, kms: { ...kms, store: unit }, iam: { ...iam, store: unit } };
      const output = await call.operation.handler(asDeclared(within));
      const done = succeeded(call, progress, output);
      const events = eventsOfCall(done, iam.operatorAccount);
      const isChange = await unit.commit((writer) => trail.append(writer, events));
      if (!isChange) await record(trail, done);
      return output;
    } catch (error) {
      await unit.abandon();
      throw error;
    }
  }

  function succeeded(call: Call, progress: CallInProgress, output: object): CallInProgress {
    const additional = call.operation.audit.additional?.(asDeclared(call), asDeclared(output)) ?? {};
    return Object.assign(progress, { output, additional });
  }

  async function record(trail: AuditTrail, call: CallInProgress): Promise<void> {
    try {
      await trail.record(eventsOfCall(call, iam.operatorAccount));
    } catch (error) {
      throw new refusals.AuditUnavailable(error);
    }
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

  /** Takes the walk until what the request rests on has not changed before it is carried out. */
  async function answerCall(wire: WireRequest, protocol: Protocol, operation: Operation): Promise<string> {
    for (let judgements = 1; ; judgements += 1) {
      const progress = beginning(wire, operation, kms.clock.now());
      try {
        return await (judgements === 1 ? walk : walkInTurn)(wire, protocol, operation, progress);
      } catch (error) {
        const isLast = judgements === MOST_JUDGEMENTS;
        if (error instanceof RevisionConflict && !isLast) continue;
        const refusal = refusalOf(error instanceof RevisionConflict ? refusals.tooMuchContention() : error);
        if (audit !== undefined && !(refusal instanceof refusals.AuditUnavailable)) {
          const refused = { ...progress, output: undefined, additional: {}, refusal };
          await record(audit, refused).catch((unrecorded) => {
            // What keeps the service from answering may well keep it from recording, and says more.
            throw refusal.status >= 500 ? refusal : unrecorded;
          });
        }
        throw refusal;
      }
    }
  }

  return async (wire) => {
    const protocol = protocolOf(wire.headers);
    const { contentType } = protocol;
    try {
      const target = protocol.readTarget(wire);
      const operation = findOperation(target.service, target.operation);
      if (operation === undefined) throw unknownOperation(protocol.unknownOperationText(target.operation));
      return { status: 200, contentType, body: await answerCall(wire, protocol, operation) };
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal.status >= 500) logger.error({ requestId: wire.id, err: refusal }, 'request failed');
      return { contentType, ...protocol.renderRefusal(refusal, wire.id) };
    }
  };
}

function refusalOf(error: unknown): ServiceError {
  return error instanceof ServiceError ? error : refusals.internalFailure(error);
}

/** What is known of a call when it begins. */
function beginning(wire: WireRequest, operation: Operation, time: number): CallInProgress {
  const { id, sourceAddress, tls, headers } = wire;
  return {
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
    additional: {},
    refusal: undefined,
  };
}

const CREDENTIAL = /\bCredential=(\w{1,128})(?:\/|%2F)/i;

/** The access key id that a request names in its signature, right or wrong. */
function claimedAccessKeyId({ headers: { authorization }, url }: WireRequest): string | undefined {
  return CREDENTIAL.exec(authorization ?? url)?.[1];
}

/** Grants take effect at once, so that tokens give nothing; yet they have to be tokens of this deployment. */
function requireGrantTokens(kms: Kms, { GrantTokens }: AnyInput): void {
  if (Array.isArray(GrantTokens)) for (const token of GrantTokens) readGrantToken(kms, String(token));
}
