/** How a request may name a key. */
export type IdentifierForm = 'keyId' | 'keyArn' | 'aliasName' | 'aliasArn';

/** What an identifier names, before anything is looked up. */
export type Identifier =
  | { readonly form: 'keyId'; readonly keyId: string }
  | { readonly form: 'aliasName'; readonly aliasName: string }
  | ({ readonly form: 'keyArn'; readonly keyId: string } & ArnParts)
  | ({ readonly form: 'aliasArn'; readonly aliasName: string } & ArnParts)
  | { readonly form: 'malformedArn' };

interface ArnParts {
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
}

const KEY_ID = /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/;
const ARN = /^arn:([a-z0-9-]+):kms:([a-z0-9-]+):([0-9]{12}):(key|alias)\/(.+)$/s;

/** Whether a text has the form of a key id: a lower-case UUID, or `mrk-` and 32 hexadecimal digits. */
export function isKeyId(text: string): boolean {
  return KEY_ID.test(text);
}

/** Sorts an identifier into its form; what is neither an ARN nor an alias name is taken for a key id. */
export function parseIdentifier(text: string): Identifier {
  if (text.startsWith('alias/')) return { form: 'aliasName', aliasName: text };
  if (!text.startsWith('arn:')) return { form: 'keyId', keyId: text };
  const [, partition, region, accountId, type, name] = ARN.exec(text) ?? [];
  if (partition === undefined || region === undefined || accountId === undefined || name === undefined) {
    return { form: 'malformedArn' };
  }
  return type === 'key'
    ? { form: 'keyArn', partition, region, accountId, keyId: name }
    : { form: 'aliasArn', partition, region, accountId, aliasName: `alias/${name}` };
}

export function keyArn(partition: string, region: string, accountId: string, keyId: string): string {
  return `arn:${partition}:kms:${region}:${accountId}:key/${keyId}`;
}

/** @param aliasName with its `alias/` prefix */
export function aliasArn(partition: string, region: string, accountId: string, aliasName: string): string {
  return `arn:${partition}:kms:${region}:${accountId}:${aliasName}`;
}

export function rootArn(partition: string, accountId: string): string {
  return `arn:${partition}:iam::${accountId}:root`;
}
