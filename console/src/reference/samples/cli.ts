import type { SampledCall } from './call.ts';
import { membersOf } from './call.ts';
import { kebabCase, type SdkService } from './names.ts';
import { shellQuoted } from './shell.ts';

/** The call with the AWS CLI, version 2, which takes blobs in base64. */
export function cliSample(call: SampledCall, service: SdkService): string {
  const options = membersOf(call).map(([name, shape, value]) => {
    const option = `--${kebabCase(name)}`;
    if (shape.kind === 'boolean') return value === true ? option : `--no-${kebabCase(name)}`;
    return `${option} ${shellQuoted(typeof value === 'object' ? JSON.stringify(value) : String(value))}`;
  });
  return [
    `aws ${service} ${kebabCase(call.page.name)}`,
    ...options,
    `--endpoint-url ${call.endpoint}`,
    `--region ${call.region}`,
  ].join(' \\\n    ');
}
