import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { type HttpReply, notFound } from './reply.ts';

/** Where the build puts the console, whether this runs from the sources or from what is built of them. */
export const CONSOLE_DIRECTORY = fileURLToPath(new URL('../../dist/console/', import.meta.url));

/** The path of the console; a path below it that is no file's is a page of it. */
const BASE = '/console';
const INDEX = 'index.html';
/** Where the build puts everything else. */
const ASSETS = 'assets/';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** The codings that files are kept in, best first, and how the names of files in them end. */
const CODINGS = { br: '.br', gzip: '.gz' } as const;
type Coding = keyof typeof CODINGS;

/**
 * Nothing but what this server serves may be loaded, run, shown, asked or sent anything; no page may frame the console.
 * Styles come as files; what scripts set on elements (CSSOM) is no inline style.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  // The style sheet of the design system holds its fonts.
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const SECURITY_HEADERS: readonly string[] = [
  'Content-Security-Policy',
  CONTENT_SECURITY_POLICY,
  'Cross-Origin-Opener-Policy',
  'same-origin',
  'Cross-Origin-Resource-Policy',
  'same-origin',
  'Permissions-Policy',
  'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'Referrer-Policy',
  'no-referrer',
  'X-Frame-Options',
  'DENY',
];

/** One file in all its codings. */
interface ConsoleFile {
  readonly name: string;
  readonly plain: Uint8Array;
  readonly coded: ReadonlyMap<Coding, Uint8Array>;
}

/** The files of the web console. */
export interface ConsoleFiles {
  /**
   * The reply to a request for a path at or below `/console`; never rejects.
   *
   * @param acceptEncoding the header of that name
   */
  find(url: string, acceptEncoding: string | string[] | undefined): Promise<HttpReply>;
}

/**
 * The console as it is in a directory. It is read when it is first asked for, and then kept: whatever becomes of the
 * files, a page gets what belongs to it.
 *
 * @param developmentAccount the account as whose root user the console signs in by itself, in development
 */
export function consoleFiles(directory: string, developmentAccount: string | undefined): ConsoleFiles {
  let reading: Promise<ReadonlyMap<string, ConsoleFile>> | undefined;
  function read(): Promise<ReadonlyMap<string, ConsoleFile>> {
    reading ??= readFiles(directory, developmentAccount).catch((error: unknown) => {
      // It may be built any moment.
      reading = undefined;
      throw error;
    });
    return reading;
  }
  return {
    async find(url, acceptEncoding) {
      const path = url.split('?', 1)[0] ?? '';
      const files = await read().catch(() => undefined);
      const index = files?.get(INDEX);
      if (files === undefined || index === undefined) return notBuilt();
      const name = path.slice(BASE.length + 1);
      const file = files.get(name);
      if (file !== undefined) return fileReply(file, acceptEncoding);
      return name.startsWith(ASSETS) ? notFound() : fileReply(index, acceptEncoding);
    },
  };
}

async function readFiles(
  directory: string,
  developmentAccount: string | undefined,
): Promise<ReadonlyMap<string, ConsoleFile>> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = new Map<string, ConsoleFile>();
  for (const entry of found) {
    const path = `${entry.parentPath}/${entry.name}`;
    const name = path.slice(directory.length).replaceAll('\\', '/').replace(/^\/+/, '');
    if (entry.isFile() && extname(name) in CONTENT_TYPES) files.set(name, await readCoded(directory, name));
  }
  const index = files.get(INDEX);
  if (index !== undefined) files.set(INDEX, await completeIndex(index, developmentAccount));
  return files;
}

async function readCoded(directory: string, name: string): Promise<ConsoleFile> {
  const coded = new Map<Coding, Uint8Array>();
  for (const coding of codings) {
    const content = await readFile(directory + name + CODINGS[coding]).catch(() => undefined);
    if (content !== undefined) coded.set(coding, content);
  }
  return { name, plain: await readFile(directory + name), coded };
}

const codings = ['br', 'gzip'] as const satisfies readonly Coding[];
const compress = { br: promisify(brotliCompress), gzip: promisify(gzip) };

/** Tells the page of the mode of the server, in which nothing else does: there is no API for it. */
async function completeIndex(
  index: ConsoleFile,
  developmentAccount: string | undefined,
): Promise<ConsoleFile> {
  if (developmentAccount === undefined) return index;
  const meta = `<meta name="qkms-development-account" content="${developmentAccount}" />`;
  const plain = Buffer.from(Buffer.from(index.plain).toString().replace('</head>', `${meta}</head>`));
  const coded = new Map<Coding, Uint8Array>();
  for (const coding of codings) coded.set(coding, await compress[coding](plain));
  return { name: index.name, plain, coded };
}

function fileReply(
  { name, plain, coded }: ConsoleFile,
  acceptEncoding: string | string[] | undefined,
): HttpReply {
  const coding = codings.find((known) => coded.has(known) && accepts(acceptEncoding, known));
  const isIndex = name === INDEX;
  return {
    status: 200,
    contentType: CONTENT_TYPES[extname(name)] ?? 'application/octet-stream',
    body: (coding && coded.get(coding)) ?? plain,
    headers: [
      ...SECURITY_HEADERS,
      // The name of every other file holds the hash of its content.
      'Cache-Control',
      isIndex ? 'no-cache' : 'public, max-age=31536000, immutable',
      'Vary',
      'Accept-Encoding',
      ...(coding === undefined ? [] : ['Content-Encoding', coding]),
    ],
  };
}

/** Whether a coding is among those that a client accepts (RFC 9110, section 12.5.3). */
function accepts(acceptEncoding: string | string[] | undefined, coding: Coding): boolean {
  return String(acceptEncoding ?? '')
    .toLowerCase()
    .split(',')
    .map((each) => each.trim().split(/\s*;\s*q\s*=\s*/))
    .some(([name, weight = '1']) => name === coding && Number(weight) > 0);
}

/** Whether a request target is at or below the console's path. */
export function isConsolePage(url: string): boolean {
  return /^\/console(?:[/?]|$)/.test(url);
}

/** Refuses an address of the console that holds a percent-escape of no character, in words for whoever typed it. */
export function malformedConsoleAddress(): HttpReply {
  return {
    status: 400,
    contentType: CONTENT_TYPES['.html'] ?? '',
    body: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Bad request - QKMS console</title>
<h1>The address is malformed</h1>
<p>It holds a percent-escape that stands for no character. Go on with the <a href="${BASE}">console</a>.</p>
</html>
`,
    headers: [...SECURITY_HEADERS, 'Cache-Control', 'no-store'],
  };
}

function notBuilt(): HttpReply {
  return {
    status: 404,
    contentType: 'text/plain; charset=utf-8',
    body: 'The console is not built. Run: npm run build\n',
    headers: [...SECURITY_HEADERS, 'Cache-Control', 'no-store'],
  };
}
