import type { Shape } from '../../../../src/model/shapes.ts';
import { type Dialect, literal, membersOf, quoted, type SampledCall } from './call.ts';
import { SDK_NAMES, type SdkService, snakeCase, typeNameOf } from './names.ts';

const DIALECT: Dialect = {
  string: rustString,
  integer: String,
  boolean: String,
  blob: (base64) => `Blob::new(BASE64_STANDARD.decode(${quoted(base64)})?)`,
  timestamp: (seconds) => `DateTime::from_secs(${Math.trunc(seconds)})`,
  list: (items) => items.join(', '),
  map: (entries) => entries.map(([key, value]) => `${rustString(key)}, ${value}`).join(', '),
  structure: (members, member) =>
    `${typeNameOf(member)}::builder()${members.map(([name, value]) => `.${snakeCase(name)}(${value})`).join('')}.build()`,
};

/** Rust writes escapes of characters in braces. */
function rustString(text: string): string {
  return quoted(text)
    .replaceAll(/\\u([0-9a-f]{4})/gi, '\\u{$1}')
    .replaceAll(/\\[bf]/g, (escaped) => (escaped === '\\b' ? '\\u{8}' : '\\u{c}'));
}

/** Lists and maps are given to the builder piece by piece. */
function setters(member: string, shape: Shape, value: unknown): readonly string[] {
  const call = (argument: string) => `\n        .${snakeCase(member)}(${argument})`;
  if (shape.kind === 'list' && Array.isArray(value)) {
    return value.map((item) =>
      call(withConversion(shape.member, literal(DIALECT, shape.member, item, member))),
    );
  }
  if (shape.kind === 'map' && typeof value === 'object' && value !== null) {
    return Object.entries(value).map(([key, each]) => call(literal(DIALECT, shape, { [key]: each }, member)));
  }
  return [call(withConversion(shape, literal(DIALECT, shape, value, member)))];
}

/** Enumerations are types of their own; structures with required members are checked when they are built. */
function withConversion(shape: Shape, text: string): string {
  if (shape.kind === 'string' && shape.values !== undefined) return `${text}.into()`;
  const canFail = shape.kind === 'structure' && Object.values(shape.members).some(({ required }) => required);
  return canFail ? `${text}?` : text;
}

/** The call with the AWS SDK for Rust. */
export function rustSample(call: SampledCall, service: SdkService): string {
  const { module } = SDK_NAMES[service];
  const body = membersOf(call)
    .flatMap(([member, shape, value]) => setters(member, shape, value))
    .join('');
  const primitives = ['Blob', 'DateTime'].filter((name) => body.includes(`${name}::`));
  const types = [...new Set([...body.matchAll(/(\w+)::builder/g)].map(([, name]) => name))];
  const uses = [
    'use aws_config::BehaviorVersion;',
    ...primitives.map((name) => `use aws_sdk_${module}::primitives::${name};`),
    ...types.map((name) => `use aws_sdk_${module}::types::${name};`),
    ...(body.includes('BASE64') ? ['use base64::prelude::*;'] : []),
  ];
  return `${uses.join('\n')}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(${quoted(call.endpoint)})
        .region(${quoted(call.region)})
        .load()
        .await;
    let client = aws_sdk_${module}::Client::new(&config);
    let response = client
        .${snakeCase(call.page.name)}()${body}
        .send()
        .await?;
    println!("{response:?}");
    Ok(())
}`;
}
