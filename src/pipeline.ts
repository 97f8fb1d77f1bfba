import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from 'pino';
import type { ReadRecipient, Recipient } from './attestation/index.ts';
import {
  type AuditEvent,
  type AuditedCall,
  type AuditTrail,
  auditLogDescriber,
  eventLookup,
  eventsOfCall,
} from './audit/index.ts';
import {
  authorizeTargets,
  contextOf,
  isAllowed,
  isAllowedOnKey,
  type JudgedRequest,
  wouldAllow,
} from './authorization.ts';
import { beginning, type CallInProgress } from './call-in-progress.ts';
import { ServiceError } from './errors.ts';
import {
  type Authenticate,
  authenticateWebIdentity,
  type Iam,
  iamWithin,
  organizationOf,
  type SharedIam,
} from './iam/index.ts';
import { type Kms, kmsWithin, readGrantToken, type SharedKms } from './kms/index.ts';
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
import { Throttled } from './quotas/index.ts';
import * as refusals from './refusals.ts';
import { RevisionConflict, type Store, UnitOfWork } from './store/index.ts';
import { findTargets, handlerTargets, noteKeyUses, requireUsable } from './targets/index.ts';
import type { Observation } from './telemetry/observation.ts';
import type { CountCall, Throttling } from './throttling.ts';

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

/** Where a request finds what it is about. */
interface Rooms {
  readonly kms: Kms;
  readonly iam: Iam;
}

