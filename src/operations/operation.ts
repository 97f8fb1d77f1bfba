import type { Recipient } from '../attestation/index.ts';
import type { DescribeAuditLog } from '../audit/description.ts';
import type { LookUpEvents } from '../audit/lookup.ts';
import type { Caller, SessionSource } from '../caller.ts';
import type { Iam, Identity, IdentityKind, NewIdentity } from '../iam/index.ts';
import type {
  AliasRecord,
  GrantRecord,
  IdentifierForm,
  KeyEntry,
  KeyOutline,
  KeyStateClass,
  KeyTraits,
  Kms,
} from '../kms/index.ts';
import {
  compileDecoder,
  compileEncoder,
  compileRecorder,
  type RecordedNames,
  recordableMembers,
  type ServiceName,
  type StructureShape,
  type ValueOf,
} from '../model/index.ts';
import type { CompiledPolicy, ConditionContext, ConditionValue } from '../policy/index.ts';
import type { RequestQuota } from '../quotas/index.ts';
import { type QuotaRule, quotaRule } from './quotas.ts';

/** Condition keys and their values, named as in the service authorization reference. */
export type Conditions = Readonly<Record<string, ConditionValue | undefined>>;

/** The input of any operation: members by name. */
export type AnyInput = Readonly<Record<string, unknown>>;

/** A key that an operation works on, and what it takes to be allowed to. */
export interface KeyTarget<Input = never> {
  readonly kind: 'key';
  /** The member that names the key. */
  readonly member?: string;
  readonly accepts: readonly IdentifierForm[];
  /** A blob member whose header names the key when `member` is absent. */
  readonly fromCiphertext?: string;
  /** The alias target whose present key is meant, instead of a member. */
  readonly fromAlias?: string;
  /** The sibling that is meant, instead of a member, of the multi-Region key of another target. */
  readonly sibling?: {
    readonly of: string;
    /** The member that names its Region. */
    readonly regionMember: string;
  };
  /** The operation also works when no key is named. */
  readonly optional?: true;
  /** The key may belong to another account. */
  readonly crossAccount?: true;
  /** The action to be authorized on the key; absent when naming a key of one's own gives no access to it. */
  readonly permission?: `kms:${string}`;
  readonly states: KeyStateClass;
  /** Refuses a key that is not of a kind for the operation, whatever its state. */
  readonly requires?: (key: KeyEntry) => void;
  /** The usage that the key must have. */
  readonly usage?: KeyUsageRule;
  /**
   * Condition keys that the request adds to the context of this authorization.
   *
   * @param keyArns of all the keys that the request names, by target
   */
  readonly conditions?: (
    input: Input,
    keyArns: Readonly<Record<string, string>>,
    caller: Caller,
  ) => Conditions;
  /** Condition keys that the operation asks of the key itself at a time, in milliseconds since the Unix epoch. */
  readonly keyConditions?: (key: KeyEntry, time: number) => Conditions;
}

export interface KeyUsageRule {
  readonly keyUsage: string;
  /** Another usage is refused with `IncorrectKeyException` instead of `InvalidKeyUsageException`, as by Decrypt. */
  readonly incorrectKey?: true;
}

/** An alias that an operation works on; authorized by identity policies only. */
export interface AliasTarget {
  readonly kind: 'alias';
  readonly member: string;
  /** The alias must exist already. */
  readonly exists?: true;
  readonly permission: `kms:${string}`;
}

/** The name of a permission, such as `kms:Encrypt` or `iam:CreateUser`. */
export type Permission = `${ServiceName}:${string}`;

/** An action on the account, authorized by identity policies only. */
export interface AccountTarget<Input = never> {
  readonly kind: 'account';
  readonly permission: Permission;
  /** What the ARN of the resource ends in, such as `user/`; the resource is `*`, when absent. */
  readonly resource?: (input: Input) => string;
  /** Whether the request needs this permission; always, when absent. */
  readonly when?: (input: Input) => boolean;
  /** The member that names the Region in which it is done; that of the request, when absent. */
  readonly regionMember?: string;
  /** @param keys that the request names, by target */
  readonly conditions?: (input: Input, keys: Readonly<Record<string, KeyEntry | undefined>>) => Conditions;
}

/** A user, role, policy, … of the caller's account that exists; authorized by identity policies only. */
export interface IdentityTarget<Input = never> {
  readonly kind: 'identity';
  readonly identity: IdentityKind;
  /** The member that names it: by its ARN if it is a policy or a provider, else by its name. */
  readonly member: string;
  /** Without the member the caller is meant, who has to be a user, or the root user. */
  readonly orCaller?: true;
  /** The operation also works when there is none such. */
  readonly mayBeMissing?: true;
  readonly permission: `iam:${string}`;
  readonly conditions?: (input: Input) => Conditions;
}

/** A user, role, policy, … that is to be created, or moved to another place; authorized by identity policies only. */
export interface NewIdentityTarget<Input = never> {
  readonly kind: 'new-identity';
  readonly identity: IdentityKind;
  readonly permission: `iam:${string}`;
  /** The identity target that is to move there. */
  readonly moves?: string;
  /** Without a path it is the one of what moves, or `/`. */
  readonly place: (input: Input) => { readonly path?: string | undefined; readonly name: string };
  /** Whether the request needs this permission; always, when absent. */
  readonly when?: (input: Input) => boolean;
  readonly conditions?: (input: Input) => Conditions;
}

