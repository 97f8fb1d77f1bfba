/**
 * Internet addresses and CIDR ranges, version 4 and 6. The versions do not mix: an IPv4 address is never
 * inside an IPv6 range, and the IPv4-mapped form `::ffff:10.0.0.1` is an IPv6 address.
 */

/** The address in network order: 4 or 16 bytes. */
export type Address = readonly number[];

/** All addresses that share the first `prefix` bits of `address`. */
export interface AddressRange {
  readonly address: Address;
  readonly prefix: number;
}

const DECIMAL_BYTE = /^(?:0|[1-9][0-9]{0,2})$/;
const GROUP = /^[0-9A-Fa-f]{1,4}$/;
/** No address is longer, so that a long text costs nothing. */
const LONGEST_ADDRESS = 45;

/** Reads an address; undefined for a text that is none. Numbers with leading zeros are refused as ambiguous. */
export function readAddress(text: string): Address | undefined {
  if (text.length > LONGEST_ADDRESS) return undefined;
  return text.includes(':') ? readVersion6(text) : readVersion4(text);
}

/** Reads `10.0.0.0/8` or a single address, which is the range of itself. */
export function readAddressRange(text: string): AddressRange | undefined {
  const slash = text.indexOf('/');
  const address = readAddress(slash === -1 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const bits = address.length * 8;
  if (slash === -1) return { address, prefix: bits };
  const digits = text.slice(slash + 1);
  const prefix = Number(digits);
  return DECIMAL_BYTE.test(digits) && prefix <= bits ? { address, prefix } : undefined;
}

/** Whether the address is in the range. */
export function isInRange(address: Address, range: AddressRange): boolean {
  if (address.length !== range.address.length) return false;
  const whole = range.prefix >>> 3;
  for (let index = 0; index < whole; index += 1) {
    if (address[index] !== range.address[index]) return false;
  }
  const spare = 8 - (range.prefix & 7);
  return spare === 8 || (address[whole] ?? 0) >>> spare === (range.address[whole] ?? 0) >>> spare;
}

function readVersion4(text: string): Address | undefined {
  const fields = text.split('.');
  if (fields.length !== 4) return undefined;
  const bytes = fields.map((field) => (DECIMAL_BYTE.test(field) ? Number(field) : 256));
  return bytes.every((byte) => byte < 256) ? bytes : undefined;
}

function readVersion6(text: string): Address | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [before = '', after] = halves;
  const head = readGroups(before, after === undefined);
  const tail = after === undefined ? [] : readGroups(after, true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (after === undefined ? missing !== 0 : missing < 2) return undefined;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** Reads groups of four hexadecimal digits; the last may be an IPv4 address where the text ends. */
function readGroups(text: string, mayEndInVersion4: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    if (GROUP.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >>> 8, value & 0xff);
      continue;
    }
    const isLast = index === groups.length - 1;
    const embedded = isLast && mayEndInVersion4 ? readVersion4(group) : undefined;
    if (embedded === undefined) return undefined;
    bytes.push(...embedded);
  }
  return bytes;
}
