import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { operations } from '../src/operations/index.ts';
import { openInside } from './support/inside.ts';
import {
  type Besides,
  createBesides,
  describeOperation,
  KEY_OPERATIONS,
  type StateClass,
} from './support/key-operations.ts';
import { createAlias, createKey, encrypt, type NewKey } from './support/keys.ts';
import {
  ALL_KEY_STATES,
  type AnyKeyState,
  createKeyInState,
  OTHER_REGION,
  type Stage,
} from './support/multi-region.ts';
import { assertRefused } from './support/refusal.ts';
import { startTestServer, type TestServer } from './support/server.ts';

/** How a class of operations takes a state (operations.md section 2). */
type Outcome =
  | 'works'
  | 'disabled'
  | 'pending deletion'
  | 'pending replica deletion'
  | 'pending import'
  | 'creating'
  | 'updating'
  | 'not pending deletion';

const WORKS = {
  Enabled: 'works',
  Disabled: 'works',
  PendingDeletion: 'works',
  PendingReplicaDeletion: 'works',
  Creating: 'works',
  Updating: 'works',
} as const;
const NOT_TO_BE_DELETED = {
  ...WORKS,
  PendingDeletion: 'pending deletion',
  PendingReplicaDeletion: 'pending replica deletion',
} as const;
const ONLY_ENABLED = { ...NOT_TO_BE_DELETED, Disabled: 'disabled', Creating: 'creating' } as const;

const OUTCOMES: Readonly<Record<StateClass, Readonly<Record<AnyKeyState, Outcome>>>> = {
  CRYPTO: ONLY_ENABLED,
  ANY: WORKS,
  META: NOT_TO_BE_DELETED,
  ALIAS: NOT_TO_BE_DELETED,
  UPALIAS: NOT_TO_BE_DELETED,
  ENDIS: { ...NOT_TO_BE_DELETED, Creating: 'creating', Updating: 'updating' },
  ROT: ONLY_ENABLED,
  RODEM: { ...ONLY_ENABLED, Updating: 'updating' },
  CANCEL: {
    Enabled: 'not pending deletion',
    Disabled: 'not pending deletion',
    PendingDeletion: 'works',
    PendingReplicaDeletion: 'works',
    Creating: 'not pending deletion',
    Updating: 'not pending deletion',
  },
  SCHED: { ...NOT_TO_BE_DELETED, Updating: 'updating' },
  IMPGET: { ...NOT_TO_BE_DELETED, Creating: 'creating', Updating: 'updating' },
  IMP: { ...NOT_TO_BE_DELETED, Creating: 'creating' },
  DELMAT: { ...WORKS, Creating: 'creating', Updating: 'updating' },
  REPL: { ...ONLY_ENABLED, Updating: 'updating' },
  // The primary key that it is tried on has replicas, so that its waiting period does not begin.
  UPPRIM: { ...ONLY_ENABLED, PendingDeletion: 'pending replica deletion' },
};

