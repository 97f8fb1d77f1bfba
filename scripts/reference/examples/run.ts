import type { Operation } from '../../../src/operations/index.ts';
import { PREPARATIONS, STANDING } from './preparations.ts';
import type { RecordedAnswer } from './recorded.ts';
import { ACCESS_KEY_ID } from './samples.ts';
import { ExampleWorld } from './world.ts';

/** Who calls what the root user cannot, or need not. */
const CALLERS: Readonly<Record<string, 'ada' | 'nobody'>> = {
  AssumeRole: 'ada',
  AssumeRoleWithWebIdentity: 'nobody',
};

/**
 * Runs an example on a server of its own, after all that it takes.
 *
 * @throws Error when what it takes cannot be made, or the answer is not the success or the error that it shall be
 */
export async function runExample(
  operation: Operation,
  example: Operation['examples'][number],
): Promise<RecordedAnswer> {
  const { service, name } = operation;
  await using world = await ExampleWorld.open();
  for (const call of PREPARATIONS[name] ?? []) await world.prepare(call);
  await world.prepareFor(name, example.request);
  const by = CALLERS[name] ?? 'root';
  if (by === 'ada') await world.prepareFor('', { AccessKeyId: ACCESS_KEY_ID });
  const { status, body } = await world.call({ service, operation: name, request: example.request }, by);
  world.stand(STANDING[`${name}: ${example.title}`] ?? STANDING[name] ?? {}, body);
  const shown = world.asShown(body);
  if (example.error === undefined ? status !== 200 : status === 200 || !body.includes(example.error))
    throw new Error(`${service} ${name}, "${example.title}", answers ${status}: ${shown}`);
  return { status, body: body.startsWith('{') ? JSON.parse(shown) : indentXml(shown) };
}

/** XML without mixed content, an element a line. */
function indentXml(xml: string): string {
  let depth = 0;
  return xml
    .replaceAll(/>\s*</g, '>\n<')
    .split('\n')
    .map((line) => {
      if (line.startsWith('</')) depth -= 1;
      const indented = '  '.repeat(depth) + line;
      if (/^<[^/?][^>]*[^/]>$/.test(line) && !line.includes('</')) depth += 1;
      return indented;
    })
    .join('\n');
}
