import {
  findNamedIdentity,
  type Iam,
  type Identity,
  type PolicySourceType,
  parseIdentityArn,
  type Simulation,
  type SourcedPolicy,
  tagsOf,
} from '../../iam/index.ts';
import type { ValueOf } from '../../model/index.ts';
import {
  type ConditionValue,
  type ContextValueType,
  compilePolicy,
  compileTrustPolicy,
  contextKeysOf,
  isContextValue,
  type PolicyDocument,
  PolicyDocumentError,
  type PolicyFault,
  parsePolicy,
  validateIdentityPolicy,
  validateKeyPolicy,
  validateTrustPolicy,
} from '../../policy/index.ts';
import * as refusals from './refusals.ts';
import type { contextEntry } from './simulation-shapes.ts';

/* Reading what a request wants to be simulated. */

/** What policies can be simulated of. */
export type SourceKind = 'user' | 'group' | 'role';

/** The policies that a request brings along, under the names by which answers refer to them. */
export function readIdentityPolicies(list: string, texts: readonly string[]): readonly SourcedPolicy[] {
  return texts.map((text, index) => readPolicy(`${list}.${index + 1}`, 'none', text, validateIdentityPolicy));
}

/** @throws ServiceError `InvalidInput` for more than one */
export function readBoundary(texts: readonly string[]): SourcedPolicy | undefined {
  if (texts.length > 1) throw refusals.onlyOneBoundary();
  return readIdentityPolicies('PermissionsBoundaryPolicyInputList', texts)[0];
}

/** A key policy or, where no statement names a resource, the trust policy of a role. */
function readResourcePolicy(partition: string, text: string): SourcedPolicy {
  return readPolicy('ResourcePolicy', 'resource', text, (document) =>
    isTrustPolicy(document)
      ? validateTrustPolicy(document, { partition })
      : validateKeyPolicy(document, { partition }),
  );
}

function isTrustPolicy({ statements }: PolicyDocument): boolean {
  return statements.every(({ resource }) => resource === undefined);
}

/** @throws ServiceError `InvalidInput` */
function readPolicy(
  id: string,
  type: PolicySourceType,
  text: string,
  validate: (document: PolicyDocument) => readonly PolicyFault[],
): SourcedPolicy {
  try {
    const document = parsePolicy(text);
    const faults = validate(document);
    if (faults.length > 0) throw new PolicyDocumentError(faults);
    const policy = isTrustPolicy(document) ? compileTrustPolicy(document) : compilePolicy(document);
    return { id, type, policy, contextKeys: contextKeysOf(document), text };
  } catch (error) {
    if (error instanceof PolicyDocumentError) throw refusals.invalidSimulatedPolicy(id, error.message);
    throw error;
  }
}

/** What the two kinds of simulation have in common. */
interface SimulationRequest {
  readonly ActionNames: readonly string[];
  readonly ResourceArns?: readonly string[] | undefined;
  readonly ResourcePolicy?: string | undefined;
  readonly ResourceOwner?: string | undefined;
  readonly CallerArn?: string | undefined;
  readonly ContextEntries?: readonly ValueOf<typeof contextEntry>[] | undefined;
  readonly ResourceHandlingOption?: string | undefined;
}

/**
 * Puts together what decides the simulated requests.
 *
 * @param account of the caller of the operation
 * @param source whose policies are simulated; who makes the simulated requests, unless the request says otherwise
 * @throws ServiceError `InvalidInput`
 */
export function readSimulation(
  { partition }: Iam,
  account: string,
  input: SimulationRequest,
  source: Identity<SourceKind> | undefined,
  policies: Pick<Simulation, 'identityPolicies' | 'permissionsBoundary'>,
): Simulation {
  if (input.ResourceHandlingOption !== undefined)
    throw refusals.unknownHandlingOption(input.ResourceHandlingOption);
  for (const action of input.ActionNames)
    if (!/^[\w-]+:\w+$/.test(action)) throw refusals.invalidSimulatedAction(action);
  for (const resource of input.ResourceArns ?? [])
    if (resource !== '*' && !/^arn:([^:]*:){4}./.test(resource))
      throw refusals.invalidSimulatedResource(resource);
  const { isUser, principal, context } = readCaller(account, input.CallerArn, source);
  const resourcePolicy = input.ResourcePolicy;
  if (resourcePolicy !== undefined && !isUser) throw refusals.resourcePolicyNeedsUser();
  return {
    ...policies,
    principal,
    resourcePolicy: resourcePolicy === undefined ? undefined : readResourcePolicy(partition, resourcePolicy),
    resourceOwner: readOwner(input.ResourceOwner) ?? principal.account,
    context: new Map([...context, ...readContextEntries(input.ContextEntries ?? [])]),
  };
}

