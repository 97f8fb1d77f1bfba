import { ApiError } from '../api/errors.ts';
import type { Bytes } from './message-header.ts';

/*
 * Files that the browser keeps for this page alone (the origin private file system), until they are saved elsewhere or given
 * up: so large files need little memory, and nothing is handed out before it is known to be whole.
 */

/** A file of this page that is complete. */
export interface PrivateFile {
  readonly file: File;
  /** Removes it. */
  remove(): Promise<void>;
}

const DIRECTORY = 'tools';

/**
 * Writes a file of this page. When it cannot be completed, nothing of it stays.
 *
 * @param wrote is told after each piece, and how many bytes it had
 * @throws ApiError when the browser has no room or no such files, and whatever `chunks` throws
 */
export async function writePrivateFile(
  chunks: AsyncIterable<Bytes>,
  wrote: (bytes: number) => void,
): Promise<PrivateFile> {
  const directory = await openDirectory();
  const name = crypto.randomUUID();
  const release = await hold(name);
  const remove = async () => {
    await directory.removeEntry(name).catch(() => undefined);
    release();
  };
  try {
    const handle = await directory.getFileHandle(name, { create: true });
    const stream = await handle.createWritable();
    try {
      for await (const chunk of chunks) {
        await stream.write(chunk);
        wrote(chunk.length);
      }
      await stream.close();
    } catch (error) {
      await stream.abort().catch(() => undefined);
      throw error;
    }
    return { file: await handle.getFile(), remove };
  } catch (error) {
    await remove();
    if (error instanceof DOMException && error.name === 'QuotaExceededError')
      throw new ApiError('NoRoom', 'The browser has no room for the file on its disk.', 'refused');
    throw error;
  }
}

async function openDirectory(): Promise<FileSystemDirectoryHandle> {
  if (navigator.storage?.getDirectory === undefined)
    throw new ApiError(
      'NoPrivateFiles',
      'This browser keeps no files for pages, or the page is not loaded by HTTPS.',
      'refused',
    );
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(DIRECTORY, { create: true });
}

/** Marks a file as in use by this page for as long as it is there; resolves to what ends that. */
function hold(name: string): Promise<() => void> {
  return new Promise((held) => {
    void navigator.locks.request(lockOf(name), () => new Promise<void>((release) => held(release)));
  });
}

function lockOf(name: string): string {
  return `${DIRECTORY}/${name}`;
}

/** Removes the files of pages that ended without doing so. Never rejects. */
export async function removeLeftFiles(): Promise<void> {
  try {
    const directory = await openDirectory();
    for await (const name of directory.keys())
      await navigator.locks.request(lockOf(name), { ifAvailable: true }, async (lock) => {
        if (lock !== null) await directory.removeEntry(name).catch(() => undefined);
      });
  } catch {
    // Without such files there is nothing to remove.
  }
}
