import { accountRootArn, splitArn, withoutRolePath } from './arn.ts';
import type { PolicyDocument, PrincipalElement } from './document.ts';
import { type PrincipalForm, readPrincipalForm } from './principal.ts';
import type { Carried } from './read-statement.ts';
import type { Principal } from './request.ts';
import { isAboutCaller } from './vocabulary.ts';

/**
 * Whoever policies can tell apart: each principal that they name, for each account that they name those in it who are
 * not named, and somebody of an account that is not named. An ARN and a unique id are taken for different principals.
 */
export interface Caller {
  /** For people, such as `any other user of 111122223333`. */
  readonly label: string;
  readonly principal: Principal;
  /** Whether it has a permissions boundary; only told apart where a Deny with `NotPrincipal` does. */
  readonly hasBoundary: boolean;
  /** What the caller carries under a key that tells about it, in lower case, if that is certain. */
  certain(key: string): string | undefined;
  /** Whether the caller may carry a value under a key for which none is certain. */
  mayCarry(key: string, value: Carried): boolean;
}

/** The callers that some documents tell apart. */
export interface Callers {
  /** Those who are named, and the others of their accounts: made as they are asked for, since they can be very many. */
  readonly named: Iterable<Caller>;
  /** Those who have nothing to do with any of them. */
  readonly others: readonly Caller[];
}

interface Account {
  readonly partition: string;
  readonly id: string;
}

/** A caller in the making. */
interface Draft {
  readonly label: string;
  readonly principal: Principal;
  /** Its `aws:PrincipalArn`, if that is certain. */
  readonly arn?: string;
}

/** An entry of a `Principal` as it was written, and what it means. */
interface NamedForm extends PrincipalForm {
  readonly value: string;
}

/** The callers that the documents tell apart. */
export function callersOf(documents: readonly PolicyDocument[]): Callers {
  const elements = documents.flatMap(({ statements }) =>
    statements.flatMap(({ effect, principal }) => (principal === undefined ? [] : { effect, ...principal })),
  );
  const forms = formsIn(elements);
  const ids = new Set(forms.flatMap((form) => accountOf(form) ?? []));
  const accounts = accountsIn(forms);
  const stranger = { partition: accounts[0]?.partition ?? 'aws', id: unusedAccount(ids) };
  const arns = new Set(forms.flatMap(({ kind, value }) => (kind === 'user' || kind === 'role' ? value : [])));
  for (const { partition, id } of accounts) arns.add(accountRootArn(partition, id));
  const isBoundaryTold = elements.some(({ effect, negated }) => effect === 'Deny' && negated);
  const finish = (draft: Draft): readonly Caller[] => {
    const caller = { ...callerOf(draft, ids, arns), hasBoundary: false };
    const { kind } = draft.principal;
    if (!isBoundaryTold || (kind !== 'user' && kind !== 'assumed-role')) return [caller];
    return [caller, { ...caller, label: `${caller.label}, with a permissions boundary`, hasBoundary: true }];
  };
  return {
    named: {
      *[Symbol.iterator]() {
        for (const draft of draftsFrom(forms, accounts, stranger)) yield* finish(draft);
      },
    },
    others: [
      { label: 'anyone else', principal: userOf(stranger, OTHER_NAME) },
      { label: 'any other AWS service', principal: serviceOf('another-service.amazonaws.com') },
    ].flatMap(finish),
  };
}

const OTHER_NAME = 'any-other-than-named';

function formsIn(elements: readonly PrincipalElement[]): readonly NamedForm[] {
  const forms = new Map<string, NamedForm>();
  for (const entry of elements.flatMap(({ entries }) => entries)) {
    const form = readPrincipalForm(entry);
    if (form !== undefined && !forms.has(form.name)) forms.set(form.name, { ...form, value: entry.value });
  }
  return [...forms.values()];
}

/** The account that an entry names, or that the principal belongs to. */
function accountOf({ kind, name, partition }: NamedForm): string | undefined {
  if (kind === 'provider') return undefined;
  return kind === 'account' && partition === undefined ? name : splitArn(name)?.[4];
}

/** There are not more of them. */
const MOST_PARTITIONS = 8;

/** Every account that a principal belongs to; digits alone stand for the account in every partition that is named. */
function accountsIn(forms: readonly NamedForm[]): readonly Account[] {
  const named = [...new Set(forms.flatMap(({ partition }) => partition ?? []))].slice(0, MOST_PARTITIONS);
  const partitions = named.length === 0 ? ['aws'] : named;
  const accounts = new Map<string, Account>();
  for (const form of forms) {
    const id = accountOf(form);
    if (id === undefined) continue;
    for (const partition of form.partition === undefined ? partitions : [form.partition]) {
      accounts.set(`${partition}:${id}`, { partition, id });
    }
  }
  return [...accounts.values()];
}

function unusedAccount(ids: ReadonlySet<string>): string {
  let id = 0;
  while (ids.has(String(id).padStart(12, '0'))) id += 1;
  return String(id).padStart(12, '0');
}

