import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Scalar,
  type YAMLError,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { Problem } from './problems.ts';
import type { Place, SeedMember, SeedNode } from './tree.ts';

/** Mappings and lists inside each other; a seed needs a dozen. An alias of what it stands in would have no end. */
const MAXIMUM_DEPTH = 64;

/** Nodes that aliases may stand for altogether, so that a short text cannot mean an endless one. */
const MAXIMUM_ALIASED_NODES = 200_000;

/** What is no YAML can have a fault at every character. */
const MOST_FAULTS = 100;

type YamlNode = Alias | Scalar | YAMLMap | YAMLSeq;

/** Ends the reading where going on makes no sense. */
class Unreadable extends Error {
  readonly problem: Problem;

  constructor(place: Place, text: string) {
    super(text);
    this.problem = { place, text };
  }
}

/**
 * Reads YAML 1.2, of which JSON is a part.
 *
 * @param name what places call the text, such as the path of its file
 * @param problems gets what is no YAML; nothing else is said of the text then
 */
export function readYaml(name: string, text: string, problems: Problem[]): SeedNode | undefined {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter });
  const placeAt = (offset: number): Place => ({
    order: offset,
    describe() {
      const { line, col } = lineCounter.linePos(offset);
      return `${name}:${line}:${col}`;
    },
  });
  const faults = [...document.errors, ...document.warnings].slice(0, MOST_FAULTS);
  if (faults.length > 0) {
    problems.push(...faults.map((fault) => ({ place: placeAt(fault.pos[0]), text: describeFault(fault) })));
    return undefined;
  }

  const anchors = new Map<string, YamlNode>();
  const targets = new Map<YamlNode, YamlNode>();
  let aliasedNodes = 0;

  /** What an alias stands for: the node above that had the anchor last. */
  function resolveAlias(alias: Alias, place: Place): YamlNode {
    const target = targets.get(alias) ?? anchors.get(alias.source);
    if (target === undefined) throw new Unreadable(place, 'nothing above has this anchor; add it there');
    targets.set(alias, target);
    return target;
  }

  /** @param aliased whether the node is read in the place of an alias */
  function read(node: YamlNode | undefined, depth: number, aliased: boolean, fallback: Place): SeedNode {
    const place = node?.range ? placeAt(node.range[0]) : fallback;
    const readInside = (inner: unknown) => read(asNode(inner), depth + 1, aliased, place);
    if (aliased) aliasedNodes += 1;
    if (depth > MAXIMUM_DEPTH)
      throw new Unreadable(place, `this is more than ${MAXIMUM_DEPTH} levels deep; make it flatter`);
    if (aliasedNodes > MAXIMUM_ALIASED_NODES)
      throw new Unreadable(place, 'the aliases stand for too much; write out what is meant');
    if (isAlias(node)) return read(resolveAlias(node, place), depth + 1, true, place);
    if (node?.anchor !== undefined && !aliased) anchors.set(node.anchor, node);
    if (isSeq(node)) return { kind: 'list', place, items: node.items.map(readInside) };
    if (isMap(node)) {
      const members = node.items.map(({ key, value }): SeedMember => {
        const keyNode = asNode(key);
        const keyPlace = keyNode?.range ? placeAt(keyNode.range[0]) : place;
        if (!isScalar(keyNode)) throw new Unreadable(keyPlace, 'a key must be a text');
        return { key: keyNode.source ?? String(keyNode.value), keyPlace, value: readInside(value) };
      });
      return { kind: 'mapping', place, members };
    }
    const value = isScalar(node) ? node.value : null;
    if (value === null || typeof value === 'string' || typeof value === 'boolean')
      return { kind: 'scalar', place, value };
    const source = isScalar(node) ? node.source : undefined;
    return { kind: 'scalar', place, value: Number(value), source };
  }

  try {
    return read(asNode(document.contents), 0, false, placeAt(0));
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    problems.push(error.problem);
    return undefined;
  }
}

/** The parser gives nodes wherever there is something. */
function asNode(part: unknown): YamlNode | undefined {
  return isScalar(part) || isMap(part) || isSeq(part) || isAlias(part) ? part : undefined;
}

/** What the parser says, without what it quotes: that could be a secret. */
function describeFault({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here; a seed is one';
  if (code === 'DUPLICATE_KEY') return 'this key is there twice in its mapping; keep one of them';
  if (code === 'TAG_RESOLVE_FAILED') return 'tags (!name) mean nothing here; remove it';
  const [what = ''] = message.split(/[:\\]/);
  return `this is not YAML: ${what.charAt(0).toLowerCase()}${what.slice(1).trim()}`;
}
