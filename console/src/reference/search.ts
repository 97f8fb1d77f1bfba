import { guides } from 'virtual:guides';
import { reference } from 'virtual:reference';
import { memberRows } from '../../../scripts/reference/members.ts';
import type { OperationPage } from '../../../scripts/reference/model.ts';
import { anchorOf } from '../layout/markdown.tsx';

/** A page of the documentation that was searched for. */
export interface Hit {
  readonly path: string;
  readonly title: string;
  readonly kind: string;
  /** A line in which the words stand. */
  readonly excerpt: string;
}

interface Searchable {
  readonly path: string;
  readonly title: string;
  readonly kind: string;
  readonly lines: readonly string[];
}

let index: readonly Searchable[] | undefined;

/** Finds the pages that have all words, those first whose titles have them. */
export function search(query: string): readonly Hit[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return [];
  index ??= [
    ...reference.operations.map(searchableOperation),
    ...Object.entries(guides).map(searchableGuide),
  ];
  return index
    .map((page) => ({ page, score: scoreOf(page, words) }))
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score || (one.page.title < other.page.title ? -1 : 1))
    .map(({ page: { path, title, kind, lines } }) => {
      const line = bestLineOf(lines, words);
      return { path: path + sectionOf(lines, line), title, kind, excerpt: shortened(lines[line] ?? '') };
    });
}

/** The first of the lines that have most of the words. */
function bestLineOf(lines: readonly string[], words: readonly string[]): number {
  const counts = lines.map((line) => {
    const lower = line.toLowerCase();
    return words.filter((word) => lower.includes(word)).length;
  });
  return counts.indexOf(Math.max(0, ...counts));
}

/** The part of a guide in which a line stands, as the end of a link; nothing on other pages, and above all headings. */
function sectionOf(lines: readonly string[], line: number): string {
  const heading = lines.slice(0, line + 1).findLast((each) => HEADING.test(each));
  return heading === undefined ? '' : `#${anchorOf(heading.replace(HEADING, ''))}`;
}

const HEADING = /^#{2,5} /;

/** None when a word is nowhere on the page; words of the title count most. */
function scoreOf({ title, lines }: Searchable, words: readonly string[]): number {
  const lowerTitle = title.toLowerCase();
  const text = lines.join('\n').toLowerCase();
  let score = 0;
  for (const word of words) {
    if (lowerTitle === word) score += 100;
    else if (lowerTitle.startsWith(word)) score += 20;
    else if (lowerTitle.includes(word)) score += 10;
    else if (text.includes(word)) score += 1;
    else return 0;
  }
  return score;
}

function shortened(line: string): string {
  return line.length > EXCERPT_LENGTH ? `${line.slice(0, EXCERPT_LENGTH)} …` : line;
}

const EXCERPT_LENGTH = 200;

function searchableOperation(page: OperationPage): Searchable {
  const members = [
    ...memberRows(page.input.members, 'seconds'),
    ...memberRows(page.output.members, 'seconds'),
  ];
  return {
    path: `/reference/${page.service}/${page.name}`,
    title: page.name,
    kind: 'Operation',
    lines: [
      page.summary,
      ...page.notes,
      ...members.map(({ path, description }) => `${path}: ${description}`),
      ...page.errors.map(({ code, description }) => `${code}: ${description}`),
      ...page.permissions.map(({ text, conditionKeys }) => [text, ...conditionKeys].join(' ')),
      ...page.examples.map(({ title }) => title),
    ],
  };
}

function searchableGuide([name, text]: readonly [string, string]): Searchable {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return { path: `/guides/${name}`, title: titleOf(text), kind: 'Guide', lines };
}

/** The heading at the beginning of a guide. */
export function titleOf(markdown: string): string {
  return /^# (.+)$/m.exec(markdown)?.[1] ?? '';
}
