import { at, keyArnOf, parse, readEvent, textAt } from '../audit/event.ts';

/** What a text says of a request that was denied. */
export interface Denial {
  readonly principal?: string;
  readonly action?: string;
  readonly key?: string;
  /** Condition keys that the request had. */
  readonly context?: Readonly<Record<string, string>>;
}

/** An event id or a request id, when that is all there is. */
export function idIn(pasted: string): string | undefined {
  const [id] = UUID.exec(pasted.trim()) ?? [];
  return id;
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * Reads what was denied out of whatever is pasted: the text of an error, with anything around it, or an audit event as
 * JSON, by itself or as LookupEvents answers it. What cannot be found is left out.
 */
export function readDenial(pasted: string): Denial {
  const found = { ...fromText(pasted), ...fromEvent(pasted) };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

type Read = { readonly [K in keyof Denial]: Denial[K] | undefined };

function fromText(text: string): Read {
  const [, principal] = /User: (\S+) is not authorized/.exec(text) ?? [];
  const [, action] = /not authorized to perform: (\w+:\w+)/.exec(text) ?? [];
  const [, key] = /on resource: (arn:[\w-]+:kms:\S+?:key\/[\w-]+)/.exec(text) ?? [];
  return { principal, action, key };
}

function fromEvent(text: string): Read {
  const given = parse(text);
  const record = textAt(given, 'Events', '0', 'CloudTrailEvent') ?? textAt(given, 'CloudTrailEvent') ?? text;
  const event = readEvent(record);
  if (event === undefined) return {};
  const parameters = at(parse(record), 'requestParameters');
  const message = fromText(event.errorMessage ?? '');
  const denied = event.decisions.find(({ outcome }) => outcome !== 'allow') ?? event.decisions[0];
  return {
    principal: message.principal ?? event.callerArn,
    action: message.action ?? denied?.action ?? `${event.service}:${event.name}`,
    key: message.key ?? keyArnOf(event) ?? textAt(parameters, 'keyId'),
    context: contextOf(at(parameters, 'encryptionContext')),
  };
}

function contextOf(encryptionContext: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof encryptionContext !== 'object' || encryptionContext === null) return undefined;
  return Object.fromEntries(
    Object.entries(encryptionContext).map(([name, value]) => [
      `kms:EncryptionContext:${name}`,
      String(value),
    ]),
  );
}
