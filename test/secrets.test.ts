import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  createAccount,
  createAdministrator,
  registerService,
  resetRootCredentials,
} from '../src/cli/identities.ts';
import { readConfiguration } from '../src/config.ts';
import { type Issuer, startIssuer } from '../src/iam/openid-connect/issuer.test-support.ts';
import { deriveKey } from '../src/keyring/derivation.ts';
import { openRootKeyFile } from '../src/keyring/index.ts';
import { listKeyMaterials } from '../src/store/index.ts';
import { auditLines } from './support/audit.ts';
import { engineFlags } from './support/engine.ts';
import { IdentitySecrets, ROLE } from './support/identity-secrets.ts';
import { createImportedKey, importMaterial } from './support/import.ts';
import { openInside, rootKeyFileOf, tamper } from './support/inside.ts';
import { allow, keyPolicy } from './support/key-policies.ts';
import { createKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { find, type Places, type Secrets, textPlace } from './support/secret-search.ts';
import {
  ACCOUNT,
  OTHER_ACCOUNT,
  REGION,
  ROOT_CREDENTIALS,
  startTestServer,
  type TestServer,
} from './support/server.ts';
import { type SignedRequestOptions, signedRequest, type WireAnswer } from './support/signed-request.ts';

/*
 * Secrets stay where they belong: in memory, and in the answers that are for them. Marked ones are sent in and fetched
 * out, through successes, refusals and failures, and then looked for wherever they must not be.
 */

/** Secrets that no answer may hold, whoever asks. */
const ownSecrets: Secrets = new Map();
/** Secrets of the callers, which only the answers to them may hold. */
const callerSecrets: Secrets = new Map();

const successes: string[] = [];
const refusals: string[] = [];

let dataDirectory: string;
let server: TestServer;
let issuer: Issuer;
let identities: IdentitySecrets;
let KeyId: string;
let runningFiles: Places;
let closedFiles: Places;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-secrets-'));
  server = await startTestServer({ dataDirectory, auditDurability: 'strict' });
  issuer = await startIssuer({ clock: server.clock });
  identities = new IdentitySecrets({ server: () => server, issuer, secrets: callerSecrets, refusals });
  try {
    await useSecrets();
    await importSecrets();
    await provokeRefusals();
    await identities.use();
    await identities.refuse();
    await commandIdentities();
    await collectOwnSecrets();
    const auditLog = textPlace('the audit log', await auditLines(dataDirectory));
    runningFiles = new Map([...(await readFiles()), ...auditLog]);
    await provokeFailures();
  } finally {
    await issuer.close();
    await server.close();
  }
  closedFiles = await readFiles();
});
after(() => rm(dataDirectory, { recursive: true }));

async function send(
  operation: string,
  body: unknown,
  how: Partial<SignedRequestOptions> = {},
): Promise<WireAnswer> {
  const answer = await signedRequest({ endpoint: server.endpoint, operation, body, ...how });
  (answer.status === 200 ? successes : refusals).push(answer.body);
  return answer;
}

async function succeed(
  operation: string,
  input: Readonly<Record<string, unknown>>,
): Promise<Record<string, string>> {
  const { status, body } = await send(operation, input);
  assert.equal(status, 200, body);
  return JSON.parse(body);
}

async function fail(
  code: string,
  operation: string,
  body: unknown,
  how?: Partial<SignedRequestOptions>,
): Promise<void> {
  const answer = await send(operation, body, how);
  assert.equal(JSON.parse(answer.body).__type, code, `${operation}: ${answer.body}`);
}

/** A plaintext, in base64, that will be found wherever it turns up. */
function plant(name: string, length = 48): string {
  const plaintext = randomBytes(length);
  callerSecrets.set(`the plaintext of ${name}`, plaintext.subarray(0, 48));
  return plaintext.toString('base64');
}

