import type { PolicyFault } from '../policy/index.ts';
import type { Problem } from './problems.ts';
import { nameOfKind, type Place, type SeedNode } from './tree.ts';

/** A policy of a seed as JSON text, and the way back from there to the seed. */
export interface PolicyText {
  readonly text: string;
  readonly place: Place;
  /** What is wrong, where it stands in the seed. */
  locate(fault: PolicyFault): Problem;
}

const JSON_NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/** Reads a policy: a mapping in the form of the policy, or a text that is its JSON. */
export function policyText(node: SeedNode, problems: Problem[]): PolicyText | undefined {
  const { place } = node;
  if (node.kind === 'scalar' && typeof node.value === 'string') {
    const locate = ({ detail, line, column }: PolicyFault) => ({
      place,
      text: `${detail} (line ${line}, column ${column} of the text)`,
    });
    return { text: node.value, place, locate };
  }
  if (node.kind === 'mapping') return writePolicy(node, problems);
  const text = `a policy must be a mapping or a text of JSON, not ${nameOfKind(node)}`;
  problems.push({ place, text });
  return undefined;
}

/** A position in the JSON text, and what of the seed begins there. */
interface Mark {
  readonly line: number;
  readonly column: number;
  readonly place: Place;
}

/** Prints a mapping as JSON as `JSON.stringify` does with two spaces, in plain ASCII. */
function writePolicy(root: SeedNode, problems: Problem[]): PolicyText | undefined {
  const lines: string[] = [''];
  const marks: Mark[] = [];
  const found = problems.length;

  function write(piece: string): void {
    lines.push(`${lines.pop() ?? ''}${piece}`);
  }
  function mark(place: Place): void {
    marks.push({ line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1, place });
  }
  function writeAll<T>(
    brackets: string,
    items: readonly T[],
    depth: number,
    writeItem: (item: T) => void,
  ): void {
    write(brackets.charAt(0));
    for (const [index, item] of items.entries()) {
      if (index > 0) write(',');
      lines.push('  '.repeat(depth + 1));
      writeItem(item);
    }
    if (items.length > 0) lines.push('  '.repeat(depth));
    write(brackets.charAt(1));
  }
  function writeNode(node: SeedNode, depth: number): void {
    mark(node.place);
    switch (node.kind) {
      case 'list':
        writeAll('[]', node.items, depth, (item) => writeNode(item, depth + 1));
        break;
      case 'mapping':
        writeAll('{}', node.members, depth, ({ key, keyPlace, value }) => {
          mark(keyPlace);
          write(`${writeString(key)}: `);
          writeNode(value, depth + 1);
        });
        break;
      case 'scalar':
        write(writeScalar(node));
    }
  }
  function writeScalar({ value, source = '', place }: SeedNode & { readonly kind: 'scalar' }): string {
    if (typeof value === 'string') return writeString(value);
    if (typeof value !== 'number') return String(value);
    // `012` and `0x1F` are numbers of YAML, and who writes them means another thing.
    if (!JSON_NUMBER.test(source)) problems.push({ place, text: 'put this number in quotes' });
    return source;
  }

  writeNode(root, 0);
  if (problems.length > found) return undefined;
  return {
    text: lines.join('\n'),
    place: root.place,
    locate({ detail, line, column }) {
      const at = marks.findLast((each) => each.line < line || (each.line === line && each.column <= column));
      return { place: at?.place ?? root.place, text: detail };
    },
  };
}

/** A JSON string in plain ASCII: a policy text may not hold all of Unicode, its escapes may. */
function writeString(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
