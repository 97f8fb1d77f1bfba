import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { connect } from 'node:tls';
import type { SyslogSinkUrl } from '../../sink-url.ts';
import { parseObject } from '../log/checkpoint.ts';
import type { StoredRecord } from '../reading.ts';
import type { AuditSink } from './sink.ts';
import { readTlsClientFiles } from './tls-files.ts';

/** RFC 5424, section 6.2.1: `log audit`. */
const FACILITY = 13;
const WARNING = 4;
const INFORMATIONAL = 6;
const NIL = '-';

/**
 * Sends each record as a syslog message (RFC 5424) over TLS, counted in octets (RFC 5425). Syslog knows no
 * acknowledgements: each batch goes over a connection of its own, and has been delivered when the receiver has
 * read it to the end and closed the connection, too (RFC 5425, section 4.4).
 */
export function syslogSink({ name, host, port, ...files }: SyslogSinkUrl): AuditSink {
  const sender = /^[\x21-\x7e]{1,255}$/.test(hostname()) ? hostname() : NIL;
  return {
    name,
    mostRecords: 2_000,
    longestWait: 0,
    takesCheckpoints: false,
    async deliver({ records }, signal) {
      const tls = await readTlsClientFiles(files);
      const frames = Buffer.concat(records.map((record) => frameOf(record, sender)));
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const socket = connect({ host, port, ...(isIP(host) === 0 && { servername: host }), ...tls }, () =>
          socket.end(frames),
        );
        const abort = () => socket.destroy(signal.reason);
        signal.addEventListener('abort', abort, { once: true });
        let isReadToTheEnd = false;
        socket.once('end', () => {
          isReadToTheEnd = socket.writableFinished;
        });
        socket.once('error', reject);
        socket.once('close', () => {
          signal.removeEventListener('abort', abort);
          if (isReadToTheEnd) resolve();
          else reject(new Error('the receiver closed the connection before it had read everything'));
        });
        socket.resume();
      });
    },
  };
}

function frameOf({ text }: StoredRecord, sender: string): Buffer {
  const { eventTime, errorCode } = parseObject(text) ?? {};
  const severity = errorCode === undefined ? INFORMATIONAL : WARNING;
  const time = typeof eventTime === 'string' ? eventTime : NIL;
  const message = Buffer.from(
    `<${FACILITY * 8 + severity}>1 ${time} ${sender} qkms ${process.pid} CloudTrail ${NIL} ${text}`,
  );
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}
