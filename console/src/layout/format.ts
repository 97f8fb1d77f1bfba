const dateAndTime = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

/** A point in time, in the time zone of whoever looks. */
export function formatDate(date: Date): string {
  return dateAndTime.format(date);
}

/** A point in time of the API, in seconds since the Unix epoch. */
export function formatSeconds(seconds: number | undefined): string {
  return seconds === undefined ? '-' : formatDate(new Date(seconds * 1000));
}

const toTheSecond = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });

/** A point in time to the second, in the time zone of whoever looks. */
export function formatTime(date: Date): string {
  return Number.isNaN(date.getTime()) ? '-' : toTheSecond.format(date);
}
