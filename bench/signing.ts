/*
 * What a signature costs over HTTP beside what OpenSSL takes for it, and whether slow work delays fast work. In a process
 * of its own, with a server of its own. `bench.ts` forks it; it sends one `SigningReport`.
 */
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { type LoadResult, startLoadGenerators } from './load.ts';
import { cpuSeconds } from './processes.ts';
import { call, signedRequests } from './requests.ts';
import { median } from './rounds.ts';
import { startQkms } from './servers.ts';

/** Signatures of one kind of key; microseconds of CPU for each. */
interface SignatureCost {
  readonly keySpec: string;
  /** Of the server, all its threads. */
  readonly server: number;
  readonly requestsPerSecond: number;
  /** One thread of Node that does nothing else, with the OpenSSL that the server has. */
  readonly node: number;
  /** `openssl speed`, where this machine has it. */
  readonly openSsl: number | undefined;
}

/** What the load generator saw of Decrypt, in milliseconds: medians of the rounds. */
interface Latency {
  readonly p50: number;
  readonly p99: number;
}

export interface SigningReport {
  readonly signatures: readonly SignatureCost[];
  /** As it calls itself. */
  readonly openSslVersion: string | undefined;
  readonly idle: Latency;
  readonly busy: Latency;
  /** Of the p99 in the same round. */
  readonly busyToIdle: number;
  /** What was done meanwhile, a second. */
  readonly slowSignatures: number;
  readonly slowKeys: number;
}

interface Kind {
  readonly keySpec: string;
  readonly algorithm: string;
  readonly privateKey: KeyObject;
  readonly hash: string | null;
  /** What `openssl speed` calls it. */
  readonly openSsl: string;
}

const KINDS: readonly Kind[] = [
  {
    keySpec: 'RSA_2048',
    algorithm: 'RSASSA_PKCS1_V1_5_SHA_256',
    privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    hash: 'sha256',
    openSsl: 'rsa2048',
  },
  {
    keySpec: 'ECC_NIST_P256',
    algorithm: 'ECDSA_SHA_256',
    privateKey: generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey,
    hash: 'sha256',
    openSsl: 'ecdsap256',
  },
  {
    keySpec: 'ECC_NIST_EDWARDS25519',
    algorithm: 'ED25519_SHA_512',
    privateKey: generateKeyPairSync('ed25519').privateKey,
    hash: null,
    openSsl: 'ed25519',
  },
];
const ROUNDS = 7;
const MILLISECONDS = 2_000;
const REQUESTS = 500;
const CONNECTIONS = 32;
/** One connection asks for Decrypt as soon as it is answered, some thousands of times a second: moderate load. */
const MODERATE = 1;
const SIGNING_CONNECTIONS = 16;
const CREATING_CONNECTIONS = 4;
const MESSAGE = randomBytes(64);

const [dataDirectory = ''] = process.argv.slice(2);
const server = await startQkms(dataDirectory, 1);
const loads = startLoadGenerators(1);
const slowLoads = [startLoadGenerators(1), startLoadGenerators(1)] as const;
try {
  const signatures: SignatureCost[] = [];
  for (const kind of KINDS) signatures.push(await measureSignatures(kind));
  const report: SigningReport = {
    signatures,
    openSslVersion: openSslVersion(),
    ...(await measureDelay()),
  };
  process.send?.(report);
} finally {
  for (const generators of [loads, ...slowLoads]) generators.stop();
  await server.stop();
}
process.disconnect?.();

async function measureSignatures(kind: Kind): Promise<SignatureCost> {
  const bodies = await signingBodies(kind.keySpec, kind.algorithm);
  const rounds: { server: number; requestsPerSecond: number; node: number; openSsl: number | undefined }[] =
    [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const before = cpuSeconds(server.pid);
    const { answered, requestsPerSecond } = await load('Sign', bodies, CONNECTIONS);
    const used = ((cpuSeconds(server.pid) - before) * 1e6) / answered;
    const measured = { server: used, requestsPerSecond, node: timeNode(kind), openSsl: timeOpenSsl(kind) };
    if (round > 0) rounds.push(measured);
  }
  const timed = rounds.flatMap(({ openSsl }) => openSsl ?? []);
  return {
    keySpec: kind.keySpec,
    server: median(rounds, (one) => one.server),
    requestsPerSecond: median(rounds, (one) => one.requestsPerSecond),
    node: median(rounds, (one) => one.node),
    openSsl: timed.length === 0 ? undefined : median(timed, (time) => time),
  };
}

