import { ADMINISTRATION, actionsOfUsers, actionsOfVerifiers } from './templates.ts';

/** A statement of a policy, as JSON. */
export type Statement = Readonly<Record<string, unknown>>;

/** What a person fills in for a statement. */
export interface StatementValues {
  /** ARNs, or account ids. */
  readonly principals: readonly string[];
  /** A name, a list of networks, a service or a number, as the kind has it. */
  readonly text: string;
}

/** Facts about the key that statements depend on. */
export interface StatementKey {
  readonly account: string;
  readonly region: string;
  readonly keyUsage: string;
}

/** A kind of statement that many policies have. */
export interface StatementKind {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** Whom it is about; nobody in particular, when absent. */
  readonly principals?: string;
  /** What else is asked for. */
  readonly text?: { readonly label: string; readonly first: string; readonly pattern: RegExp };
  make(values: StatementValues, key: StatementKey): Statement;
}

const allow = (
  Sid: string,
  principals: readonly string[],
  Action: unknown,
  Condition?: object,
): Statement => ({
  Sid,
  Effect: 'Allow',
  Principal: { AWS: principals.length === 1 ? principals[0] : principals },
  Action,
  Resource: '*',
  ...(Condition && { Condition }),
});

const deny = (Sid: string, Action: unknown, Condition: object): Statement => ({
  Sid,
  Effect: 'Deny',
  Principal: '*',
  Action,
  Resource: '*',
  Condition,
});

const rootOf = (account: string) => `arn:aws:iam::${account}:root`;

/** An account id stands for its root, as which all of it may be allowed. */
const asPrincipal = (text: string) => (/^\d{12}$/.test(text) ? rootOf(text) : text);

const WITH_ENCRYPTION_CONTEXT = ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'];

