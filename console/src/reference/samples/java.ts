import { type Dialect, literal, membersOf, quoted, type SampledCall } from './call.ts';
import { camelCase, SDK_NAMES, type SdkService, typeNameOf } from './names.ts';

const DIALECT: Dialect = {
  string: quoted,
  integer: String,
  boolean: String,
  blob: (base64) => `SdkBytes.fromByteArray(Base64.getDecoder().decode(${quoted(base64)}))`,
  timestamp: (seconds) => `Instant.ofEpochSecond(${Math.trunc(seconds)}L)`,
  list: (items) => items.join(', '),
  map: (entries) => `Map.of(${entries.flatMap(([key, value]) => [quoted(key), value]).join(', ')})`,
  structure: (members, member) =>
    `${typeNameOf(member)}.builder()${members.map(([name, value]) => `.${camelCase(name)}(${value})`).join('')}.build()`,
};

/** The call with the AWS SDK for Java, version 2. */
export function javaSample(call: SampledCall, service: SdkService): string {
  const { java, module } = SDK_NAMES[service];
  const setters = membersOf(call).map(([member, shape, value]) => {
    const ofEnumeration =
      shape.kind === 'list' && 'values' in shape.member && shape.member.values !== undefined;
    const setter = camelCase(member) + (ofEnumeration ? 'WithStrings' : '');
    return `\n    .${setter}(${literal(DIALECT, shape, value, member)})`;
  });
  const body = setters.join('');
  const imports = [
    'java.net.URI',
    ...(body.includes('Instant.') ? ['java.time.Instant'] : []),
    ...(body.includes('Base64.') ? ['java.util.Base64'] : []),
    ...(body.includes('Map.of') ? ['java.util.Map'] : []),
    ...(body.includes('SdkBytes.') ? ['software.amazon.awssdk.core.SdkBytes'] : []),
    'software.amazon.awssdk.regions.Region',
    `software.amazon.awssdk.services.${module}.${java}Client`,
    ...(body.includes('.builder()') ? [`software.amazon.awssdk.services.${module}.model.*`] : []),
  ];
  return `${imports.map((name) => `import ${name};`).join('\n')}

var client = ${java}Client.builder()
    .endpointOverride(URI.create(${quoted(call.endpoint)}))
    .region(Region.of(${quoted(call.region)}))
    .build();
var response = client.${camelCase(call.page.name)}(request -> request${body});
System.out.println(response);`;
}
