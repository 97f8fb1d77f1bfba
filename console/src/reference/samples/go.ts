import type { Shape } from '../../../../src/model/shapes.ts';
import { type Dialect, literal, membersOf, quoted, type SampledCall } from './call.ts';
import { SDK_NAMES, type SdkService, typeNameOf } from './names.ts';

/** The members that the service models give a default, so that the SDK has them as values, not as pointers. */
const NOT_POINTERS = /^(?:AllUsers|BypassPolicyLockoutSafetyCheck|OnlyAttached|SetAsDefault)$/;

const DIALECT: Dialect = {
  string: (value) => `aws.String(${quoted(value)})`,
  integer: (value) => `aws.Int32(${value})`,
  boolean: (value, member) => (NOT_POINTERS.test(member) ? String(value) : `aws.Bool(${value})`),
  blob: (base64) => `bytesOf(${quoted(base64)})`,
  timestamp: (seconds) => `aws.Time(time.Unix(${Math.trunc(seconds)}, 0))`,
  list: (items, shape, member) => `[]${itemType(shape, member)}{${items.map(unwrapped).join(', ')}}`,
  map: (entries) =>
    `map[string]string{${entries.map(([key, value]) => `${quoted(key)}: ${unwrapped(value)}`).join(', ')}}`,
  structure: (members, member) =>
    `types.${typeNameOf(member)}{${members.map(([name, value]) => `${name}: ${value}`).join(', ')}}`,
};

function itemType(shape: Shape, member: string): string {
  if (shape.kind !== 'list' || shape.member.kind === 'blob') return '[]byte';
  const isNamed =
    shape.member.kind === 'structure' || ('values' in shape.member && shape.member.values !== undefined);
  return isNamed ? `types.${typeNameOf(member)}` : 'string';
}

/** In lists and maps strings are values. */
function unwrapped(text: string): string {
  return /^aws\.String\((.*)\)$/s.exec(text)?.[1] ?? text;
}

/** The call with the AWS SDK for Go, version 2. */
export function goSample(call: SampledCall, service: SdkService): string {
  const { module } = SDK_NAMES[service];
  const { name } = call.page;
  const members = membersOf(call).map(([member, shape, value]) => {
    const text = literal(DIALECT, shape, value, member);
    // Enumerations are types of their own, to which a text can be assigned; structures are pointers.
    if (shape.kind === 'string' && shape.values !== undefined) return `\t\t${member}: ${unwrapped(text)},`;
    return `\t\t${member}: ${shape.kind === 'structure' ? '&' : ''}${text},`;
  });
  const body = members.join('\n');
  const imports = [
    'context',
    ...(body.includes('bytesOf(') ? ['encoding/base64'] : []),
    'fmt',
    'log',
    ...(body.includes('time.') ? ['time'] : []),
  ];
  const modules = [
    'aws',
    'config',
    `service/${module}`,
    ...(body.includes('types.') ? [`service/${module}/types`] : []),
  ].map((path) => `\t"github.com/aws/aws-sdk-go-v2/${path}"`);
  const decode = body.includes('bytesOf(')
    ? `\n\nfunc bytesOf(text string) []byte {\n\tdecoded, err := base64.StdEncoding.DecodeString(text)\n\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n\treturn decoded\n}`
    : '';
  return `package main

import (
${imports.map((path) => `\t"${path}"`).join('\n')}

${modules.join('\n')}
)

func main() {
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(${quoted(call.region)}))
	if err != nil {
		log.Fatal(err)
	}
	client := ${module}.NewFromConfig(cfg, func(options *${module}.Options) {
		options.BaseEndpoint = aws.String(${quoted(call.endpoint)})
	})
	response, err := client.${name}(ctx, &${module}.${name}Input{${body === '' ? '' : `\n${body}\n\t`}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\\n", response)
}${decode}`;
}
