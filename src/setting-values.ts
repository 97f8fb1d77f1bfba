import { OperatorError } from './errors.ts';
import { type ListenAddress, parseListenAddress } from './listen-address.ts';
import { nameOf, type SettingName } from './settings.ts';

/* Reading what was typed for a setting. Each function throws an OperatorError that names it and says what to give. */

/** What is wrong with a setting. */
export function invalid(name: SettingName, problem: string): OperatorError {
  return new OperatorError(`${nameOf(name)}: ${problem}`);
}

/** A number from 0 to 1. */
export function readShare(name: SettingName, typed: string): number {
  const share = /^\d(?:\.\d{1,9})?$/.test(typed) ? Number(typed) : Number.NaN;
  if (share <= 1) return share;
  throw invalid(name, `${quote(typed)} is no share; give a number from 0 to 1, such as 0.01`);
}

/** A host with its port. */
export function readListenAddress(name: SettingName, typed: string): ListenAddress {
  const address = parseListenAddress(typed);
  if (address !== undefined) return address;
  throw invalid(name, `${quote(typed)} is not an address with a port; give one such as 127.0.0.1:9464`);
}

/** A whole number from `least` to `most`; the `otherwise` one where nothing was typed. */
export function readWholeNumber(
  name: SettingName,
  typed: string | undefined,
  otherwise: number,
  least: number,
  most: number,
): number {
  if (typed === undefined) return otherwise;
  const number = /^\d{1,9}$/.test(typed) ? Number(typed) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw invalid(name, `${quote(typed)} is out of range; give a whole number from ${least} to ${most}`);
}

/** Whether something is on, which it is not where nothing was typed. */
export function readSwitch(name: SettingName, typed: string | undefined): boolean {
  if (typed === undefined || typed === 'false' || typed === '0') return false;
  if (typed === 'true' || typed === '1') return true;
  throw invalid(name, `${quote(typed)} is neither yes nor no; give true or false`);
}

/** One of some words. */
export function readOneOf<T extends string>(
  name: SettingName,
  what: string,
  typed: string,
  values: readonly T[],
): T {
  const value = values.find((known) => known === typed);
  if (value !== undefined) return value;
  throw invalid(name, `${quote(typed)} is not a ${what}; give one of ${values.join(', ')}`);
}

/** One line whatever was typed. */
export function quote(typed: string): string {
  return JSON.stringify(typed);
}
