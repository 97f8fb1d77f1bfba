import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Disk, type Found, readJournal } from './disk.ts';
import { compileRecorder, type Recorder, recorderUnavailableReason } from './disk-recorder.ts';

/** What a program of another process has done to a disk. */
interface Recorded {
  readonly root: string;
  /** What is there after a power cut at the end: contents by name, as Latin-1. */
  readonly after: (keeps: () => boolean) => Readonly<Record<string, string>>;
}

const PROLOGUE = `
  const fs = require('node:fs');
  const { join } = require('node:path');
  const at = (name) => join(process.env.ROOT, name);
  const sync = (name) => fs.fsyncSync(fs.openSync(at(name)));
`;

const everything = () => true;
const nothing = () => false;

function readable(root: string, found: ReadonlyMap<string, Found>): Readonly<Record<string, string>> {
  const contents = [...found].map(([path, what]) => [relative(root, path), what.toString('latin1')]);
  return Object.fromEntries(contents);
}

describe('a recorded disk', { skip: recorderUnavailableReason() ?? false }, () => {
  let directory: string;
  let recorder: Recorder;
  before(() => {
    directory = realpathSync(mkdtempSync(join(tmpdir(), 'qkms-disk-')));
    recorder = compileRecorder(directory);
  });
  after(() => rmSync(directory, { recursive: true }));
  let recordings = 0;

  /** Lets a program of another process work in an empty directory, and answers what it has done to the disk. */
  function record(program: string): Recorded {
    recordings += 1;
    const root = join(directory, `root-${recordings}`);
    const journal = join(directory, `journal-${recordings}`);
    mkdirSync(root);
    const disk = new Disk(root);
    execFileSync(process.execPath, ['--eval', `${PROLOGUE}${program}`], {
      env: { ...process.env, ROOT: root, ...recorder({ root, journal }) },
    });
    for (const one of readJournal(readFileSync(journal))) disk.apply(one);
    return { root, after: (keeps) => readable(root, disk.cut(keeps)) };
  }

  it('keeps what was synced under names that were synced', () => {
    const { after } = record(`
      fs.mkdirSync(at('kept'));
      sync('.');
      fs.mkdirSync(at('lost'));
      fs.writeFileSync(at('kept/synced'), 'synced');
      fs.writeFileSync(at('kept/empty'), 'not synced');
      sync('kept/synced');
      sync('kept');
      fs.writeFileSync(at('kept/nameless'), 'synced');
      sync('kept/nameless');
      fs.appendFileSync(at('kept/synced'), ', and more');
    `);
    assert.deepEqual(after(nothing), { kept: 'directory', 'kept/empty': '', 'kept/synced': 'synced' });
    assert.deepEqual(after(everything), {
      kept: 'directory',
      'kept/empty': 'not synced',
      'kept/nameless': 'synced',
      'kept/synced': 'synced, and more',
      lost: 'directory',
    });
  });

  it('takes back what was deleted, linked and cut off and not synced', () => {
    const { after } = record(`
      fs.writeFileSync(at('deleted'), 'deleted');
      fs.writeFileSync(at('draft'), 'a whole file');
      for (const name of ['deleted', 'draft', '.']) sync(name);
      fs.unlinkSync(at('deleted'));
      fs.linkSync(at('draft'), at('file'));
      fs.unlinkSync(at('draft'));
      fs.truncateSync(at('file'), 7);
      fs.writeFileSync(at('deleted'), 'anew');
    `);
    assert.deepEqual(after(nothing), { deleted: 'deleted', draft: 'a whole file' });
    assert.deepEqual(after(everything), { deleted: 'anew', file: 'a whole' });
  });

  it('is what the real one is if nothing is lost', () => {
    const { root, after } = record(`
      const { DatabaseSync } = require('node:sqlite');
      const database = new DatabaseSync(at('db'));
      database.exec('pragma journal_mode = wal; create table numbers (number)');
      for (let number = 0; number < 500; number += 1) database.exec('insert into numbers values (' + number + ')');
      // Without closing the database, which would delete the log.
      process.reallyExit(0);
    `);
    for (const name of ['db', 'db-wal'])
      assert.deepEqual(after(everything)[name], readFileSync(join(root, name), 'latin1'), name);
  });

  it('keeps any sectors of what was not synced', () => {
    const { after } = record(`
      fs.writeFileSync(at('file'), 'a'.repeat(2000));
      for (const name of ['file', '.']) sync(name);
      fs.writeSync(fs.openSync(at('file'), 'r+'), 'b'.repeat(1500), 100);
    `);
    // The beginning and the end of the write share their sectors with what was there before.
    const lengths = [412, 512, 512, 64];
    for (let kept = 0; kept < 2 ** lengths.length; kept += 1) {
      const isKept = (sector: number) => (kept & (2 ** sector)) !== 0;
      const sectors = lengths.map((length, sector) => (isKept(sector) ? 'b' : 'a').repeat(length));
      let asked = -1;
      const { file } = after(() => {
        asked += 1;
        return isKept(asked);
      });
      assert.equal(file, `${'a'.repeat(100)}${sectors.join('')}${'a'.repeat(400)}`);
    }
  });
});