/** Puts together the walk that every request takes, whatever its operation. */
export function createPipeline({
  store,
  kms,
  iam,
  audit,
  throttling,
  authenticate,
  readRecipient,
  observe,
  logger,
}: {
  readonly store: Store;
  readonly kms: SharedKms;
  readonly iam: SharedIam;
  /** Where calls are recorded, if they are. */
  readonly audit: AuditTrail | undefined;
  readonly throttling: Throttling;
  readonly authenticate: Authenticate;
  readonly readRecipient: ReadRecipient;
  /** Lets somebody watch over a request, if anybody wants to. */
  observe(request: WireRequest): Observation | undefined;
  readonly logger: Logger;
}): Answer {
  const shared: Rooms = { kms, iam };
  const organization = organizationOf(iam);
  const lookUpEvents = eventLookup(store);
  const describeAuditLog = auditLogDescriber(kms, audit?.durability ?? 'none');

  /** The rooms as a request finds them that is to be judged by what holds when it writes, and as its handler does. */
  function within(unit: UnitOfWork): { readonly judge: Rooms; readonly handler: Rooms } {
    const handler = { kms: kmsWithin(kms, unit), iam: iamWithin(iam, unit) };
    // What comes to be while a request is judged, such as a service's own key, is there whatever becomes of the request.
    return { handler, judge: { kms: { ...handler.kms, store }, iam: { ...handler.iam, store } } };
  }

  /** @param isRepeated whether the request was judged before, by entries of different ages */
  async function walk(
    wire: WireRequest,
    protocol: Protocol,
    operation: Operation,
    progress: CallInProgress,
    isRepeated: boolean,
    count: CountCall,
  ): Promise<string> {
    if (audit?.isBlocked) throw new refusals.AuditUnavailable(audit.failure);
    progress.observation?.reached('fence');
    await store.passFence();
    progress.observation?.reached('authenticate');
    const begun = store.cacheState();
    const unit = operation.readOnly && !isRepeated ? undefined : new UnitOfWork(store, begun);
    const rooms = unit === undefined ? { judge: shared, handler: shared } : within(unit);
    const requireOneView = async () => {
      if (!store.hasMoved(begun)) return;
      if (unit !== undefined) await unit.requireUnchanged();
      else if ((await store.changesSince(begun))?.length !== 0) throw new RevisionConflict();
    };
    let call: Call;
    try {
      const judged = await judge(wire, protocol, operation, progress, rooms.judge, count);
      call = { ...judged, ...rooms.handler };
      await operation.check?.(asDeclared(call));
    } catch (error) {
      // That an account asks too often rests on nothing else, and is counted once.
      if (!(error instanceof Throttled)) await requireOneView();
      throw error;
    }
    await requireOneView();
    if (call.input['DryRun'] === true) throw refusals.dryRun();
    progress.observation?.reached('handler');
    const { output, events } = await carryOut(call, unit, progress);
    noteKeyUses(kms, operation, progress.targets, { lastUsedDate: call.time, requestId: wire.id, events });
    return protocol.renderOutput(operation, output, wire.id);
  }

  /** Finds out who makes a call and of what, and whether they may. */
  async function judge(
    wire: WireRequest,
    protocol: Protocol,
    operation: Operation,
    progress: CallInProgress,
    rooms: Rooms,
    count: CountCall,
  ): Promise<Call> {
    const { kms, iam } = rooms;
    const time = kms.clock.now();
    const signed = operation.unsigned
      ? undefined
      : await authenticate(iam, wire, signingNameOf(operation.service), time);
    Object.assign(progress, signed);
    const input = await readInput(wire, protocol, operation, (read) => signed && count(signed, read));
    progress.input = input;
    const { caller, region } = signed ?? (await authenticateWebIdentity(iam, asDeclared(input)));
    Object.assign(progress, { caller, region });
    if (signed === undefined) await count({ caller, region }, input);
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
    progress.observation?.judged(facts.decisions);
    progress.observation?.reached('authorize');
    const found = await findTargets({ kms, iam, caller, account: caller.account, region }, operation, input);
    progress.targets = found;
    await authorizeTargets(kms, facts, operation, found, input);
    for (const target of found) requireUsable(operation, target);
    return {
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
      isAllowedOnKey: (...question) => isAllowedOnKey(kms, facts, ...question),
      lookUpEvents,
      describeAuditLog,
      contextOf: (...question) => contextOf(facts, ...question),
    };
  }

  /** Carries a call out and, where calls are recorded, answers only then: a change is recorded with what it changes. */
  async function carryOut(
    call: Call,
    unit: UnitOfWork | undefined,
    progress: CallInProgress,
  ): Promise<{ readonly output: object; readonly events: readonly AuditEvent[] }> {
    try {
      const output = await call.operation.handler(asDeclared(call));
      const events = audit === undefined ? [] : eventsOf(succeeded(call, progress, output));
      const isChange = await unit?.commit(async (writer) => audit?.append(writer, events));
      if (isChange !== true) await record(events);
      return { output, events };
    } catch (error) {
      await unit?.abandon();
      throw error;
    }
  }

  function succeeded(call: Call, progress: CallInProgress, output: object): CallInProgress {
    const { additional, created, elsewhere } = call.operation.audit;
    return Object.assign(progress, {
      output,
      additional: additional?.(asDeclared(call), asDeclared(output)) ?? {},
      created: created?.(asDeclared(output)),
      elsewhere: elsewhere?.(asDeclared(call), asDeclared(output)),
    });
  }

  function eventsOf(call: AuditedCall): readonly AuditEvent[] {
    return eventsOfCall(call, iam.operatorAccount);
  }

  async function record(events: readonly AuditEvent[]): Promise<void> {
    try {
      await audit?.record(events);
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
  async function answerCall(
    wire: WireRequest,
    protocol: Protocol,
    operation: Operation,
    observation: Observation | undefined,
  ): Promise<string> {
    const count = throttling.counterOf(operation);
    for (let judgements = 1; ; judgements += 1) {
      const progress = beginning(wire, operation, kms.clock.now(), observation);
      try {
        const isRepeated = judgements > 1;
        const take = isRepeated && !operation.readOnly ? walkInTurn : walk;
        return await take(wire, protocol, operation, progress, isRepeated, count);
      } catch (error) {
        const isLast = judgements === MOST_JUDGEMENTS;
        if (error instanceof RevisionConflict && !isLast) continue;
        const reason = refusalOf(error instanceof RevisionConflict ? refusals.tooMuchContention() : error);
        const refusal = throttling.limit(progress, reason);
        const nothing = { output: undefined, created: undefined, elsewhere: undefined, additional: {} };
        const refused = { ...progress, ...nothing, refusal };
        const isUnavailable = refusal instanceof refusals.AuditUnavailable;
        if (audit !== undefined && !isUnavailable && throttling.isToBeRecorded(refused)) {
          await record(eventsOf(refused)).catch((unrecorded) => {
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
    const observation = observe(wire);
    try {
      const target = protocol.readTarget(wire);
      const operation = findOperation(target.service, target.operation);
      if (operation === undefined) throw unknownOperation(protocol.unknownOperationText(target.operation));
      observation?.named(operation);
      const body = await answerCall(wire, protocol, operation, observation);
      observation?.ended(undefined);
      return { status: 200, contentType, body };
    } catch (error) {
      const refusal = refusalOf(error);
      observation?.ended(refusal);
      await throttling.holdBack(refusal);
      if (refusal.status >= 500) logger.error({ requestId: wire.id, err: refusal }, 'request failed');
      return { contentType, ...protocol.renderRefusal(refusal, wire.id) };
    }
  };
}

/** Reads the input of a call, and counts the call: also one of which nothing can be read. */
async function readInput(
  wire: WireRequest,
  protocol: Protocol,
  operation: Operation,
  count: (read: AnyInput) => Promise<void> | undefined,
): Promise<AnyInput> {
  let input: AnyInput = {};
  try {
    input = operation.decode(protocol.readInput(wire, operation.input));
    return input;
  } finally {
    const waiting = count(input);
    if (waiting !== undefined) await waiting;
  }
}

function refusalOf(error: unknown): ServiceError {
  return error instanceof ServiceError ? error : refusals.internalFailure(error);
}

/** Grants take effect at once, so that tokens give nothing; yet they have to be tokens of this deployment. */
function requireGrantTokens(kms: Kms, { GrantTokens }: AnyInput): void {
  if (Array.isArray(GrantTokens)) for (const token of GrantTokens) readGrantToken(kms, String(token));
}
