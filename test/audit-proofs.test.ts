import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type InclusionOptions, proveConsistency, proveInclusion } from '../src/cli/audit-prove.ts';
import { showPublicKey } from '../src/cli/audit-store.ts';
import { verifyProofFile } from '../src/cli/audit-verify-proof.ts';
import type { Configuration } from '../src/config.ts';
import { OperatorError } from '../src/errors.ts';
import { auditLines } from './support/audit.ts';
import { tamper } from './support/inside.ts';
import { ROOT } from './support/qkms-process.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { operatorConfiguration } from './support/services.ts';
import { until } from './support/until.ts';
import { startWitness, type TestWitness } from './support/witness.ts';

/* `qkms audit prove`, beside the server, and `qkms audit verify-proof`, far from it. */

let dataDirectory: string;
let directory: string;
let server: TestServer;
let witness: TestWitness;
let configuration: Configuration;
let lines: readonly string[];
let publicKey: string;
let witnessKey: string;
/** How many records the witness has cosigned a checkpoint of. */
let cosigned: number;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-proofs-'));
  directory = await mkdtemp(join(tmpdir(), 'qkms-proof-files-'));
  configuration = await operatorConfiguration(dataDirectory);
  witness = await startWitness(async () => createPublicKey(await showPublicKey(configuration)));
  witnessKey = await file('witness.key', `${witness.verifierKey}\n`);
  const auditWitnesses = `${witness.url}#verifier-key-file=${witnessKey}`;
  server = await startTestServer({ dataDirectory, auditDurability: 'strict', auditWitnesses });
  publicKey = await file('audit.pem', await showPublicKey(configuration));
  for (let round = 0; round < 9; round += 1) await server.client().listKeys();
  await until('the log is cosigned, and the cosignature kept', async () => {
    server.clock.advance(10_000);
    cosigned = witness.cosigned.at(-1) ?? 0;
    return (
      cosigned >= 9 && (await proveInclusion(configuration, { index: 8, witnessKey }).catch(() => '')) !== ''
    );
  });
  for (let round = 0; round < 5; round += 1) await server.client().listKeys();
  lines = await auditLines(dataDirectory);
});
after(async () => {
  await server.close();
  await witness.close();
  for (const each of [dataDirectory, directory]) await rm(each, { recursive: true });
});

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

async function verify(proof: string, options: Partial<Parameters<typeof verifyProofFile>[1]> = {}) {
  const path = await file('a.proof', proof);
  const { output, problem, exitCode } = await verifyProofFile(path, { publicKey, ...options });
  const short = (text: string) =>
    text.replaceAll(`${directory}/`, '').replace(/qkms-audit\/[-\w]+\/main/, 'LOG');
  return { output: short(output), problem: short(problem), exitCode };
}

const prove = (options: InclusionOptions) => proveInclusion(configuration, options);
const sizeIn = (proof: string) => Number(/^(\d+)$/m.exec(proof)?.[1]);
const told = (message: string | RegExp) => (error: unknown) => {
  assert.ok(error instanceof OperatorError);
  if (typeof message === 'string') assert.equal(error.message, message);
  else assert.match(error.message, message);
  return true;
};

