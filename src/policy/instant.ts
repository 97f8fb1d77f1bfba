/**
 * Dates as conditions write them: the forms of the W3C note on date and time formats (a profile of ISO 8601),
 * or whole seconds since the Unix epoch. A bare number is always seconds, also one of four digits.
 */

const EPOCH_SECONDS = /^-?[0-9]{1,12}$/;
const W3C_DATE =
  /^([0-9]{4})-([0-9]{2})(?:-([0-9]{2})(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(?:Z|([+-])([0-9]{2}):([0-9]{2})))?)?$/;

/** Milliseconds since the Unix epoch, or undefined for a text that is not a date. */
export function readInstant(text: string): number | undefined {
  if (EPOCH_SECONDS.test(text)) return Number(text) * 1000;
  const fields = W3C_DATE.exec(text);
  if (fields === null) return undefined;
  const number = (index: number, absent = 0): number => Number(fields[index] ?? absent);
  const [year, month, day] = [number(1), number(2), number(3, 1)];
  const [hour, minute, second] = [number(4), number(5), number(6)];
  const [zoneHour, zoneMinute] = [number(9), number(10)];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || zoneHour > 23 || zoneMinute > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const fraction = Number(`0.${fields[7] ?? '0'}`) * 1000;
  const offset = (zoneHour * 60 + zoneMinute) * 60_000;
  return date.getTime() + fraction - (fields[8] === '-' ? -offset : offset);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
