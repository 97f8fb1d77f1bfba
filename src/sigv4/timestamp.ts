/** A moment, as a signature writes it and as a clock counts it. */
export interface Timestamp {
  /** ISO 8601 basic format, UTC: `20150830T123600Z`. */
  readonly text: string;
  /** Whole seconds since the Unix epoch. */
  readonly seconds: number;
}

const HTTP_DATE_LENGTH = 'Sun, 30 Aug 2015 12:36:00 GMT'.length;

/**
 * The value of a Date header: an HTTP date (RFC 9110 section 5.6.7, its fixed-length form only) or ISO 8601
 * basic format.
 *
 * Returns undefined when `text` is neither.
 */
export function readDateHeader(text: string): Timestamp | undefined {
  if (text.length !== HTTP_DATE_LENGTH) return readTimestamp(text);
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toUTCString() !== text) return undefined;
  const seconds = milliseconds / 1000;
  return { text: formatTimestamp(seconds), seconds };
}

/** A timestamp in ISO 8601 basic format, `YYYYMMDDTHHMMSSZ`; undefined when `text` is not one. */
export function readTimestamp(text: string): Timestamp | undefined {
  if (text.length !== 16 || text.charAt(8) !== 'T' || text.charAt(15) !== 'Z') return undefined;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 4);
  const day = twoDigits(text, 6);
  const hour = twoDigits(text, 9);
  const minute = twoDigits(text, 11);
  const second = twoDigits(text, 13);
  const inRange = year >= 1000 && month >= 1 && month <= 12 && hour < 24 && minute < 60 && second < 60;
  if (!inRange || !(day >= 1 && day <= daysIn(month, year))) return undefined;
  return { text, seconds: Date.UTC(year, month - 1, day, hour, minute, second) / 1000 };
}

/** Whole seconds since the Unix epoch in ISO 8601 basic format. */
export function formatTimestamp(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/[-:]|\.000/g, '');
}

/** The number that two digits of `text` write; NaN when they are not digits, which fails every comparison. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function daysIn(month: number, year: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
