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

/** Where the page of an operation is: those of KMS at the top, the others in a folder for their service. */
function placeOf({ service, name }: Operation): string {
  return service === 'kms' ? `${name}.md` : `${service}/${name}.md`;
}

function pageOf(operation: Operation): string {
  const { name, summary, input, output, examples } = operation;
  return `# ${name}

${summary}

## Request

\`\`\`http
${requestOf(operation)}
\`\`\`

${membersTable(operation, input.members) ?? 'There are no members.'}

## Response

${membersTable(operation, output.members) ?? 'There are no members.'}

${examples.length === 0 ? '' : '## Examples\n'}${examples
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

${errorsTable(operation)}
`;
}

function descriptionOf(code: string): string {
  const description = ERROR_DESCRIPTIONS[code];
  if (description === undefined) throw new Error(`src/operations/errors.ts does not describe ${code}`);
  return description;
}

function errorsTable({ service, errors }: Operation): string {
  const index = service === 'kms' ? 'README.md' : '../README.md';
  const common = `the [errors that every operation may return](${index}#errors-of-every-operation)`;
  if (errors.length === 0) return `Only ${common}.`;
  const rows = errors.toSorted().map((code) => `| ${code} | ${descriptionOf(code)} |`);
  return [`Beside ${common}:`, '', '| Error | When |', '| --- | --- |', ...rows].join('\n');
}

/** The API versions by which requests of the Query protocol name their service. */
const QUERY_VERSIONS = { iam: '2010-05-08', sts: '2011-06-15' };

function requestOf({ service, name }: Operation): string {
  const target = {
    kms: 'TrentService',
    organizations: 'AWSOrganizationsV20161128',
    qkms: 'QKMS',
    iam: '',
    sts: '',
  }[service];
  return service !== 'iam' && service !== 'sts'
    ? `POST / HTTP/1.1\nContent-Type: application/x-amz-json-1.1\nX-Amz-Target: ${target}.${name}`
    : `POST / HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n\nAction=${name}&Version=${QUERY_VERSIONS[service]}`;
}

