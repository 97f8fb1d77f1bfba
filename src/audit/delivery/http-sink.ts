import { readFile } from 'node:fs/promises';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { HttpSinkUrl, TlsClientFiles } from '../../sink-url.ts';
import type { AuditSink } from './sink.ts';
import { readTlsClientFiles } from './tls-files.ts';

/** How much of an answer is looked at, in bytes. */
const LONGEST_ANSWER = 65_536;

/** Posts JSON lines to an HTTP endpoint, which has taken them when it answers with a status from 200 to 299. */
export function httpSink({ name, headerFile, ...tls }: HttpSinkUrl): AuditSink {
  return {
    name,
    mostRecords: 1_000,
    longestWait: 0,
    takesCheckpoints: false,
    async deliver({ records }, signal) {
      const header = headerFile === undefined ? {} : await readHeader(headerFile);
      const { status } = await post(name, {
        headers: { ...header, 'content-type': 'application/x-ndjson' },
        body: records.map(({ text }) => `${text}\n`).join(''),
        tls,
        signal,
      });
      if (status < 200 || status > 299) throw new Error(`the endpoint answered with status ${status}`);
    },
  };
}

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
  readonly body: string;
}

/**
 * Posts something over HTTP or HTTPS.
 *
 * @throws Error when there is no answer
 */
export async function post(
  url: string,
  {
    headers,
    body,
    tls,
    signal,
  }: {
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly tls: TlsClientFiles;
    readonly signal: AbortSignal;
  },
): Promise<HttpAnswer> {
  const options = {
    method: 'POST',
    headers: { 'user-agent': 'qkms', 'content-length': Buffer.byteLength(body), ...headers },
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
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: answer }));
      response.once('error', reject);
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
