import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { CreateKeyCommandInput } from '@aws-sdk/client-kms';
import fc from 'fast-check';
import { RUNS, SEED } from './support/fuzz-runs.ts';
import * as commands from './support/key-commands.ts';
import { KeyModel } from './support/key-model.ts';
import { createKey, currentMaterialOf } from './support/keys.ts';
import { REGION as HOME, startTestServer, type TestServer } from './support/server.ts';

/** Each is of many requests. */
const SEQUENCES = Math.ceil(RUNS / 20);
const MOST_COMMANDS = 30;

let server: TestServer;

before(async () => {
  server = await startTestServer();
});
after(() => server.close());

type Commands = fc.Arbitrary<commands.KeyCommand>;

const MOSTLY = fc.constantFrom(true, true, false);
const WINDOWS = fc.constantFrom(7, 30);
const PERIODS = fc.constantFrom(undefined, 90, 91, 365, 2560);
const MATERIALS = fc.option(fc.nat(3), { nil: undefined });
const VALID_DAYS = fc.constantFrom(undefined, undefined, 1, 100, 365);

/** What may happen to any key. */
function ofAnyKey(regions: fc.Arbitrary<string>): Commands[] {
  return [
    regions.map(commands.encryption),
    regions.map(commands.rotationOnDemand),
    fc.tuple(regions, MOSTLY).map(([region, isEnabled]) => commands.enablement(region, isEnabled)),
    fc.tuple(regions, PERIODS).map(([region, days]) => commands.automaticRotation(region, days)),
    regions.map(commands.noAutomaticRotation),
    fc.tuple(regions, WINDOWS).map(([region, days]) => commands.deletion(region, days)),
    regions.map(commands.cancellation),
    regions.map(commands.cancellation),
    fc.constantFrom(1, 7, 29, 30, 90, 365, 4000).map((days) => commands.wait(HOME, days)),
    fc.constant(commands.waitForRotation(HOME)),
  ];
}

/** What may happen to multi-Region keys. */
function ofFamilies(regions: fc.Arbitrary<string>): Commands[] {
  const pairs = fc.tuple(regions, regions);
  return [
    pairs.map((pair) => commands.replication(...pair)),
    pairs.map((pair) => commands.replication(...pair)),
    pairs.map((pair) => commands.promotion(...pair)),
  ];
}

/** What may happen to keys with imported material. */
function ofImportedKeys(regions: fc.Arbitrary<string>): Commands[] {
  const imports = fc.tuple(regions, MATERIALS, VALID_DAYS);
  return [
    imports.map((what) => commands.importation(...what)),
    imports.map((what) => commands.importation(...what)),
    fc.tuple(regions, fc.nat(3)).map((what) => commands.deletionOfMaterial(...what)),
  ];
}

/** Checks any sequence of commands, each time on a new key that may be in these Regions. */
async function checkLives(
  regions: readonly string[],
  request: CreateKeyCommandInput,
  arbitraries: Commands[],
): Promise<void> {
  const clients = new Map(regions.map((region) => [region, server.client({ region })]));
  const sequences = fc.commands(arbitraries, { maxCommands: MOST_COMMANDS, size: 'max' });
  const property = fc.asyncProperty(sequences, async (sequence) => {
    const kms = server.client();
    const { keyId } = await createKey(kms, request);
    const model = new KeyModel(HOME, await currentMaterialOf(kms, keyId));
    await fc.asyncModelRun(() => ({ model, real: { server, clients, keyId } }), sequence);
  });
  await fc.assert(property, { numRuns: SEQUENCES, seed: SEED });
  assert.deepEqual(
    server.log.filter((line) => JSON.parse(line).level >= 50),
    [],
  );
}

/*
 * Whatever is done with a key, and whenever: its state, rotation and material are those of a simple model, in every
 * Region, and every ciphertext that it ever made decrypts as long as it is enabled.
 */
describe('the life of a key', () => {
  const here = fc.constant(HOME);
  const regions = [HOME, 'ap-south-1', 'eu-west-1'];
  const anywhere = fc.constantFrom(...regions);

  it('of one Region', () => checkLives([HOME], {}, ofAnyKey(here)));

  it('of several Regions', () =>
    checkLives(regions, { MultiRegion: true }, [...ofAnyKey(anywhere), ...ofFamilies(anywhere)]));

  it('with imported material', () =>
    checkLives([HOME], { Origin: 'EXTERNAL' }, [...ofAnyKey(here), ...ofImportedKeys(here)]));

  it('of several Regions with imported material', () => {
    const two = regions.slice(0, 2);
    const inEither = fc.constantFrom(...two);
    return checkLives(two, { MultiRegion: true, Origin: 'EXTERNAL' }, [
      ...ofAnyKey(inEither),
      ...ofFamilies(inEither),
      ...ofImportedKeys(inEither),
    ]);
  });
});
