import type { KMS, KMSClient } from '@aws-sdk/client-kms';
import { isQueryService } from '../../../src/model/service.ts';
import type { Signing } from './credentials.ts';
import { type ApiError, notUnderstood, refusedWith } from './errors.ts';
import { type Exchange, exchange } from './exchange.ts';
import type { EventPage, EventQuestion } from './lookup-events.ts';
import type { OwnOperations } from './own-operations.ts';
import type { Request } from './wire.ts';
import { memberOf, parseXml, textAt, type XmlValue } from './xml.ts';

/** What the AWS SDK knows as `Date` and `Uint8Array` is, on the wire, seconds since the Unix epoch and base64. */
export type Wire<T> = T extends Date
  ? number
  : T extends Uint8Array
    ? string
    : T extends readonly (infer Item)[]
      ? readonly Wire<Item>[]
      : T extends object
        ? { readonly [K in keyof T]: Wire<T[K]> }
        : T;

/** Of the last overload of a method of the AWS SDK: with options and callback. */
type Method<F> = F extends (
  input: infer Input,
  options: never,
  callback: (error: never, output?: infer Output) => void,
) => void
  ? { readonly input: Wire<Input>; readonly output: Wire<Omit<NonNullable<Output>, '$metadata'>> }
  : never;

/** The name of an operation of KMS. */
export type KmsOperation = Capitalize<Exclude<keyof KMS, keyof KMSClient>>;

type MethodOf<N extends KmsOperation> = Method<KMS[Extract<Uncapitalize<N>, keyof KMS>]>;
export type InputOf<N extends KmsOperation> = MethodOf<N>['input'];
export type OutputOf<N extends KmsOperation> = MethodOf<N>['output'];

/**
 * Calls an operation of KMS.
 *
 * @throws ApiError
 */
export async function callKms<N extends KmsOperation>(
  signing: Signing,
  operation: N,
  input: InputOf<N>,
  signal?: AbortSignal,
): Promise<OutputOf<N>> {
  // The types of the AWS SDK are those that the server checks its declarations against.
  return (await callJson(
    signing,
    { service: 'kms', operation, input: Object(input) },
    signal,
  )) as OutputOf<N>;
}

/**
 * Calls an operation that only QKMS has.
 *
 * @throws ApiError
 */
export async function callOwn<N extends keyof OwnOperations>(
  signing: Signing,
  operation: N,
  input: OwnOperations[N]['input'],
  signal?: AbortSignal,
): Promise<OwnOperations[N]['output']> {
  const output = await callJson(signing, { service: 'qkms', operation, input: { ...input } }, signal);
  return output as OwnOperations[N]['output'];
}

/**
 * Looks up events of the audit log, a page of them.
 *
 * @throws ApiError
 */
export async function callLookupEvents(
  signing: Signing,
  input: EventQuestion,
  signal?: AbortSignal,
): Promise<EventPage> {
  const request = { service: 'cloudtrail', operation: 'LookupEvents', input: { ...input } } as const;
  return (await callJson(signing, request, signal)) as EventPage;
}

async function callJson(
  signing: Signing,
  request: Request,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const answered = await exchange(signing, request, signal);
  const error = errorOf(request, answered);
  if (error !== undefined) throw error;
  return JSON.parse(answered.response.body);
}

/**
 * Calls an operation of IAM or STS, and gives what is in its result.
 *
 * @throws ApiError
 */
export async function callQuery(
  signing: Signing,
  service: 'iam' | 'sts',
  operation: string,
  input: Readonly<Record<string, unknown>>,
  signal?: AbortSignal,
): Promise<XmlValue | undefined> {
  const request = { service, operation, input };
  const answered = await exchange(signing, request, signal);
  const error = errorOf(request, answered);
  if (error !== undefined) throw error;
  return memberOf(parseXml(answered.response.body), `${operation}Result`);
}

/** The error that an answer tells; `undefined` for a success. */
export function errorOf({ service }: Request, { response, requestId }: Exchange): ApiError | undefined {
  const { status, body } = response;
  const contentType = response.headers['content-type'] ?? '';
  const isOurs = isQueryService(service) ? /xml/.test(contentType) : /json/.test(contentType);
  if (status === 200) return isOurs ? undefined : notUnderstood(requestId);
  if (/xml/.test(contentType)) {
    const document = parseXml(body);
    return refusedWith(
      textAt(document, 'Error', 'Code'),
      textAt(document, 'Error', 'Message'),
      status,
      requestId,
    );
  }
  if (!/json/.test(contentType)) return notUnderstood(requestId);
  const parsed: unknown = JSON.parse(body);
  const { code, message } = readJsonError(parsed);
  return refusedWith(code, message, status, requestId);
}

function readJsonError(parsed: unknown): { readonly code: string; readonly message: string } {
  if (typeof parsed !== 'object' || parsed === null) return { code: 'Unknown', message: '' };
  const code = '__type' in parsed ? String(parsed.__type) : 'Unknown';
  const message = 'message' in parsed ? parsed.message : 'Message' in parsed ? parsed.Message : '';
  return { code: code.split('#').at(-1) ?? code, message: String(message) };
}
