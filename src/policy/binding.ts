import type { PolicyDocument, PrincipalElement, PrincipalEntry, Statement } from './document.ts';
import { endOfString, offsetFinder } from './json.ts';
import { parsePolicy } from './parse.ts';
import { type PrincipalForm, readPrincipalForm } from './principal.ts';

/**
 * Principals of resource policies, bound to unique ids (policies.md, section 1).
 *
 * A policy that is saved means the users and roles of that moment, not whoever bears their names later: what is
 * evaluated is the document with ids in the place of ARNs. What is shown is the text as it was written, with the
 * name that a principal has now, or with its id once it is gone.
 */

/** What a document names, as written, each once and in order of appearance. What is not a principal is left out. */
export interface NamedPrincipals {
  /** ARNs of users and roles: these are to be bound. */
  readonly arns: readonly string[];
  /** `AIDA…` and `AROA…`: these are bound already. */
  readonly uniqueIds: readonly string[];
  /** ARNs of role sessions (`assumed-role/Role/Session`); neither they nor their roles are bound. */
  readonly sessions: readonly string[];
  /** ARNs of sessions that GetFederationToken made. */
  readonly federatedUsers: readonly string[];
  /** Entries of the type `Federated`: ARNs of identity providers, and names such as `accounts.google.com`. */
  readonly providers: readonly string[];
}

const LISTS: Partial<Record<PrincipalForm['kind'], keyof NamedPrincipals>> = {
  user: 'arns',
  role: 'arns',
  'unique-id': 'uniqueIds',
  'role-session': 'sessions',
  'federated-user': 'federatedUsers',
  provider: 'providers',
  'web-provider': 'providers',
};

/** Lists the principals that the `Principal` and `NotPrincipal` elements of a document name. */
export function principalsToBind(document: PolicyDocument): NamedPrincipals {
  const found: Record<keyof NamedPrincipals, Set<string>> = {
    arns: new Set(),
    uniqueIds: new Set(),
    sessions: new Set(),
    federatedUsers: new Set(),
    providers: new Set(),
  };
  for (const entry of entriesOf(document)) {
    const form = readPrincipalForm(entry);
    const list = form && LISTS[form.kind];
    if (list !== undefined) found[list].add(entry.value);
  }
  return Object.freeze({
    arns: Object.freeze([...found.arns]),
    uniqueIds: Object.freeze([...found.uniqueIds]),
    sessions: Object.freeze([...found.sessions]),
    federatedUsers: Object.freeze([...found.federatedUsers]),
    providers: Object.freeze([...found.providers]),
  });
}

/**
 * The document with each bound ARN replaced by its unique id; everything else stays, positions too.
 *
 * @param bindings unique ids by the ARNs of `principalsToBind`, as written
 */
export function bindPrincipals(
  document: PolicyDocument,
  bindings: ReadonlyMap<string, string>,
): PolicyDocument {
  const bindEntry = (entry: PrincipalEntry): PrincipalEntry => {
    const value = replacementOf(entry, (principal) => bindings.get(principal));
    return value === undefined ? entry : Object.freeze({ ...entry, value });
  };
  const bindElement = (element: PrincipalElement): PrincipalElement =>
    Object.freeze({ ...element, entries: Object.freeze(element.entries.map(bindEntry)) });
  const bindStatement = (statement: Statement): Statement =>
    statement.principal === undefined
      ? statement
      : Object.freeze({ ...statement, principal: bindElement(statement.principal) });
  return Object.freeze({ ...document, statements: Object.freeze(document.statements.map(bindStatement)) });
}

/**
 * The text of a policy as it is to be shown: every principal for which `show` gives another text is replaced where
 * it stands. All the rest stays byte for byte: spacing, order, escapes, the same name in other places.
 *
 * @param show is given each principal with its escapes resolved; `undefined` keeps it. Not asked for `*`, which is
 * nobody's name
 * @throws PolicyDocumentError when the text is not a policy
 */
export function renderPolicy(text: string, show: (principal: string) => string | undefined): string {
  const offsetOf = offsetFinder(text);
  const pieces: string[] = [];
  let from = 0;
  // Entries are in the order in which they stand in the text.
  for (const entry of entriesOf(parsePolicy(text))) {
    const shown = replacementOf(entry, show);
    if (shown === undefined) continue;
    const start = offsetOf(entry.position);
    pieces.push(text.slice(from, start), writeJsonString(shown));
    from = endOfString(text, start);
  }
  pieces.push(text.slice(from));
  return pieces.join('');
}

function entriesOf({ statements }: PolicyDocument): readonly PrincipalEntry[] {
  return statements.flatMap(({ principal }) => principal?.entries ?? []);
}

/** What takes the place of an entry's value, if something else does. */
function replacementOf(
  { value }: PrincipalEntry,
  replace: (principal: string) => string | undefined,
): string | undefined {
  const replacement = value === '*' ? undefined : replace(value);
  return replacement === value ? undefined : replacement;
}

/** A JSON string in plain ASCII: a policy text may not hold all of Unicode. */
function writeJsonString(value: string): string {
  return JSON.stringify(value).replaceAll(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