interface SimulatedCaller extends Pick<Simulation, 'principal' | 'context'> {
  readonly isUser: boolean;
}

/**
 * Who makes the simulated requests, and the condition keys that follow from it. Nothing is looked up of a caller who is
 * not the source: that would tell about identities that the caller of the operation may not see.
 */
function readCaller(
  ownAccount: string,
  givenArn: string | undefined,
  source: Identity<SourceKind> | undefined,
): SimulatedCaller {
  const callerArn = givenArn ?? source?.arn;
  const context = new Map<string, ConditionValue>();
  if (callerArn === undefined) {
    const nobody = { kind: 'user', account: ownAccount, arn: '', uniqueId: '' } as const;
    return { isUser: false, principal: nobody, context };
  }
  const name = parseIdentityArn(callerArn);
  if (name === undefined || !['user', 'group', 'role'].includes(name.kind))
    throw refusals.invalidCallerArn(callerArn);
  const { accountId, kind } = name;
  context.set('aws:principalaccount', accountId);
  context.set('kms:calleraccount', accountId);
  const identity = callerArn === source?.arn ? source : undefined;
  if (kind !== 'group') {
    context.set('aws:principalarn', callerArn);
    context.set('aws:principaltype', kind === 'user' ? 'User' : 'AssumedRole');
  }
  if (kind === 'user') context.set('aws:username', name.name);
  if (kind === 'user' && identity !== undefined) context.set('aws:userid', identity.uniqueId);
  for (const { key, value } of identity === undefined ? [] : tagsOf(identity))
    context.set(`aws:principaltag/${key.toLowerCase()}`, value);
  const uniqueId = identity?.uniqueId ?? '';
  const principal = { kind: 'user', account: accountId, arn: callerArn, uniqueId } as const;
  return { isUser: kind === 'user', principal, context };
}

/** The user, group or role of an account that has an ARN. */
export async function findSource(
  { store, partition }: Iam,
  account: string,
  arn: string,
): Promise<Identity<SourceKind> | undefined> {
  const name = parseIdentityArn(arn);
  if (name === undefined || name.accountId !== account) return undefined;
  const { kind } = name;
  if (kind !== 'user' && kind !== 'group' && kind !== 'role') return undefined;
  const identity = await store.read((reader) =>
    findNamedIdentity<SourceKind>(reader, partition, account, kind, name.name),
  );
  return identity?.arn === arn ? identity : undefined;
}

function readOwner(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const account = /^(?:arn:[a-z0-9-]+:iam::)?([0-9]{12})(?::root)?$/.exec(text)?.[1];
  if (account === undefined) throw refusals.invalidResourceOwner(text);
  return account;
}

/** @throws ServiceError `InvalidInput` for an entry that is not complete, or is not of its type, or is there twice */
function readContextEntries(
  entries: readonly ValueOf<typeof contextEntry>[],
): ReadonlyMap<string, ConditionValue> {
  const context = new Map<string, ConditionValue>();
  for (const { ContextKeyName: name, ContextKeyValues: values, ContextKeyType: type } of entries) {
    if (name === undefined || values === undefined || type === undefined)
      throw refusals.incompleteContextEntry(name);
    if (context.has(name.toLowerCase())) throw refusals.repeatedContextEntry(name);
    const [value, ...others] = values;
    const isList = type.endsWith('List');
    if (!isList && (value === undefined || others.length > 0)) throw refusals.notOneContextValue(name, type);
    for (const each of values)
      if (!isContextValue(SINGLE_TYPES[type], each)) throw refusals.invalidContextValue(name, type, each);
    context.set(name.toLowerCase(), isList || value === undefined ? values : value);
  }
  return context;
}

const SINGLE_TYPES = {
  string: 'string',
  stringList: 'string',
  numeric: 'numeric',
  numericList: 'numeric',
  boolean: 'boolean',
  booleanList: 'boolean',
  ip: 'ip',
  ipList: 'ip',
  binary: 'binary',
  binaryList: 'binary',
  date: 'date',
  dateList: 'date',
} satisfies Record<string, ContextValueType>;