/** Uses a key with everything that takes or returns a secret. */
async function useSecrets(): Promise<void> {
  ({ keyId: KeyId } = await createKey(server.client()));
  const EncryptionContext = { purpose: 'test' };
  const Plaintext = plant('Encrypt');
  const { CiphertextBlob } = await succeed('Encrypt', { KeyId, Plaintext, EncryptionContext });
  const decrypted = await succeed('Decrypt', { CiphertextBlob, EncryptionContext });
  assert.equal(decrypted['Plaintext'], Plaintext);
  await succeed('ReEncrypt', {
    CiphertextBlob,
    SourceEncryptionContext: EncryptionContext,
    DestinationKeyId: KeyId,
  });
  for (const size of [{ KeySpec: 'AES_256' }, { NumberOfBytes: 100 }]) {
    const dataKey = await succeed('GenerateDataKey', { KeyId, ...size });
    callerSecrets.set(
      `a data key of ${JSON.stringify(size)}`,
      Buffer.from(dataKey['Plaintext'] ?? '', 'base64'),
    );
  }
  const random = await succeed('GenerateRandom', { NumberOfBytes: 32 });
  callerSecrets.set('random bytes', Buffer.from(random['Plaintext'] ?? '', 'base64'));
  await fail('InvalidCiphertextException', 'Decrypt', { CiphertextBlob, EncryptionContext: {} });
  await fail('DryRunOperationException', 'Decrypt', { CiphertextBlob, EncryptionContext, DryRun: true });
}

/** Imports key material, and some that is refused when it has been unwrapped. */
async function importSecrets(): Promise<void> {
  const kms = server.client();
  const { keyId, material } = await createImportedKey(kms);
  const refused = randomBytes(48);
  await assertRefused(importMaterial(kms, keyId, refused), 'IncorrectKeyMaterialException');
  ownSecrets.set('imported key material', material);
  ownSecrets.set('key material that was refused', refused);
}

/** Sends secrets along with what is refused, for every reason there is. */
async function provokeRefusals(): Promise<void> {
  const encrypt = (name: string, length?: number) => ({ KeyId, Plaintext: plant(name, length) });
  await fail('ValidationException', 'Encrypt', encrypt('a plaintext too long', 4097));
  await fail('ValidationException', 'Encrypt', { Plaintext: plant('a request without key') });
  await fail('SerializationException', 'Encrypt', { KeyId, Plaintext: `*${plant('bad base64')}` });
  await fail('SerializationException', 'Encrypt', { KeyId, Plaintext: [plant('a list')] });
  await fail('SerializationException', 'Encrypt', JSON.stringify(encrypt('cut off JSON')).slice(0, -1));
  await fail('SerializationException', 'Encrypt', `${JSON.stringify(encrypt('JSON with more'))},`);
  await fail('SerializationException', 'Encrypt', { ...encrypt('a wrong member'), DryRun: 'yes' });
  await fail('ValidationException', 'Encrypt', {
    ...encrypt('a wrong algorithm'),
    EncryptionAlgorithm: 'ROT13',
  });
  await fail('SerializationException', 'Encrypt', {
    ...encrypt('a lone surrogate'),
    EncryptionContext: { a: '\ud800' },
  });
  await fail('NotFoundException', 'Encrypt', { ...encrypt('no key'), KeyId: randomUUID() });
  await fail('DryRunOperationException', 'Encrypt', { ...encrypt('a dry run'), DryRun: true });
  await fail('InvalidCiphertextException', 'Decrypt', { CiphertextBlob: plant('no ciphertext', 100) });
  await fail('UnknownOperationException', 'EncryptAll', encrypt('an unknown operation'));
  await fail('UnknownOperationException', 'Encrypt', encrypt('another content type'), {
    headers: { 'Content-Type': 'text/plain' },
  });
  await fail('InvalidSignatureException', 'Encrypt', encrypt('a wrong signature'), {
    credentials: { ...ROOT_CREDENTIALS, secretAccessKey: 'wrong' },
  });
  await fail('UnrecognizedClientException', 'Encrypt', encrypt('a session token'), {
    credentials: { ...ROOT_CREDENTIALS, sessionToken: 'token' },
  });
  await fail('InvalidSignatureException', 'Encrypt', encrypt('a wrong date'), { date: 0 });

  const Policy = keyPolicy(allow({ Action: ['kms:PutKeyPolicy', 'kms:DisableKey', 'kms:EnableKey'] }));
  await succeed('PutKeyPolicy', { KeyId, Policy });
  await fail('AccessDeniedException', 'Encrypt', encrypt('a denied request'));
  await succeed('PutKeyPolicy', { KeyId, Policy: keyPolicy(allow()) });
  await succeed('DisableKey', { KeyId });
  await fail('DisabledException', 'Encrypt', encrypt('a disabled key'));
  await succeed('EnableKey', { KeyId });
}

