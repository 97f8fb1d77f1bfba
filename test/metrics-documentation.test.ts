import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import type { Exposition } from './support/metrics.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const MANUAL = read('../docs/metrics.md');

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}

/** All values of members of a name, however deep. */
function membersOf(document: unknown, name: string): readonly string[] {
  if (typeof document !== 'object' || document === null) return [];
  return Object.entries(document).flatMap(([member, value]: [string, unknown]) =>
    member === name && typeof value === 'string' ? [value] : membersOf(value, name),
  );
}

/** The series that a PromQL expression is about, and the labels by which it picks or groups them. */
const SERIES = /\b(?:qkms|process|nodejs)_[a-z0-9_]+/g;

describe('what is written about metrics', () => {
  let server: TestServer;
  let exposition: Exposition;
  /** The names that queries can go by: of a histogram there are three. */
  let series: ReadonlySet<string>;
  before(async () => {
    server = await startTestServer({ auditDurability: 'soon', metrics: true });
    exposition = await server.metrics();
    series = new Set(
      [...exposition.types].flatMap(([name, type]) =>
        type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
      ),
    );
  });
  after(() => server.close());

  function assertExist(expressions: readonly string[]): void {
    for (const expression of expressions)
      for (const [name] of expression.matchAll(SERIES)) assert.ok(series.has(name), `${name}: ${expression}`);
  }

  it('names every metric of QKMS, and none that there is not', () => {
    const documented = [...MANUAL.matchAll(/^\| `(qkms_\w+)` \| (counter|gauge|histogram)/gm)].map(
      ([, name, type]) => [name, type],
    );
    const present = [...exposition.types].filter(([name]) => name.startsWith('qkms_'));
    assert.deepEqual(documented.sort(), present.sort());
    for (const [name] of MANUAL.matchAll(/(?<=`)(?:process|nodejs)_\w+(?=`)/g))
      assert.ok(exposition.types.has(name), name);
  });

  it('follows the conventions of Prometheus', () => {
    for (const [name, type] of exposition.types)
      if (name.startsWith('qkms_')) assert.equal(name.endsWith('_total'), type === 'counter', name);
  });

  it('has alerts whose queries are about metrics that there are, one or more for each kind', () => {
    const [, rules = ''] = /## Alerts\n\n```yaml\n(.*?)```/s.exec(MANUAL) ?? [];
    const expressions = membersOf(parse(rules), 'expr');
    assert.ok(expressions.length > 10);
    assertExist(expressions);
    const unwatched = [...exposition.types.keys()].filter(
      (name) => name.startsWith('qkms_') && !expressions.some((expression) => expression.includes(name)),
    );
    assert.deepEqual(unwatched, ['qkms_entry_cache_entries']);
  });

  it('has a dashboard whose queries are about metrics that there are, and all of those', () => {
    const dashboard: unknown = JSON.parse(read('../docs/grafana-dashboard.json'));
    const expressions = [...membersOf(dashboard, 'expr'), ...membersOf(dashboard, 'definition')];
    assert.ok(expressions.length > 20);
    assertExist(expressions);
    const unshown = [...exposition.types.keys()].filter(
      (name) => name.startsWith('qkms_') && !expressions.some((expression) => expression.includes(name)),
    );
    assert.deepEqual(unshown, []);
  });
});
