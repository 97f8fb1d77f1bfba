import type { HttpSinkUrl } from '../../sink-url.ts';
import { post } from './http.ts';
import type { AuditSink } from './sink.ts';

/** Posts JSON lines to an HTTP endpoint, which has taken them when it answers with a status from 200 to 299. */
export function httpSink({ name, headerFile, ...tls }: HttpSinkUrl): AuditSink {
  return {
    name,
    mostRecords: 1_000,
    longestWait: 0,
    takesCheckpoints: false,
    async deliver({ records }, signal) {
      const { status } = await post(name, {
        contentType: 'application/x-ndjson',
        headerFile,
        body: records.map(({ text }) => `${text}\n`).join(''),
        tls,
        signal,
      });
      if (status < 200 || status > 299) throw new Error(`the endpoint answered with status ${status}`);
    },
  };
}
