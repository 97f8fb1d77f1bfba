import {
  type Condition,
  type Effect,
  type PatternList,
  type PolicyDocument,
  type PolicyVersion,
  type Position,
  type PrincipalElement,
  type PrincipalEntry,
  type Statement,
  statementLabel,
} from './document.ts';
import { FAULT, MOST_FAULTS, PolicyDocumentError, type PolicyFault, policyFault, quoted } from './fault.ts';
import { type JsonNode, type JsonObject, positionFinder, readJson } from './json.ts';

/** Characters that a policy text may hold (pattern of the API's `Policy` member). */
const ILLEGAL_CHARACTER = /[^\t\n\r\u0020-\u00FF]/;

const DOCUMENT_MEMBERS: readonly string[] = ['Version', 'Id', 'Statement'];
const STATEMENT_MEMBERS: readonly string[] = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
];

/** What reading needs besides the node at hand: where faults go and how an offset becomes a position. */
interface Reading {
  readonly faults: PolicyFault[];
  readonly positionOf: (offset: number) => Position;
}

/**
 * Reads a policy of any kind: the grammar of policies.md, section 1. What a key policy or an identity policy
 * must hold besides is checked by `validateKeyPolicy` and `validateIdentityPolicy`.
 *
 * @throws PolicyDocumentError with all faults found, the first 100 at most; a text that is not JSON has one.
 */
export function parsePolicy(text: string): PolicyDocument {
  const reading: Reading = { faults: [], positionOf: positionFinder(text) };
  const illegal = ILLEGAL_CHARACTER.exec(text);
  if (illegal !== null) {
    const detail = `the character ${codePointName(illegal[0])} is not allowed in a policy; write it as a \\u escape`;
    report(reading, FAULT.syntax, detail, illegal.index);
    throw new PolicyDocumentError(reading.faults);
  }
  const { root, faults } = readJson(text);
  for (const { detail, offset } of faults) report(reading, FAULT.json, detail, offset);
  const document = root === undefined ? undefined : readPolicy(reading, root);
  if (document === undefined || reading.faults.length > 0) throw new PolicyDocumentError(reading.faults);
  return document;
}

function readPolicy(reading: Reading, root: JsonNode): PolicyDocument | undefined {
  if (root.kind !== 'object') {
    report(reading, FAULT.syntax, `the policy must be an object, not ${nameOf(root)}`, root.offset);
    return undefined;
  }
  refuseUnknownMembers(reading, root, DOCUMENT_MEMBERS, 'the policy');
  const version = readVersion(reading, root.members.get('Version')?.value);
  const id = readText(reading, root.members.get('Id')?.value, 'Id');
  const statements = readStatements(reading, root);
  refuseRepeatedSids(reading, statements);
  return Object.freeze({
    version,
    ...(id === undefined ? {} : { id }),
    statements: Object.freeze(statements),
  });
}

function readVersion(reading: Reading, node: JsonNode | undefined): PolicyVersion {
  if (node === undefined) return '2008-10-17';
  if (node.kind === 'string' && (node.value === '2012-10-17' || node.value === '2008-10-17'))
    return node.value;
  const found = node.kind === 'string' ? quoted(node.value) : nameOf(node);
  report(reading, FAULT.version, `Version must be "2012-10-17" or "2008-10-17", not ${found}`, node.offset);
  return '2008-10-17';
}

function readStatements(reading: Reading, root: JsonObject): Statement[] {
  const node = root.members.get('Statement')?.value;
  if (node === undefined) {
    report(reading, FAULT.missingStatement, 'the policy has no Statement', root.offset);
    return [];
  }
  const nodes = node.kind === 'array' ? node.items : [node];
  if (nodes.length === 0) report(reading, FAULT.missingStatement, 'Statement is an empty list', node.offset);
  return nodes.flatMap((each, index) => readStatement(reading, each, index) ?? []);
}

