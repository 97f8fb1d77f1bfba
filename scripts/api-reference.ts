/**
 * Writes docs/api/: a page for each operation, made from its declaration.
 *
 *   node scripts/api-reference.ts            writes the pages
 *   node scripts/api-reference.ts --check    fails when the pages are not those of the declarations
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { refusedStates } from '../src/kms/index.ts';
import type { Member, Shape } from '../src/model/index.ts';
import { ERROR_DESCRIPTIONS } from '../src/operations/errors.ts';
import { allOperations, type KeyTarget, type Operation, type Target } from '../src/operations/index.ts';

const directory = new URL('../docs/api/', import.meta.url);
const all = allOperations.toSorted((one, other) => (one.name < other.name ? -1 : 1));

function pageOf(operation: Operation): string {
  const { name, summary, input, output, examples, errors } = operation;
  return `# ${name}

${summary}

## Request

\`\`\`http
${requestOf(operation)}
\`\`\`

${membersTable(input.members) ?? 'There are no members.'}

## Response

${membersTable(output.members) ?? 'There are no members.'}

## Examples
${examples
  .map(
    (example) => `
### ${example.title}

\`\`\`json
${JSON.stringify(example.request, undefined, 2)}
\`\`\`

answers

\`\`\`json
${JSON.stringify(example.response, undefined, 2)}
\`\`\`
`,
  )
  .join('')}
## Permissions

${permissions(operation)}

## Errors

${errorsTable(errors)}
`;
}

function errorsTable(errors: readonly string[]): string {
  const common = 'the [errors that every operation may return](README.md#errors-of-every-operation)';
  if (errors.length === 0) return `Only ${common}.`;
  const rows = errors.toSorted().map((code) => `| ${code} | ${ERROR_DESCRIPTIONS[code]} |`);
  return [`Beside ${common}:`, '', '| Error | When |', '| --- | --- |', ...rows].join('\n');
}

function requestOf({ service, name }: Operation): string {
  return service === 'kms'
    ? `POST / HTTP/1.1\nContent-Type: application/x-amz-json-1.1\nX-Amz-Target: TrentService.${name}`
    : `POST / HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n\nAction=${name}&Version=2011-06-15`;
}

function membersTable(members: Readonly<Record<string, Member>>): string | undefined {
  const rows = Object.entries(members).flatMap(([name, member]) => memberRows(name, member));
  if (rows.length === 0) return undefined;
  return ['| Member | Type | Required | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function memberRows(path: string, { shape, required, description }: Member): readonly string[] {
  const row = `| ${path} | ${typeOf(shape)} | ${required ? 'yes' : 'no'} | ${description} |`;
  const inner = shape.kind === 'list' ? shape.member : shape;
  if (inner.kind !== 'structure') return [row];
  const prefix = shape.kind === 'list' ? `${path}[].` : `${path}.`;
  return [
    row,
    ...Object.entries(inner.members).flatMap(([name, member]) => memberRows(prefix + name, member)),
  ];
}

function typeOf(shape: Shape): string {
  switch (shape.kind) {
    case 'string':
      if (shape.values !== undefined) return shape.values.map((value) => `\`${value}\``).join(', ');
      return `string${bounds(shape, 'characters')}`;
    case 'integer':
      return `integer${bounds(shape, '')}`;
    case 'blob':
      return `base64${bounds(shape, 'bytes')}`;
    case 'timestamp':
      return 'number, seconds since 1970';
    case 'list':
      return `list of ${shape.member.kind === 'structure' ? 'structures' : typeOf(shape.member)}${bounds(shape, 'items')}`;
    case 'map':
      return 'map from string to string';
    default:
      return shape.kind;
  }
}

function bounds({ min, max }: { readonly min?: number; readonly max?: number }, unit: string): string {
  if (max === undefined) return '';
  return `, ${min === undefined ? 'at most ' : `${min} to `}${max} ${unit}`.trimEnd();
}

function permissions({ targets }: Operation): string {
  const entries = Object.entries(targets);
  if (entries.length === 0) return 'None.';
  return entries.map(([name, target]) => `- ${permission(name, target)}`).join('\n');
}

function permission(name: string, target: Target): string {
  if (target.kind === 'account') {
    return `\`${target.permission}\` on \`*\`${target.when === undefined ? '' : ', when the request calls for it'}, by an identity policy; the account root user has it`;
  }
  if (target.kind === 'alias') {
    return `\`${target.permission}\` on the alias \`${target.member}\`, by an identity policy; the account root user has it`;
  }
  const key = `the key that ${describeKey(target)}`;
  if (target.permission === undefined) return `none on ${key}`;
  const states = refusedStates(target.states);
  return [
    `\`${target.permission}\` on ${key} (${name})`,
    target.crossAccount ? 'which may belong to another account' : undefined,
    states.length === 0 ? 'in any key state' : `not in state ${states.join(', ')}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}

function describeKey({ member, fromCiphertext, fromAlias }: KeyTarget): string {
  if (fromAlias !== undefined) return 'the alias names';
  return `\`${member}\`${fromCiphertext === undefined ? '' : `, or else \`${fromCiphertext}\`,`} names`;
}

const index = `# API reference

Every operation of KMS is \`POST /\` with a JSON body, an \`X-Amz-Target\` header and an AWS Signature Version 4 for the service
\`kms\`; those of STS are forms, answered in XML, with a signature for the service \`sts\`. These pages are made from the declarations that the server itself runs on (\`npm run api-reference\`).

| Operation | |
| --- | --- |
${all.map(({ name, summary }) => `| [${name}](${name}.md) | ${summary} |`).join('\n')}

## Errors of every operation

An error is a JSON body \`{"__type": "<code>", "message": "<text>"}\` with HTTP status 400, or 500 where the fault is the
service's and the request should be retried.

| Error | When |
| --- | --- |
| AccessDeniedException | The caller may not do this; the text names the layer that did not allow it. |
| IncompleteSignatureException | The signature lacks parts; the text names them. |
| InvalidSignatureException | The signature is not the one that the request should have, is out of scope, or has expired. |
| KMSInternalException | The service failed. Retry. |
| MissingAuthenticationTokenException | The request is not signed. |
| SerializationException | The body is not JSON, or a member has a wrong JSON type. |
| UnknownOperationException | \`X-Amz-Target\` names no operation, or the content type is not JSON. |
| UnrecognizedClientException | There is no such access key. |
| ValidationException | Members are missing or break their constraints; the text names all of them. |
`;

const pages = new Map([
  ['README.md', index],
  ...all.map((operation) => [`${operation.name}.md`, pageOf(operation)] as const),
]);

if (process.argv.includes('--check')) {
  const present = await readdir(directory);
  const stale = [...pages.keys(), ...present].filter((name) => !pages.has(name) || !present.includes(name));
  for (const [name, page] of pages) {
    if (present.includes(name) && (await readFile(new URL(name, directory), 'utf8')) !== page)
      stale.push(name);
  }
  if (stale.length > 0) {
    process.stderr.write(`docs/api is not up to date (${stale.join(', ')}): run npm run api-reference\n`);
    process.exitCode = 1;
  }
} else {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory);
  for (const [name, page] of pages) await writeFile(new URL(name, directory), page);
}
