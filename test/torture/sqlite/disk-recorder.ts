import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const SOURCE = join(import.meta.dirname, 'disk-recorder.c');
const FLAGS = ['-shared', '-fPIC', '-O2', '-Wall', '-Wextra', '-Werror'];

/** Why what nodes do to a disk cannot be recorded on this machine; `undefined` when it can. */
export function recorderUnavailableReason(): string | undefined {
  if (process.platform !== 'linux') return 'recording needs Linux and its LD_PRELOAD';
  if (spawnSync('cc', ['--version']).status !== 0) return 'recording needs a C compiler (cc)';
  return undefined;
}

/** When a process ends by itself, as kill -9 would end it. */
export interface SelfKill {
  /** After so many records. */
  readonly records: number;
  /** Only when something is to be synced next, and instead of that. */
  readonly atSync: boolean;
}

/** The environment of a process that is recorded. */
export type Recorder = (options: {
  /** The directory below which everything is recorded. */
  readonly root: string;
  /** What the records are appended to. */
  readonly journal: string;
  readonly selfKill?: SelfKill | undefined;
}) => Readonly<Record<string, string>>;

/**
 * Compiles disk-recorder.c.
 *
 * @param directory where the library is put
 */
export function compileRecorder(directory: string): Recorder {
  const library = join(directory, 'disk-recorder.so');
  const { status, stderr } = spawnSync('cc', [...FLAGS, '-o', library, SOURCE, '-ldl'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cannot compile ${SOURCE}: ${stderr}`);
  return ({ root, journal, selfKill }) => ({
    LD_PRELOAD: library,
    DISK_RECORDER_ROOT: root,
    DISK_RECORDER_JOURNAL: journal,
    ...(selfKill === undefined ? {} : { DISK_RECORDER_KILL_AFTER: String(selfKill.records) }),
    ...(selfKill?.atSync ? { DISK_RECORDER_KILL_AT_SYNC: 'true' } : {}),
  });
}
