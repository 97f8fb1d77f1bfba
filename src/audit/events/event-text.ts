/**
 * Characters that JSON may hold as they are, but that end lines, drive terminals or turn the direction of text: DEL and C1
 * controls, line and paragraph separators, marks, embeddings and isolates of bidirectional text, the byte order mark. Those
 * of ASCII below the space, and halves of surrogate pairs, are always escaped.
 */
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
const ALL_UNSAFE = new RegExp(UNSAFE, 'g');

/** An event as JSON in one line that is what it looks like wherever it is shown. */
export function textOfEvent(event: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(event);
  return UNSAFE.test(text) ? text.replace(ALL_UNSAFE, escapeCharacter) : text;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

let lastSecond = Number.NaN;
let lastText = '';

/** A time, in milliseconds since the Unix epoch, as CloudTrail writes it: `2022-08-10T22:38:27Z`. */
export function textOfTime(time: number): string {
  const second = Math.floor(time / 1000);
  if (second !== lastSecond) {
    lastText = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
    lastSecond = second;
  }
  return lastText;
}
