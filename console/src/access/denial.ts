/** What a text says of a request that was denied. */
export interface Denial {
  readonly principal?: string;
  readonly action?: string;
  readonly key?: string;
}

/**
 * Reads what was denied out of whatever is pasted: the text of an error, with anything around it, or an audit event as
 * JSON. What cannot be found is left out.
 */
export function readDenial(pasted: string): Denial {
  const found = { ...fromText(pasted), ...fromEvent(pasted) };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

function fromText(text: string): Partial<Record<keyof Denial, string | undefined>> {
  const [, principal] = /User: (\S+) is not authorized/.exec(text) ?? [];
  const [, action] = /not authorized to perform: (\w+:\w+)/.exec(text) ?? [];
  const [, key] = /on resource: (arn:[\w-]+:kms:\S+?:key\/[\w-]+)/.exec(text) ?? [];
  return { principal, action, key };
}

function fromEvent(text: string): Partial<Record<keyof Denial, string | undefined>> {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    return {};
  }
  const [source] = textAt(event, 'eventSource')?.split('.') ?? [];
  const name = textAt(event, 'eventName');
  const message = fromText(textAt(event, 'errorMessage') ?? '');
  return {
    principal: message.principal ?? textAt(event, 'userIdentity', 'arn'),
    action: message.action ?? (source !== undefined && name !== undefined ? `${source}:${name}` : undefined),
    key: message.key ?? textAt(event, 'resources', '0', 'ARN') ?? textAt(event, 'requestParameters', 'keyId'),
  };
}

function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  let at = value;
  for (const name of path) at = typeof at === 'object' && at !== null ? Reflect.get(at, name) : undefined;
  return typeof at === 'string' ? at : undefined;
}