function readStatement(reading: Reading, node: JsonNode, index: number): Statement | undefined {
  if (node.kind !== 'object') {
    const detail = `${statementLabel(index, undefined)} must be an object, not ${nameOf(node)}`;
    report(reading, FAULT.syntax, detail, node.offset);
    return undefined;
  }
  const { members } = node;
  const sidNode = members.get('Sid')?.value;
  const label = statementLabel(
    index,
    sidNode?.kind === 'string' && sidNode.value !== '' ? sidNode.value : undefined,
  );
  refuseUnknownMembers(reading, node, STATEMENT_MEMBERS, label);
  const sid = readText(reading, sidNode, `${label}: Sid`);
  const effect = readEffect(reading, node, label);
  const principal = readEither(reading, node, label, 'Principal', readPrincipal);
  const action = readEither(reading, node, label, 'Action', readPatternList);
  const resource = readEither(reading, node, label, 'Resource', readPatternList);
  const conditions = readConditions(reading, members.get('Condition')?.value, label);
  return Object.freeze({
    // An empty Sid says nothing and may be repeated, as the consoles write it.
    ...(sid === undefined || sid === '' ? {} : { sid }),
    effect,
    ...(principal === undefined ? {} : { principal }),
    ...(action === undefined ? {} : { action }),
    ...(resource === undefined ? {} : { resource }),
    conditions: Object.freeze(conditions),
    position: reading.positionOf(node.offset),
  });
}

/** The stand-in for a missing or wrong effect matters to nobody: the fault refuses the document. */
function readEffect(reading: Reading, statement: JsonObject, label: string): Effect {
  const node = statement.members.get('Effect')?.value;
  if (node === undefined) {
    report(reading, FAULT.missingEffect, `${label} has no Effect`, statement.offset);
    return 'Deny';
  }
  if (node.kind === 'string' && (node.value === 'Allow' || node.value === 'Deny')) return node.value;
  const found = node.kind === 'string' ? quoted(node.value) : nameOf(node);
  report(reading, FAULT.syntax, `${label}: Effect must be "Allow" or "Deny", not ${found}`, node.offset);
  return 'Deny';
}

/** One element of a statement that also has a `Not…` form; the name to put into faults is passed on. */
type ElementReader<Element> = (
  reading: Reading,
  node: JsonNode,
  name: string,
  at: { readonly negated: boolean; readonly position: Position },
) => Element;

/** Reads an element in its plain or its `Not…` form; both at once are a fault. */
function readEither<Element>(
  reading: Reading,
  statement: JsonObject,
  label: string,
  name: string,
  read: ElementReader<Element>,
): Element | undefined {
  const plain = statement.members.get(name);
  const negated = statement.members.get(`Not${name}`);
  if (plain !== undefined && negated !== undefined) {
    const detail = `${label} has both ${name} and Not${name}; keep one of them`;
    report(reading, FAULT.syntax, detail, negated.keyOffset);
  }
  const member = plain ?? negated;
  if (member === undefined) return undefined;
  const isNegated = plain === undefined;
  return read(reading, member.value, `${label}: ${isNegated ? 'Not' : ''}${name}`, {
    negated: isNegated,
    position: reading.positionOf(member.keyOffset),
  });
}

const readPatternList: ElementReader<PatternList> = (reading, node, name, { negated, position }) =>
  Object.freeze({
    negated,
    values: Object.freeze(readTexts(reading, node, name).map(({ value }) => value)),
    position,
  });

const readPrincipal: ElementReader<PrincipalElement> = (reading, node, name, { negated, position }) => {
  const entries: PrincipalEntry[] = [];
  const add = (type: string, value: string, offset: number): void => {
    entries.push(Object.freeze({ type, value, position: reading.positionOf(offset) }));
  };
  if (node.kind === 'string' && node.value === '*') {
    add('AWS', '*', node.offset);
  } else if (node.kind === 'object') {
    for (const [type, { value }] of node.members) {
      for (const text of readTexts(reading, value, `${name} ${quoted(type)}`))
        add(type, text.value, text.offset);
    }
  } else {
    const found = node.kind === 'string' ? quoted(node.value) : nameOf(node);
    const detail = `${name} must be "*" or an object such as {"AWS": "111122223333"}, not ${found}`;
    report(reading, FAULT.invalidPrincipal, detail, node.offset);
  }
  return Object.freeze({ negated, entries: Object.freeze(entries), position });
};