describe('qkms audit prove inclusion', () => {
  it('proves each record, by its index and by the id of its event', async () => {
    for (const [index, line] of lines.entries()) {
      const proof = await prove({ index });
      assert.equal(await prove({ eventId: JSON.parse(line).eventID }), proof);
      assert.deepEqual(await verify(proof), {
        output: `LOG: record ${index} is among the ${sizeIn(proof)} that were signed:\n${line}\n`,
        problem: '',
        exitCode: 0,
      });
    }
  });

  it('is against the first checkpoint that covers the record, the first cosigned one, or that of a size', async () => {
    const last = lines.length - 1;
    const newest = sizeIn(await prove({ index: last }));
    assert.ok(newest >= lines.length);
    assert.ok(sizeIn(await prove({ index: 0 })) < newest);
    for (const size of [cosigned, newest]) assert.equal(sizeIn(await prove({ index: 0, size })), size);
    const proof = await prove({ index: 8, witnessKey });
    assert.equal((await verify(proof, { witnessKey })).exitCode, 0);
    assert.deepEqual(await verify(await prove({ index: 0, size: newest }), { witnessKey }), {
      output: '',
      problem: `qkms: the checkpoint of ${newest} records in a.proof is not cosigned by witness.example.com/w1; give a proof against one that is\n`,
      exitCode: 2,
    });
  });

  it('tells what cannot be proven', async () => {
    const event = '00000000-0000-4000-8000-000000000000';
    await assert.rejects(prove({}), told(/^give either --event-id or --index/));
    await assert.rejects(prove({ eventId: event }), told(`there is no event ${event} in the audit log`));
    await assert.rejects(
      prove({ index: 10_000 }),
      told(/^there is no record 10000; the log has \d+ records, from 0 on$/),
    );
    await assert.rejects(
      prove({ index: cosigned, size: cosigned }),
      told(
        `record ${cosigned} is not among the ${cosigned} of that checkpoint; give --size of a later one, or leave it out`,
      ),
    );
    await assert.rejects(
      prove({ index: 0, size: 9_999 }),
      told(/^there is no checkpoint of 9999 records; the last one before is of \d+$/),
    );
    const last = lines.length - 1;
    await assert.rejects(
      prove({ index: last, witnessKey }),
      told(
        `witness.example.com/w1 has cosigned no checkpoint yet that covers record ${last}; try again later`,
      ),
    );
    const newest = sizeIn(await prove({ index: last }));
    await assert.rejects(
      prove({ index: 0, size: newest, witnessKey }),
      told(`witness.example.com/w1 has not cosigned the checkpoint of ${newest} records`),
    );
  });
});

describe('qkms audit prove consistency', () => {
  it('proves that the log goes on from an older checkpoint', async () => {
    const proof = await proveConsistency(configuration, { from: cosigned });
    const newest = Number([...proof.matchAll(/^(\d+)$/gm)].at(-1)?.[1]);
    assert.ok(newest >= lines.length);
    const proven = {
      output: `LOG: the log of ${newest} records goes on from that of ${cosigned}\n`,
      problem: '',
      exitCode: 0,
    };
    assert.deepEqual(await verify(proof), proven);
    assert.equal(await proveConsistency(configuration, { from: cosigned, to: newest }), proof);
    const same = await proveConsistency(configuration, { from: cosigned, to: cosigned });
    assert.equal((await verify(same, { witnessKey })).exitCode, 0);
    assert.equal((await verify(proof, { witnessKey })).exitCode, 2);
  });

  it('tells what cannot be proven', async () => {
    await assert.rejects(
      proveConsistency(configuration, { from: 9_999 }),
      told(/^there is no checkpoint of 9999 records; the last one before is of \d+$/),
    );
    await assert.rejects(
      proveConsistency(configuration, { from: 9, to: 8 }),
      told('a log of 8 records cannot go on from one of 9; swap --from and --to'),
    );
  });
});

describe('records that are not kept any more', () => {
  it('cannot be proven', async () => {
    await tamper(dataDirectory, 'alter table audit_records rename to all_audit_records');
    await tamper(
      dataDirectory,
      'create table audit_records as select * from all_audit_records where first_index >= 5',
    );
    try {
      await assert.rejects(prove({ index: 2 }), told('record 2 is not kept any more'));
      assert.equal((await verify(await prove({ index: cosigned }))).exitCode, 0);
    } finally {
      await tamper(dataDirectory, 'drop table audit_records');
      await tamper(dataDirectory, 'alter table all_audit_records rename to audit_records');
    }
  });
});

