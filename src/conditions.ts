import type { Recipient } from './attestation/index.ts';
import { type Caller, type PrincipalTag, userIdOf } from './caller.ts';
import { type Identity, type Organization, tagsOf } from './iam/index.ts';
import { type KeyTraits, multiRegionKeyType } from './kms/index.ts';
import type { Conditions } from './operations/index.ts';
import type { ConditionContext, ConditionValue } from './policy/index.ts';

/** What is known of a request for as long as it is judged. */
export interface RequestFacts {
  readonly caller: Caller;
  /** Who alone may read the answer, when the request says so. */
  readonly recipient: Recipient | undefined;
  readonly partition: string;
  readonly region: string;
  readonly organization: Organization;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  /** What is not known of a request that nobody makes is undefined. */
  readonly sourceAddress: string | undefined;
  readonly secureTransport: boolean | undefined;
  readonly userAgent: string | undefined;
  readonly referer: string | undefined;
}

/** What an authorization adds to the facts of its request. */
export interface AuthorizationFacts {
  /** The key to be used, when there is one. */
  readonly key: KeyTraits | undefined;
  /** The alias name by which the request named the key, when it did. */
  readonly requestAlias: string | undefined;
  /** The account that owns what is to be worked on; the caller's, when absent. */
  readonly resourceAccount: string | undefined;
  /** The user, role or policy to be worked on, when there is one. */
  readonly identity: Identity | undefined;
  /** The condition keys that the operation adds; asked for only when a policy needs one. */
  readonly conditions: () => Conditions;
}

type Source = (
  request: RequestFacts,
  authorization: Partial<AuthorizationFacts>,
) => ConditionValue | undefined;

const PRINCIPAL_TYPES = {
  root: 'Account',
  user: 'User',
  'assumed-role': 'AssumedRole',
  'federated-user': 'FederatedUser',
  service: undefined,
  'web-identity': undefined,
} as const;

/** Services, and whoever has no more than a token yet, are in no organization. */
function organizationOfCaller({ caller, organization }: RequestFacts): Organization | undefined {
  return PRINCIPAL_TYPES[caller.principal.kind] === undefined ? undefined : organization;
}

function organizationOfSource({ caller, organization }: RequestFacts): Organization | undefined {
  return caller.serviceSource?.isAccountKnown === true ? organization : undefined;
}

function pathsOf(organization: Organization | undefined): ConditionValue | undefined {
  return organization && [organization.path];
}

