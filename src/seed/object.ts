import type { Problem } from './problems.ts';
import type { Place, SeedNode } from './tree.ts';

/** Objects and lists inside each other, so that what contains itself has an end. */
const MAXIMUM_DEPTH = 64;

/**
 * Reads a seed that is an object of JavaScript: what JSON can say. Members that are `undefined` count as absent.
 *
 * @param problems gets what is neither an object, a list, a text, a number nor a truth value
 */
export function readObject(name: string, root: object, problems: Problem[]): SeedNode {
  let order = 0;
  function read(value: unknown, path: string, depth: number): SeedNode {
    const place: Place = { order: order++, describe: () => path };
    const isLeaf = value === null || ['string', 'number', 'boolean'].includes(typeof value);
    if (typeof value === 'string' || typeof value === 'boolean') return { kind: 'scalar', place, value };
    if (typeof value === 'number') return { kind: 'scalar', place, value, source: String(value) };
    if (depth < MAXIMUM_DEPTH && Array.isArray(value)) {
      const items = value.map((item: unknown, index) => read(item, `${path}[${index}]`, depth + 1));
      return { kind: 'list', place, items };
    }
    if (depth < MAXIMUM_DEPTH && typeof value === 'object' && value !== null) {
      const members = Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([key, member]) => {
          const node = read(member, `${path}${pathStep(key)}`, depth + 1);
          return { key, keyPlace: node.place, value: node };
        });
      return { kind: 'mapping', place, members };
    }
    if (!isLeaf) {
      const what = typeof value === 'object' ? `more than ${MAXIMUM_DEPTH} levels deep` : `a ${typeof value}`;
      problems.push({ place, text: `this is ${what}; give what JSON can say` });
    }
    return { kind: 'scalar', place, value: null };
  }
  return read(root, name, 0);
}

function pathStep(key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
