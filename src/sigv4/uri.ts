/*
 * Canonical form of a request target (SigV4, "Create a canonical request", steps 2 and 3).
 *
 * Text is as node's HTTP parser gives it: one character a byte. Everything here is linear in its input, apart
 * from the sorting of query parameters.
 */

/** A query parameter, its name and value percent-encoded in the canonical way. */
interface QueryParameter {
  readonly name: string;
  readonly value: string;
}

const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;

/**
 * The canonical form of a path for services other than S3: dot segments resolved, repeated slashes merged,
 * and each segment encoded once more, so that `%20` on the wire becomes `%2520`.
 */
export function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment.replace(/[^A-Za-z0-9\-._~]/g, encode));
  }
  if (segments.length === 0) return '/';
  return `/${segments.join('/')}${path.endsWith('/') ? '/' : ''}`;
}

/** The parameters of a query string (without its `?`) in the order of their arrival. */
export function readQuery(query: string): readonly QueryParameter[] {
  const parameters: QueryParameter[] = [];
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    parameters.push(
      equals === -1
        ? { name: canonicalComponent(pair), value: '' }
        : {
            name: canonicalComponent(pair.slice(0, equals)),
            value: canonicalComponent(pair.slice(equals + 1)),
          },
    );
  }
  return parameters;
}

/** The canonical query string: `parameters` sorted by name, and by value where names are equal. */
export function canonicalQuery(parameters: readonly QueryParameter[]): string {
  return parameters
    .toSorted((a, b) => compare(a.name, b.name) || compare(a.value, b.value))
    .map(({ name, value }) => `${name}=${value}`)
    .join('&');
}

/**
 * A name or value of the query, however encoded on the wire, in the one canonical encoding.
 *
 * A bare `+` stays as it is. URIs read it as a plus and forms as a space; were it made equal to either
 * `%2B` or `%20`, someone could swap the two under a valid signature and change what a reader sees.
 */
function canonicalComponent(component: string): string {
  return component.replace(/%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~+]/g, (found) =>
    encode(found.length === 3 ? String.fromCharCode(Number.parseInt(found.slice(1), 16)) : found),
  );
}

function encode(character: string): string {
  if (UNRESERVED.test(character)) return character;
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