let dataDirectory: string;
let server: TestServer;
let kms: KMS;
let stage: Stage;
let others: Omit<Besides, 'made'>;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-key-states-'));
  server = await startTestServer({ dataDirectory });
  kms = server.client();
  const inside = await openInside(dataDirectory);
  stage = { kms, otherRegion: server.client({ region: OTHER_REGION }), inside };
  others = await createBesides(kms);
});
after(async () => {
  await stage.inside.close();
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

interface NamedKey extends NewKey {
  readonly ciphertext: Uint8Array;
  readonly aliasName: string;
}

/** A symmetric encryption key in a state, with what only an enabled key could have been given. */
async function createNamedKey(state: AnyKeyState): Promise<NamedKey> {
  let aliasName: string | undefined;
  const { made: ciphertext, ...key } = await createKeyInState(stage, state, {}, async (client, keyId) => {
    if (client === kms) aliasName = await createAlias(kms, keyId);
    return encrypt(client, keyId);
  });
  aliasName ??= await createAlias(kms, key.keyId);
  return { ...key, ciphertext, aliasName };
}

async function assertOutcome(call: Promise<unknown>, outcome: Outcome, arn: string): Promise<void> {
  if (outcome === 'works') await call;
  else if (outcome === 'disabled') await assertRefused(call, 'DisabledException', `${arn} is disabled.`);
  else await assertRefused(call, 'KMSInvalidStateException', `${arn} is ${outcome}.`);
}

for (const state of ALL_KEY_STATES) {
  describe(`a key in state ${state}`, () => {
    for (const operation of KEY_OPERATIONS) {
      const outcome = OUTCOMES[operation.states][state];
      const verdict = outcome === 'works' ? 'works' : `is refused: "<key ARN> is ${outcome}."`;
      it(`${describeOperation(operation)} ${verdict}`, async () => {
        const { keyId, arn, made } = await createKeyInState(stage, state, operation.kind, operation.prepare);
        await assertOutcome(operation.call(kms, keyId, { ...others, made }), outcome, arn);
      });
    }

    const use = OUTCOMES.CRYPTO[state];
    it(`taken from a ciphertext, it ${use === 'works' ? 'decrypts' : `is refused like one that is named: ${use}`}`, async () => {
      const { arn, ciphertext: CiphertextBlob } = await createNamedKey(state);
      const { otherKeyId: DestinationKeyId } = others;
      await assertOutcome(kms.decrypt({ CiphertextBlob }), use, arn);
      await assertOutcome(kms.reEncrypt({ CiphertextBlob, DestinationKeyId }), use, arn);
    });

    it('its alias can be pointed at another key', async () => {
      const { aliasName } = await createNamedKey(state);
      await kms.updateAlias({ AliasName: aliasName, TargetKeyId: others.otherKeyId });
      const { KeyMetadata } = await kms.describeKey({ KeyId: aliasName });
      assert.equal(KeyMetadata?.KeyId, others.otherKeyId);
    });

    it('its alias can be deleted', async () => {
      const { aliasName } = await createNamedKey(state);
      await kms.deleteAlias({ AliasName: aliasName });
      await assertRefused(kms.describeKey({ KeyId: aliasName }), 'NotFoundException');
    });

    it('is described so', async () => {
      const { keyId } = await createNamedKey(state);
      const { KeyMetadata } = await kms.describeKey({ KeyId: keyId });
      assert.equal(KeyMetadata?.KeyState, state);
      assert.equal(KeyMetadata?.Enabled, state === 'Enabled');
      assert.equal(KeyMetadata?.DeletionDate !== undefined, state === 'PendingDeletion');
    });
  });
}

/** How a class of operations takes a key without its imported material, where it does not simply work. */
const WITHOUT_MATERIAL: Readonly<
  Partial<Record<StateClass, 'pending import' | 'not pending deletion' | 'origin'>>
> = {
  CRYPTO: 'pending import',
  ENDIS: 'pending import',
  RODEM: 'pending import',
  REPL: 'pending import',
  UPPRIM: 'pending import',
  ROT: 'origin',
  CANCEL: 'not pending deletion',
};

describe('a key in state PendingImport', () => {
  for (const operation of KEY_OPERATIONS) {
    const { KeySpec } = operation.kind;
    if (KeySpec?.startsWith('ML_')) continue;
    const outcome = WITHOUT_MATERIAL[operation.states] ?? 'works';
    it(`${describeOperation(operation)}: ${outcome}`, async () => {
      const { keyId, arn } = await createKey(kms, { ...operation.kind, Origin: 'EXTERNAL' });
      const isImported = operation.kind.Origin === 'EXTERNAL';
      const made = isImported ? await operation.prepare(kms, keyId) : others.otherCiphertext;
      if (isImported) await kms.deleteImportedKeyMaterial({ KeyId: keyId });
      const call = operation.call(kms, keyId, { ...others, made });
      if (outcome !== 'origin') await assertOutcome(call, outcome, arn);
      else await assertRefused(call, 'UnsupportedOperationException', /origin is EXTERNAL/);
    });
  }
});

describe('the state of a key', () => {
  it('decides before the parameters are measured against the key', async () => {
    const { keyId, arn, ciphertext } = await createNamedKey('Disabled');
    await assertOutcome(
      kms.encrypt({
        KeyId: keyId,
        Plaintext: Buffer.of(1),
        EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      }),
      'disabled',
      arn,
    );
    await assertOutcome(
      kms.decrypt({ CiphertextBlob: ciphertext, EncryptionContext: { wrong: 'context' } }),
      'disabled',
      arn,
    );
  });

  it('decides before a dry run answers', async () => {
    const { keyId, arn } = await createNamedKey('PendingDeletion');
    await assertOutcome(
      kms.generateDataKey({ KeyId: keyId, KeySpec: 'AES_128', DryRun: true }),
      'pending deletion',
      arn,
    );
  });

  it('holds from the next request on', async () => {
    const { keyId, arn, ciphertext } = await createNamedKey('Enabled');
    for (let round = 0; round < 10; round += 1) {
      await kms.disableKey({ KeyId: keyId });
      await assertOutcome(kms.decrypt({ CiphertextBlob: ciphertext }), 'disabled', arn);
      await kms.enableKey({ KeyId: keyId });
      await assertOutcome(kms.decrypt({ CiphertextBlob: ciphertext }), 'works', arn);
    }
  });
});

it('the table of these tests has every operation that names a key', () => {
  const named = [...operations.values()].flatMap(({ name, targetList }) =>
    targetList.flatMap(([, target]) =>
      target.kind === 'key' && target.member !== undefined ? [`${name} ${target.member}`] : [],
    ),
  );
  const tested = KEY_OPERATIONS.map(({ operation, member }) => `${operation} ${member}`);
  assert.deepEqual(tested.sort(), named.sort());
});
