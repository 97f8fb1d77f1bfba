/*
 * What decisions cost, and what policies cost that are made to be expensive: to read, to judge by, to put, to check.
 * Without HTTP, in a process of its own. `bench.ts` forks it; it sends one `PolicyReport`.
 */

import { type HostilePolicy, hostilePolicies } from '../src/policy/hostile.test-support.ts';
import {
  type AuthorizationPolicies,
  type AuthorizationRequest,
  authorize,
  bindPrincipals,
  type CompiledPolicy,
  compilePolicy,
  lintPolicy,
  PolicyDocumentError,
  type Principal,
  parsePolicy,
  principalsToBind,
  validateKeyPolicy,
} from '../src/policy/index.ts';
import { cpuPerCall, cpuPerRequest } from './cpu.ts';
import { ACCOUNT, createUsers } from './fill.ts';
import { type LocalService, openLocalService } from './local-service.ts';

/** What one decision costs. */
export interface DecisionCost {
  readonly question: string;
  readonly microseconds: number;
  readonly allowed: boolean;
}

/** What one document costs; milliseconds. */
export interface DocumentCost {
  readonly title: string;
  readonly bytes: number;
  readonly isRefused: boolean;
  /** Parsing, judging, binding and compiling, or saying what is wrong. */
  readonly read: number;
  /** PutKeyPolicy, the whole walk: answered with an error, or put. */
  readonly put: number;
  /** A decision by it, for a request with the longest encryption context. */
  readonly decide: number | undefined;
  /** `qkms policy check`. */
  readonly lint: number | undefined;
}

export interface PolicyReport {
  readonly decisions: readonly DecisionCost[];
  readonly documents: readonly DocumentCost[];
}