/** Condition keys that do not depend on the operation (policies.md sections 6 and 7). */
const SOURCES: Readonly<Record<string, Source>> = {
  'aws:currenttime': ({ time }) => new Date(time).toISOString(),
  'aws:epochtime': ({ time }) => String(Math.floor(time / 1000)),
  'aws:securetransport': ({ secureTransport }) => secureTransport?.toString(),
  'aws:sourceip': ({ sourceAddress }) => sourceAddress,
  'aws:useragent': ({ userAgent }) => userAgent,
  'aws:referer': ({ referer }) => referer,
  'aws:requestedregion': ({ region }) => region,
  'aws:principalarn': ({ caller: { principal } }) =>
    principal.kind === 'assumed-role' ? principal.roleArn : principal.arn,
  'aws:principalaccount': ({ caller }) => (caller.principal.kind === 'service' ? undefined : caller.account),
  'aws:principalorgid': (request) => organizationOfCaller(request)?.id,
  'aws:principalorgpaths': (request) => pathsOf(organizationOfCaller(request)),
  'aws:resourceorgid': ({ organization }) => organization.id,
  'aws:resourceorgpaths': ({ organization }) => pathsOf(organization),
  'aws:sourceorgid': (request) => organizationOfSource(request)?.id,
  'aws:sourceorgpaths': (request) => pathsOf(organizationOfSource(request)),
  'aws:principaltype': ({ caller }) => PRINCIPAL_TYPES[caller.principal.kind],
  'aws:principalisawsservice': ({ caller }) => String(caller.principal.kind === 'service'),
  'aws:principalservicename': ({ caller: { principal } }) =>
    principal.kind === 'service' ? principal.serviceName : undefined,
  'aws:principalservicenameslist': ({ caller: { principal } }) =>
    principal.kind === 'service' ? [principal.serviceName] : undefined,
  'aws:viaawsservice': ({ caller }) => String(caller.viaService !== undefined),
  'aws:calledvia': ({ caller: { viaService } }) => viaService && [viaService],
  'aws:calledviafirst': ({ caller }) => caller.viaService,
  'aws:calledvialast': ({ caller }) => caller.viaService,
  'aws:sourcearn': ({ caller }) => caller.serviceSource?.arn,
  'aws:sourceaccount': ({ caller }) => caller.serviceSource?.account,
  'aws:userid': ({ caller }) => userIdOf(caller.principal),
  'aws:username': ({ caller }) => caller.userName,
  'aws:tokenissuetime': ({ caller: { session } }) => session && new Date(session.issuedAt).toISOString(),
  'aws:multifactorauthpresent': ({ caller }) => caller.session && 'false',
  'aws:sourceidentity': ({ caller }) => caller.session?.sourceIdentity,
  'aws:federatedprovider': ({ caller }) =>
    caller.session?.federatedProvider ?? caller.webIdentity?.provider.arn,
  'aws:resourceaccount': ({ caller }, { resourceAccount }) => resourceAccount ?? caller.account,
  'kms:calleraccount': ({ caller }) =>
    caller.principal.kind === 'service' ? caller.serviceSource?.account : caller.account,
  'kms:viaservice': ({ caller: { viaService }, region }) =>
    viaService && `${viaService.slice(0, viaService.indexOf('.'))}.${region}.amazonaws.com`,
  'kms:keyspec': (_, { key }) => key?.record.keySpec,
  'kms:customermasterkeyspec': (_, { key }) => key?.record.keySpec,
  'kms:keyusage': (_, { key }) => key?.record.keyUsage,
  'kms:customermasterkeyusage': (_, { key }) => key?.record.keyUsage,
  'kms:keyorigin': (_, { key }) => key?.record.origin,
  'kms:multiregion': (_, { key }) => key && String(key.record.primaryRegion !== undefined),
  'kms:multiregionkeytype': (_, { key }) => key && multiRegionKeyType(key),
  'kms:requestalias': (_, { requestAlias }) => requestAlias,
  'kms:resourcealiases': (_, { key }) => key?.aliases.map(({ aliasName }) => aliasName),
};

/** Whose tags a condition key of this beginning asks for. */
const TAG_SOURCES: Readonly<
  Record<
    string,
    (request: RequestFacts, authorization: Partial<AuthorizationFacts>) => readonly PrincipalTag[]
  >
> = {
  'aws:resourcetag': (_, { key, identity }) => key?.record.tags ?? (identity ? tagsOf(identity) : []),
  'iam:resourcetag': (_, { identity }) => (identity ? tagsOf(identity) : []),
  'aws:principaltag': ({ caller }) => caller.tags,
};

/** The condition context of one authorization. Values are worked out when a policy asks for them. */
export class RequestConditions implements ConditionContext {
  readonly #request: RequestFacts;
  readonly #authorization: Partial<AuthorizationFacts>;
  #added: ReadonlyMap<string, ConditionValue | undefined> | undefined;

  constructor(request: RequestFacts, authorization: Partial<AuthorizationFacts>) {
    this.#request = request;
    this.#authorization = authorization;
  }

  /** @param name in lower case */
  get(name: string): ConditionValue | undefined {
    return this.#fromOperation(name) ?? this.#fromRequest(name);
  }

  #fromOperation(name: string): ConditionValue | undefined {
    this.#added ??= new Map(
      Object.entries(this.#authorization.conditions?.() ?? {}).map(([key, value]) => [
        key.toLowerCase(),
        value,
      ]),
    );
    return this.#added.get(name);
  }

  #fromRequest(name: string): ConditionValue | undefined {
    if (Object.hasOwn(SOURCES, name)) return SOURCES[name]?.(this.#request, this.#authorization);
    const slash = name.indexOf('/');
    const kind = name.slice(0, Math.max(0, slash));
    if (Object.hasOwn(TAG_SOURCES, kind)) return this.#tag(kind, name.slice(slash + 1));
    const { caller, recipient } = this.#request;
    return caller.webIdentity?.conditions.get(name) ?? recipient?.conditions.get(name);
  }

  /** Several values when tag keys differ only in case: policies fail closed then. */
  #tag(kind: string, tagKey: string): ConditionValue | undefined {
    const all = TAG_SOURCES[kind]?.(this.#request, this.#authorization) ?? [];
    const tags = all.filter(({ key }) => key.toLowerCase() === tagKey);
    const [value, ...others] = tags.map((tag) => tag.value);
    return value === undefined || others.length === 0 ? value : [value, ...others];
  }
}
