/**
 * The form by which the AWS Query protocol carries a request: `Tags.member.1.Key=team`. Members that are undefined are
 * left out.
 */
export function queryForm(
  operation: string,
  version: string,
  input: Readonly<Record<string, unknown>>,
): string {
  const form = new URLSearchParams({ Action: operation, Version: version });
  for (const [name, value] of Object.entries(input)) add(form, name, value);
  return form.toString();
}

function add(form: URLSearchParams, name: string, value: unknown): void {
  if (value === undefined || value === null) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) add(form, `${name}.member.${index + 1}`, item);
  } else if (typeof value === 'object') {
    for (const [member, inner] of Object.entries(value)) add(form, `${name}.${member}`, inner);
  } else {
    form.append(name, String(value));
  }
}
