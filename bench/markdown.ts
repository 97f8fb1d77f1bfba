/** A table whose first column is text and whose others are figures. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

export function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

/** Paragraphs, tables and lists under each other. */
export function section(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}

/** Such as `2026-11-24`. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

export function ratio(value: number): string {
  return value.toFixed(value < 0.1 ? 3 : 2);
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
