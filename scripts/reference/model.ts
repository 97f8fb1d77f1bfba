import type { ServiceName } from '../../src/model/service.ts';
import type { StructureShape } from '../../src/model/shapes.ts';

/*
 * The reference of an operation as plain data, made from its declaration. docs/api/ and the console show it; what it says
 * they do not say otherwise.
 */

/** A header that every request to an operation carries. */
export interface HeaderRow {
  readonly name: string;
  readonly required: boolean;
  readonly description: string;
}

/** An error, and when it is the answer. */
export interface ErrorRow {
  readonly code: string;
  readonly description: string;
}

/** A request-rate quota, and its rates in requests per second by default. */
export interface QuotaRow {
  readonly name: string;
  readonly rate: number;
  /** That of AWS in most Regions. */
  readonly awsRate: number;
}

/** An example, with what a server really answered. */
export interface Example {
  readonly title: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly response: {
    readonly status: number;
    readonly contentType: string;
    /** JSON or XML, for people to read. */
    readonly body: string;
  };
}

/** All that the reference says of one operation. */
export interface OperationPage {
  readonly name: string;
  readonly service: ServiceName;
  /** What signatures are scoped to. */
  readonly signingName: string;
  readonly summary: string;
  /** What else to know, in Markdown; links are relative to docs/. */
  readonly notes: readonly string[];
  readonly readOnly: boolean;
  /** Whether requests are not signed. */
  readonly unsigned: boolean;
  readonly headers: readonly HeaderRow[];
  readonly input: StructureShape;
  readonly output: StructureShape;
  readonly examples: readonly Example[];
  readonly errors: readonly ErrorRow[];
  readonly permissions: readonly Permission[];
  /** The request-rate quotas under which requests count, one or the other of these. */
  readonly quotas: readonly QuotaRow[];
  /** How many items a page has: without `Limit` (or `MaxItems`), and at most. */
  readonly pagination?: { readonly defaultLimit: number; readonly maximumLimit: number };
}

/** The whole reference. */
export interface Reference {
  /** By name. */
  readonly operations: readonly OperationPage[];
  readonly commonErrors: readonly ErrorRow[];
}

/** One permission that an operation takes. */
export interface Permission {
  /** The permission, and on what and by which kind of policy it is given, in Markdown. */
  readonly text: string;
  /** The condition keys that the operation adds to the request for this permission. */
  readonly conditionKeys: readonly string[];
  /** Of a key or a grant: whether the key may belong to another account. */
  readonly crossAccount?: boolean;
  /** Of a key or a grant: the states of the key in which the operation is refused. */
  readonly refusedStates?: readonly string[];
}
