import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import chromiumPackage from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';
import { ensureConsole } from '../../scripts/build-console.ts';
import { ROOT } from './qkms-process.ts';

/** Where the browser that npm brings is kept when it is unpacked. */
const CACHE = join(ROOT, 'node_modules/.cache/qkms');

/**
 * Starts a real browser, the one that npm brings, without a screen. The console that is to be looked at is built first,
 * if need be.
 */
export async function startBrowser(): Promise<Browser> {
  await ensureConsole();
  return chromium.launch({
    executablePath: await unpackedBrowser(),
    // Nothing that looks at untrusted pages: its sandbox does not work for root, nor in containers.
    args: ['--no-sandbox', '--no-zygote', '--disable-gpu', '--font-render-hinting=none'],
  });
}

async function unpackedBrowser(): Promise<string> {
  const kept = join(CACHE, 'browser');
  const executable = join(kept, 'chromium');
  if (existsSync(executable)) return executable;
  await mkdir(CACHE, { recursive: true });
  // The package unpacks to the place for temporary files; what others unpack at the same time is as good.
  const place = await mkdtemp(join(CACHE, 'unpacking-'));
  const temporaryFiles = process.env['TMPDIR'];
  process.env['TMPDIR'] = place;
  try {
    await chromiumPackage.executablePath();
    await rename(place, kept).catch((error: unknown) => {
      if (!existsSync(executable)) throw error;
    });
  } finally {
    if (temporaryFiles === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = temporaryFiles;
    await rm(place, { recursive: true, force: true });
  }
  return executable;
}
