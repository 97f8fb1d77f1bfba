import assert from 'node:assert/strict';

/** What a process or a node says of itself in the text format of Prometheus. */
export interface Exposition {
  /** The types of all metrics, by name. */
  readonly types: ReadonlyMap<string, string>;
  /** The value of the one sample of a name that has these labels, and no others; `undefined` when there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
  /** The sum of all samples of a name that have these labels, and any others. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? (\S+)$/i;
const LABEL = /([a-z_][a-z0-9_]*)="((?:[^"\\]|\\.)*)"/gi;

/** Reads the text, each line of which must be well-formed, and no sample there twice. */
export function parseExposition(text: string): Exposition {
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  for (const line of text.split('\n')) {
    const [, typed, type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (typed !== undefined) {
      assert.ok(!types.has(typed), line);
      types.set(typed, type);
    }
    if (line === '' || line.startsWith('#')) continue;
    const [, name = '', labelled = '', value = ''] = SAMPLE.exec(line) ?? assert.fail(line);
    const series = line.slice(0, line.lastIndexOf(' '));
    assert.ok(!seen.has(series), `twice: ${series}`);
    seen.add(series);
    const labels = Object.fromEntries([...labelled.matchAll(LABEL)].map(([, key, said]) => [key, said]));
    samples.push({ name, labels, value: Number(value) });
  }
  const find = (name: string, wanted: Readonly<Record<string, string>>) =>
    samples.filter(
      (sample) =>
        sample.name === name && Object.entries(wanted).every(([key, said]) => sample.labels[key] === said),
    );
  return {
    types,
    value: (name, labels = {}) =>
      find(name, labels).find((sample) => Object.keys(sample.labels).length === Object.keys(labels).length)
        ?.value,
    sum: (name, labels = {}) => find(name, labels).reduce((sum, { value }) => sum + value, 0),
  };
}

/** Scrapes a node. */
export async function scrape(url: string, token?: string): Promise<Exposition> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url, { headers });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  return parseExposition(await response.text());
}