/** A role, of whichever account, that the caller wants to assume; authorized by its trust policy like a key by its own. */
export interface RoleTarget<Input = never> {
  readonly kind: 'role';
  /** The member that holds its ARN. */
  readonly member: string;
  /** The permissions that the request takes. */
  readonly permissions: (input: Input, caller: Caller) => readonly `sts:${string}`[];
  readonly sessionConditions?: (input: Input, caller: Caller) => Conditions;
}

/** A grant that the request names by GrantToken, or by KeyId and GrantId; authorized by what the grant itself says. */
export interface GrantTarget {
  readonly kind: 'grant';
  readonly permission: 'kms:RetireGrant';
}

export type Target<Input = never> =
  | GrantTarget
  | KeyTarget<Input>
  | AliasTarget
  | AccountTarget<Input>
  | IdentityTarget<Input>
  | NewIdentityTarget<Input>
  | RoleTarget<Input>;
export type Targets<Input = never> = Readonly<Record<string, Target<Input>>>;

/** An alias as a request names it; `record` is undefined when it does not exist. */
export interface NamedAlias {
  readonly aliasName: string;
  readonly arn: string;
  readonly record: AliasRecord | undefined;
}

/** An alias that exists. */
export interface ExistingAlias extends NamedAlias {
  readonly record: AliasRecord;
}

/** What the walk has found for the targets of an operation by the time its handler runs. */
export type Resolved<T> = {
  readonly [K in keyof T]: T[K] extends { kind: 'key'; optional: true }
    ? KeyEntry | undefined
    : T[K] extends { kind: 'key' }
      ? KeyEntry
      : T[K] extends { kind: 'alias'; exists: true }
        ? ExistingAlias
        : T[K] extends { kind: 'alias' }
          ? NamedAlias
          : T[K] extends { kind: 'identity'; identity: infer I extends IdentityKind; orCaller: true }
            ? Identity<I> | undefined
            : T[K] extends { kind: 'identity'; identity: infer I extends IdentityKind; mayBeMissing: true }
              ? Identity<I> | undefined
              : T[K] extends { kind: 'identity'; identity: infer I extends IdentityKind }
                ? Identity<I>
                : T[K] extends { kind: 'new-identity' }
                  ? NewIdentity
                  : T[K] extends { kind: 'grant' }
                    ? GrantRecord
                    : T[K] extends { kind: 'role' }
                      ? Identity<'role'>
                      : undefined;
};

/** One authenticated, validated request on its way through the walk. */
export interface Call<Input = AnyInput, Found = Readonly<Record<string, unknown>>> {
  readonly operation: Operation;
  readonly caller: Caller;
  /** The Region of the request's signature. */
  readonly region: string;
  readonly input: Input;
  readonly targets: Found;
  /** Who alone may read the answer, when the request has a Recipient: verified. */
  readonly recipient: Recipient | undefined;
  /** Milliseconds since the Unix epoch: when the request was judged. */
  readonly time: number;
  readonly kms: Kms;
  readonly iam: Iam;
  /** Whether the caller could perform an action on a key of its account if that key had the given policy. */
  readonly wouldAllow: (
    action: `kms:${string}`,
    key: KeyTraits,
    policy: CompiledPolicy,
    conditions: Conditions,
  ) => boolean;
  /** Whether the caller's own policies allow it an action that no key policy judges. */
  readonly isAllowed: (action: Permission, resource: string) => boolean;
  /** Whether the caller may perform an action on a key of its account, by policies and grants. */
  readonly isAllowedOnKey: (action: `kms:${string}`, key: KeyOutline) => Promise<boolean>;
  readonly lookUpEvents: LookUpEvents;
  readonly describeAuditLog: DescribeAuditLog;
  /** The condition context of a request about a key by a subject, the caller or another; the given keys count first. */
  readonly contextOf: (subject: Caller, key: KeyTraits, conditions: Conditions) => ConditionContext;
}

/** An example for the reference, which records the answer (scripts/record-examples.ts). */
export interface Example {
  readonly title: string;
  readonly request: Readonly<Record<string, unknown>>;
  /** The code of the error that is the answer. */
  readonly error?: string;
}

/** How a listing is cut into pages (operations.md section 4). */
export interface Pagination {
  readonly defaultLimit: number;
  readonly maximumLimit: number;
}

/** What a call is in another Region. */
export interface ElsewhereEvent {
  readonly region: string;
  /** What the event is called there; the name of the operation, when absent. */
  readonly name?: string;
  /** The ARN of the key that it is about. */
  readonly arn: string;
}

