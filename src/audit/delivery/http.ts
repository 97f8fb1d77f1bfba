import { readFile } from 'node:fs/promises';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { TlsClientFiles } from '../../sink-url.ts';
import { readTlsClientFiles } from './tls-files.ts';

/** How much of an answer is looked at, in characters. */
const LONGEST_ANSWER = 65_536;

/** @throws Error when the file does not hold a header; it says nothing of what it holds */
async function readHeader(file: string): Promise<Readonly<Record<string, string>>> {
  const [, name, value] =
    /^([\w!#$%&'*+.^`|~-]+):[ \t]*([\x20-\x7e]+)\s*$/.exec(await readFile(file, 'utf8')) ?? [];
  if (name === undefined || value === undefined)
    throw new Error(`${file} does not hold a header in one line, such as Authorization: Bearer …`);
  return { [name]: value.trim() };
}

/** What an endpoint answers. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: string;
}

/**
 * Posts something over HTTP or HTTPS.
 *
 * @throws Error when there is no answer, or the file of the header is no good
 */
export async function post(
  url: string,
  {
    contentType,
    headerFile,
    body,
    tls,
    signal,
  }: {
    readonly contentType: string;
    /** Holds one more header. */
    readonly headerFile: string | undefined;
    readonly body: string;
    readonly tls: TlsClientFiles;
    readonly signal: AbortSignal;
  },
): Promise<HttpAnswer> {
  const options = {
    method: 'POST',
    headers: {
      ...(headerFile !== undefined && (await readHeader(headerFile))),
      'user-agent': 'qkms',
      'content-type': contentType,
      'content-length': Buffer.byteLength(body),
    },
    signal,
    ...(await readTlsClientFiles(tls)),
  };
  const send = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = send(url, options, (response) => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (answer.length < LONGEST_ANSWER) answer += chunk;
      });
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers['content-type'],
          body: answer,
        }),
      );
      response.once('error', reject);
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