const KEY = `arn:aws:kms:eu-central-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const ROOT_ARN = `arn:aws:iam::${ACCOUNT}:root`;
const LONGEST_CONTEXT = 8_190;

const root: Principal = { kind: 'root', account: ACCOUNT, arn: ROOT_ARN };
const user: Principal = {
  kind: 'user',
  account: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/team/alice`,
  uniqueId: 'AIDAALICEALICEALICE12',
};
const session: Principal = {
  kind: 'assumed-role',
  account: ACCOUNT,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Service/instance-1`,
  roleArn: `arn:aws:iam::${ACCOUNT}:role/apps/Service`,
  uniqueId: 'AROASERVICESERVICE123',
  sessionName: 'instance-1',
};

const DEFAULT_STATEMENT = {
  Sid: 'Enable IAM User Permissions',
  Effect: 'Allow',
  Principal: { AWS: ROOT_ARN },
  Action: 'kms:*',
  Resource: '*',
};

/** Users who exist; as many as a key policy can name. */
const USERS = 840;
const userArn = (index: number): string => `arn:aws:iam::${ACCOUNT}:user/u${index}`;
const users = Array.from({ length: USERS }, (_, index) => userArn(index));
const existing: ReadonlySet<string> = new Set(users);

/** 200 statements in just under 32,768 bytes; the last one allows. */
const LONG_POLICY = [
  ...Array.from({ length: 199 }, (_, index) => ({
    Effect: index % 4 === 0 ? 'Deny' : 'Allow',
    Principal: { AWS: userArn(index) },
    Action: index % 2 === 0 ? 'kms:Decrypt' : 'kms:Generate*',
    Resource: '*',
    Condition: { StringEquals: { 'aws:userid': 'x' } },
  })),
  DEFAULT_STATEMENT,
];

const [dataDirectory = ''] = process.argv.slice(2);
const service = await openLocalService(dataDirectory);
await service.inStore((identities) => createUsers(identities, 'u', USERS));
const report: PolicyReport = {
  decisions: measureDecisions(),
  documents: await measureDocuments(service),
};
await service.close();
if (process.send === undefined) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
else process.send(report, () => process.exit());

function measureDecisions(): readonly DecisionCost[] {
  const read = (statements: readonly object[]) => compilePolicy(parsePolicy(policyText(statements)));
  const byDefault = read([DEFAULT_STATEMENT]);
  const long = read(LONG_POLICY);
  const identityPolicies = [read([{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }])];
  const cost = (
    question: string,
    principal: Principal,
    policies: Partial<AuthorizationPolicies>,
  ): DecisionCost => {
    const asked = ask(principal, { 'kms:encryptioncontext:k': 'a'.repeat(LONGEST_CONTEXT) });
    const all = { identityPolicies: [], ...policies };
    const milliseconds = cpuPerCall(() => authorize(asked, all));
    return { question, microseconds: milliseconds * 1000, allowed: authorize(asked, all).allowed };
  };
  const like = (pattern: string) =>
    read([{ ...DEFAULT_STATEMENT, Condition: { StringLike: { 'kms:EncryptionContext:k': pattern } } }]);
  const backtracking = like(`${'*?'.repeat(4_000)}b`);
  const needle = like(`*${'a'.repeat(4_000)}?${'a'.repeat(4_000)}b*`);
  const bytes = policyText(LONG_POLICY).length.toLocaleString('en');
  const longPolicy = `a key policy of ${LONG_POLICY.length} statements in ${bytes} bytes`;
  return [
    cost('the default key policy: the root user', root, { keyPolicy: byDefault }),
    cost('the default key policy: a user with an identity policy', user, {
      keyPolicy: byDefault,
      identityPolicies,
    }),
    cost('the default key policy: a role session with an identity policy', session, {
      keyPolicy: byDefault,
      identityPolicies,
    }),
    cost('the default key policy: a user without', user, { keyPolicy: byDefault }),
    cost(`${longPolicy}: the root user`, root, { keyPolicy: long }),
    cost(`${longPolicy}: a role session with an identity policy`, session, {
      keyPolicy: long,
      identityPolicies,
    }),
    cost('8,001 characters of `*?*?…` against an encryption context of 8,190', root, {
      keyPolicy: backtracking,
    }),
    cost('8,004 characters that almost match everywhere, against the same', root, { keyPolicy: needle }),
  ];
}

async function measureDocuments(local: LocalService): Promise<readonly DocumentCost[]> {
  const { KeyMetadata } = await local.ask('CreateKey', {});
  const KeyId = String(Object(KeyMetadata).KeyId);
  const documents = [
    { title: 'for comparison: 200 ordinary statements', text: policyText(LONG_POLICY) },
    {
      title: `${USERS} users who exist`,
      text: policyText([DEFAULT_STATEMENT, { ...DEFAULT_STATEMENT, Sid: '', Principal: { AWS: users } }]),
    },
    ...hostilePolicies('key-policy'),
  ];
  const costs: DocumentCost[] = [];
  for (const document of documents) costs.push(await measureDocument(local, KeyId, document));
  return costs;
}

async function measureDocument(
  local: LocalService,
  KeyId: string,
  { title, text, refusal }: HostilePolicy,
): Promise<DocumentCost> {
  const put = local.prepare('PutKeyPolicy', [{ KeyId, Policy: text }], refusal === undefined ? 200 : 400);
  const policy = readPolicy(text);
  const request = ask(user, { 'aws:userid': 'a'.repeat(LONGEST_CONTEXT) });
  return {
    title,
    bytes: Buffer.byteLength(text),
    isRefused: refusal !== undefined,
    read: cpuPerCall(() => readPolicy(text)),
    put: await cpuPerRequest(put, { rounds: 5, requests: 20 }),
    decide: policy && cpuPerCall(() => authorize(request, { keyPolicy: policy, identityPolicies: [] })),
    lint: policy && cpuPerCall(() => lintPolicy(parsePolicy(text), 'key-policy'), 3),
  };
}

/** What PutKeyPolicy makes of a text; nothing, if it refuses it. */
function readPolicy(text: string): CompiledPolicy | undefined {
  try {
    const document = parsePolicy(text);
    const { arns } = principalsToBind(document);
    const faults = validateKeyPolicy(document, {
      partition: 'aws',
      principalExists: (arn) => existing.has(arn),
    });
    if (faults.length > 0) throw new PolicyDocumentError(faults);
    return compilePolicy(bindPrincipals(document, new Map(arns.map((arn) => [arn, arn]))));
  } catch (error) {
    if (error instanceof PolicyDocumentError) return undefined;
    throw error;
  }
}

function ask(principal: Principal, context: Readonly<Record<string, string>>): AuthorizationRequest {
  return {
    principal,
    action: 'kms:Decrypt',
    resource: KEY,
    resourceAccount: ACCOUNT,
    context: new Map(Object.entries(context)),
  };
}

function policyText(Statement: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement });
}
