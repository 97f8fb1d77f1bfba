import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { CreateKeyCommandInput } from '@aws-sdk/client-kms';
import { searchAuditLog } from '../src/cli/audit-store.ts';
import { startIssuer } from '../src/iam/openid-connect/issuer.test-support.ts';
import type { Shape, StructureShape } from '../src/model/index.ts';
import { allOperations, operations } from '../src/operations/index.ts';
import { auditLines, outputOf } from './support/audit.ts';
import { issueCertificate } from './support/certificate.ts';
import { IdentitySecrets } from './support/identity-secrets.ts';
import { rootKeyFileOf } from './support/inside.ts';
import { createKey } from './support/keys.ts';
import { find, type Secrets, textPlace } from './support/secret-search.ts';
import { ROOT_CREDENTIALS, startTestServer } from './support/server.ts';
import { operatorConfiguration } from './support/services.ts';
import { signedRequest } from './support/signed-request.ts';
import { receiveHttp, receiveTls } from './support/sink-receivers.ts';
import { until } from './support/until.ts';

/*
 * Marked secrets in every member that can hold one, of every operation and with keys of every usage, and those that IAM and
 * STS hand out and are shown again: none gets into a record, wherever records are delivered, nor into a log line, a refusal, or the database.
 */

/** Keys with which the operations of each usage can succeed. */
const KEYS: readonly CreateKeyCommandInput[] = [
  {},
  { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
  { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
  { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' },
  { Origin: 'EXTERNAL' },
];
const NOTHING = { accountId: undefined, region: undefined, from: 0, to: 8e15, attributes: [] };

/** Whether a member can hold a secret: bytes, and what is declared to be one. */
function isSecret(shape: Shape): boolean {
  if (shape.kind === 'list') return isSecret(shape.member);
  return shape.kind === 'blob' || (shape.kind === 'string' && shape.sensitive === true);
}

/** The ways to the members of a structure that can hold secrets. */
function secretPaths({ members }: StructureShape): readonly (readonly string[])[] {
  return Object.entries(members).flatMap(([name, { shape }]) => {
    if (isSecret(shape)) return [[name]];
    return shape.kind === 'structure' ? secretPaths(shape).map((path) => [name, ...path]) : [];
  });
}

function shapeAt(shape: Shape, [name, ...rest]: readonly string[]): Shape {
  if (name === undefined) return shape;
  assert.ok(shape.kind === 'structure');
  const member = shape.members[name];
  assert.ok(member !== undefined);
  return shapeAt(member.shape, rest);
}

/** A value with another at the end of a path. */
function withValue(value: unknown, [name, ...rest]: readonly string[], planted: unknown): unknown {
  if (name === undefined) return planted;
  const members = { ...Object(value) };
  return { ...members, [name]: withValue(members[name], rest, planted) };
}

/** A new secret for a member, as it is written on the wire. */
function plant(shape: Shape): { readonly secret: Buffer; readonly written: unknown } {
  if (shape.kind === 'list') {
    const { secret, written } = plant(shape.member);
    return { secret, written: [written] };
  }
  if (shape.kind === 'blob') {
    const secret = randomBytes(32);
    return { secret, written: secret.toString('base64') };
  }
  const text = randomBytes(20).toString('hex');
  return { secret: Buffer.from(text), written: text };
}

describe('the recorder of every operation', () => {
  it('leaves out whatever can hold a secret, of requests and of answers', () => {
    let planted = 0;
    for (const { name, input, output, audit } of allOperations) {
      for (const [shape, record] of [
        [input, audit.request],
        [output, audit.response],
      ] as const) {
        for (const path of secretPaths(shape)) {
          const { secret, written } = plant(shapeAt(shape, path));
          const ofBytes = shapeAt(shape, path).kind === 'blob' ? secret : written;
          const recorded = JSON.stringify(record(Object(withValue({}, path, ofBytes))));
          assert.deepEqual(find(new Map([[name, secret]]), textPlace(path.join('.'), [recorded ?? ''])), []);
          planted += 1;
        }
      }
    }
    assert.ok(planted > 60, String(planted));
  });
});

describe('secrets that are sent to every operation', () => {
  const secrets: Secrets = new Map();
  const refusals: string[] = [];
  let succeeded = 0;
  let handedOut: readonly string[];
  let dataDirectory: string;
  let places: Map<string, Buffer>;

  before(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-planted-'));
    const directory = await mkdtemp(join(tmpdir(), 'qkms-planted-sinks-'));
    const http = await receiveHttp();
    const pair = await issueCertificate('syslog');
    const syslog = await receiveTls(pair);
    const caFile = join(directory, 'ca.pem');
    await writeFile(caFile, pair.certificate);
    const trail = join(directory, 'trail');
    const file = join(directory, 'audit.jsonl');
    const server = await startTestServer({
      dataDirectory,
      auditDurability: 'strict',
      auditSinks: [
        `file:${file}`,
        http.url,
        `syslog+tls://127.0.0.1:${syslog.port}#ca-file=${caFile}`,
        `cloudtrail:${trail}#interval-seconds=1`,
      ].join(),
    });
    const send = async (name: string, operation: string, body: unknown, sessionToken?: string) => {
      const credentials =
        sessionToken === undefined ? ROOT_CREDENTIALS : { ...ROOT_CREDENTIALS, sessionToken };
      const date = server.clock.now();
      const answer = await signedRequest({ endpoint: server.endpoint, operation, body, credentials, date });
      if (answer.status === 200) succeeded += 1;
      else refusals.push(answer.body);
      assert.notEqual(answer.status, 500, `${name}: ${answer.body}`);
    };
    const kms = server.client();
    const keyIds: string[] = [];
    for (const key of KEYS) keyIds.push((await createKey(kms, key)).keyId);
    for (const { name, input, examples = [] } of operations.values()) {
      const token = `token-${randomBytes(20).toString('hex')}`;
      secrets.set(`the session token of ${name}`, Buffer.from(token));
      await send(name, name, examples[0]?.request ?? {}, token);
      for (const path of secretPaths(input)) {
        for (const keyId of keyIds) {
          const { secret, written } = plant(shapeAt(input, path));
          const what = `${path.join('.')} of ${name} with ${keyId}`;
          secrets.set(what, secret);
          const example = withValue(examples[0]?.request ?? {}, path, written);
          await send(what, name, 'KeyId' in input.members ? withValue(example, ['KeyId'], keyId) : example);
        }
      }
    }
    const issuer = await startIssuer({ clock: server.clock });
    const identities = new IdentitySecrets({ server: () => server, issuer, secrets, refusals });
    await identities.use();
    await identities.refuse();
    await issuer.close();
    handedOut = identities.answers.flatMap((answer) => answer.handsOut);
    const all = await auditLines(dataDirectory);
    const traces = async () =>
      (await readdir(trail, { recursive: true, withFileTypes: true }).catch(() => []))
        .filter(({ name }) => name.endsWith('.gz'))
        .map(({ parentPath, name }) => join(parentPath, name));
    const countIn = (text: string) => text.split('"eventVersion":').length - 1;
    const delivered = async () => ({
      file: await readFile(file, 'utf8').catch(() => ''),
      http: http.posted.map(({ body }) => body).join(''),
      syslog: Buffer.concat(syslog.received).toString(),
      trail: (await Promise.all((await traces()).map(async (path) => gunzipSync(await readFile(path))))).join(
        '',
      ),
    });
    await until('every sink has every record', async () => {
      server.clock.advance(1_000);
      return Object.values(await delivered()).every((text) => countIn(text) >= all.length);
    });
    const configuration = await operatorConfiguration(dataDirectory);
    const most = { lines: Number.MAX_SAFE_INTEGER, table: true };
    places = new Map([
      ...textPlace('the audit log', all),
      ...textPlace('the log', server.log),
      ...textPlace('the refusals', refusals),
      ...textPlace('a table', [
        await outputOf((output) => searchAuditLog(configuration, NOTHING, most, output)),
      ]),
      ...Object.entries(await delivered()).map(([name, text]) => [name, Buffer.from(text)] as const),
    ]);
    const readDatabase = async () => {
      for (const name of await readdir(dataDirectory)) {
        const path = join(dataDirectory, name);
        if (path !== rootKeyFileOf(dataDirectory)) places.set(path, await readFile(path));
      }
    };
    await readDatabase();
    await server.close();
    await http.close();
    await syslog.close();
    await rm(directory, { recursive: true });
  });
  after(() => rm(dataDirectory, { recursive: true }));

  it('were many, of which some were taken', () => {
    assert.ok(secrets.size > 150, String(secrets.size));
    assert.ok(succeeded >= 3, String(succeeded));
    assert.ok(refusals.length > 100);
    for (const name of ['GenerateMac', 'CreateAccessKey', 'GetFederationToken', 'AssumeRoleWithWebIdentity'])
      assert.ok(places.get('the audit log')?.includes(`"eventName":"${name}"`), name);
    assert.equal(handedOut.length, 9, handedOut.join());
  });

  it('are nowhere', () => {
    assert.deepEqual(find(secrets, places), []);
  });
});