/** Decrypt at moderate load, with nothing else to do, and while RSA_4096 keys sign and are created, in turn. */
async function measureDelay() {
  const { KeyMetadata } = await call(server.port, 'CreateKey', {});
  const KeyId = Object(KeyMetadata).KeyId;
  const ciphertexts: string[] = [];
  for (let made = 0; made < REQUESTS; made += 1) {
    const { CiphertextBlob } = await call(server.port, 'Encrypt', {
      KeyId,
      Plaintext: MESSAGE.toString('base64'),
    });
    ciphertexts.push(JSON.stringify({ CiphertextBlob }));
  }
  const signing = await signingBodies('RSA_4096', 'RSASSA_PSS_SHA_256');
  const creating = [JSON.stringify({ KeySpec: 'RSA_4096', KeyUsage: 'SIGN_VERIFY' })];
  const rounds: { idle: LoadResult; busy: LoadResult; signed: LoadResult; created: LoadResult }[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const idle = await load('Decrypt', ciphertexts, MODERATE);
    const [signed, created, busy] = await Promise.all([
      load('Sign', signing, SIGNING_CONNECTIONS, slowLoads[0]),
      load('CreateKey', creating, CREATING_CONNECTIONS, slowLoads[1]),
      load('Decrypt', ciphertexts, MODERATE),
    ]);
    if (round > 0) rounds.push({ idle, busy, signed, created });
  }
  const latency = (which: 'idle' | 'busy'): Latency => ({
    p50: median(rounds, (round) => round[which].p50),
    p99: median(rounds, (round) => round[which].p99),
  });
  return {
    idle: latency('idle'),
    busy: latency('busy'),
    busyToIdle: median(rounds, ({ idle, busy }) => busy.p99 / idle.p99),
    slowSignatures: median(rounds, ({ signed }) => signed.requestsPerSecond),
    slowKeys: median(rounds, ({ created }) => created.requestsPerSecond),
  };
}

function load(
  operation: string,
  bodies: readonly string[],
  connections: number,
  generators = loads,
): Promise<LoadResult> {
  return generators.run({
    ports: [server.port],
    connections,
    milliseconds: MILLISECONDS,
    requests: signedRequests(server.port, operation, bodies),
  });
}

/** Makes a key, and what it is going to be asked. */
async function signingBodies(keySpec: string, algorithm: string): Promise<readonly string[]> {
  const { KeyMetadata } = await call(server.port, 'CreateKey', { KeySpec: keySpec, KeyUsage: 'SIGN_VERIFY' });
  return Array.from({ length: REQUESTS }, () =>
    JSON.stringify({
      KeyId: Object(KeyMetadata).KeyId,
      Message: randomBytes(MESSAGE.length).toString('base64'),
      SigningAlgorithm: algorithm,
    }),
  );
}

function timeNode({ privateKey, hash }: Kind): number {
  const before = process.cpuUsage();
  let signed = 0;
  for (const end = performance.now() + MILLISECONDS / 4; performance.now() < end; signed += 1)
    sign(hash, MESSAGE, privateKey);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / signed;
}

function timeOpenSsl({ openSsl }: Kind): number | undefined {
  const { stdout } = spawnSync('openssl', ['speed', '-mr', '-seconds', '1', openSsl], { encoding: 'utf8' });
  const perSecond = /^\+F[246]:\d+:\d+:(?:[^:\n]*:)??([\d.]+):/m.exec(stdout ?? '')?.[1];
  return perSecond === undefined ? undefined : 1e6 / Number(perSecond);
}

function openSslVersion(): string | undefined {
  return /^OpenSSL [\d.]+/.exec(spawnSync('openssl', ['version'], { encoding: 'utf8' }).stdout ?? '')?.[0];
}