function membersTable(operation: Operation, members: Readonly<Record<string, Member>>): string | undefined {
  const rows = Object.entries(members).flatMap(([name, member]) => memberRows(operation, name, member));
  if (rows.length === 0) return undefined;
  return ['| Member | Type | Required | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function memberRows(
  operation: Operation,
  path: string,
  { shape, required, description }: Member,
): readonly string[] {
  const row = `| ${path} | ${typeOf(operation, shape)} | ${required ? 'yes' : 'no'} | ${description} |`;
  const inner = shape.kind === 'list' ? shape.member : shape;
  if (inner.kind !== 'structure') return [row];
  const prefix = shape.kind === 'list' ? `${path}[].` : `${path}.`;
  return [
    row,
    ...Object.entries(inner.members).flatMap(([name, member]) =>
      memberRows(operation, prefix + name, member),
    ),
  ];
}

function typeOf(operation: Operation, shape: Shape): string {
  switch (shape.kind) {
    case 'string':
      if (shape.values !== undefined) return shape.values.map((value) => `\`${value}\``).join(', ');
      return `string${bounds(shape, 'characters')}`;
    case 'integer':
      return `integer${bounds(shape, '')}`;
    case 'blob':
      return `base64${bounds(shape, 'bytes')}`;
    case 'timestamp':
      return !['iam', 'sts'].includes(operation.service)
        ? 'number, seconds since 1970'
        : 'date and time, ISO 8601';
    case 'list':
      return `list of ${shape.member.kind === 'structure' ? 'structures' : typeOf(operation, shape.member)}${bounds(shape, 'items')}`;
    case 'map':
      return `map from string to ${shape.value.kind}`;
    default:
      return shape.kind;
  }
}

function bounds({ min, max }: { readonly min?: number; readonly max?: number }, unit: string): string {
  if (max === undefined) return '';
  return `, ${min === undefined ? 'at most ' : `${min} to `}${max} ${unit}`.trimEnd();
}

function permissions(operation: Operation): string {
  const entries = Object.entries(operation.targets);
  if (entries.length === 0) return 'None.';
  return entries.map(([name, target]) => `- ${permission(operation, name, target)}`).join('\n');
}

function permission(operation: Operation, name: string, target: Target): string {
  if (target.kind === 'account') {
    const resource = target.resource === undefined ? '`*`' : 'what is listed';
    const region = target.regionMember === undefined ? '' : ` in the Region \`${target.regionMember}\``;
    return `\`${target.permission}\` on ${resource}${region}${target.when === undefined ? '' : ', when the request calls for it'}, by an identity policy; the account root user has it`;
  }
  if (target.kind === 'alias') {
    return `\`${target.permission}\` on the alias \`${target.member}\`, by an identity policy; the account root user has it`;
  }
  if (target.kind === 'identity') {
    const absent = target.orCaller === undefined ? '' : ', or else on the caller itself';
    return `\`${target.permission}\` on the ${target.identity} that \`${target.member}\` names${absent}, by an identity policy; the account root user has it`;
  }
  if (target.kind === 'new-identity') {
    return `\`${target.permission}\` on the ${target.identity} as it will be${target.when === undefined ? '' : ', when the request calls for it'}, by an identity policy; the account root user has it`;
  }
  if (target.kind === 'role') {
    return `the trust policy of the role that \`${target.member}\` names has to allow \`sts:${operation.name}\` to the caller itself, or to its account and then an identity policy as well; \`sts:TagSession\` for session tags and \`sts:SetSourceIdentity\` for a source identity too`;
  }
  if (target.kind === 'grant') {
    return 'the retiring principal of the grant, its grantee if the grant is for RetireGrant, and the account that created it may retire it; a principal of such an account needs `kms:RetireGrant` by an identity policy';
  }
  const key = describeKey(target);
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

function describeKey({ member, fromCiphertext, fromAlias, sibling }: KeyTarget): string {
  if (sibling !== undefined) return `its sibling in the Region \`${sibling.regionMember}\``;
  if (fromAlias !== undefined) return 'the key that the alias names';
  return `the key that \`${member}\`${fromCiphertext === undefined ? '' : `, or else \`${fromCiphertext}\`,`} names`;
}

function tableOf(service: string): string {
  const rows = all
    .filter((operation) => operation.service === service)
    .map((operation) => `| [${operation.name}](${placeOf(operation)}) | ${operation.summary} |`);
  return ['| Operation | |', '| --- | --- |', ...rows].join('\n');
}

const index = `# API reference

Every operation of KMS (and of Organizations, with its own target and signature service) is \`POST /\` with a JSON body, an \`X-Amz-Target\` header and an AWS Signature Version 4 for the service
\`kms\`; those of IAM and STS are forms, answered in XML, with a signature for the service \`iam\` or \`sts\`. These pages are made from the declarations that the server itself runs on (\`npm run api-reference\`).

## Key Management Service

${tableOf('kms')}

## Identity and Access Management

${tableOf('iam')}

## Organizations

${tableOf('organizations')}

## QKMS's own

Operations that AWS does not have, signed like those of KMS.

${tableOf('qkms')}

## Security Token Service

${tableOf('sts')}

## Errors of every operation

For KMS, an error is a JSON body \`{"__type": "<code>", "message": "<text>"}\` with HTTP status 400, or 500 where the fault is the
service's and the request should be retried. For IAM and STS it is XML, \`<ErrorResponse><Error><Code>…</Code><Message>…</Message></Error></ErrorResponse>\`,
under the codes of these services (\`AccessDenied\`, \`SignatureDoesNotMatch\`, \`InvalidClientTokenId\`, \`ExpiredToken\`, \`ValidationError\`,
\`InternalFailure\`, …) and with their statuses (400, 403, 404, 409, 500).

| Error | When |
| --- | --- |
| AccessDeniedException | The caller may not do this; the text names the layer that did not allow it. |
| IncompleteSignatureException | The signature lacks parts; the text names them. |
| InvalidSignatureException | The signature is not the one that the request should have, is out of scope, or has expired. |
| KMSInternalException | The service failed. Retry. |
| MissingAuthenticationTokenException | The request is not signed. |
| SerializationException | The body is not JSON, or a member has a wrong JSON type. |
| ThrottlingException | Too much of this work waits already: generating RSA keys, or signatures. Retry later. |
| UnknownOperationException | \`X-Amz-Target\` names no operation, or the content type is not JSON. |
| ExpiredTokenException | The temporary credentials have expired. |
| UnrecognizedClientException | There is no such access key, it is not active, or the session token does not go with it. |
| ValidationException | Members are missing or break their constraints; the text names all of them. |
`;

const pages = new Map([
  ['README.md', index],
  ...all.map((operation) => [placeOf(operation), pageOf(operation)] as const),
]);

if (process.argv.includes('--check')) {
  const present = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('.md'));
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
  for (const folder of ['iam/', 'organizations/', 'qkms/', 'sts/'])
    await mkdir(new URL(folder, directory), { recursive: true });
  for (const [name, page] of pages) await writeFile(new URL(name, directory), page);
}
