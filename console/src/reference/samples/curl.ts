import { bodyOf, headersOf } from '../../api/wire.ts';
import type { SampledCall } from './call.ts';
import { shellQuoted } from './shell.ts';

/** The call with curl, which signs it. */
export function curlSample({ page, input, region, endpoint }: SampledCall): string {
  const request = { service: page.service, operation: page.name, input };
  const headers = Object.entries(headersOf(request)).map(
    ([name, value]) => `-H ${shellQuoted(`${name}: ${value}`)}`,
  );
  const signing = [
    `--aws-sigv4 ${shellQuoted(`aws:amz:${region}:${page.signingName}`)}`,
    '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
    `\${AWS_SESSION_TOKEN:+-H "x-amz-security-token: $AWS_SESSION_TOKEN"}`,
  ];
  return [
    `curl ${endpoint}/`,
    ...(page.unsigned ? [] : signing),
    ...headers,
    `--data-binary ${shellQuoted(bodyOf(request))}`,
  ].join(' \\\n    ');
}
