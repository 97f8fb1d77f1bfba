import { readFileSync } from 'node:fs';
import { OperatorError } from '../errors.ts';
import { isRequestQuota } from './request-quotas.ts';
import {
  DEFAULT_RESOURCE_QUOTAS,
  type QuotaChanges,
  type QuotaSettings,
  type ResourceQuotas,
} from './settings.ts';

/** Requests per second: one in a hundred seconds at least; more at most than any cluster serves. */
const LOWEST_RATE = 0.01;
const HIGHEST_RATE = 1_000_000;
/** An account can have none of something, and more at most than any store holds. */
const MOST_RESOURCES = 1_000_000_000;

/** What a quotas file says. */
export type QuotasFile = Pick<QuotaSettings, 'changes' | 'accounts'>;

type Members = Readonly<Record<string, unknown>>;

/**
 * Reads a quotas file: JSON,
 * `{"requestRates": {…}, "resources": {…}, "accounts": {"<account id>": {"requestRates": {…}, "resources": {…}}}}`.
 *
 * @throws OperatorError when it cannot be read, with a line for each mistake in it
 */
export function readQuotasFile(path: string): QuotasFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new OperatorError(`${JSON.stringify(path)} cannot be read: ${codeOf(error)}`, { cause: error });
  }
  return parseQuotas(JSON.stringify(path), text);
}

/**
 * Reads the text of a quotas file.
 *
 * @param name what messages call it
 * @throws OperatorError with a line for each mistake
 */
export function parseQuotas(name: string, text: string): QuotasFile {
  const mistakes: string[] = [];
  const { accounts = {}, ...changes } = membersOf(parseJson(name, text), '', mistakes);
  const quotas: QuotasFile = {
    changes: readChanges(changes, '', mistakes),
    accounts: Object.fromEntries(
      Object.entries(membersOf(accounts, 'accounts', mistakes)).map(([accountId, given]) => {
        const place = `accounts.${accountId}`;
        if (!/^\d{12}$/.test(accountId)) mistakes.push(`${place}: an account id has 12 digits`);
        return [accountId, readChanges(membersOf(given, place, mistakes), place, mistakes)];
      }),
    ),
  };
  if (mistakes.length > 0) throw new OperatorError([`${name} has mistakes:`, ...mistakes].join('\n'));
  return quotas;
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`${name} is not JSON: ${reason}`, { cause: error });
  }
}

function readChanges(given: Members, place: string, mistakes: string[]): QuotaChanges {
  const at = (name: string) => (place === '' ? name : `${place}.${name}`);
  const { requestRates = {}, resources = {}, ...unknown } = given;
  for (const name of Object.keys(unknown)) {
    const also = place === '' ? ', resources or accounts' : ' or resources';
    mistakes.push(`${at(name)}: not known; give requestRates${also}`);
  }
  return {
    requestRates: readNumbers(requestRates, at('requestRates'), mistakes, {
      isKnown: isRequestQuota,
      isRight: (value): value is number | 'unlimited' =>
        value === 'unlimited' || isWithin(value, LOWEST_RATE, HIGHEST_RATE),
      unknown: 'no request quota is called so; docs/quotas.md has all of them',
      wrong: `give requests per second, from ${LOWEST_RATE} to ${HIGHEST_RATE}, or "unlimited"`,
    }),
    resources: readNumbers(resources, at('resources'), mistakes, {
      isKnown: (name): name is keyof ResourceQuotas => Object.hasOwn(DEFAULT_RESOURCE_QUOTAS, name),
      isRight: (value): value is number => isWithin(value, 0, MOST_RESOURCES) && Number.isInteger(value),
      unknown: `no such resource quota; there are ${Object.keys(DEFAULT_RESOURCE_QUOTAS).join(', ')}`,
      wrong: `give a whole number from 0 to ${MOST_RESOURCES}`,
    }),
  };
}

/** Reads what is said of some of the quotas of a kind. */
function readNumbers<K extends string, V>(
  given: unknown,
  place: string,
  mistakes: string[],
  rule: {
    readonly isKnown: (name: string) => name is K;
    readonly isRight: (value: unknown) => value is V;
    readonly unknown: string;
    readonly wrong: string;
  },
): Partial<Record<K, V>> {
  const numbers: Partial<Record<K, V>> = {};
  for (const [name, value] of Object.entries(membersOf(given, place, mistakes))) {
    if (!rule.isKnown(name)) mistakes.push(`${place}.${name}: ${rule.unknown}`);
    else if (!rule.isRight(value)) mistakes.push(`${place}.${name}: ${rule.wrong}`);
    else numbers[name] = value;
  }
  return numbers;
}

/** The members of an object; none, and a mistake, when it is something else. */
function membersOf(value: unknown, place: string, mistakes: string[]): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  mistakes.push(`${place === '' ? 'the file' : place}: has to be an object`);
  return {};
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error;
}
