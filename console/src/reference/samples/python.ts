import { type Dialect, literal, membersOf, quoted, type SampledCall } from './call.ts';
import { type SdkService, snakeCase } from './names.ts';

const DIALECT: Dialect = {
  string: quoted,
  integer: String,
  boolean: (value) => (value ? 'True' : 'False'),
  blob: (base64) => `base64.b64decode(${quoted(base64)})`,
  timestamp: (seconds) => `datetime.fromtimestamp(${seconds}, timezone.utc)`,
  list: (items) => `[${items.join(', ')}]`,
  map: dictionary,
  structure: dictionary,
};

function dictionary(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([name, value]) => `${quoted(name)}: ${value}`).join(', ')}}`;
}

/** The call with boto3. */
export function pythonSample(call: SampledCall, service: SdkService): string {
  const members = membersOf(call).map(
    ([member, shape, value]) => `    ${member}=${literal(DIALECT, shape, value, member)},`,
  );
  const code = `client = boto3.client("${service}", endpoint_url=${quoted(call.endpoint)}, region_name=${quoted(call.region)})
response = client.${snakeCase(call.page.name)}(${members.length === 0 ? '' : `\n${members.join('\n')}\n`})
print(response)`;
  const imports = [
    ...(code.includes('base64.') ? ['import base64'] : []),
    ...(code.includes('datetime.') ? ['from datetime import datetime, timezone'] : []),
    'import boto3',
  ];
  return `${imports.join('\n')}\n\n${code}`;
}
