/* Looking for secrets wherever they must not be. */

/** What is looked for, by what it is called when it is found. */
export type Secrets = Map<string, Buffer>;
/** Where is looked, by name. */
export type Places = ReadonlyMap<string, Buffer>;

/** A secret in every form in which programs print bytes. */
function formsOf(secret: Buffer): ReadonlyMap<string, Buffer> {
  const hex = secret.toString('hex');
  const forms = new Map([
    ['raw', secret],
    ['hex', Buffer.from(hex)],
    ['upper-case hex', Buffer.from(hex.toUpperCase())],
    ['an object of numbers', Buffer.from([...secret].map((byte, index) => `"${index}":${byte}`).join(','))],
    ['UTF-8 of Latin-1', Buffer.from(secret.toString('latin1'), 'utf8')],
  ]);
  // In the midst of other bytes base64 has one of three forms, less what is mixed with the neighbours.
  for (const before of [0, 1, 2]) {
    const padded = Buffer.concat([Buffer.alloc(before), secret]);
    for (const encoding of ['base64', 'base64url'] as const) {
      const whole = padded
        .toString(encoding)
        .slice(before === 0 ? 0 : before + 1, Math.floor((padded.length * 8) / 6));
      forms.set(`${encoding} after ${before}`, Buffer.from(whole));
    }
  }
  // Bytes are printed as numbers too, and so are texts that were kept as bytes.
  for (const [form, bytes] of [...forms]) forms.set(`numbers of ${form}`, Buffer.from(bytes.join(',')));
  return forms;
}

/** Where secrets turn up: name, form and place of each. */
export function find(secrets: Secrets, places: Places): readonly string[] {
  const found: string[] = [];
  for (const [name, secret] of secrets) {
    for (const [form, bytes] of formsOf(secret)) {
      for (const [place, content] of places) {
        if (content.includes(bytes)) found.push(`${name}, ${form}, in ${place}`);
      }
    }
  }
  return found;
}

/** Texts as a place to look in. */
export function textPlace(name: string, texts: readonly string[]): Places {
  return new Map([[name, Buffer.from(texts.join('\n'))]]);
}
