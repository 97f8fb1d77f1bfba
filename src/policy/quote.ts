import type { Position } from './document.ts';
import { endOfString, offsetFinder } from './json.ts';
import { parsePolicy } from './parse.ts';

/** A statement as it stands in the text of its policy. */
export interface QuotedStatement extends Position {
  readonly text: string;
}

/**
 * Cuts the statements out of the text of a policy, in order.
 *
 * @throws PolicyDocumentError when the text is not a policy
 */
export function quoteStatements(text: string): readonly QuotedStatement[] {
  const offsetOf = offsetFinder(text);
  return parsePolicy(text).statements.map(({ position }) => {
    const start = offsetOf(position);
    return Object.freeze({ ...position, text: text.slice(start, endOfObject(text, start)) });
  });
}

/** The offset behind the brace that closes the object that opens at `start`. */
function endOfObject(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at) - 1;
    else if (character === '{') depth += 1;
    else if (character === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}
