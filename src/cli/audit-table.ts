import type { FoundEvent } from '../audit/index.ts';

/** What drives terminals, cannot be seen, or turns or breaks lines: controls, formats, halves of pairs, separators. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/gu;

const HEADINGS = ['TIME', 'EVENT', 'USER', 'SOURCE', 'RESULT', 'RESOURCE'] as const;
/** The last column takes what is left of the line. */
const WIDTHS = [20, 28, 24, 15, 28] as const;

export function tableHeading(): string {
  return lineOf(HEADINGS);
}

/** An event in one line, in which every character is one that shows. */
export function tableRow({ eventTime, eventName, userName, resources, errorCode, text }: FoundEvent): string {
  const { sourceIPAddress, userIdentity }: Readonly<Record<string, unknown>> = JSON.parse(text);
  const { invokedBy } = Object(userIdentity);
  return lineOf([
    `${eventTime.toISOString().slice(0, 19)}Z`,
    eventName,
    userName ?? (typeof invokedBy === 'string' ? invokedBy : '-'),
    typeof sourceIPAddress === 'string' ? sourceIPAddress : '-',
    errorCode ?? 'ok',
    resources.map(({ name }) => name ?? '-').join(' ') || '-',
  ]);
}

function lineOf(cells: readonly string[]): string {
  return cells
    .map((cell, column) => cell.replace(UNSAFE, escapeCharacter).padEnd(WIDTHS[column] ?? 0))
    .join(' ')
    .trimEnd();
}

function escapeCharacter(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}