/** Whoever is named, form by form, then the others of each account. */
function* draftsFrom(
  forms: readonly NamedForm[],
  accounts: readonly Account[],
  stranger: Account,
): Generator<Draft> {
  const users = Map.groupBy(
    forms.filter(({ kind }) => kind === 'user'),
    (form) => accountOf(form),
  );
  for (const form of forms) {
    if (form.kind === 'unique-id') {
      for (const account of accounts) yield withId(form.value, account, account.id);
      yield withId(form.value, stranger, 'another account');
    } else {
      yield* namedBy(form, users.get(accountOf(form)) ?? []);
    }
  }
  for (const account of accounts) yield* othersOf(account);
}

function withId(uniqueId: string, account: Account, of: string): Draft {
  const principal = uniqueId.startsWith('AROA')
    ? sessionOf(account, OTHER_NAME, OTHER_NAME)
    : userOf(account, OTHER_NAME);
  return { label: `${uniqueId} of ${of}`, principal: { ...principal, uniqueId } };
}

function* namedBy(form: NamedForm, usersOfAccount: readonly NamedForm[]): Generator<Draft> {
  const { kind, name, value, partition = 'aws' } = form;
  const account = { partition, id: splitArn(name)?.[4] ?? name };
  const last = name.slice(name.lastIndexOf('/') + 1);
  switch (kind) {
    case 'everyone':
    case 'account':
    case 'unique-id':
      return;
    case 'user':
      yield { label: value, principal: { ...userOf(account, last), arn: value }, arn: value };
      yield {
        label: `federated users of ${value}`,
        principal: { ...federatedOf(account, OTHER_NAME), userArn: value },
      };
      return;
    case 'role':
      yield {
        label: value,
        principal: { ...sessionOf(account, last, OTHER_NAME), roleArn: value },
        arn: value,
      };
      return;
    case 'role-session': {
      const role = name.split('/')[1] ?? last;
      yield { label: value, principal: sessionOf(account, role, last) };
      return;
    }
    case 'federated-user': {
      const principal = federatedOf(account, last);
      yield { label: value, principal };
      for (const user of usersOfAccount) {
        yield {
          label: `${value}, started by ${user.value}`,
          principal: { ...principal, userArn: user.value },
        };
      }
      return;
    }
    case 'service':
      yield { label: value, principal: serviceOf(value) };
      return;
    case 'provider':
    case 'web-provider':
      yield {
        label: `bearers of tokens of ${value}`,
        principal: { kind: 'web-identity', account: splitArn(value)?.[4] ?? '', arn: value },
      };
  }
}

/** Those in an account who are not named themselves. */
function othersOf(account: Account): readonly Draft[] {
  const root = `arn:${account.partition}:iam::${account.id}:root`;
  return [
    {
      label: `the root user of ${account.id}`,
      principal: { kind: 'root', account: account.id, arn: root },
      arn: root,
    },
    { label: `any other user of ${account.id}`, principal: userOf(account, OTHER_NAME) },
    { label: `any other role of ${account.id}`, principal: sessionOf(account, OTHER_NAME, OTHER_NAME) },
    { label: `any other federated user of ${account.id}`, principal: federatedOf(account, OTHER_NAME) },
  ];
}

const PRINCIPAL_ARN = 'aws:principalarn';

function callerOf(
  { label, principal, arn }: Draft,
  accounts: ReadonlySet<string>,
  arns: ReadonlySet<string>,
): Omit<Caller, 'hasBoundary'> {
  const isAnything = principal.kind === 'service' || principal.kind === 'web-identity';
  return {
    label,
    principal,
    certain(key) {
      if (isAnything || !isAboutCaller(key)) return undefined;
      if (key === PRINCIPAL_ARN) return arn;
      return accounts.has(principal.account) ? principal.account : undefined;
    },
    mayCarry(key, value) {
      if (isAnything || !isAboutCaller(key)) return true;
      if (typeof value !== 'string') return false;
      if (key !== PRINCIPAL_ARN) return !accounts.has(value);
      // The session of a role that is named besides is a session of that role.
      const isOwn = principal.kind === 'assumed-role' && withoutRolePath(value) === principal.roleArn;
      return isOwn || !arns.has(value);
    },
  };
}

function userOf({ partition, id }: Account, name: string): Principal & { kind: 'user' } {
  const arn = `arn:${partition}:iam::${id}:user/${name}`;
  return { kind: 'user', account: id, arn, uniqueId: 'AIDA-not-named' };
}

function sessionOf(account: Account, role: string, session: string): Principal & { kind: 'assumed-role' } {
  const { partition, id } = account;
  return {
    kind: 'assumed-role',
    account: id,
    arn: `arn:${partition}:sts::${id}:assumed-role/${role}/${session}`,
    roleArn: `arn:${partition}:iam::${id}:role/${role}`,
    uniqueId: 'AROA-not-named',
    sessionName: session,
  };
}

function federatedOf({ partition, id }: Account, name: string): Principal & { kind: 'federated-user' } {
  const arn = `arn:${partition}:sts::${id}:federated-user/${name}`;
  return { kind: 'federated-user', account: id, arn };
}

function serviceOf(serviceName: string): Principal {
  return { kind: 'service', serviceName, arn: serviceName };
}
