import { type Dialect, indent, literal, membersOf, quoted, type SampledCall } from './call.ts';
import { SDK_NAMES, type SdkService } from './names.ts';

const DIALECT: Dialect = {
  string: quoted,
  integer: String,
  boolean: String,
  blob: (base64) => `Buffer.from(${quoted(base64)}, "base64")`,
  timestamp: (seconds) => `new Date(${seconds * 1000})`,
  list: (items) => `[${items.join(', ')}]`,
  map: (entries) => braces(entries.map(([key, value]) => [quoted(key), value])),
  structure: braces,
};

function braces(entries: readonly (readonly [string, string])[]): string {
  return entries.length === 0
    ? '{}'
    : `{ ${entries.map(([name, value]) => `${name}: ${value}`).join(', ')} }`;
}

/** The call with the AWS SDK for JavaScript, version 3. */
export function javascriptSample(call: SampledCall, service: SdkService): string {
  const { client, module } = SDK_NAMES[service];
  const { name } = call.page;
  const members = membersOf(call).map(
    ([member, shape, value]) => `  ${member}: ${indent(literal(DIALECT, shape, value, member), '  ')},`,
  );
  const input = members.length === 0 ? '{}' : `{\n${members.join('\n')}\n}`;
  return `import { ${client}Client, ${name}Command } from "@aws-sdk/client-${module}";

const client = new ${client}Client({ endpoint: ${quoted(call.endpoint)}, region: ${quoted(call.region)} });
const response = await client.send(new ${name}Command(${input}));
console.log(response);`;
}
