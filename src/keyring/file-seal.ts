import { hash, randomBytes } from 'node:crypto';
import { constants, type FileHandle, link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KEY_LENGTH } from './derivation.ts';
import { type Seal, SealError } from './seal.ts';

/*
 * A root key file is one line of text:
 *
 *   qkms-root-key-v1:<root key, 43 characters of base64url>:<checksum, 16 hex digits>
 *
 * The checksum is the start of the SHA-256 of all that stands before its colon. It is there for accidents, a
 * line cut short or a character mistyped from a paper backup; whoever can write the file can compute it too.
 */
const LINE = /^(qkms-root-key-v1:([A-Za-z0-9_-]{43})):([0-9a-f]{16})\n?$/;
const CHECKSUM_DIGITS = 16;
/** Longer than a line can be: a file that fills it is not one. */
const READ_LENGTH = 256;

const OWNER_ONLY = 0o600;
const GROUP_AND_OTHERS = 0o077;
/** Windows keeps access lists instead of modes, and can't flush a directory. */
const HAS_MODES = process.platform !== 'win32';

/**
 * Creates a root key file with 256 random bits, readable by its owner only, on disk when the promise resolves.
 *
 * Resolves to `false` and touches nothing when there is a file already: an existing one is never overwritten.
 * Of several callers at the same moment one creates it, and none can see a file that is half written. Whether
 * to create one is the caller's to decide: on the first start, before anything has been stored.
 *
 * @throws SealError `unavailable` when the directory can't be written to.
 */
export async function createRootKeyFile(path: string): Promise<boolean> {
  try {
    const created = await linkNewFile(path);
    // Also when another has created it: they may not have come to this yet, and our caller relies on the file.
    await flushDirectory(dirname(path));
    return created;
  } catch (error) {
    throw unavailable(`cannot create the root key file ${path}`, error);
  }
}

/**
 * The seal that reads a root key file. Opening refuses with a SealError: `missing` when there is no file,
 * `refused` when it is damaged or when anyone but its owner has access to it, `unavailable` when it can't be read.
 */
export function openRootKeyFile(path: string): Seal {
  return Object.freeze({ name: 'file', unseal: () => readRootKey(path) });
}

async function readRootKey(path: string): Promise<Uint8Array> {
  const content = await readPrivateFile(path);
  try {
    return parseLine(content, path);
  } finally {
    content.fill(0);
  }
}

async function readPrivateFile(path: string): Promise<Buffer> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_RDONLY);
    // Asked of the open file, not of its name: nobody can exchange it between the check and the reading.
    const { mode } = await file.stat();
    if (HAS_MODES && (mode & GROUP_AND_OTHERS) !== 0) throw exposed(path, mode);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(READ_LENGTH));
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if (error instanceof SealError) throw error;
    if (isErrno(error, 'ENOENT')) throw missing(path);
    throw unavailable(`cannot read the root key file ${path}`, error);
  } finally {
    await file?.close();
  }
}

function parseLine(content: Buffer, path: string): Uint8Array {
  const [, line = '', key = '', checksum] = LINE.exec(content.toString('latin1')) ?? [];
  if (checksum === undefined || checksum !== checksumOf(line)) throw damaged(path);
  return Buffer.from(key, 'base64url');
}

/** Makes a complete file appear at `path`, or none: written under a name that no one looks for, then linked. */
async function linkNewFile(path: string): Promise<boolean> {
  const draft = `${path}.${randomBytes(8).toString('hex')}.new`;
  try {
    await writeDraft(draft);
    await link(draft, path);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeDraft(draft: string): Promise<void> {
  const rootKey = randomBytes(KEY_LENGTH);
  const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, OWNER_ONLY);
  try {
    const line = `qkms-root-key-v1:${rootKey.toString('base64url')}`;
    await file.writeFile(`${line}:${checksumOf(line)}\n`);
    await file.sync();
  } finally {
    rootKey.fill(0);
    await file.close();
  }
}

/** Resolves when the names of the files in a directory are on disk, as far as the system can say so. */
export async function flushDirectory(path: string): Promise<void> {
  if (!HAS_MODES) return;
  const directory = await open(path, constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function checksumOf(line: string): string {
  return hash('sha256', line, 'hex').slice(0, CHECKSUM_DIGITS);
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function missing(path: string): SealError {
  return new SealError(
    'missing',
    `there is no root key file at ${path}; restore it from its backup (without it, nothing that was stored can be read)`,
  );
}

function exposed(path: string, mode: number): SealError {
  const permissions = (mode & 0o777).toString(8).padStart(4, '0');
  return new SealError(
    'refused',
    `the root key file ${path} is accessible to others than its owner (mode ${permissions}); run: chmod 600 ${path}`,
  );
}

function damaged(path: string): SealError {
  return new SealError(
    'refused',
    `the root key file ${path} is damaged: it is not one line qkms-root-key-v1:<key>:<checksum> with a matching ` +
      'checksum; restore it from its backup',
  );
}

function unavailable(what: string, cause: unknown): SealError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SealError('unavailable', `${what}: ${reason}; check the path and its permissions`, { cause });
}
