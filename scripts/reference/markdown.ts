import { isQueryService, QUERY_VERSIONS, type ServiceName, TARGET_PREFIXES } from '../../src/model/index.ts';
import { requestText, responseText } from './example-text.ts';
import { type MemberRow, memberRows } from './members.ts';
import type { ErrorRow, OperationPage, Permission, QuotaRow, Reference } from './model.ts';

/** Where the page of an operation is in docs/api/: those of KMS at the top, the others in a folder for their service. */
export function placeOf({ service, name }: OperationPage): string {
  return service === 'kms' ? `${name}.md` : `${service}/${name}.md`;
}

/** The page of an operation in docs/api/. */
export function markdownOf(page: OperationPage): string {
  const { name, service, summary, input, output, examples, permissions } = page;
  const timestamps = isQueryService(service) ? 'iso-8601' : 'seconds';
  return `# ${name}

${summary}
${notesOf(page)}
## Request

\`\`\`http
${requestOf(page)}
\`\`\`

${table(
  ['Header', 'Required', 'Description'],
  page.headers.map(({ name, required, description }) => [name, required ? 'yes' : 'no', description]),
)}

${membersTable(memberRows(input.members, timestamps))}

## Response

${membersTable(memberRows(output.members, timestamps))}

${examples.length === 0 ? '' : '## Examples\n'}${examples
  .map(
    (example) => `
### ${example.title}

\`\`\`http
${requestText(page, example)}
\`\`\`

answers

\`\`\`http
${responseText(example)}
\`\`\`
`,
  )
  .join('')}
## Permissions

${permissions.length === 0 ? 'None.' : permissions.map((permission) => `- ${permissionText(permission)}`).join('\n')}

## Quota

${quotasOf(page)}

## Errors

${errorsOf(page)}
`;
}

/** Links are relative to docs/ in declarations. */
function notesOf({ service, notes }: OperationPage): string {
  const docs = service === 'kms' ? '../' : '../../';
  const lines = notes.map((note) => `- ${note.replaceAll('](', `](${docs}`)}\n`);
  return lines.length === 0 ? '' : `\n${lines.join('')}`;
}

function requestOf({ service, name }: OperationPage): string {
  return isQueryService(service)
    ? `POST / HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n\nAction=${name}&Version=${QUERY_VERSIONS[service]}`
    : `POST / HTTP/1.1\nContent-Type: application/x-amz-json-1.1\nX-Amz-Target: ${TARGET_PREFIXES[service]}.${name}`;
}

function membersTable(rows: readonly MemberRow[]): string {
  if (rows.length === 0) return 'There are no members.';
  return table(
    ['Member', 'Type', 'Constraints', 'Required', 'Meaning'],
    rows.map(({ path, type, constraints, required, description }) => [
      path,
      type,
      constraints,
      required ? 'yes' : 'no',
      description,
    ]),
  );
}

function permissionText({ text, conditionKeys }: Permission): string {
  if (conditionKeys.length === 0) return text;
  return `${text}; condition keys: ${conditionKeys.map((key) => `\`${key}\``).join(', ')}`;
}

function quotasOf({ service, quotas }: OperationPage): string {
  const guide = service === 'kms' ? '../quotas.md' : '../../quotas.md';
  const [first, ...others] = quotas;
  const names = quotas.map(quotaText).join(', ');
  const text =
    others.length === 0 && first !== undefined
      ? `Counts under ${names}`
      : `Counts, depending on the request, under ${names}`;
  return `${text}. [Quotas](${guide})`;
}

function quotaText({ name, rate, awsRate }: QuotaRow): string {
  const ofAws = rate === awsRate ? 'as in AWS' : `AWS: ${number(awsRate)}`;
  return `*${name}* (${number(rate)} a second; ${ofAws})`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function errorsOf({ service, errors }: OperationPage): string {
  const index = service === 'kms' ? 'README.md' : '../README.md';
  const common = `the [errors that every operation may return](${index}#errors-of-every-operation)`;
  return errors.length === 0 ? `Only ${common}.` : `Beside ${common}:\n\n${errorsTable(errors)}`;
}

function errorsTable(errors: readonly ErrorRow[]): string {
  return table(
    ['Error', 'When'],
    errors.map(({ code, description }) => [code, description]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The first page of docs/api/. */
export function indexMarkdown({ operations, commonErrors }: Reference): string {
  const tableOf = (service: ServiceName) =>
    table(
      ['Operation', ''],
      operations
        .filter((page) => page.service === service)
        .map((page) => [`[${page.name}](${placeOf(page)})`, page.summary]),
    );
  return `# API reference

Every operation of KMS (and of CloudTrail and Organizations, with their own targets and signature services) is \`POST /\` with a JSON body, an \`X-Amz-Target\` header and an AWS Signature Version 4 for the service
\`kms\`; those of IAM and STS are forms, answered in XML, with a signature for the service \`iam\` or \`sts\`. These pages are made from the declarations that the server itself runs on (\`npm run api-reference\`).
The [console](../console.md) has them too, with forms to try them out.

## Key Management Service

${tableOf('kms')}

## CloudTrail

${tableOf('cloudtrail')}

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

${errorsTable(commonErrors)}
`;
}
