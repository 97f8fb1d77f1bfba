/**
 * Takes the pictures of docs/images/: the console of a server in this process, with a few keys.
 *
 *   node scripts/screenshots.ts
 */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CreateUserCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateAliasCommand, CreateKeyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { startQkms } from '../src/testing/index.ts';
import { startBrowser } from '../test/support/browser.ts';

const directory = fileURLToPath(new URL('../docs/images/', import.meta.url));

const statement = (principal: string, action: string | readonly string[]) => ({
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::111122223333:${principal}` },
  Action: action,
  Resource: '*',
});
const policyOf = (...statements: readonly object[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements }, undefined, 2);

await using qkms = await startQkms();
const kms = qkms.client(KMSClient);
await qkms.client(IAMClient).send(new CreateUserCommand({ UserName: 'ada' }));
await qkms.client(IAMClient).send(new CreateUserCommand({ UserName: 'grace' }));
const keys = [];
for (const [name, description] of [
  ['orders', 'Orders database'],
  ['invoices', 'Invoices and receipts'],
  ['warehouse', 'Backups of the warehouse'],
] as const) {
  const Tags = [{ TagKey: 'team', TagValue: name }];
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: description, Tags }));
  await kms.send(new CreateAliasCommand({ AliasName: `alias/${name}`, TargetKeyId: KeyMetadata?.KeyId }));
  keys.push(KeyMetadata?.KeyId ?? '');
}
const [KeyId = ''] = keys;
await kms.send(
  new PutKeyPolicyCommand({
    KeyId,
    Policy: policyOf(statement('root', 'kms:*'), statement('user/ada', 'kms:Decrypt')),
  }),
);

await mkdir(directory, { recursive: true });
const browser = await startBrowser();
const page = await browser.newPage({ viewport: { width: 1280, height: 640 } });
const picture = (name: string) => page.screenshot({ path: `${directory}${name}.png` });

await page.goto(`${qkms.endpoint}/console/keys`);
await page.getByRole('button', { name: 'Dismiss' }).click();
await page.getByText('Orders database').waitFor();
await picture('keys');

await page.getByRole('link', { name: 'orders' }).click();
await page.getByRole('button', { name: 'Edit policy' }).click();
await page
  .getByLabel('Policy', { exact: true })
  .fill(policyOf(statement('root', 'kms:*'), statement('user/grace', ['kms:Encrypt', 'kms:Decrypt'])));
await page.getByText('Who gains').waitFor();
await page.setViewportSize({ width: 1280, height: 1280 });
await page.evaluate('scrollTo(0, 0)');
await picture('policy-editor');

await page.getByRole('link', { name: 'API reference' }).click();
await page.getByRole('link', { name: 'PutKeyPolicy' }).click();
await page.getByRole('heading', { name: 'PutKeyPolicy' }).waitFor();
await page.setViewportSize({ width: 1280, height: 1100 });
await picture('reference');
await browser.close();