describe('qkms audit verify-proof', () => {
  it('verifies a record that it is given, as an export has it', async () => {
    const proof = await prove({ index: 3 });
    const record = await file('record.json', `${lines[3]}\n`);
    const alone = proof.replace(/^extra .*\n/m, '');
    assert.equal((await verify(alone, { record })).exitCode, 0);
    assert.deepEqual(await verify(alone), {
      output: '',
      problem: 'qkms: a.proof holds no record; give the file of the record with --record\n',
      exitCode: 2,
    });
    const other = await file('other.json', `${lines[4]}\n`);
    assert.deepEqual(await verify(proof, { record: other }), {
      output: `a.proof: the proof is of record 3 of LOG, the record is 4 of ${JSON.parse(lines[4] ?? '').auditLog.origin}\n`,
      problem: '',
      exitCode: 1,
    });
  });

  it('writes its report as JSON', async () => {
    const proof = await prove({ index: 3 });
    const { output } = await verify(proof, { json: true });
    const { origin } = JSON.parse(lines[3] ?? '').auditLog;
    assert.deepEqual(JSON.parse(output.replace('LOG', origin)), {
      origin,
      index: 3,
      size: sizeIn(proof),
      record: lines[3],
    });
    const growth = await verify(await proveConsistency(configuration, { from: cosigned, to: cosigned }), {
      json: true,
    });
    assert.deepEqual(JSON.parse(growth.output), { origin: 'LOG', oldSize: cosigned, size: cosigned });
    const cut = await verify(proof.slice(0, 200), { json: true });
    assert.deepEqual(
      [JSON.parse(cut.output), cut.exitCode],
      [{ fault: 'not a proof of inclusion or of consistency, or not all of one' }, 1],
    );
  });

  it('tells a proof that is cut off, forged, or of another key, from what it cannot read', async () => {
    const proof = await prove({ index: 3 });
    const page = readFileSync(join(ROOT, 'docs/audit-log-format.md'), 'utf8');
    const [, otherKey = ''] = /(-----BEGIN PUBLIC KEY-----.*-----END PUBLIC KEY-----\n)/s.exec(page) ?? [];
    const altered = 'a.proof: the checkpoint was altered, or signed with another key\n';
    for (const [text, options, output] of [
      [proof.slice(0, 200), {}, 'a.proof: not a proof of inclusion or of consistency, or not all of one\n'],
      [proof.replace(/\n— .*\n$/s, '\n'), {}, altered],
      [proof, { publicKey: await file('other.pem', otherKey) }, altered],
      [
        proof.replace(/^index 3$/m, 'index 2'),
        {},
        `a.proof: the proof is of record 2 of LOG, the record is 3 of ${JSON.parse(lines[3] ?? '').auditLog.origin}\n`,
      ],
    ] as const)
      assert.deepEqual(await verify(text, options), { output, problem: '', exitCode: 1 });
    const missing = join(directory, 'missing');
    for (const [options, problem] of [
      [
        { publicKey: missing },
        /^qkms: cannot read the public key missing \(ENOENT.*\); give the path of a file\n$/,
      ],
      [
        { publicKey: witnessKey },
        /^qkms: witness\.key is not a public key; give the PEM file of the audit key\n$/,
      ],
      [{ record: missing }, /^qkms: cannot read the record missing \(ENOENT/],
      [{ witnessKey: publicKey }, /^qkms: audit\.pem does not hold the verifier key of a witness/],
    ] as const) {
      const refused = await verify(proof, options);
      assert.deepEqual([refused.output, refused.exitCode], ['', 2]);
      assert.match(refused.problem, problem);
    }
    const { problem, exitCode } = await verifyProofFile(missing, { publicKey });
    assert.equal(exitCode, 2);
    assert.match(problem, /^qkms: cannot read the proof /);
  });

  it('verifies the examples of docs/audit-log-format.md', async () => {
    const page = readFileSync(join(ROOT, 'docs/audit-log-format.md'), 'utf8');
    const blocks = [...page.matchAll(/^```text\n(.*?)^```/gms)].map(([, block = '']) => block);
    const key = await file('example.pem', blocks.at(-1) ?? '');
    const [inclusion = '', consistency = ''] = blocks.filter((block) => /^\S+-proof@v1$/m.test(block));
    const { output, exitCode } = await verify(inclusion, { publicKey: key });
    assert.equal(exitCode, 0);
    assert.match(output, /: record 1 is among the 3 that were signed:\n\{"eventName":"Encrypt"/);
    const growth = await verify(consistency, { publicKey: key });
    assert.match(growth.output, /: the log of 3 records goes on from that of 1\n$/);
  });
});
