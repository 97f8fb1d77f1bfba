import { splitArn } from './arn.ts';
import type { PolicyDocument } from './document.ts';
import { type PrincipalForm, readPrincipalForm } from './principal.ts';
import type { Principal } from './request.ts';
import type { Carried } from './situations.ts';

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
  /** What the caller carries under keys that tell about it: of some values those that are possible. */
  possible(key: string, values: readonly Carried[]): readonly Carried[];
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

/** The callers that the documents tell apart. */
export function callersOf(documents: readonly PolicyDocument[]): readonly Caller[] {
  const elements = documents.flatMap(({ statements }) =>
    statements.flatMap(({ effect, principal }) => (principal === undefined ? [] : { effect, ...principal })),
  );
  const forms = new Map<string, PrincipalForm & { readonly value: string }>();
  for (const entry of elements.flatMap(({ entries }) => entries)) {
    const form = readPrincipalForm(entry);
    if (form !== undefined && !forms.has(form.name)) forms.set(form.name, { ...form, value: entry.value });
  }
  const accounts = accountsIn([...forms.values()]);
  const stranger = { partition: accounts[0]?.partition ?? 'aws', id: unusedAccount(accounts) };
  const named = [...forms.values()].flatMap((form) =>
    namedBy(form, [...forms.values()], [...accounts, stranger]),
  );
  const drafts = [
    ...named,
    ...accounts.flatMap((account) => othersOf(account)),
    { label: 'anyone else', principal: userOf(stranger, OTHER_NAME) },
    { label: 'any other AWS service', principal: serviceOf('another-service.amazonaws.com') },
  ];
  const isBoundaryTold = elements.some(({ effect, negated }) => effect === 'Deny' && negated);
  const arns = new Set(drafts.flatMap(({ arn }) => arn ?? []));
  return drafts.flatMap((draft) => {
    const caller = finish(draft, accounts, arns);
    const { kind } = draft.principal;
    if (!isBoundaryTold || (kind !== 'user' && kind !== 'assumed-role')) return caller;
    return [caller, { ...caller, label: `${caller.label}, with a permissions boundary`, hasBoundary: true }];
  });
}

const OTHER_NAME = 'any-other-than-named';

/** Every account that a principal belongs to; digits alone stand for the account in every partition that is named. */
function accountsIn(forms: readonly PrincipalForm[]): readonly Account[] {
  const partitions = [...new Set(forms.flatMap(({ partition }) => partition ?? []))];
  const accounts = forms.flatMap(({ kind, name, partition }): readonly Account[] => {
    if (kind === 'provider') return [];
    const id = splitArn(name)?.[4];
    if (partition !== undefined && id !== undefined) return [{ partition, id }];
    if (kind !== 'account') return [];
    return (partitions.length === 0 ? ['aws'] : partitions).map((each) => ({ partition: each, id: name }));
  });
  return [...new Map(accounts.map((account) => [`${account.partition}:${account.id}`, account])).values()];
}

function unusedAccount(accounts: readonly Account[]): string {
  let id = 0;
  while (accounts.some((account) => account.id === String(id).padStart(12, '0'))) id += 1;
  return String(id).padStart(12, '0');
}

function namedBy(
  form: PrincipalForm & { readonly value: string },
  forms: readonly (PrincipalForm & { readonly value: string })[],
  accounts: readonly Account[],
): readonly Draft[] {
  const { kind, name, value, partition = 'aws' } = form;
  const account = { partition, id: splitArn(name)?.[4] ?? name };
  const last = name.slice(name.lastIndexOf('/') + 1);
  switch (kind) {
    case 'everyone':
    case 'account':
      return [];
    case 'user':
      return [
        { label: value, principal: { ...userOf(account, last), arn: value }, arn: value },
        {
          label: `federated users of ${value}`,
          principal: { ...federatedOf(account, OTHER_NAME), userArn: value },
        },
      ];
    case 'role':
      return [
        { label: value, principal: { ...sessionOf(account, last, OTHER_NAME), roleArn: value }, arn: value },
      ];
    case 'role-session': {
      const role = name.split('/')[1] ?? last;
      return [{ label: value, principal: sessionOf(account, role, last) }];
    }
    case 'federated-user': {
      const starters = forms.filter(
        (each) => each.kind === 'user' && splitArn(each.name)?.[4] === account.id,
      );
      const principal = federatedOf(account, last);
      return [
        { label: value, principal },
        ...starters.map((user) => ({
          label: `${value}, started by ${user.value}`,
          principal: { ...principal, userArn: user.value },
        })),
      ];
    }
    case 'unique-id':
      return accounts.map((each, index) => ({
        label: `${value} of ${index === accounts.length - 1 ? 'another account' : each.id}`,
        principal: value.startsWith('AROA')
          ? { ...sessionOf(each, OTHER_NAME, OTHER_NAME), uniqueId: value }
          : { ...userOf(each, OTHER_NAME), uniqueId: value },
      }));
    case 'service':
      return [{ label: value, principal: serviceOf(value) }];
    case 'provider':
    case 'web-provider':
      return [
        {
          label: `bearers of tokens of ${value}`,
          principal: { kind: 'web-identity', account: splitArn(value)?.[4] ?? '', arn: value },
        },
      ];
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

/** Whether a condition key tells who the caller is, so that it is not free to carry any value. */
export function isAboutCaller(key: string): boolean {
  return ['kms:calleraccount', 'aws:principalaccount', 'aws:principalarn'].includes(key.toLowerCase());
}

function finish(
  { label, principal, arn }: Draft,
  accounts: readonly Account[],
  arns: ReadonlySet<string>,
): Caller {
  const isStranger = !('account' in principal) || !accounts.some(({ id }) => id === principal.account);
  const possible: Caller['possible'] = (key, values) => {
    if (principal.kind === 'service' || principal.kind === 'web-identity') return values;
    switch (key.toLowerCase()) {
      case 'kms:calleraccount':
      case 'aws:principalaccount':
        if (!isStranger) return [principal.account];
        return values.filter(
          (value) => typeof value === 'string' && !accounts.some(({ id }) => id === value),
        );
      case 'aws:principalarn':
        if (arn !== undefined) return [arn];
        return values.filter((value) => typeof value === 'string' && !arns.has(value));
      default:
        return values;
    }
  };
  return { label, principal, hasBoundary: false, possible };
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
