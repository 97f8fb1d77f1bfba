import type { Caller } from './caller.ts';
import type { KeyTraits } from './kms/index.ts';
import type { Conditions } from './operations/index.ts';
import type { ConditionContext, ConditionValue } from './policy/index.ts';

/** What is known of a request for as long as it is judged. */
export interface RequestFacts {
  readonly caller: Caller;
  readonly region: string;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  readonly sourceAddress: string;
  readonly secureTransport: boolean;
  readonly userAgent: string | undefined;
  readonly referer: string | undefined;
}

/** What an authorization adds to the facts of its request. */
export interface AuthorizationFacts {
  /** The key to be used, when there is one. */
  readonly key: KeyTraits | undefined;
  /** The alias name by which the request named the key, when it did. */
  readonly requestAlias: string | undefined;
  /** The condition keys that the operation adds; asked for only when a policy needs one. */
  readonly conditions: () => Conditions;
}

type Source = (request: RequestFacts, authorization: AuthorizationFacts) => ConditionValue | undefined;

/** Condition keys that do not depend on the operation (policies.md sections 6 and 7). */
const SOURCES: Readonly<Record<string, Source>> = {
  'aws:currenttime': ({ time }) => new Date(time).toISOString(),
  'aws:epochtime': ({ time }) => String(Math.floor(time / 1000)),
  'aws:securetransport': ({ secureTransport }) => String(secureTransport),
  'aws:sourceip': ({ sourceAddress }) => sourceAddress,
  'aws:useragent': ({ userAgent }) => userAgent,
  'aws:referer': ({ referer }) => referer,
  'aws:requestedregion': ({ region }) => region,
  'aws:principalarn': ({ caller }) => caller.principal.arn,
  'aws:principalaccount': ({ caller }) => caller.account,
  'aws:principaltype': () => 'Account',
  'aws:principalisawsservice': () => 'false',
  'aws:viaawsservice': () => 'false',
  'aws:userid': ({ caller }) => caller.account,
  'aws:resourceaccount': ({ caller }, { key }) => key?.record.accountId ?? caller.account,
  'kms:calleraccount': ({ caller }) => caller.account,
  'kms:keyspec': (_, { key }) => key?.record.keySpec,
  'kms:customermasterkeyspec': (_, { key }) => key?.record.keySpec,
  'kms:keyusage': (_, { key }) => key?.record.keyUsage,
  'kms:customermasterkeyusage': (_, { key }) => key?.record.keyUsage,
  'kms:keyorigin': (_, { key }) => key?.record.origin,
  'kms:multiregion': (_, { key }) => key && String(key.record.multiRegion),
  'kms:requestalias': (_, { requestAlias }) => requestAlias,
  'kms:resourcealiases': (_, { key }) => key?.aliases.map(({ aliasName }) => aliasName),
};

const RESOURCE_TAG = 'aws:resourcetag/';

/** The condition context of one authorization. Values are worked out when a policy asks for them. */
export class RequestConditions implements ConditionContext {
  readonly #request: RequestFacts;
  readonly #authorization: AuthorizationFacts;
  #added: ReadonlyMap<string, ConditionValue | undefined> | undefined;

  constructor(request: RequestFacts, authorization: AuthorizationFacts) {
    this.#request = request;
    this.#authorization = authorization;
  }

  /** @param name in lower case */
  get(name: string): ConditionValue | undefined {
    return this.#fromOperation(name) ?? this.#fromRequest(name);
  }

  #fromOperation(name: string): ConditionValue | undefined {
    this.#added ??= new Map(
      Object.entries(this.#authorization.conditions()).map(([key, value]) => [key.toLowerCase(), value]),
    );
    return this.#added.get(name);
  }

  #fromRequest(name: string): ConditionValue | undefined {
    if (name.startsWith(RESOURCE_TAG)) return this.#resourceTag(name.slice(RESOURCE_TAG.length));
    return Object.hasOwn(SOURCES, name) ? SOURCES[name]?.(this.#request, this.#authorization) : undefined;
  }

  /** Several values when tag keys differ only in case: policies fail closed then. */
  #resourceTag(tagKey: string): ConditionValue | undefined {
    const tags = this.#authorization.key?.record.tags.filter(({ key }) => key.toLowerCase() === tagKey) ?? [];
    const [value, ...others] = tags.map((tag) => tag.value);
    return value === undefined || others.length === 0 ? value : [value, ...others];
  }
}