/** What an operator does to identities beside the server. */
async function commandIdentities(): Promise<void> {
  const configuration = readConfiguration(
    'production',
    { dataDirectory, workers: '1', ...(await engineFlags(dataDirectory)) },
    {},
  );
  const shown = {
    'create-administrator': await createAdministrator(configuration, 'grace'),
    'create-account': await createAccount(configuration, OTHER_ACCOUNT, 'other'),
    'register-service': await registerService(configuration, 's3.amazonaws.com', [ACCOUNT]),
    'reset-root-credentials': await resetRootCredentials({ ...configuration, accountId: OTHER_ACCOUNT }),
  };
  for (const [name, lines] of Object.entries(shown)) {
    const [, secret = ''] = /AWS_SECRET_ACCESS_KEY=(\S{40})$/.exec(lines.join('\n')) ?? [];
    assert.notEqual(secret, '', name);
    callerSecrets.set(`the secret access key of ${name}`, Buffer.from(secret));
  }
}

/** What keys are derived for; `identify-root-key` is left out, which becomes public. */
const DERIVED_KEYS = [
  'wrap-key-material',
  'wrap-secrets',
  'authenticate-records',
  'seal-grant-tokens',
  'seal-markers',
  'seal-session-tokens',
  'seal-import-tokens',
  'identify-key-material',
] as const;

/** What the service itself keeps secret. */
async function collectOwnSecrets(): Promise<void> {
  ownSecrets.set('the root secret access key', Buffer.from(ROOT_CREDENTIALS.secretAccessKey));
  const rootKey = Buffer.from(await openRootKeyFile(rootKeyFileOf(dataDirectory)).unseal());
  ownSecrets.set('the root key', rootKey);
  const { kms, keyring, storeId, close } = await openInside(dataDirectory);
  for (const purpose of DERIVED_KEYS) {
    ownSecrets.set(`the key to ${purpose}`, deriveKey(rootKey, storeId, purpose));
  }
  const materials = await kms.store.read((reader) => listKeyMaterials(reader, REGION, KeyId));
  for (const { keyMaterialId, wrappedKeyMaterial } of materials) {
    assert.ok(wrappedKeyMaterial);
    const identity = [ACCOUNT, REGION, KeyId, keyMaterialId];
    ownSecrets.set('key material', keyring.unwrap('key-material', wrappedKeyMaterial, identity));
  }
  await close();
}

/** Sends secrets into failures of the service, which are logged with their causes. */
async function provokeFailures(): Promise<void> {
  await tamper(dataDirectory, 'update key_materials set wrapped_key_material = $1', Buffer.alloc(73));
  await server.close();
  const { log } = server;
  server = await startTestServer({ dataDirectory, auditDurability: 'strict' });
  earlierLog.push(...log);
  await fail('KMSInternalException', 'Encrypt', {
    KeyId,
    Plaintext: plant('a request that meets a damaged row'),
  });
  await tamper(dataDirectory, 'update access_keys set wrapped_secret = $1', Buffer.alloc(80));
  await identities.refuseForm('InternalFailure', 'sts', { Action: 'GetCallerIdentity' }, identities.user);
  await tamper(dataDirectory, 'drop table identities');
  await identities.refuseForm('InternalFailure', 'sts', { Action: 'GetCallerIdentity' }, identities.session);
  const WebIdentityToken = await identities.plantToken('a request without identities');
  const assume = { Action: 'AssumeRoleWithWebIdentity', ...ROLE, WebIdentityToken };
  await identities.refuseForm('InternalFailure', 'sts', assume, undefined);
  await tamper(dataDirectory, 'drop table aliases');
  await fail('KMSInternalException', 'Encrypt', {
    KeyId: 'alias/a',
    Plaintext: plant('a request without a table'),
  });
}

