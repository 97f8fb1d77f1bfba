import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { ensureConsole } from '../../scripts/build-console.ts';
import { consoleFiles } from '../../src/http/console.ts';
import { temporaryDirectory } from '../support/qkms-process.ts';
import { ACCOUNT, startTestServer, type TestServer } from '../support/server.ts';

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

describe('the console as it is served', () => {
  let development: TestServer;
  before(async () => {
    await ensureConsole();
    development = await startTestServer();
  });
  after(() => development.close());

  /** Asks for a path as it is written: clients such as fetch would tidy it up. */
  function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
    const { hostname, port } = new URL(development.endpoint);
    return new Promise((resolve, reject) => {
      const asked = request({ hostname, port, path, method, headers, agent: false }, async (response) => {
        const body = Buffer.concat(await response.toArray());
        resolve({ status: response.statusCode, headers: response.headers, body });
      });
      asked.on('error', reject);
      asked.end();
    });
  }

  async function scripts(): Promise<readonly string[]> {
    const index = (await get('/console')).body.toString();
    return [...index.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+\.js)"/g)].map(([, path = '']) => path);
  }

  it('is where a browser is led that looks at the endpoint, and nobody else', async () => {
    const browser = await get('/', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    assert.equal(browser.status, 302);
    assert.equal(browser.headers['location'], '/console');
    for (const headers of [{}, { accept: '*/*' }, { accept: 'application/json' }])
      assert.equal((await get('/', headers)).status, 405);
  });

  it('answers every page with the same document, and asks each time whether there is a newer one', async () => {
    const first = await get('/console');
    assert.equal(first.status, 200);
    assert.equal(first.headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(first.headers['cache-control'], 'no-cache');
    for (const path of [
      '/console/',
      '/console/keys',
      '/console/reference/kms/PutKeyPolicy',
      '/console/keys?a=b',
    ])
      assert.deepEqual((await get(path)).body, first.body);
  });

  it('tells in words that an address is malformed', async () => {
    for (const path of ['/console/%E0%A4%A', '/console/keys/%', '/console/%zz?q=1']) {
      const { status, headers, body } = await get(path);
      assert.equal(status, 400, path);
      assert.equal(headers['content-type'], 'text/html; charset=utf-8');
      assert.match(String(headers['content-security-policy']), /default-src 'none'/);
      assert.match(body.toString(), /percent-escape.*<a href="\/console">/);
      assert.ok(!body.includes('%'), 'nothing of the address is repeated');
    }
    assert.match(String((await get('/health/%E0%A4%A')).headers['content-type']), /json/);
  });

  it('lets nothing run, load or frame it but what it serves itself', async () => {
    for (const path of ['/console', ...(await scripts())]) {
      const { headers } = await get(path);
      const policy = String(headers['content-security-policy']);
      assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self';/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.doesNotMatch(policy, /unsafe|\*|https?:/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['x-frame-options'], 'DENY');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
    }
  });

  it('has scripts that are kept for good, in the coding that the client takes', async () => {
    const [path = ''] = await scripts();
    const plain = await get(path);
    assert.equal(plain.headers['content-type'], 'text/javascript; charset=utf-8');
    assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.equal(plain.headers['vary'], 'Accept-Encoding');
    const brotli = await get(path, { 'accept-encoding': 'gzip, deflate, br' });
    assert.equal(brotli.headers['content-encoding'], 'br');
    assert.deepEqual(brotliDecompressSync(brotli.body), plain.body);
    const gzip = await get(path, { 'accept-encoding': 'br;q=0, gzip' });
    assert.equal(gzip.headers['content-encoding'], 'gzip');
    assert.deepEqual(gunzipSync(gzip.body), plain.body);
  });

  it('needs less than 400 kB of compressed script for its first page', async () => {
    const sizes = await Promise.all(
      (await scripts()).map(async (path) => (await get(path, { 'accept-encoding': 'gzip' })).body.length),
    );
    const total = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(total > 50_000 && total < 400_000, `${total} bytes`);
  });

  it('answers HEAD like GET, and other methods not at all', async () => {
    const head = await get('/console', {}, 'HEAD');
    assert.equal(head.status, 200);
    assert.equal(head.headers['content-length'], String((await get('/console')).body.length));
    assert.equal(head.body.length, 0);
    for (const method of ['PUT', 'DELETE', 'PATCH']) {
      const refused = await get('/console/keys', {}, method);
      assert.equal(refused.status, 405);
      assert.equal(refused.headers['allow'], 'GET, HEAD');
    }
  });

  for (const path of [
    '/console/assets/none.js',
    '/console/../package.json',
    '/console/%2e%2e/package.json',
    '/console/..%2f..%2fpackage.json',
    '/console/assets/..%5c..%5cpackage.json',
    '/console/.inputs',
    '/console//etc/passwd.svg',
    '/console/index.html.br',
  ]) {
    it(`serves nothing at ${path}`, async () => {
      const { status, body } = await get(path);
      assert.ok(status === 404 || body.equals((await get('/console')).body), `${status}`);
      assert.doesNotMatch(body.toString(), /"version"/);
    });
  }

  it('tells the page whom to act as in development, and only there', async (t) => {
    const meta = `<meta name="qkms-development-account" content="${ACCOUNT}" />`;
    assert.ok((await get('/console')).body.includes(meta));
    const compressed = await get('/console', { 'accept-encoding': 'br' });
    assert.ok(brotliDecompressSync(compressed.body).includes(meta));
    const production = await startTestServer({ dataDirectory: temporaryDirectory(t) });
    t.after(() => production.close());
    const page = await (await fetch(`${production.endpoint}/console`)).text();
    assert.match(page, /<div id="root">/);
    assert.doesNotMatch(page, /qkms-development-account/);
  });

  it('says how it is built when it is not', async (t) => {
    const { status, body } = await consoleFiles(`${temporaryDirectory(t)}/`, undefined).find('/console', '');
    assert.equal(status, 404);
    assert.match(String(body), /npm run build/);
  });
});