/** The kinds of statements that are offered, those that allow first. */
export const STATEMENT_KINDS: readonly StatementKind[] = [
  {
    id: 'account',
    label: 'The account and its identity policies',
    description: 'Lets the account administer the key, and whoever its identity policies name.',
    make: (_, { account }) => allow('Enable IAM User Permissions', [rootOf(account)], 'kms:*'),
  },
  {
    id: 'administrators',
    label: 'Key administrators',
    description: 'They may administer the key, but not use it.',
    principals: 'Who administers the key',
    make: ({ principals }) => allow('Allow access for key administrators', principals, ADMINISTRATION),
  },
  {
    id: 'users',
    label: 'Key users',
    description: 'They may use the key for what it is for.',
    principals: 'Who uses the key',
    make: ({ principals }, { keyUsage }) =>
      allow('Allow use of the key', principals, actionsOfUsers(keyUsage)),
  },
  {
    id: 'verifiers',
    label: 'Verification only',
    description: 'They may verify signatures or MACs, and get the public key if there is one.',
    principals: 'Who verifies',
    make: ({ principals }, { keyUsage }) =>
      allow('Allow verification', principals, actionsOfVerifiers(keyUsage)),
  },
  {
    id: 'grants',
    label: 'Grants for services',
    description: 'They may have services use the key on their behalf, by grants, and nobody else.',
    principals: 'On whose behalf services use the key',
    make: ({ principals }) =>
      allow(
        'Allow attachment of persistent resources',
        principals,
        ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
        { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      ),
  },
  {
    id: 'another-account',
    label: 'Use from another account',
    description: 'Lets another account use the key; there, identity policies say who of it may.',
    principals: 'Account ids, or principals of other accounts',
    make: ({ principals }, { keyUsage }) =>
      allow('Allow use from other accounts', principals.map(asPrincipal), actionsOfUsers(keyUsage)),
  },
  {
    id: 'through-a-service',
    label: 'Use through one service only',
    description: 'They may use the key only when a service does so for them.',
    principals: 'Who uses the key',
    text: { label: 'Service, such as s3', first: 's3', pattern: /^[a-z0-9-]+$/ },
    make: ({ principals, text }, { keyUsage, region }) =>
      allow('Allow use through a service', principals, actionsOfUsers(keyUsage), {
        StringEquals: { 'kms:ViaService': `${text}.${region}.amazonaws.com` },
      }),
  },
  {
    id: 'encryption-context',
    label: 'Deny use without an encryption context',
    description: 'Nobody may encrypt or decrypt without a certain name in the encryption context.',
    text: { label: 'Name in the encryption context', first: 'department', pattern: /^\S.*$/ },
    make: ({ text }) =>
      deny('Deny use without encryption context', WITH_ENCRYPTION_CONTEXT, {
        Null: { [`kms:EncryptionContext:${text}`]: 'true' },
      }),
  },
  {
    id: 'tls',
    label: 'Deny use without TLS',
    description: 'Nobody may use the key over plain HTTP; administering it is not affected.',
    make: (_, { keyUsage }) =>
      deny('Deny use without TLS', actionsOfUsers(keyUsage), { Bool: { 'aws:SecureTransport': 'false' } }),
  },
  {
    id: 'networks',
    label: 'Deny use from other networks',
    description: 'Nobody may use the key from elsewhere; administering it is not affected.',
    text: {
      label: 'Networks, separated by commas',
      first: '10.0.0.0/8',
      pattern: /^[0-9a-fA-F.:]+(?:\/\d+)?(?:\s*,\s*[0-9a-fA-F.:]+(?:\/\d+)?)*$/,
    },
    make: ({ text }, { keyUsage }) =>
      deny('Deny use from other networks', actionsOfUsers(keyUsage), {
        NotIpAddress: { 'aws:SourceIp': text.split(',').map((network) => network.trim()) },
      }),
  },
  {
    id: 'deletion',
    label: 'Deny deletion on short notice',
    description: 'The key may be scheduled for deletion only with so many days to think again.',
    text: { label: 'Days', first: '30', pattern: /^(?:[7-9]|[12]\d|30)$/ },
    make: ({ text }) =>
      deny('Deny deletion on short notice', 'kms:ScheduleKeyDeletion', {
        NumericLessThan: { 'kms:ScheduleKeyDeletionPendingWindowInDays': text },
      }),
  },
];

/** A policy that can be built on: its statements. */
export interface ReadablePolicy {
  readonly document: Readonly<Record<string, unknown>>;
  readonly statements: readonly Statement[];
}

/** The statements of the text of a policy; `undefined` when it is not one that could be added to. */
export function readStatements(text: string): ReadablePolicy | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(document)) return undefined;
  const { Statement: given = [] } = document;
  const statements = Array.isArray(given) ? given : [given];
  return statements.every(isObject) ? { document, statements } : undefined;
}

/** The text of a policy with other statements; each gets a `Sid` that no other has. */
export function withStatements({ document }: ReadablePolicy, statements: readonly Statement[]): string {
  const taken = new Set<unknown>();
  const named = statements.map((statement) => {
    const { Sid } = statement;
    if (Sid === undefined) return statement;
    let sid = Sid;
    for (let number = 2; taken.has(sid); number += 1) sid = `${String(Sid)} ${number}`;
    taken.add(sid);
    return sid === Sid ? statement : { ...statement, Sid: sid };
  });
  return JSON.stringify({ Version: '2012-10-17', ...document, Statement: named }, undefined, 2);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One line that tells what a statement says. */
export function summaryOf({
  Effect,
  Principal,
  NotPrincipal,
  Action,
  NotAction,
  Condition,
}: Statement): string {
  const who =
    NotPrincipal === undefined
      ? listText(Principal, 'everybody')
      : `everybody but ${listText(NotPrincipal, 'everybody')}`;
  const what =
    NotAction === undefined
      ? listText(Action, 'everything')
      : `everything but ${listText(NotAction, 'everything')}`;
  const when = Condition === undefined ? '' : ', under conditions';
  return `${String(Effect)}: ${who}: ${what}${when}`;
}

/** As many of a list as are told one by one. */
const MOST_TOLD = 3;

/** @param any what `*` is called */
function listText(value: unknown, any: string): string {
  const flat = isObject(value) ? Object.values(value).flat() : [value].flat();
  const told = flat.slice(0, MOST_TOLD).map((each) => (each === '*' ? any : String(each)));
  return flat.length > MOST_TOLD ? `${told.join(', ')} and ${flat.length - MOST_TOLD} more` : told.join(', ');
}