/** What servers of before have logged. */
const earlierLog: string[] = [];

/** Every file under the data directory, but the root key's. */
async function readFiles(): Promise<Places> {
  const entries = await readdir(dataDirectory, { recursive: true, withFileTypes: true });
  const places = new Map<string, Buffer>();
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && path !== rootKeyFileOf(dataDirectory)) places.set(entry.name, await readFile(path));
  }
  return places;
}

describe('secrets stay where they belong', () => {
  const allSecrets = (): Secrets => new Map([...ownSecrets, ...callerSecrets]);

  it('there is something to look for, and the search would find it', async () => {
    assert.ok(ownSecrets.size >= 8, [...ownSecrets.keys()].join());
    assert.ok(callerSecrets.size >= 60);
    const rootKeyFile = new Map([['root.key', await readFile(rootKeyFileOf(dataDirectory))]]);
    assert.notDeepEqual(find(ownSecrets, rootKeyFile), []);
    assert.notDeepEqual(find(callerSecrets, textPlace('the answers', successes)), []);
    for (const [, secret] of allSecrets()) {
      const printed = [
        `${secret}`,
        secret.toString('hex'),
        JSON.stringify(secret),
        JSON.stringify(new Uint8Array(secret)),
      ];
      const embedded = [0, 1, 2].map((length) =>
        Buffer.concat([randomBytes(length), secret, randomBytes(5)]).toString('base64'),
      );
      for (const text of [...printed.slice(1), ...embedded]) {
        assert.notDeepEqual(find(new Map([['it', secret]]), textPlace('a text', [text])), [], text);
      }
    }
  });

  it('none is in a file of the data directory while the service runs', () => {
    assert.ok(runningFiles.has('qkms.db') && runningFiles.has('qkms.db-wal'));
    assert.ok(runningFiles.get('the audit log')?.includes('"eventName":"ImportKeyMaterial"'));
    assert.deepEqual(find(allSecrets(), runningFiles), []);
  });

  it('none is in a file of the data directory afterwards', () => {
    assert.ok(closedFiles.has('qkms.db'));
    assert.deepEqual(find(allSecrets(), closedFiles), []);
  });

  it('none is in the log, at whatever level', () => {
    const log = [...earlierLog, ...server.log];
    assert.ok(
      log.some((line) => JSON.parse(line).level >= 50),
      'no failure was logged',
    );
    assert.deepEqual(find(allSecrets(), textPlace('the log', log)), []);
  });

  it('none is in a refusal', () => {
    assert.ok(refusals.length >= 20);
    assert.deepEqual(find(allSecrets(), textPlace('the refusals', refusals)), []);
  });

  it('none of the service itself is in any answer', () => {
    const answers = [...successes, ...identities.answers.map(({ body }) => body)];
    assert.deepEqual(find(ownSecrets, textPlace('the answers', answers)), []);
  });

  it('those of identities are in the answers that hand them out, and in no other', () => {
    assert.equal(identities.answers.flatMap(({ handsOut }) => handsOut).length, 9);
    for (const { body, handsOut } of identities.answers) {
      const place = textPlace('an answer', [body]);
      const found = find(callerSecrets, place).map((text) => text.split(',')[0]);
      assert.deepEqual([...new Set(found)].sort(), handsOut.toSorted());
    }
  });
});