/** What the audit record of a call holds of its request and answer (audit.md section 3). */
export interface AuditProjection<Input, Output, Found> {
  /** The members of the request; all that may be recorded, when absent. */
  readonly request?: readonly (keyof Input & string)[];
  /** The members of the answer; none, when absent. */
  readonly response?: readonly (keyof Output & string)[];
  /** What members are called that do not go by their own names in lower camel case. */
  readonly names?: RecordedNames;
  /** What is not in request or answer, or may not be recorded there: `additionalEventData`. Never a secret. */
  readonly additional?: (
    call: Call<Input, Found>,
    output: Output,
  ) => Readonly<Record<string, string | undefined>>;
  /** The ARN of the key that the call has created. */
  readonly created?: (output: Output) => string | undefined;
  /** The event that the call is in another Region, too. */
  readonly elsewhere?: (call: Call<Input, Found>, output: Output) => ElsewhereEvent;
}

/** What an audit record holds of a call, ready to be used. */
export interface AuditRecorder {
  readonly request: (input: object) => Readonly<Record<string, unknown>> | null;
  readonly response: (output: object) => Readonly<Record<string, unknown>> | null;
  readonly additional?: (
    call: Call<never, never>,
    output: never,
  ) => Readonly<Record<string, string | undefined>>;
  readonly created?: (output: never) => string | undefined;
  readonly elsewhere?: (call: Call<never, never>, output: never) => ElsewhereEvent;
}

/** Whom an answer is for is recorded beside the request, with what was verified of it. */
const RECORDED_OTHERWISE = 'Recipient';

function auditRecorder(
  input: StructureShape,
  output: StructureShape,
  { request, response = [], names = {}, ...more }: AuditProjection<never, never, never>,
): AuditRecorder {
  const recordable = recordableMembers(input).filter((name) => name !== RECORDED_OTHERWISE);
  return {
    request: compileRecorder(input, request ?? recordable, names),
    response: compileRecorder(output, response, names),
    ...more,
  };
}

interface Facts<N extends string, I extends StructureShape, O extends StructureShape, T> {
  readonly name: N;
  readonly summary: string;
  /** What else to know, in Markdown; links are relative to docs/. */
  readonly notes?: readonly string[];
  readonly input: I;
  readonly output: O;
  readonly targets: T;
  /** Modeled errors, by wire code, beside those that every operation may return. */
  readonly errors: readonly string[];
  readonly readOnly: boolean;
  /** The request is not signed: what it holds proves who sends it. */
  readonly unsigned?: true;
  /** Temporary credentials that are of no use here. */
  readonly refusesSessions?: readonly SessionSource[];
  readonly pagination?: Pagination;
  readonly examples: readonly Example[];
}

/**
 * An operation, declared: all that the walk, the reference and the tests need to know of it. Adding an
 * operation is writing one of these and listing it in `index.ts`.
 */
export interface OperationDeclaration<N extends string, I extends StructureShape, O extends StructureShape, T>
  extends Facts<N, I, O, T> {
  /** The service that the operation is of; KMS, when absent. */
  readonly service?: ServiceName;
  /** The request-rate quota, or how it is found. Other services than KMS have one for all of their operations. */
  readonly quota?: RequestQuota | QuotaRule;
  /** Refuses members that do not go together, before any key is looked up. */
  readonly validate?: (input: ValueOf<I>) => void;
  /** Checks the key against the input (algorithm, sizes): after the key's state, before DryRun answers. */
  readonly check?: (call: Call<ValueOf<I>, Resolved<T>>) => void | Promise<void>;
  readonly handler: (call: Call<ValueOf<I>, Resolved<T>>) => ValueOf<O> | Promise<ValueOf<O>>;
  readonly audit?: AuditProjection<ValueOf<I>, ValueOf<O>, Resolved<T>>;
}

/** An operation as the walk sees it: its functions' own types are erased, its codecs compiled. */
export interface Operation<
  N extends string = string,
  I extends StructureShape = StructureShape,
  O extends StructureShape = StructureShape,
> extends Facts<N, I, O, Targets> {
  readonly service: ServiceName;
  readonly quota: QuotaRule;
  readonly targetList: readonly (readonly [string, Target])[];
  readonly validate?: (input: never) => void;
  readonly check?: (call: Call<never, never>) => void | Promise<void>;
  readonly handler: (call: Call<never, never>) => object | Promise<object>;
  readonly decode: (body: unknown) => AnyInput;
  readonly encode: (output: object) => string;
  readonly audit: AuditRecorder;
}

/** Checks a declaration at compile time and prepares it for the walk. */
export function operation<
  const N extends string,
  I extends StructureShape,
  O extends StructureShape,
  const T extends Targets<ValueOf<I>>,
>(declaration: OperationDeclaration<N, I, O, T>): Operation<N, I, O> {
  const { input, output, service = 'kms' } = declaration;
  return Object.freeze({
    ...declaration,
    service,
    quota: quotaRule(declaration.quota, service),
    targetList: Object.entries<Target>(declaration.targets),
    decode: compileDecoder(input),
    encode: compileEncoder(output),
    audit: auditRecorder(input, output, declaration.audit ?? {}),
  });
}

/**
 * Gives an erased input or call back the type that an operation's own functions expect. Sound because the input
 * was decoded by that operation's own shape and the targets were found by its own declarations.
 */
export function asDeclared(erased: object): never {
  return erased as never;
}