function readConditions(reading: Reading, node: JsonNode | undefined, label: string): Condition[] {
  if (node === undefined) return [];
  const conditions: Condition[] = [];
  for (const [operator, block] of membersOf(reading, node, `${label}: Condition`)) {
    const name = `${label}: Condition ${quoted(operator)}`;
    for (const [key, { keyOffset, value }] of membersOf(reading, block.value, name)) {
      const values = readConditionValues(reading, value, () => `${name} ${quoted(key)}`);
      const position = reading.positionOf(keyOffset);
      conditions.push(Object.freeze({ operator, key, values: Object.freeze(values), position }));
    }
  }
  return conditions;
}

function readConditionValues(reading: Reading, node: JsonNode, name: () => string): string[] {
  const nodes = node.kind === 'array' ? node.items : [node];
  if (nodes.length === 0) report(reading, FAULT.syntax, `${name()} has no values`, node.offset);
  return nodes.flatMap((item) => {
    if (item.kind === 'string') return item.value;
    if (item.kind === 'number') return item.text;
    if (item.kind === 'boolean') return String(item.value);
    const detail = `${name()} must be a string, a number, a boolean or a list of them, not ${nameOf(item)}`;
    report(reading, FAULT.syntax, detail, item.offset);
    return [];
  });
}

/** Reads a string or a list of strings. */
function readTexts(reading: Reading, node: JsonNode, name: string): { value: string; offset: number }[] {
  const nodes = node.kind === 'array' ? node.items : [node];
  return nodes.flatMap((item) => {
    if (item.kind === 'string') return item;
    report(
      reading,
      FAULT.syntax,
      `${name} must be a string or a list of strings, not ${nameOf(item)}`,
      item.offset,
    );
    return [];
  });
}

function readText(reading: Reading, node: JsonNode | undefined, name: string): string | undefined {
  if (node === undefined || node.kind === 'string') return node?.value;
  report(reading, FAULT.syntax, `${name} must be a string, not ${nameOf(node)}`, node.offset);
  return undefined;
}

function membersOf(reading: Reading, node: JsonNode, name: string): JsonObject['members'] {
  if (node.kind === 'object') return node.members;
  report(reading, FAULT.syntax, `${name} must be an object, not ${nameOf(node)}`, node.offset);
  return new Map();
}

function refuseUnknownMembers(
  reading: Reading,
  node: JsonObject,
  known: readonly string[],
  owner: string,
): void {
  for (const [key, { keyOffset }] of node.members) {
    if (known.includes(key)) continue;
    const detail = `${owner} has the unknown member ${quoted(key)}; known are ${known.join(', ')}`;
    report(reading, FAULT.syntax, detail, keyOffset);
  }
}

function refuseRepeatedSids(reading: Reading, statements: readonly Statement[]): void {
  const seen = new Set<string>();
  for (const [index, { sid, position }] of statements.entries()) {
    if (sid === undefined) continue;
    if (seen.has(sid)) {
      const detail = `${statementLabel(index, sid)} repeats the Sid of an earlier statement`;
      addFault(reading, policyFault(FAULT.sid, detail, position));
    }
    seen.add(sid);
  }
}

function report(reading: Reading, message: string, detail: string, offset: number): void {
  addFault(reading, policyFault(message, detail, reading.positionOf(offset)));
}

/** @throws PolicyDocumentError when these are enough */
function addFault({ faults }: Reading, fault: PolicyFault): void {
  faults.push(fault);
  if (faults.length === MOST_FAULTS) throw new PolicyDocumentError(faults);
}

function nameOf({ kind }: JsonNode): string {
  if (kind === 'null') return kind;
  return kind === 'array' || kind === 'object' ? `an ${kind}` : `a ${kind}`;
}

function codePointName(character: string): string {
  return `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}
