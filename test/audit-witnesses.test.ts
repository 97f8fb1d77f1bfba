import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { cosignedTime, readWitnessKey } from '../src/audit/log/index.ts';
import { verifyExports } from '../src/cli/audit.ts';
import { showPublicKey, showVerifierKey } from '../src/cli/audit-store.ts';
import { exportAndVerify } from './support/audit.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { operatorConfiguration } from './support/services.ts';
import { until } from './support/until.ts';
import { startWitness, type TestWitness } from './support/witness.ts';

/* Witnesses: what they have seen cannot be cut off, or written anew, without their noticing. */

let dataDirectory: string;
let directory: string;
let server: TestServer | undefined;
let witness: TestWitness;
let keyFile: string;

beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-witnessed-'));
  directory = await mkdtemp(join(tmpdir(), 'qkms-witness-'));
  witness = await startWitness(async () =>
    createPublicKey(await showPublicKey(await operatorConfiguration(dataDirectory))),
  );
  keyFile = join(directory, 'witness.key');
  await writeFile(keyFile, `${witness.verifierKey}\n`);
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await witness.close();
  for (const each of [dataDirectory, directory]) await rm(each, { recursive: true });
});

async function start(auditWitnesses: string): Promise<TestServer> {
  server = await startTestServer({ dataDirectory, auditDurability: 'strict', auditWitnesses });
  return server;
}

async function listKeys({ client, clock }: TestServer, times: number): Promise<void> {
  const kms = client();
  for (let round = 0; round < times; round += 1) await kms.listKeys();
  // Time for a checkpoint, and for witnesses to be shown it.
  clock.advance(10_000);
}

async function timeUntil({ clock }: TestServer, what: string, isSo: () => Promise<boolean> | boolean) {
  await until(what, () => {
    clock.advance(10_000);
    return isSo();
  });
}

const logged = ({ log }: TestServer, text: string) => log.some((line) => line.includes(text));

describe('a witness on the network', () => {
  it('is shown checkpoints with proofs that each goes on from the one before, and its cosignatures are kept', async () => {
    const started = await start(`${witness.url}#verifier-key-file=${keyFile}`);
    for (const size of [3, 8, 20]) {
      await listKeys(started, size - (witness.cosigned.at(-1) ?? 0));
      await timeUntil(started, `${size} records are witnessed`, () => witness.cosigned.at(-1) === size);
    }
    assert.ok(witness.cosigned.length >= 3);
    const by = readWitnessKey(witness.verifierKey);
    assert.ok(by !== undefined);
    await until('the cosignature is kept', async () => {
      const { lines, verification } = await exportAndVerify(dataDirectory);
      assert.deepEqual(verification.faults, []);
      const notes = lines
        .filter((line) => line.startsWith('{"checkpoint":'))
        .map((line) => JSON.parse(line).checkpoint);
      return (
        notes.filter((note) => cosignedTime(note, by) === 1_800_000_000).length === witness.cosigned.length
      );
    });
  });

  it('that has forgotten, or was told by another process, is told from where it is', async () => {
    const started = await start(`${witness.url}#verifier-key-file=${keyFile}`);
    await listKeys(started, 3);
    await timeUntil(started, 'witnessed', () => witness.cosigned.length === 1);
    witness.pretend(0);
    await listKeys(started, 2);
    await timeUntil(started, 'witnessed again', () => witness.cosigned.at(-1) === 5);
  });

  it('that has seen more than there is says so: records were cut off', async () => {
    witness.pretend(1_000);
    const started = await start(`${witness.url}#verifier-key-file=${keyFile}`);
    await listKeys(started, 3);
    await timeUntil(started, 'it is logged', () =>
      logged(started, 'the witness has seen a log of 1000 records, and this one had 3 when it was signed'),
    );
    await started.client().listKeys();
  });

  it('that has seen another history refuses', async () => {
    const started = await start(`${witness.url}#verifier-key-file=${keyFile}`);
    await listKeys(started, 3);
    await timeUntil(started, 'witnessed', () => witness.cosigned.length === 1);
    witness.pretend(3);
    await listKeys(started, 3);
    await timeUntil(started, 'it is logged', () =>
      logged(started, 'it does not take this log for the one that it has seen'),
    );
  });

  it('whose cosignature is wrong has not seen anything', async () => {
    witness.lie();
    const started = await start(`${witness.url}#verifier-key-file=${keyFile}`);
    await listKeys(started, 3);
    await timeUntil(started, 'it is logged', () =>
      logged(started, 'without a cosignature that its verifier key verifies'),
    );
  });
});

describe('verifying by a witness', () => {
  it('names where the end was cut off, by a list of checkpoints and by a cosigned one', async () => {
    const list = join(directory, 'checkpoints.jsonl');
    const started = await start(`file:${list},${witness.url}#verifier-key-file=${keyFile}`);
    await listKeys(started, 4);
    await timeUntil(started, 'witnessed', () => witness.cosigned.at(-1) === 4);
    const { lines } = await exportAndVerify(dataDirectory);
    await listKeys(started, 3);
    await timeUntil(started, 'witnessed again', () => witness.cosigned.at(-1) === 7);
    await until('the list has both', async () => (await readFile(list, 'utf8')).split('\n').length >= 3);
    const files = {
      cut: join(directory, 'cut.jsonl'),
      whole: join(directory, 'whole.jsonl'),
      publicKey: join(directory, 'audit.pem'),
      note: join(directory, 'note.txt'),
    };
    const configuration = await operatorConfiguration(dataDirectory);
    await writeFile(files.cut, lines.map((line) => `${line}\n`).join(''));
    const { lines: all } = await exportAndVerify(dataDirectory);
    await writeFile(files.whole, all.map((line) => `${line}\n`).join(''));
    await writeFile(files.publicKey, await showPublicKey(configuration));
    await writeFile(files.note, witness.note);
    const verify = (
      file: string,
      options: { readonly witness: readonly string[]; readonly witnessKey?: string },
    ) => verifyExports([file], { publicKey: files.publicKey, ...options });

    assert.equal((await verify(files.cut, { witness: [] })).exitCode, 0, 'by itself it is as it was signed');
    for (const options of [{ witness: [list] }, { witness: [files.note], witnessKey: keyFile }]) {
      assert.equal((await verify(files.whole, options)).exitCode, 0);
      const { output, exitCode } = await verify(files.cut, options);
      assert.equal(exitCode, 1);
      assert.match(
        output,
        /the end is missing: the log had 7 records when it was signed, and ends before record 4/,
      );
    }
    const { problem, exitCode } = await verify(files.whole, { witness: [list], witnessKey: keyFile });
    assert.equal(exitCode, 2);
    assert.match(problem, /checkpoints\.jsonl:1 is not cosigned by witness\.example\.com\/w1/);
    const noKey = await verify(files.whole, { witness: [files.note], witnessKey: files.publicKey });
    assert.match(noKey.problem, /does not hold the verifier key of a witness/);
    assert.match(
      await showVerifierKey(configuration),
      /^qkms-audit\/[0-9a-f-]{36}\/main\+[0-9a-f]{8}\+\S{44}\n$/,
    );
  });
});
